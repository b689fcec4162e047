"""Bugs in what a broker remembers of idempotent producers."""

from collections import deque
from typing import Any

from streambus.broker import Broker
from streambus.broker.producer_ids import ProducerIds
from streambus.kernel import Turn
from streambus.records import BatchHeader
from streambus.sim.mutation import Patch, mutant
from streambus.storage import Duplicate, Refused, StoreRecovered, producers
from streambus.storage.producers import Accepted, AppendedBatch, Producers, Refusal


@mutant("P01", breaks="a repeated batch is recognised", needs="a lost answer")
def refuses_what_it_has_instead_of_recognising_it(patch: Patch) -> None:
    """A batch that was appended before is refused as out of order, so that its producer sends its records under a new epoch."""
    patch.replace(producers, "_earlier_append", lambda _batches, _first, _last: Refused(Refusal.OUT_OF_ORDER))


@mutant("P05", breaks="producers are remembered as long as their records", needs="a restart between a batch and its repetition")
def forgets_producers_at_restart(patch: Patch) -> None:
    """The sequence numbers of producers do not survive the broker."""

    def on_store_recovered(original: Any, broker: Broker, turn: Turn, event: StoreRecovered) -> None:
        for log in broker.store.logs.values():
            log.producers.by_id.clear()
        original(broker, turn, event)

    patch.wrap(Broker, "on_store_recovered", on_store_recovered)


@mutant("P05b", breaks="producers are remembered as long as their records", needs="a slow repetition")
def forgets_producers_after_a_moment(patch: Patch) -> None:
    """A producer is forgotten after 200 ms of silence."""

    def check(original: Any, remembered: Producers, header: BatchHeader, now_ms: int) -> Any:
        producer = remembered.by_id.get(header.producer_id)
        if producer is not None and now_ms - producer.last_active_ms > 200:
            return Accepted()
        return original(remembered, header, now_ms)

    patch.wrap(Producers, "check", check)


@mutant("P03", breaks="no gap in the sequence of a producer", needs="a batch that was lost or refused, and one behind it")
def lets_sequences_have_gaps(patch: Patch) -> None:
    """A batch that comes too early is appended."""

    def check(original: Any, remembered: Producers, header: BatchHeader, now_ms: int) -> Any:
        verdict = original(remembered, header, now_ms)
        is_early = isinstance(verdict, Refused) and verdict.reason is Refusal.OUT_OF_ORDER
        return Accepted() if is_early else verdict

    patch.wrap(Producers, "check", check)


@mutant("P02", breaks="the last five batches are remembered", needs="several repeated batches")
def remembers_only_one_batch(patch: Patch) -> None:
    """Only the last batch of a producer is remembered."""

    def earlier(original: Any, batches: deque[AppendedBatch], base_sequence: int, last_sequence: int) -> Any:
        return original(deque([batches[-1]]), base_sequence, last_sequence)

    patch.wrap(producers, "_earlier_append", earlier)


@mutant("P04", breaks="a repeated batch is answered with its first offset", needs="a lost answer")
def answers_a_repeated_batch_with_the_end_of_the_log(patch: Patch) -> None:
    """A duplicate is answered with the offset of the newest batch of its producer."""

    def check(original: Any, remembered: Producers, header: BatchHeader, now_ms: int) -> Any:
        verdict = original(remembered, header, now_ms)
        if isinstance(verdict, Duplicate):
            last = remembered.by_id[header.producer_id].batches[-1]
            return Duplicate(last.base_offset, last.last_offset, last.timestamp)
        return verdict

    patch.wrap(Producers, "check", check)


@mutant("P06", breaks="a repeated batch is answered when it is durable", needs="a repetition that overtakes the sync of the original")
def answers_a_repeated_batch_at_once(patch: Patch) -> None:
    """A duplicate is acknowledged although the original is not durable yet."""

    def check(original: Any, remembered: Producers, header: BatchHeader, now_ms: int) -> Any:
        verdict = original(remembered, header, now_ms)
        if isinstance(verdict, Duplicate):
            return Duplicate(verdict.base_offset, -1, verdict.timestamp)
        return verdict

    patch.wrap(Producers, "check", check)


@mutant("P07", breaks="sequences wrap", needs="a producer near 2^31")
def sequences_do_not_wrap(patch: Patch) -> None:
    """After the largest sequence number 2^31 is expected, not 0."""

    def check(original: Any, remembered: Producers, header: BatchHeader, now_ms: int) -> Any:
        producer = remembered.by_id.get(header.producer_id)
        is_same = producer is not None and producer.producer_epoch == header.producer_epoch
        if producer is not None and is_same and header.base_sequence == 0 and producer.batches[-1].last_sequence == (1 << 31) - 1:
            return Refused(Refusal.OUT_OF_ORDER)
        return original(remembered, header, now_ms)

    patch.wrap(Producers, "check", check)


@mutant("P08", breaks="a producer id is given once", needs="a restart")
def gives_producer_ids_twice(patch: Patch) -> None:
    """After a restart the numbers of the last block are given again."""

    def promise(original: Any, ids: ProducerIds, end_offset: int, first: int, length: int) -> None:
        original(ids, end_offset, max(0, first - length), length)

    patch.wrap(ProducerIds, "promise", promise)


@mutant("P10", breaks="a new epoch begins at 0", needs="a producer that gave a batch up")
def lets_a_new_epoch_begin_anywhere(patch: Patch) -> None:
    """The first batch of a new producer epoch may have any sequence number, and what is left of the old one is appended after it."""

    def check(original: Any, remembered: Producers, header: BatchHeader, now_ms: int) -> Any:
        producer = remembered.by_id.get(header.producer_id)
        if producer is not None and header.producer_epoch != producer.producer_epoch:
            return Accepted()
        return original(remembered, header, now_ms)

    patch.wrap(Producers, "check", check)
