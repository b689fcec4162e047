"""The rules of cleaning, one by one."""

import gzip

import attrs
import pytest
from cleaned_logs import ABORT, COMMIT, RETENTION_MS, LogMaker, marker_batch

from streambus.records import (
    HEADER_BYTES,
    Codec,
    ControlType,
    Record,
    check_batch,
    crc32c,
    decode_records,
    encode_batch,
    parse_header,
    with_log_append_time,
)
from streambus.records.batch import pack_header
from streambus.storage.cleaning import (
    Cleaning,
    CleaningPolicy,
    DirtyRange,
    KeyMap,
    LogPiece,
    Outcomes,
    clean_batch,
    dirty_millionths,
    dirty_range,
    is_due,
    note_keys,
)
from streambus.storage.cleaning import bytes_between as bytes_of
from streambus.storage.cleaning.key_map import BYTES_PER_KEY
from streambus.storage.transactions import AbortedTransaction

NOW = 1_000


def cleaning_of(
    *batches: bytes, end_offset: int | None = None, now_ms: int = NOW, aborted: tuple[AbortedTransaction, ...] = ()
) -> Cleaning:
    """What a walk over these batches finds out, on the way to the second one."""
    end = parse_header(batches[-1]).next_offset if end_offset is None else end_offset
    keys, outcomes = KeyMap(1 << 20, 0), Outcomes(aborted)
    for batch in batches:
        note_keys(keys, outcomes, parse_header(batch), batch, 0, end)
    keys.cover(end)
    return Cleaning(keys, Outcomes(aborted), now_ms=now_ms, delete_retention_ms=RETENTION_MS)


def clean(*batches: bytes, **options: object) -> list[bytes | None]:
    cleaning = cleaning_of(*batches, **options)  # type: ignore[arg-type]
    return [clean_batch(cleaning, parse_header(batch), batch) for batch in batches]  # type: ignore[misc]


def batch_of(*pairs: tuple[bytes | None, bytes | None], base_offset: int = 0, codec: Codec = Codec.NONE) -> bytes:
    return encode_batch([Record(key, value, (), 100 + row) for row, (key, value) in enumerate(pairs)], base_offset=base_offset, codec=codec)


def nonsense(payload: bytes, *, codec: Codec = Codec.NONE, is_control: bool = False) -> bytes:
    """An intact batch of one record, if it were one."""
    header = parse_header(encode_batch([Record(b"a", b"")], codec=codec, is_control=is_control))
    head = pack_header(attrs.evolve(header, length=HEADER_BYTES - 12 + len(payload)))
    batch = head[:17] + crc32c(payload, crc32c(head[21:])).to_bytes(4, "big") + head[21:] + payload
    check_batch(batch, parse_header(batch))
    return batch


# Batches ---------------------------------------------------------------------------------------------------------------


def test_a_batch_that_loses_nothing_stays_as_it_is() -> None:
    batches = [batch_of((b"a", b"1"), (b"b", b"2"), codec=Codec.LZ4), batch_of((b"c", b"3"), base_offset=2)]
    cleaned = clean(*batches)
    assert all(after is before for after, before in zip(cleaned, batches, strict=True))


def test_only_the_newest_record_of_a_key_stays() -> None:
    old, new = batch_of((b"a", b"1"), (b"b", b"2"), codec=Codec.ZSTD), batch_of((b"a", b"3"), base_offset=2)
    first, second = clean(old, new)
    assert first is not None
    assert parse_header(first).codec is Codec.ZSTD
    assert decode_records(first) == [Record(b"b", b"2", (), 101, 1)]
    assert second is new


def test_records_without_a_key_go() -> None:
    assert clean(batch_of((None, b"1")), batch_of((b"a", b"1"), base_offset=1))[0] is None


def test_from_the_end_of_the_clean_part_on_everything_stays() -> None:
    old, new = batch_of((b"a", b"1"), (b"a", b"2"), (None, b"3")), batch_of((b"a", b"4"), base_offset=3)
    first, second = clean(old, new, end_offset=2)
    assert first is not None
    assert [record.value for record in decode_records(first)] == [b"2", b"3"]
    assert second is new


def test_the_last_batch_stays_to_say_where_the_log_ends() -> None:
    log = LogMaker()
    log.data((b"a", b"1"))
    log.data((None, b"2"), (None, b"3"))
    log.seal()
    log.clean(NOW)
    assert [(header.base_offset, header.next_offset, header.record_count) for header in log.headers()] == [(0, 1, 1), (1, 3, 0)]
    log.data((b"b", b"1"))
    log.seal()
    log.clean(NOW)
    assert [(header.base_offset, header.record_count) for header in log.headers()] == [(0, 1), (3, 1)]


