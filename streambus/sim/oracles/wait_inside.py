"""The far half of a chain of waits: from a client's connection over the network into the broker, its log and its disk."""

from collections.abc import Iterator
from typing import Any

from streambus.broker import Broker
from streambus.kernel import ConnectionId, DelayExpired
from streambus.sim.life import Life
from streambus.sim.network import Endpoint
from streambus.storage import LogId


def date(life: Life, when: int) -> str:
    """A date of a node's own clock, from here."""
    ahead = when - life.agenda.now - life.shift
    return f"in {ahead / 1_000:g} ms" if ahead >= 0 else f"since {-ahead / 1_000:g} ms"


def hops_of_connection(life: Life, connection: ConnectionId, correlation_id: int | None) -> Iterator[str]:
    """From the client's end of a connection on: where the request with this number is, or its answer."""
    ours = life.endpoints.get(connection)
    if ours is None:
        yield "its node to hear that the connection is gone"
        return
    theirs = ours.other
    if theirs.life.is_over or not theirs.is_open:
        yield f"somebody at the other end: {theirs.life.name} is down, or was born again since"
        return
    answered = ours.under_way
    if theirs.under_way:
        yield from _road_hops(theirs, "request")
    elif answered:
        yield from _road_hops(ours, "answer")
    elif isinstance(theirs.life, Life):
        yield from _broker_hops(theirs.life, theirs.connection, correlation_id)


def _road_hops(end: Endpoint, what: str) -> Iterator[str]:
    """Bytes are on their way to `end`."""
    link = end.link
    yield f"its {what}: {end.under_way} bytes are on the way from {end.other.life.name} to {end.life.name}, {len(end.held)} pieces held"
    if link.blocked:
        yield f"the link {link.name}, which lets nothing through, to be unblocked"
    elif getattr(end, "stops", 0) or getattr(end, "paused", False):
        yield f"{end.life.name} to read from connection {end.connection} again"
    if end.other.is_congested:
        yield f"{end.life.name} to take in what is queued: {end.other.life.name} was told that the connection is congested"


def _broker_hops(life: Life, number: ConnectionId, correlation_id: int | None) -> Iterator[str]:
    broker = life.node
    if not isinstance(broker, Broker):
        yield f"{life.name}"
        return
    if getattr(life, "stops", 0):
        yield f"the process of {life.name}, which is stopped, to go on"
        return
    if any(getattr(event, "connection", None) == number for event in life.ready):
        yield f"{life.name} to look at it, among {len(life.ready)} events that are ready"
        return
    connection = broker.connections.get(number)
    if connection is None:
        yield f"{life.name}, which does not know connection {number}"
        return
    for call in connection.held:
        if call.request.correlation_id == correlation_id:
            yield f"slot {call.slot} of connection {number}, held until {life.name} is ready"
            yield from _recovery_hops(life, broker)
            return
    waiting = {delayed.call.slot: (ticket, delayed, keys) for ticket, (delayed, keys) in _delayed_on(broker, number)}
    slot = next((slot for slot, (_, delayed, _) in waiting.items() if delayed.call.request.correlation_id == correlation_id), None)
    open_slots = [connection.first_slot + place for place, answer in enumerate(connection.slots) if answer is None]
    if not connection.slots:
        yield f"{life.name}, which has nothing to answer on connection {number}: the request or its answer is lost"
        return
    if slot is None and open_slots:
        yield f"the answers before it on connection {number}: {len(connection.slots)} slots are taken"
        slot = open_slots[0]
    if slot is None:
        yield f"{life.name} to send {len(connection.slots)} answers that are ready on connection {number}"
    elif slot in waiting:
        yield from _delayed_hops(life, broker, slot, *waiting[slot])
    else:
        yield f"slot {slot} of connection {number}, whose request is neither in purgatory nor held"
        yield from _disk_hops(life)


def _delayed_on(broker: Broker, number: ConnectionId) -> Iterator[tuple[int, tuple[Any, Any]]]:
    for ticket in broker.purgatory.watchers.get(number, {}):
        yield ticket, broker.purgatory.waiting[ticket]


def _delayed_hops(life: Life, broker: Broker, slot: int, ticket: int, delayed: Any, keys: Any) -> Iterator[str]:
    sequence = broker.timers.pending.get(DelayExpired(ticket))
    deadline = next((entry[0] for entry in broker.timers.heap if entry[1] == sequence), None)
    until = date(life, deadline) if deadline is not None else "never"
    logs = [str(key) for key in keys if isinstance(key, str)]
    yield f"slot {slot}, a {type(delayed).__name__} in purgatory whose time is up {until}"
    known = [broker.store.logs.get(LogId(key)) for key in keys if isinstance(key, str)]
    behind = [log for log in known if log is not None and log.recovery_point < log.log_end_offset]
    if behind:
        log = behind[0]
        yield f"log {log.log_id}, durable up to {log.recovery_point} of {log.log_end_offset}"
        yield from _store_hops(life, broker)
    else:
        yield f"news of {', '.join(logs) or 'nothing'}, all of which is durable"


def _recovery_hops(life: Life, broker: Broker) -> Iterator[str]:
    recovery = broker.store.recovery
    if recovery is not None:
        yield f"its recovery, which is to {recovery.stage.value}"
    elif broker.store.is_ready:
        yield "its registration in the metadata log"
        yield from _store_hops(life, broker)
        return
    yield from _disk_hops(life)


def _store_hops(life: Life, broker: Broker) -> Iterator[str]:
    store = broker.store
    if store.failed is not None:
        yield f"a store that has failed: {store.failed}"
        return
    wal = store.wal
    if wal.syncing > wal.durable:
        yield f"the sync of the log up to byte {wal.syncing}, {store.pending_bytes} bytes being pending"
        yield from _disk_hops(life)
    else:
        yield f"a flush: {store.pending_bytes} bytes are pending, and no sync is under way"


def _disk_hops(life: Life) -> Iterator[str]:
    queue = life.disk_queue
    if not queue.pending:
        tasks = ", ".join(type(work.task).__name__ for work in queue.works)
        yield f"the disk of {life.name}, which has nothing to do" + (f" but long work ({tasks})" if tasks else "")
        return
    due, effect = queue.pending[0]
    file = getattr(effect, "file", "the directory")
    ahead = (due - life.agenda.now) / 1_000
    slow = f", {queue.slowdown} times slower than usual" if queue.slowdown != 1 else ""
    yield f"the disk of {life.name}: {type(effect).__name__} of {file}, first of {len(queue.pending)}, due in {ahead:g} ms{slow}"
