"""Idempotent producers: Kafka's rules, and that they survive everything a log goes through."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_life import WALL_MS, fresh, make_batch, recovered

from streambus.records import BatchHeader, parse_header
from streambus.storage import Accepted, Duplicate, LogId, Producers, Refusal, Refused
from streambus.storage.batch_index import BatchIndex

LAST = 2**31 - 1
BORN_MS = 0
"""About when the lives of these tests take place, by the clock that never jumps."""

DAY_MS = 86_400_000


def header(base_sequence: int, records: int = 1, producer_epoch: int = 0, producer_id: int = 7) -> BatchHeader:
    return parse_header(make_batch(records=records, producer=(producer_id, producer_epoch, base_sequence)))


def after(*appended: tuple[int, int], producer_epoch: int = 0) -> Producers:
    """Producer 7 has appended batches of these (base sequence, records)."""
    producers = Producers(DAY_MS)
    offset = 0
    for base_sequence, records in appended:
        producers.append(header(base_sequence, records, producer_epoch), offset, WALL_MS)
        offset += records
    return producers


def check(appended: list[tuple[int, int]], batch: tuple[int, int], expected: object) -> None:
    assert after(*appended).check(header(*batch), WALL_MS) == expected


def test_an_unknown_producer_may_begin_anywhere():
    check([], (0, 1), Accepted())
    check([], (1234, 5), Accepted())


def test_the_next_sequence_is_accepted():
    check([(0, 3)], (3, 2), Accepted())
    check([(5, 3)], (8, 2), Accepted())


def test_a_gap_is_refused():
    check([(0, 3)], (4, 1), Refused(Refusal.OUT_OF_ORDER))


def test_each_of_the_last_five_batches_sent_again_is_a_duplicate_with_its_offsets():
    appended = [(0, 2), (2, 2), (4, 2), (6, 2), (8, 2)]
    for number, batch in enumerate(appended):
        check(appended, batch, Duplicate(2 * number, 2 * number + 1, 1_000))


def test_a_batch_older_than_the_last_five_is_refused_as_a_duplicate():
    appended = [(n, 1) for n in range(7)]
    check(appended, (1, 1), Refused(Refusal.DUPLICATE_TOO_OLD))
    check(appended, (2, 1), Duplicate(2, 2, 1_000))


def test_a_batch_that_overlaps_others_is_out_of_order():
    check([(0, 4)], (2, 4), Refused(Refusal.OUT_OF_ORDER))
    check([(0, 4)], (0, 3), Refused(Refusal.OUT_OF_ORDER))


def test_sequences_wrap_around_to_zero():
    check([(LAST, 1)], (0, 1), Accepted())
    check([(LAST - 1, 3)], (1, 1), Accepted())
    check([(LAST - 1, 3)], (LAST - 1, 3), Duplicate(0, 2, 1_000))
    check([(LAST - 1, 2)], (1, 1), Refused(Refusal.OUT_OF_ORDER))
    check([(LAST - 2 + n if n < 3 else n - 3, 1) for n in range(8)], (LAST - 2, 1), Refused(Refusal.DUPLICATE_TOO_OLD))


def test_a_new_epoch_begins_at_zero_and_fences_the_old_one():
    producers = after((0, 3))
    assert producers.check(header(3, producer_epoch=1), WALL_MS) == Refused(Refusal.OUT_OF_ORDER)
    assert producers.check(header(0, producer_epoch=1), WALL_MS) == Accepted()
    producers.append(header(0, producer_epoch=1), 3, WALL_MS)
    assert producers.check(header(3), WALL_MS) == Refused(Refusal.STALE_EPOCH)
    assert producers.check(header(0, 3), WALL_MS) == Refused(Refusal.STALE_EPOCH)


def test_a_producer_silent_for_a_day_is_forgotten():
    producers = after((0, 3))
    assert producers.check(header(9), WALL_MS + DAY_MS - 1) == Refused(Refusal.OUT_OF_ORDER)
    assert producers.check(header(9), WALL_MS + DAY_MS) == Accepted()
    producers.append(header(0, producer_id=8), 3, WALL_MS + DAY_MS)
    assert list(producers.by_id) == [8]
    producers.expire(WALL_MS + 3 * DAY_MS)
    assert len(producers) == 0


def test_old_timestamps_do_not_make_a_producer_old():
    producers = Producers(DAY_MS)
    producers.append(parse_header(make_batch(timestamp=0, producer=(7, 0, 0))), 0, WALL_MS)
    assert producers.check(header(5), WALL_MS) == Refused(Refusal.OUT_OF_ORDER)


def test_producers_survive_a_restart():
    life = fresh()
    log = life.call("open_log", LogId("a"))
    for sequence in range(7):
        life.append(log, make_batch(producer=(7, 0, sequence)))
    life.flush()
    producers = recovered(life.disk).store.logs[LogId("a")].producers
    assert producers.check(header(6), BORN_MS) == Duplicate(6, 6, 1_000)
    assert producers.check(header(7), BORN_MS) == Accepted()
    assert producers.check(header(8), BORN_MS) == Refused(Refusal.OUT_OF_ORDER)


def test_producers_survive_a_trim_of_all_their_batches():
    life = fresh()
    log = life.call("open_log", LogId("a"))
    life.append(log, make_batch(producer=(7, 0, 0)))
    life.call("trim", log, 1)
    life.flush()
    assert recovered(life.disk).store.logs[LogId("a")].producers.check(header(0), BORN_MS) == Duplicate(0, 0, 1_000)


def test_control_batches_have_no_sequence():
    life = fresh()
    log = life.call("open_log", LogId("a"))
    life.append(log, make_batch(producer=(7, 0, 0)))
    life.append(log, make_batch(producer=(7, 0, -1), attributes=0x30))
    life.call("truncate", log, 1)
    assert log.producers.check(header(1), BORN_MS) == Accepted()


def test_a_truncation_takes_producers_back():
    life = fresh()
    log = life.call("open_log", LogId("a"))
    for producer in ((7, 0, 0), (7, 0, 1), (7, 1, 0), (9, 0, 0)):
        life.append(log, make_batch(producer=producer))
    life.call("truncate", log, 2)
    assert list(log.producers.by_id) == [7]
    assert log.producers.check(header(0), BORN_MS) == Duplicate(0, 0, 1_000)
    assert log.producers.check(header(2), BORN_MS) == Accepted()


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6), st.integers(1, 3)), min_size=10, max_size=30),
    st.integers(0, 20),
)
def test_a_truncation_leaves_producers_as_if_the_rest_had_never_been(appends: list[tuple[int, int, int]], kept: int):
    long, short, index = Producers(DAY_MS), Producers(DAY_MS), BatchIndex()
    next_sequence: dict[int, tuple[int, int]] = {}
    offset, end_offset = 0, 0
    for number, (producer_id, bump, records) in enumerate(appends):
        producer_epoch, sequence = next_sequence.get(producer_id, (0, LAST - 2))
        if bump == 0:
            producer_epoch, sequence = producer_epoch + 1, 0
        batch = header(sequence, records, producer_epoch, producer_id)
        next_sequence[producer_id] = (producer_epoch, (batch.last_sequence + 1) % 2**31)
        long.append(batch, offset, WALL_MS)
        if number < kept:
            short.append(batch, offset, WALL_MS)
            index.append(batch, offset, position=1_000 * number, size=100)
            end_offset = offset + records
        offset += records
    long.restore(long.after_cut(end_offset, [(index, len(index))]))
    remembered = [
        {number: (producer.producer_epoch, list(producer.batches)) for number, producer in producers.by_id.items()}
        for producers in (long, short)
    ]
    assert remembered[0] == remembered[1]


@pytest.mark.parametrize("reason", Refusal)
def test_refusals_say_why(reason: Refusal):
    assert "it" in reason.value