def test_a_tombstone_outlives_its_first_cleaning_by_the_retention() -> None:
    value, tombstone = batch_of((b"a", b"1")), batch_of((b"a", None), base_offset=1)
    gone, marked = clean(value, tombstone)
    assert gone is None
    assert marked is not None
    assert parse_header(marked).delete_horizon_ms == NOW + RETENTION_MS
    assert decode_records(marked) == [Record(b"a", None, (), 100, 1)]
    assert clean(marked, now_ms=NOW + RETENTION_MS - 1)[0] is marked
    assert clean(marked, now_ms=NOW + RETENTION_MS)[0] is None


def test_the_horizon_is_what_the_batch_says_and_no_clock_moves_it() -> None:
    marked = clean(batch_of((b"a", None)))[0]
    assert marked is not None
    assert clean(marked, now_ms=NOW - 500)[0] is marked, "a clock that goes back does not set it again"
    for now_ms in (NOW, NOW + RETENTION_MS - 1):
        assert clean(marked, now_ms=now_ms)[0] is marked


def test_a_horizon_waits_until_all_of_its_batch_is_clean() -> None:
    batch = batch_of((b"a", None), (b"b", None))
    assert clean(batch, end_offset=1)[0] is batch
    marked = clean(batch)[0]
    assert marked is not None
    assert clean(marked, end_offset=1, now_ms=NOW + RETENTION_MS)[0] != marked
    left = clean(marked, end_offset=1, now_ms=NOW + RETENTION_MS)[0]
    assert left is not None
    assert [record.key for record in decode_records(left)] == [b"b"]


def test_the_time_of_appending_survives_cleaning() -> None:
    plain = batch_of((b"a", None), (b"b", b"1"))
    marked = clean(with_log_append_time(plain, parse_header(plain), 77))[0]
    assert marked is not None
    assert [record.timestamp for record in decode_records(marked)] == [77, 77]


def test_an_intact_batch_that_nobody_can_read_stays_and_is_counted() -> None:
    for batch in (nonsense(b"\7\7\7"), nonsense(b"\7\7\7", codec=Codec.LZ4)):
        cleaning = cleaning_of(batch)
        assert clean_batch(cleaning, parse_header(batch), batch) is batch
        assert cleaning.unreadable_batches == 1
    assert clean(marker := nonsense(b"\7\7\7", is_control=True)) == [marker]


def test_a_batch_that_grows_too_large_stays_and_is_counted() -> None:
    bomb = nonsense(gzip.compress(bytes(10_000_000)), codec=Codec.GZIP)
    cleaning = cleaning_of(bomb)
    cleaning.decompressed_bytes_max = 1_000_000
    assert clean_batch(cleaning, parse_header(bomb), bomb) is bomb
    assert cleaning.unreadable_batches == 1


def test_another_batch_of_the_same_length_is_another_batch() -> None:
    log = LogMaker()
    log.data((b"a", None), (b"b", b"1"), (b"a", None), (b"c", b"1"), codec=Codec.GZIP)
    log.seal()
    cleaned = log.clean(NOW)
    assert cleaned.bytes_before == cleaned.bytes_after, "if zlib makes it another length, find another example"
    assert list(log.pairs()) == [1, 2, 3]


# Transactions ----------------------------------------------------------------------------------------------------------


def test_the_key_of_a_marker_is_no_key() -> None:
    log = LogMaker()
    log.data((b"\0\0\0\1", b"a user's"), (b"\0\0\0\0", b"a user's"))
    log.data((b"x", b"1"), producer_id=1, transactional=True)
    log.marker(COMMIT, 1)
    log.data((b"x", b"2"), producer_id=2, transactional=True)
    log.marker(COMMIT, 2)
    log.data((b"\0\0\0\1", b"newer"))
    log.seal()
    log.clean(NOW, last_batches=False)
    assert log.pairs() == {1: (b"\0\0\0\0", b"a user's"), 4: (b"x", b"2"), 6: (b"\0\0\0\1", b"newer")}
    assert [header.base_offset for header in log.headers() if header.is_control] == [3, 5]


def test_a_marker_goes_after_its_data_as_a_tombstone_does() -> None:
    for control in (COMMIT, ABORT):
        log = LogMaker()
        log.data((b"a", b"1"), producer_id=1, transactional=True)
        log.marker(control, 1)
        log.data((b"a", b"2"))
        log.seal()
        history = []
        for now_ms in (NOW, NOW + 1, NOW + RETENTION_MS, NOW + RETENTION_MS + 1, NOW + RETENTION_MS + 2):
            cleaned = log.clean(now_ms, last_batches=False)
            history.append(([(header.base_offset, header.delete_horizon_ms) for header in log.headers()], cleaned.vanished))
        marked = [(1, NOW + 1 + RETENTION_MS), (2, None)]
        over = (1,) if control is ABORT else ()
        assert history == [([(1, None), (2, None)], ()), (marked, over), (marked, over), ([(2, None)], over), ([(2, None)], over)]


