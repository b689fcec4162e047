"""Why somebody still waits, hop by hop: from a user through its client, over the network, into the broker and down to its disk.

Every hop is a phrase; a chain is phrases joined by ", which waits for". It ends where something is really missing: a date that has not
come, a link that lets nothing through, a disk operation that is not done, a process that is not there; or with the words that nothing is
wrong any more, and the question itself was lost.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from streambus.client import Admin, Consumer, Producer
from streambus.client.cluster import Cluster
from streambus.client.link import Link, LinkState, Purpose
from streambus.client.outbox import NO_PRODUCER_ID, Outbox
from streambus.kernel import ConnectionId, Event, Instant
from streambus.sim.life import Life
from streambus.sim.oracles.wait_inside import date, hops_of_connection
from streambus.sim.simulation import Simulation
from streambus.sim.users import User
from streambus.wire import ApiKey

JOINED = ", which waits for "


def explain_waits(simulation: Simulation, users: Iterable[User]) -> list[str]:
    """One sentence for every unanswered wish of `users`: who waits for what, down to what does not happen. Equal reasons are told once,
    with how many there are."""
    chains: dict[tuple[str, ...], list[str]] = {}
    others: list[str] = []
    for user in users:
        others += [phrase for phrase in user.what_waits() if " waits for " not in phrase]
        life = simulation.hosts[user.name].life
        for ticket, (event, _) in user.waiting.items():
            first, *rest = _client_hops(life, ticket, event) if life is not None else ["a client that does not live"]
            if not rest:
                first, rest = f"{type(event).__name__} {ticket}", [first]
            else:
                first = f"{type(event).__name__} {ticket}{JOINED}{first}"
            chains.setdefault((user.name, *rest), []).append(first)
    return others + [_sentence(key[0], wishes, key[1:]) for key, wishes in chains.items()]


def _sentence(name: str, wishes: list[str], hops: tuple[str, ...]) -> str:
    more = f" (as {len(wishes) - 1} more wishes do)" if len(wishes) > 1 else ""
    return JOINED.join((f"{name} waits for {wishes[0]}{more}", *hops))


# Clients ---------------------------------------------------------------------------------------------------------------


def _client_hops(life: Life, ticket: int, event: Event) -> Iterator[str]:
    node: Any = life.node
    if any(waiting is event for waiting in life.ready):
        yield f"its client to look at it, behind {len(life.ready)} events that are ready"
        if getattr(life, "stops", 0):
            yield "a process that is stopped to go on"
    elif getattr(life, "stops", 0):
        yield f"the process of {life.name}, which is stopped, to go on"
    elif isinstance(node, Producer):
        yield from _producer_hops(life, node, ticket)
    elif isinstance(node, Consumer):
        yield from _consumer_hops(life, node, ticket)
    elif isinstance(node, Admin):
        yield from _admin_hops(life, node, ticket)
    else:
        yield f"a {type(node).__name__}"


def _producer_hops(life: Life, producer: Producer, ticket: int) -> Iterator[str]:
    for topic, records in producer.waiting.items():
        if any(record.produce.ticket == ticket for record in records):
            yield f"a place in topic {topic}"
            yield from _metadata_hops(life, producer.cluster)
            return
    for outbox in producer.outboxes.values():
        place = f"{outbox.topic}-{outbox.partition}"
        if outbox.open is not None and ticket in outbox.open.tickets:
            yield f"the open batch of {place} to be sealed"
            return
        for rank, batch in enumerate(outbox.queue):
            if ticket in batch.tickets:
                yield f"batch {batch.ordinal} of {place}, number {rank + 1} in its queue, in attempt {batch.attempts + 1}"
                yield from _queue_hops(life, producer, outbox)
                return
        for batch in outbox.in_flight:
            if ticket in batch.tickets:
                yield f"batch {batch.ordinal} of {place}, in flight to broker {outbox.in_flight_to} in attempt {batch.attempts}"
                yield from _request_hops(life, producer.cluster, outbox.in_flight_to, Purpose.PRODUCE, ApiKey.PRODUCE)
                return
    if producer.flushes and any(mark.ticket == ticket for mark in producer.flushes):
        yield f"{len(producer.open_tickets)} records before it"
        return
    yield "nobody: its client does not know it any more"


def _queue_hops(life: Life, producer: Producer, outbox: Outbox) -> Iterator[str]:
    """Why the front of a queue does not go."""
    front = outbox.queue[0]
    endpoint = producer.cluster.leader(outbox.topic, outbox.partition)
    if front.retry_at > life.agenda.now + life.shift:
        yield f"its back-off to end {date(life, front.retry_at)}"
    elif outbox.in_flight:
        yield f"batch {outbox.in_flight[0].ordinal} before it, in flight to broker {outbox.in_flight_to}"
        yield from _request_hops(life, producer.cluster, outbox.in_flight_to, Purpose.PRODUCE, ApiKey.PRODUCE)
    elif endpoint is None:
        yield f"a leader of {outbox.topic}-{outbox.partition}"
        yield from _metadata_hops(life, producer.cluster)
    elif producer.config.idempotent and outbox.producer_id == NO_PRODUCER_ID and producer.identity.producer_id == NO_PRODUCER_ID:
        yield "a producer id"
        yield from _any_request_hops(life, producer.cluster, Purpose.PRODUCE, ApiKey.INIT_PRODUCER_ID)
    elif producer.in_flight.get(endpoint.broker, 0) >= producer.config.in_flight_max:
        yield f"one of {producer.in_flight[endpoint.broker]} requests in flight to broker {endpoint.broker}"
        yield from _request_hops(life, producer.cluster, endpoint.broker, Purpose.PRODUCE, ApiKey.PRODUCE)
    else:
        yield "a producer that could send it and does not"


def _consumer_hops(life: Life, consumer: Consumer, ticket: int) -> Iterator[str]:
    if ticket in consumer.listings:
        yield "the offsets that it lists"
        yield from _lookup_hops(life, consumer)
        return
    searching = [place for place, position in consumer.positions.items() if position.search is not None]
    if ticket in consumer.positioning or searching:
        yield f"the positions of {', '.join(f'{topic}-{index}' for topic, index in searching) or 'its partitions'}"
        yield from _lookup_hops(life, consumer)
        return
    if ticket not in consumer.polls:
        yield "nobody: its client does not know it any more"
        return
    yield f"records of {len(consumer.positions)} partitions"
    now = life.agenda.now + life.shift
    for broker, session in consumer.sessions.items():
        if session.under_way:
            yield f"a fetch from broker {broker}"
            yield from _request_hops(life, consumer.cluster, broker, Purpose.FETCH, ApiKey.FETCH)
            return
        if session.retry_at > now:
            yield f"the back-off of fetch session {session.session_id} to end {date(life, session.retry_at)}"
            return
    resting = [position for position in consumer.positions.values() if position.retry_at > now]
    unled = [place for place in consumer.positions if consumer.cluster.leader(*place) is None]
    if resting:
        yield f"the back-off of {resting[0].topic}-{resting[0].partition} to end {date(life, resting[0].retry_at)}"
    elif unled:
        yield f"a leader of {unled[0][0]}-{unled[0][1]}"
        yield from _metadata_hops(life, consumer.cluster)
    elif any(position.is_stopped for position in consumer.positions.values()):
        yield "a seek: its partitions are stopped after an error"
    else:
        yield "a consumer that could fetch and does not"


def _lookup_hops(life: Life, consumer: Consumer) -> Iterator[str]:
    """Why an offset is not found yet."""
    searches = consumer.lookup.searches.values()
    retry_at = consumer.lookup.next_retry(Instant(life.agenda.now + life.shift))
    unled = [search for search in searches if consumer.cluster.leader(search.topic, search.partition) is None]
    if any(search.under_way for search in searches):
        yield from _any_request_hops(life, consumer.cluster, Purpose.ADMIN, ApiKey.LIST_OFFSETS)
    elif retry_at is not None:
        yield f"the back-off of its search to end {date(life, retry_at)}"
    elif unled:
        yield f"a leader of {unled[0].topic}-{unled[0].partition}"
        yield from _metadata_hops(life, consumer.cluster)
    else:
        yield "a consumer that could search and does not"


def _admin_hops(life: Life, admin: Admin, ticket: int) -> Iterator[str]:
    question = admin.questions.get(ticket)
    if question is None:
        yield "nobody: its client does not know it any more"
    elif question.is_parked:
        yield f"broker {question.ask.broker} to become known"
        yield from _metadata_hops(life, admin.cluster)
    elif not question.under_way:
        yield f"the back-off after {question.failures} failures ({question.text})"
    else:
        yield from _any_request_hops(life, admin.cluster, Purpose.ADMIN, question.ask.body.API_KEY)


def _metadata_hops(life: Life, cluster: Cluster) -> Iterator[str]:
    if cluster.asking:
        yield "metadata"
        yield from _any_request_hops(life, cluster, Purpose.ADMIN, ApiKey.METADATA)
    else:
        yield f"metadata, after a back-off for {cluster.failures} failures"


# Connections -----------------------------------------------------------------------------------------------------------


def _request_hops(life: Life, cluster: Cluster, broker: int, purpose: Purpose, api_key: int) -> Iterator[str]:
    """Where the request to one broker is."""
    endpoint = cluster.brokers.get(broker)
    number = cluster.pool.by_address.get((endpoint.host, endpoint.port, purpose)) if endpoint is not None else None
    if number is None:
        yield from _any_request_hops(life, cluster, purpose, api_key)
    else:
        yield from _link_hops(life, cluster.pool.links[number], api_key)


def _any_request_hops(life: Life, cluster: Cluster, purpose: Purpose, api_key: int) -> Iterator[str]:
    """Where a request of a kind is, whoever it goes to."""
    links = [link for link in cluster.pool.links.values() if _requests(link, api_key)]
    if links:
        yield from _link_hops(life, links[0], api_key)
    else:
        yield f"a {purpose.value} request of kind {ApiKey(api_key).name} that is nowhere: it was answered, or never asked"


def _requests(link: Link, api_key: int) -> list[int]:
    """The correlation ids of the requests of a kind in flight on a link; -1 stands for those that are queued."""
    flying = [number for number, request in link.in_flight.items() if api_key == request.body.API_KEY]
    return flying + [-1 for request in link.queue if api_key == request.body.API_KEY]


def _link_hops(life: Life, link: Link, api_key: int) -> Iterator[str]:
    name, address = ApiKey(api_key).name, f"{link.host}:{link.port}"
    numbers = _requests(link, api_key)
    if link.state is LinkState.WAITING:
        yield f"{name} on the {link.purpose.value} connection to {address}, which is dialled again {date(life, link.retry_at)}"
    elif link.connection is None:
        yield f"{name} on a connection to {address} that nobody dials"
    elif link.state is LinkState.CONNECTING:
        yield f"{name} on a connection to {address} that is being dialled, until {date(life, link.due_at or 0)} at most"
        yield from _dial_hops(life, link.connection, address)
    elif link.state is LinkState.NEGOTIATING:
        yield f"{name} on connection {link.connection} to {address}, which is being negotiated"
        yield from hops_of_connection(life, link.connection, next(iter(link.in_flight), None))
    elif not numbers:
        yield f"{name} on connection {link.connection} to {address}, where it is neither queued nor in flight"
    elif numbers[0] < 0:
        held_back = "which is congested" if link.congested else f"behind {len(link.in_flight)} requests in flight"
        yield f"{name} in the queue of connection {link.connection} to {address}, {held_back}"
        yield from hops_of_connection(life, link.connection, next(iter(link.in_flight), None))
    else:
        deadline = date(life, link.in_flight[numbers[0]].deadline)
        yield f"{name} #{numbers[0]} on connection {link.connection} to {address}, given up {deadline}"
        yield from hops_of_connection(life, link.connection, numbers[0])


def _dial_hops(life: Life, connection: ConnectionId, address: str) -> Iterator[str]:
    target, _ = life.network.listeners.get(address, (None, ""))
    if connection not in life.dialling:
        yield "its node to hear how the dial ended"
    elif target is None or target.is_over:
        yield f"somebody to listen at {address}"
    else:
        yield f"the network between {life.name} and {target.name}"
