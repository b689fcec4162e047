"""Bugs in what a broker answers, and in which order."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from streambus.broker import Broker, fetch, offsets, produce, produce_checks
from streambus.broker.connections import Connection
from streambus.broker.fetch import DelayedFetch
from streambus.broker.fetch_sessions import FetchSessions
from streambus.broker.produce import DelayedProduce
from streambus.kernel import MILLISECOND, Relieved, Turn
from streambus.records import parse_header
from streambus.replication import Partition
from streambus.sim.mutation import Patch, mutant
from streambus.storage import Refused
from streambus.wire import ErrorCode


@mutant("I09", breaks="the high watermark is durable", needs="a reader, then a power cut")
def high_watermark_runs_ahead(patch: Patch) -> None:
    """The high watermark is moved to the end of the log."""

    def advance(original: Any, partition: Partition, _durable_end: int) -> bool:
        moved: bool = original(partition, partition.log.log_end_offset)
        return moved

    patch.wrap(Partition, "advance", advance)


@mutant("T17", breaks="the last stable offset is not beyond the high watermark", needs="nothing")
def last_stable_offset_is_one_too_far(patch: Patch) -> None:
    """The last stable offset is taken for the last readable one."""
    patch.replace(Partition, "last_stable_offset", property(lambda partition: partition.high_watermark + 1))


@mutant("I17", breaks="an old leader epoch is fenced", needs="a restart while a client asks")
def does_not_fence_readers(patch: Patch) -> None:
    """Readers with an old leader epoch are served."""

    def refusal(original: Any, partition: Partition, want: Any) -> Any:
        return None if want.leader_epoch >= 0 and want.offset <= partition.log.log_end_offset else original(partition, want)

    patch.wrap(fetch, "refusal", refusal)


@mutant("X10", breaks="a session knows what is wanted", needs="a reader that goes on")
def fetch_session_does_not_take_in_changes(patch: Patch) -> None:
    """A partition whose offset has changed is still read at the old one."""

    def go_on(original: Any, sessions: FetchSessions, turn: Turn, request: Any, **named: Any) -> Any:
        session = sessions.sessions.get(request.session_id)
        before = dict(session.wanted) if session is not None else {}
        wanted = original(sessions, turn, request, **named)
        if session is not None and len(before) > 1:
            session.wanted.update(before)
            return tuple(session.wanted.values())
        return wanted

    patch.wrap(FetchSessions, "_continue", go_on)


@mutant("X11", breaks="a session tells everything that is new", needs="an error in a session")
def fetch_session_keeps_errors_to_itself(patch: Patch) -> None:
    """Errors of single partitions are not told within a session."""

    def changed(original: Any, sessions: FetchSessions, session_id: int, epoch: int, said: Any) -> Any:
        told = original(sessions, session_id, epoch, said)
        return [(want, data) for want, data in told if not (session_id and epoch and data.error_code)]

    patch.wrap(FetchSessions, "changed", changed)


@mutant("X12", breaks="a waiting reader hears of new records", needs="a reader at the end")
def long_polls_sleep_through_news(patch: Patch) -> None:
    """A fetch that waits is only answered when its time is up."""

    def on_log_durable(original: Any, broker: Broker, turn: Turn, event: Any) -> None:
        with patch_of(DelayedFetch, "try_complete", lambda _delayed, _node: None):
            original(broker, turn, event)

    patch.wrap(Broker, "on_log_durable", on_log_durable)


@contextmanager
def patch_of(owner: Any, name: str, value: Any) -> Iterator[None]:
    """`owner.name` is `value` for a moment."""
    inner = Patch()
    inner.replace(owner, name, value)
    try:
        yield
    finally:
        inner.undo()


@mutant("X13", breaks="answers leave in the order of the requests", needs="two requests of different length on one connection")
def answers_overtake_each_other(patch: Patch) -> None:
    """Whatever answer is ready is sent, also if one before it is not."""

    def take_answers(original: Any, connection: Connection) -> Any:
        ready, since = original(connection)
        parts = list(ready)
        slots = connection.slots
        for place in range(1, len(slots)):
            if slots[place]:
                parts.extend(slots[place])
                slots[place] = ()
        return tuple(parts), since

    def fill_slot(original: Any, connection: Connection, slot: int, parts: Any, now: Any) -> bool:
        original(connection, slot, parts, now)
        return True

    patch.wrap(Connection, "take_answers", take_answers)
    patch.wrap(Connection, "fill_slot", fill_slot)


@mutant("X14", breaks="a request without an answer holds nobody up", needs="a producer that asks for no answer")
def silence_holds_up_those_behind(patch: Patch) -> None:
    """A produce without an answer keeps its place in the queue of answers for ever."""
    patch.replace(Broker, "answer_nothing", lambda _broker, _turn, _call: None)


@mutant("X15", breaks="a paused connection is read again", needs="a slow reader, or a lot of data")
def congested_connections_stay_paused(patch: Patch) -> None:
    """A connection that was paused because its peer did not read is never read again."""

    def on_relieved(_broker: Broker, _turn: Turn, _event: Relieved) -> None:
        return

    patch.replace(Broker, "on_relieved", on_relieved)


@mutant("X16", breaks="acknowledged is written", needs="a broker that is slower than the producer's time-out")
def answers_a_late_produce_with_success(patch: Patch) -> None:
    """A produce whose time is up is acknowledged, durable or not."""

    def expire(_original: Any, delayed: DelayedProduce, _node: Broker) -> Any:
        return produce.Answer(delayed.call, delayed.response)

    patch.wrap(DelayedProduce, "expire", expire)


@mutant("X17", breaks="a damaged batch is refused", needs="a bit that is turned over on the wire")
def does_not_check_batches(patch: Patch) -> None:
    """Produced batches are appended without a look at their checksum."""
    patch.replace(produce_checks, "check_batch", lambda _batch, _header: None)


@mutant(
    "X18",
    breaks="offsets by time",
    needs="a look-up",
    excuse="a matter of seeds: a look-up has to hit the few milliseconds between the first and the last record of one batch",
)
def finds_the_first_record_of_the_batch(patch: Patch) -> None:
    """A look-up by time is answered with the first record of the right batch."""

    def searched(original: Any, search: offsets.OffsetSearch, batch: Any, data: Any) -> offsets.OffsetSearch:
        left: offsets.OffsetSearch = original(search, batch, data)
        lookup = search.lookups[0]
        if lookup.timestamp != offsets.MAX_TIMESTAMP and lookup.response.offset >= 0:
            lookup.response.offset = batch.base_offset
        return left

    patch.wrap(offsets, "_searched", searched)


@mutant("X19", breaks="the base offset of an acknowledgement", needs="two batches for one partition in one burst")
def answers_with_the_offset_of_the_last_batch(patch: Patch) -> None:
    """An acknowledgement names the base offset of whatever batch the log ends with when it is sent."""

    def try_complete(original: Any, delayed: DelayedProduce, node: Broker) -> Any:
        answer = original(delayed, node)
        if answer is not None:
            for batch in delayed.awaited:
                partition = node.partitions_by_log.get(batch.log_id)
                if partition is not None and batch.response.error_code == 0 and len(partition.log.index):
                    batch.response.base_offset = partition.log.index.base_offsets[-1]
        return answer

    patch.wrap(DelayedProduce, "try_complete", try_complete)


@mutant("X41", breaks="a failed disk is blamed for what it refused", needs="a failed disk, and a producer with several batches under way")
def blames_the_producer_for_a_broken_disk(patch: Patch) -> None:
    """A batch behind one that the disk refused is called out of order, which makes stock producers begin anew and write twice."""

    def append(original: Any, broker: Broker, turn: Turn, request: Any, partition: Partition, batch: Any, response: Any) -> Any:
        try:
            return original(broker, turn, request, partition, batch, response)
        except produce.ProduceRefused as refusal:
            if refusal.error != ErrorCode.KAFKA_STORAGE_ERROR:
                raise
            verdict = partition.log.producers.check(parse_header(batch), turn.now // MILLISECOND)
            if isinstance(verdict, Refused):
                raise produce.ProduceRefused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER) from refusal
            raise

    patch.wrap(produce, "_append", append)