def test_a_transaction_may_lie_in_many_tables() -> None:
    log = LogMaker()
    for row in range(5):
        log.data((b"a%d" % row, b"1"), producer_id=1, transactional=True)
    log.data((b"b", b"1"), producer_id=2, transactional=True)
    log.marker(ABORT, 1)
    log.marker(COMMIT, 2)
    log.data((b"c", b"1"))
    log.seal(batches_per_segment=1)
    log.clean(NOW, table_bytes=1, last_batches=False)
    assert [header.base_offset for header in log.headers()] == [5, 6, 7, 8]
    assert [header.delete_horizon_ms for header in log.headers()] == [None] * 4
    cleaned = log.clean(NOW, table_bytes=1, last_batches=False)
    assert [header.delete_horizon_ms for header in log.headers()] == [None, NOW + RETENTION_MS, None, None]
    assert cleaned.vanished == (6,)


def test_the_next_transaction_of_a_producer_is_another_one() -> None:
    log = LogMaker()
    for control in (ABORT, COMMIT, ABORT, COMMIT):
        log.data((b"k%d" % log.end_offset, b"1"), producer_id=1, transactional=True)
        log.marker(control, 1)
    log.seal(batches_per_segment=3)
    log.clean(NOW)
    assert log.pairs() == {2: (b"k2", b"1"), 6: (b"k6", b"1")}


def test_aborted_records_outdate_nothing() -> None:
    log = LogMaker()
    log.data((b"a", b"old"))
    log.data((b"a", b"never"), producer_id=1, transactional=True)
    log.marker(ABORT, 1)
    log.seal()
    log.clean(NOW)
    assert log.pairs() == {0: (b"a", b"old")}


def test_nothing_behind_the_first_open_transaction_is_cleaned() -> None:
    log = LogMaker()
    log.data((b"a", b"1"))
    log.data((b"a", b"2"))
    log.data((b"a", b"3"), producer_id=1, transactional=True)
    log.data((b"a", b"4"))
    log.seal()
    cleaned = log.clean(NOW)
    assert (log.pairs(), cleaned.cleaned_end) == ({1: (b"a", b"2"), 2: (b"a", b"3"), 3: (b"a", b"4")}, 2)


def test_a_marker_behind_the_clean_part_stays_as_it_is() -> None:
    log = LogMaker()
    log.data((b"a", b"1"))
    log.marker(COMMIT, 1)
    log.data((b"b", b"1"))
    log.seal()
    cleaned = attrs.evolve(log.task(NOW), end_offset=1).run(log.files)
    assert cleaned.bytes_before == cleaned.bytes_after
    log.next_table += 1
    log.clean(NOW)
    assert [header.delete_horizon_ms for header in log.headers()] == [None, NOW + RETENTION_MS, None]


def test_an_emptied_marker_goes_when_its_producer_is_forgotten() -> None:
    log = LogMaker()
    log.data((b"a", b"1"), producer_id=1, transactional=True)
    log.marker(COMMIT, 1)
    log.data((b"a", b"2"))
    log.seal()
    log.last_batches = {1: 1}
    for _ in range(3):
        log.clean(NOW)
    log.clean(NOW + RETENTION_MS)
    assert [(header.base_offset, header.record_count) for header in log.headers()] == [(1, 0), (2, 1)]
    log.clean(NOW + RETENTION_MS)
    assert [(header.base_offset, header.record_count) for header in log.headers()] == [(1, 0), (2, 1)]
    log.clean(NOW + RETENTION_MS, last_batches=False)
    assert [header.base_offset for header in log.headers()] == [2]


def test_other_control_batches_are_none_of_our_business() -> None:
    batch = marker_batch(ControlType.LEADER_CHANGE, 1, 0)
    assert clean(batch)[0] is batch


# The map of keys -------------------------------------------------------------------------------------------------------


def test_the_map_ends_where_it_is_full_and_goes_on_where_it_can() -> None:
    keys = KeyMap(2 * BYTES_PER_KEY, 0)
    keys.add([b"a", b"b"], [0, 1])
    keys.add([b"a", None, b"b"], [2, 3, 4])
    assert (keys.newest([b"a", b"b", b"c", None]), keys.is_full) == ([2, 4, -1, (1 << 63) - 1], False)
    keys.add([b"a", b"c", b"b"], [5, 6, 7])
    assert (keys.newest([b"a", b"b"]), keys.end_offset, keys.is_full, len(keys)) == ([5, 4], 6, True, 2)
    keys.cover(100)
    assert keys.end_offset == 6


def test_long_keys_are_told_apart_though_only_a_hash_of_them_is_kept() -> None:
    keys = KeyMap(1 << 20, 0)
    long = [b"x" * 1_000 + bytes([row]) for row in range(200)]
    keys.add(long, list(range(200)))
    assert keys.newest(long) == list(range(200))
    (digest,) = [name for name in keys.offsets if name is not None and keys.offsets[name] == 0]
    assert keys.newest([digest]) == [-1], "the name of a long key is not taken for a key"


def test_there_is_room_for_one_key_at_least() -> None:
    keys = KeyMap(0, 5)
    keys.add([b"a", b"a", b"b"], [5, 6, 7])
    assert (keys.newest([b"a"]), keys.end_offset) == ([6], 7)


# When ------------------------------------------------------------------------------------------------------------------

PIECES = [LogPiece(0, 10, 1_000, 100), LogPiece(10, 20, 500, 200), LogPiece(20, 30, 100, 300)]


def dirty(**changes: int) -> DirtyRange:
    options = {"cleaned_end": 5, "log_start_offset": 0, "last_stable_offset": 100, "now_ms": 1_000} | changes
    return dirty_range(PIECES, policy=CleaningPolicy(min_lag_ms=options.pop("min_lag_ms", 0)), **options)  # type: ignore[arg-type]


def test_only_what_is_sealed_and_stable_may_be_cleaned() -> None:
    assert dirty() == DirtyRange(5, 30)
    assert dirty(last_stable_offset=17) == DirtyRange(5, 17)
    assert dirty(last_stable_offset=3, cleaned_end=3) == DirtyRange(3, 3)
    assert dirty(last_stable_offset=3, cleaned_end=3).is_empty
    assert dirty_range([], cleaned_end=0, log_start_offset=0, last_stable_offset=9, now_ms=0, policy=CleaningPolicy()).is_empty


def test_young_records_wait() -> None:
    assert dirty(min_lag_ms=700) == DirtyRange(5, 30)
    assert dirty(min_lag_ms=701) == DirtyRange(5, 20)
    assert dirty(min_lag_ms=800) == DirtyRange(5, 20)
    assert dirty(min_lag_ms=801) == DirtyRange(5, 10)
    assert dirty(min_lag_ms=801, cleaned_end=12) == DirtyRange(12, 12)
    assert dirty(min_lag_ms=901, cleaned_end=10) == DirtyRange(10, 10)
    assert dirty(min_lag_ms=2_000).is_empty


def test_a_log_that_does_not_reach_to_where_it_was_clean_is_dirty() -> None:
    assert dirty(cleaned_end=31, last_stable_offset=30) == DirtyRange(0, 30)
    assert dirty(cleaned_end=2, log_start_offset=8) == DirtyRange(8, 30)
    assert dirty(cleaned_end=31, last_stable_offset=31) == DirtyRange(31, 31)


def test_bytes_are_counted_by_offsets() -> None:
    assert [bytes_of(PIECES, *between) for between in ((0, 30), (5, 15), (12, 12), (25, 99))] == [1_600, 750, 0, 50]


def test_a_log_is_due_when_much_of_it_is_dirty_or_something_is_old() -> None:
    policy = CleaningPolicy(max_lag_ms=100)
    assert not is_due(0, 0, 1, NOW, policy)
    assert not is_due(500, 500, 0, NOW, policy)
    assert is_due(499, 500, 0, NOW, policy)
    assert is_due(10_000, 1, NOW - 101, NOW, policy)
    assert not is_due(10_000, 1, NOW - 100, NOW, policy)
    assert not is_due(10_000, 1, 1, NOW, CleaningPolicy())
    assert is_due(10_000, 1, 0, NOW, CleaningPolicy(min_dirty_millionths=0))
    assert (dirty_millionths(300, 100), dirty_millionths(0, 0)) == (250_000, 0)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("codec", [Codec.NONE, Codec.GZIP, Codec.LZ4])
def test_a_stock_client_reads_a_cleaned_log(codec: Codec) -> None:
    memory_records = pytest.importorskip("kafka.record.memory_records", reason="kafka-python is not installed")
    log = LogMaker()
    log.data((b"a", b"1"), (b"b", b"2"), (b"c", None), producer_id=3, codec=codec)
    log.data((b"b", b"4"), codec=codec)
    log.data((b"b", b"5"), producer_id=3, codec=codec)
    log.data((b"b", b"6"), codec=codec)
    log.seal()
    log.clean(NOW)
    found, batches = [], memory_records.MemoryRecords(b"".join(log.batches()))
    while batches.has_next():
        batch = batches.next_batch()
        assert batch.validate_crc()
        found.append((batch.base_offset, batch.last_offset_delta, [(record.offset, record.key, record.value) for record in batch]))
    assert found == [(0, 2, [(0, b"a", b"1"), (2, b"c", None)]), (4, 0, []), (5, 0, [(5, b"b", b"6")])]
