"""The store in calm weather: what goes in comes out, and when it counts as durable."""

from copy import deepcopy

import pytest
from store_life import SMALL, Life, fresh, make_batch, recovered

from streambus.kernel import Create, DiskFailed, FileSlice, Prng, Sync, SyncDirectory, Write, fingerprint
from streambus.records import parse_header
from streambus.sim.disk import SimulatedDisk
from streambus.storage import (
    Append,
    DeleteRange,
    LogDurable,
    LogId,
    Put,
    StoreConfig,
    StoreFailed,
    StoreRecovered,
    StoreUnavailable,
    TableId,
    WalDurable,
)
from streambus.storage.wal_records import read_record
from streambus.storage.wal_writer import joined

A, B = LogId("a"), LogId("b")
T = TableId("t")


def stored(batch: bytes, base_offset: int, leader_epoch: int = 0) -> bytes:
    return base_offset.to_bytes(8, "big") + batch[8:12] + leader_epoch.to_bytes(4, "big") + batch[16:]


def test_an_empty_folder_is_an_empty_store():
    life = fresh()
    assert life.fact(StoreRecovered) == StoreRecovered(0, 0, 0, 0)
    assert life.store.logs == {}


def test_nothing_can_be_written_before_recovery():
    life = Life(SimulatedDisk(Prng(1)))
    with pytest.raises(StoreUnavailable, match="not recovered yet"):
        life.call("open_log", A)
    life.call("flush")
    assert not life.queue


def test_offsets_are_given_in_order_and_batches_are_stamped():
    life = fresh()
    log = life.call("open_log", A)
    first, second = make_batch(records=3), make_batch(records=2, fill=b"y")
    assert life.append(log, first, leader_epoch=4) == 0
    assert life.append(log, second, leader_epoch=5) == 3
    assert log.log_end_offset == 5
    assert life.read_all(log) == stored(first, 0, 4) + stored(second, 3, 5)


def test_a_log_is_opened_once():
    life = fresh()
    assert life.call("open_log", A) is life.call("open_log", A)


def test_appending_costs_no_effects_and_a_flush_one_write_and_one_sync():
    life = fresh()
    logs = [life.call("open_log", name) for name in (A, B)]
    for log in logs * 3:
        life.append(log, make_batch())
    assert not life.queue
    life.call("flush")
    assert [type(effect) for effect in life.queue] == [Create, SyncDirectory, Write, Sync]
    assert life.store.pending_bytes == life.store.wal.end
    life.settle()
    assert life.facts[-3:] == [LogDurable(A, 3), LogDurable(B, 3), WalDurable(life.store.wal.end)]
    assert life.store.pending_bytes == 0


def test_small_parts_are_written_as_one_and_large_ones_as_they_are():
    life = fresh(StoreConfig())
    log = life.call("open_log", A)
    large = make_batch(size=10_000)
    for batch in (make_batch(), make_batch(), large, make_batch()):
        life.append(log, batch)
    life.call("flush")
    (write,) = [effect for effect in life.queue if isinstance(effect, Write)]
    assert [len(part) > 9_000 for part in write.parts] == [False, True, False]
    assert isinstance(write.parts[1], memoryview)
    assert write.parts[1].obj is large


def test_large_neighbours_stay_apart():
    assert joined([b"x" * 5_000, b"y" * 5_000, b"z", b"z"]) == (b"x" * 5_000, b"y" * 5_000, b"zz")


def test_what_gathers_during_a_sync_follows_it_as_one_group():
    life = fresh()
    log = life.call("open_log", A)
    life.append(log, make_batch())
    life.call("flush")
    for _ in range(3):
        life.append(log, make_batch())
        life.call("flush")
    assert sum(isinstance(effect, Sync) for effect in life.queue) == 1
    life.settle()
    assert [fact.recovery_point for fact in life.facts if isinstance(fact, LogDurable)] == [1, 4]
    assert life.store.wal.syncs == 2


def test_recovery_point_follows_the_disk_not_the_append():
    life = fresh()
    log = life.call("open_log", A)
    life.append(log, make_batch())
    assert log.recovery_point == 0
    life.flush()
    assert log.recovery_point == 1


def test_a_flush_with_nothing_to_write_does_nothing():
    life = fresh()
    life.call("flush")
    assert not life.queue


def test_a_new_segment_is_created_only_when_the_old_one_is_durable():
    life = fresh(StoreConfig(segment_bytes=500))
    log = life.call("open_log", A)
    for _ in range(10):
        life.append(log, make_batch(size=100))
    life.call("flush")
    created = []
    while life.queue:
        effect = life.queue[0]
        if isinstance(effect, Create) and effect.file.startswith("wal/"):
            created.append(int(effect.file[4:24]))
            assert life.store.wal.durable == life.store.wal.segments.start_of(created[-1])
        life.perform_one()
    assert created == list(range(len(created)))
    assert len(created) >= 4
    again = recovered(life.disk)
    assert again.read_all(again.store.logs[A]) == life.read_all(log)


def test_a_batch_larger_than_a_segment_has_one_of_its_own():
    life = fresh()
    log = life.call("open_log", A)
    for size in (10, 5_000, 10):
        life.append(log, make_batch(size=size))
    life.flush()
    assert life.store.wal.segment == 2
    assert recovered(life.disk).store.logs[A].log_end_offset == 3


def test_everything_is_there_after_a_restart_and_the_store_goes_on():
    life = fresh()
    log = life.call("open_log", A)
    batches = [make_batch(records=n, fill=bytes([n])) for n in range(1, 30)]
    for batch in batches:
        life.append(log, batch)
    life.call("put", T, b"k", b"v")
    life.flush()
    again = recovered(life.disk)
    assert again.read_all(again.store.logs[A]) == life.read_all(log)
    assert again.store.logs[A].recovery_point == log.log_end_offset
    assert again.store.get(T, b"k") == b"v"
    again.append(again.store.logs[A], make_batch())
    again.flush()
    assert recovered(life.disk).store.logs[A].log_end_offset == log.log_end_offset + 1


def test_tables_map_bytes_to_bytes_in_order():
    life = fresh()
    for key in (b"c", b"a", b"b"):
        life.call("put", T, key, key * 2)
    life.call("put", T, b"a", b"new")
    life.call("delete", T, b"b")
    life.call("delete", T, b"never was")
    assert list(life.store.scan(T)) == [(b"a", b"new"), (b"c", b"cc")]
    assert list(life.store.scan(T, b"b", b"c")) == []
    assert life.store.get(T, b"b") is None
    life.flush()
    assert list(recovered(life.disk).store.scan(T)) == [(b"a", b"new"), (b"c", b"cc")]
    life.call("drop_table", T)
    life.flush()
    assert recovered(life.disk).store.tables == {}


def test_a_table_nobody_wrote_is_empty():
    life = fresh()
    life.call("delete", T, b"k")
    assert life.store.get(T, b"k") is None
    assert list(life.store.scan(T)) == []
    assert not life.store.tables


def test_a_dropped_log_is_gone_and_its_name_is_free():
    life = fresh()
    life.append(life.call("open_log", A), make_batch())
    life.call("drop_log", A)
    assert life.call("open_log", A).log_end_offset == 0
    life.flush()
    assert [fact for fact in life.facts if isinstance(fact, LogDurable)] == []
    assert recovered(life.disk).store.logs[A].log_end_offset == 0


def test_a_truncated_suffix_is_gone_and_its_offsets_are_given_again():
    life = fresh()
    log = life.call("open_log", A)
    for epoch in range(5):
        life.append(log, make_batch(records=2), leader_epoch=epoch)
    life.flush()
    life.call("truncate", log, 7)
    assert (log.log_end_offset, log.recovery_point, log.epochs.latest) == (6, 6, 2)
    other = make_batch(fill=b"z")
    assert life.append(log, other, leader_epoch=9) == 6
    assert life.read_all(log).endswith(stored(other, 6, 9))
    life.call("truncate", log, log.log_end_offset)
    life.flush()
    assert recovered(life.disk).read_all(recovered(life.disk).store.logs[A]) == life.read_all(log)


def test_what_was_truncated_does_not_count_as_durable_when_its_sync_comes_back():
    life = fresh()
    log = life.call("open_log", A)
    for _ in range(4):
        life.append(log, make_batch())
    life.call("flush")
    life.call("truncate", log, 1)
    life.append(log, make_batch(fill=b"n"))
    while life.store.wal.durable == 0:
        life.perform_one()
    assert log.recovery_point == 1
    life.settle()
    assert log.recovery_point == 2


def test_a_trimmed_prefix_is_gone_but_the_batch_around_the_start_stays():
    life = fresh()
    log = life.call("open_log", A)
    for _ in range(4):
        life.append(log, make_batch(records=3))
    life.call("trim", log, 4)
    life.call("trim", log, 2)
    assert log.log_start_offset == 4
    assert log.read(4, 12, 1 << 20, at_least_one=True).parts[0][:8] == (3).to_bytes(8, "big")
    life.flush()
    assert recovered(life.disk).store.logs[A].log_start_offset == 4
    life.call("trim", log, 12)
    assert len(log.index) == 0
    life.append(log, make_batch())
    life.flush()
    assert recovered(life.disk).store.logs[A].log_end_offset == 13


def test_truncating_into_the_batch_that_a_trim_cut_leaves_an_empty_log():
    life = fresh()
    log = life.call("open_log", A)
    life.append(log, make_batch(records=10))
    life.call("trim", log, 5)
    life.call("truncate", log, 7)
    assert (log.log_start_offset, log.log_end_offset) == (5, 5)
    life.store.check()


def test_reads_are_whole_batches_within_the_limits():
    life = fresh(StoreConfig(recent_bytes=0))
    log = life.call("open_log", A)
    batches = [make_batch(records=2, size=n) for n in (10, 20, 30)]
    for batch in batches:
        life.append(log, batch)
    life.flush()
    sizes = [len(batch) for batch in batches]

    def read(offset: int, end_offset: int = 6, max_bytes: int = 1 << 20, at_least_one: bool = True) -> tuple[int, int]:
        got = log.read(offset, end_offset, max_bytes, at_least_one=at_least_one)
        assert got.length == sum(map(len, got.parts))
        assert all(isinstance(part, FileSlice) for part in got.parts)
        assert len(got.parts) <= 1, "neighbours in a file are one slice"
        return got.length, got.next_offset

    assert read(0) == (sum(sizes), 6)
    assert read(3) == (sum(sizes[1:]), 6)
    assert read(0, end_offset=2) == (sizes[0], 2)
    assert read(0, max_bytes=sizes[0] + 5) == (sizes[0], 2)
    assert read(0, max_bytes=1) == (sizes[0], 2)
    assert read(0, max_bytes=1, at_least_one=False) == (0, 0)
    assert read(6) == (0, 6)
    assert log.bytes_between(2, 6, 1 << 20) == sum(sizes[1:])
    assert log.bytes_between(0, 6, 1) == sizes[0]
    assert log.bytes_between(6, 6, 1) == 0


def test_recent_small_batches_come_from_memory_as_one_part():
    life = fresh(StoreConfig(recent_bytes=1_000, recent_batch_bytes=200))
    log = life.call("open_log", A)
    for size in (10, 10, 500, 10, 10, 10):
        life.append(log, make_batch(size=size))
    life.flush()
    parts = log.read(0, 6, 1 << 20, at_least_one=True).parts
    assert [type(part) for part in parts] == [bytes, FileSlice, bytes]
    for _ in range(20):
        life.append(log, make_batch(size=100))
    assert life.store.recent.bytes <= 1_000
    life.flush()
    parts = log.read(0, 26, 1 << 20, at_least_one=True).parts
    assert isinstance(parts[0], FileSlice)
    assert isinstance(parts[-1], bytes)
    life.store.check()


def test_copies_of_recent_batches_go_with_their_batches():
    life = fresh()
    log = life.call("open_log", A)
    for fill in (b"a", b"b", b"c"):
        life.append(log, make_batch(fill=fill))
    life.call("truncate", log, 1)
    life.store.check()
    assert list(log.recent) == [0]
    large = make_batch(size=SMALL.recent_batch_bytes)
    life.append(log, large)
    life.flush()
    assert life.read_all(log) == stored(make_batch(fill=b"a"), 0) + stored(large, 1)
    life.call("trim", log, 1)
    life.store.check()
    assert log.recent == {}


def test_what_the_disk_was_not_given_yet_is_not_read_from_it():
    life = fresh(StoreConfig(recent_bytes=0))
    log = life.call("open_log", A)
    life.append(log, make_batch())
    assert log.read(0, 1, 1 << 20, at_least_one=True).parts == ()
    life.call("flush")
    assert len(log.read(0, 1, 1 << 20, at_least_one=True).parts) == 1


def test_the_last_stretch_of_a_dropped_log_is_evicted_without_it():
    life = fresh(StoreConfig(recent_bytes=300))
    life.append(life.call("open_log", A), make_batch(size=100))
    life.call("drop_log", A)
    log = life.call("open_log", B)
    for _ in range(5):
        life.append(log, make_batch(size=100))
    life.store.check()


def test_batches_are_found_by_time():
    life = fresh()
    log = life.call("open_log", A)
    for timestamp in (-1, 50, 20, 60, 60, 55):
        life.append(log, make_batch(timestamp=timestamp))
    assert [log.batch_at_time(t) and log.batch_at_time(t).base_offset for t in (0, 50, 51, 60, 61)] == [1, 1, 3, 3, None]
    assert log.batch_of_max_timestamp().base_offset == 3
    life.call("trim", log, 2)
    assert log.batch_at_time(10).base_offset == 2
    life.call("trim", log, 4)
    assert [log.batch_at_time(t).base_offset for t in (10, 56)] == [4, 4]
    life.call("truncate", log, 4)
    assert log.batch_at_time(0) is None
    assert log.batch_of_max_timestamp() is None


@pytest.mark.parametrize("operation", ["create", "syncdirectory", "write", "sync"])
def test_a_disk_failure_ends_writing_and_nothing_else(operation):
    life = fresh(StoreConfig(segment_bytes=300))
    log = life.call("open_log", A)
    batch = make_batch(size=100)
    life.append(log, batch)
    life.flush()
    life.disk.fail(operation, "EIO")
    life.append(log, batch)
    life.append(log, batch)
    life.flush()
    assert life.fact(StoreFailed).reason == life.store.failed
    assert "EIO" in life.store.failed
    assert log.recovery_point == 1
    life.store.check()
    for call in (("open_log", B), ("append", log, parse_header(batch), batch, 0), ("truncate", log, 0), ("trim", log, 0), ("drop_log", A)):
        with pytest.raises(StoreUnavailable, match="EIO"):
            life.call(*call)
    life.flush()
    assert not life.queue
    assert life.bytes_of(log.read(0, 1, 1 << 20, at_least_one=True).parts) == stored(batch, 0)


def test_a_write_that_failed_is_not_read_from_the_file():
    life = fresh(StoreConfig(recent_bytes=0))
    log = life.call("open_log", A)
    life.append(log, make_batch())
    life.flush()
    life.append(log, make_batch())
    life.disk.fail("write", "ENOSPC")
    life.flush()
    assert log.read(0, 2, 1 << 20, at_least_one=True).next_offset == 1


def test_a_failed_read_of_a_running_store_is_the_readers_matter():
    life = fresh()
    life.call("on_disk_failed", DiskFailed("wal/00000000000000000000.wal", "read", "EIO"))
    assert life.store.failed is None


def test_a_pending_store_can_be_copied_and_fingerprinted():
    life = fresh()
    log = life.call("open_log", A)
    life.append(log, make_batch(size=5_000))
    life.call("put", T, b"k", b"v")
    copy = deepcopy(life.store)
    assert fingerprint(copy) == fingerprint(life.store)
    life.append(log, make_batch())
    copy.check()
    assert copy.logs[A].log_end_offset == 1
    assert fingerprint(copy) != fingerprint(life.store)


def test_changes_that_are_written_together_are_in_one_record():
    life = fresh()
    log = life.call("open_log", A)
    life.flush()
    batch = make_batch()
    life.call("put", T, b"gone", b"soon")
    life.flush()
    before = life.store.wal.durable
    changes = (
        Put(T, b"k", b"v"),
        Put(T, b"l", None),
        Append(log, parse_header(batch), batch, 3),
        DeleteRange(T, b"g", b"h"),
        Put(T, b"m", b"w"),
    )
    life.call("write", changes)
    life.call("flush")
    (write,) = [effect for effect in life.queue if isinstance(effect, Write)]
    data = b"".join(write.parts)
    record, _ = read_record(memoryview(data), 0, before)
    assert record is not None
    assert record.header.size == len(data)
    life.settle()
    for store in (life.store, recovered(life.disk).store):
        assert dict(store.scan(T)) == {b"k": b"v", b"m": b"w"}
        assert store.logs[A].log_end_offset == 1


def test_nothing_of_a_write_is_done_if_the_store_cannot_take_it():
    life = Life(SimulatedDisk(Prng(1)))
    with pytest.raises(StoreUnavailable):
        life.call("write", (Put(T, b"k", b"v"),))
    with pytest.raises(StoreUnavailable):
        life.call("delete_range", T, b"", None)
    assert life.store.tables == {}


def test_a_range_of_keys_is_deleted_and_may_be_written_again():
    life = fresh()
    life.call("delete_range", T, b"", None)
    assert life.store.tables == {}
    for key in (b"a", b"b", b"c", b"d"):
        life.call("put", T, key, key)
    life.call("delete_range", T, b"b", b"d")
    life.call("put", T, b"c", b"again")
    assert dict(life.store.scan(T)) == {b"a": b"a", b"c": b"again", b"d": b"d"}
    life.flush()
    again = recovered(life.disk)
    assert again.scan(T) == {b"a": b"a", b"c": b"again", b"d": b"d"}
    again.call("delete_range", T, b"b", None)
    assert again.scan(T) == {b"a": b"a"}


def test_a_view_stays_as_it_is():
    life = fresh()
    life.call("put", T, b"k", b"old")
    view = life.store.view()
    life.call("put", T, b"k", b"new")
    life.call("put", T, b"l", b"new")
    assert (view.get(T, b"k"), view.get(T, b"l"), view.get(TableId("u"), b"k")) == (b"old", None, None)
    assert dict(view.scan(T)) == {b"k": b"old"}
    assert dict(view.scan(T, b"l")) == dict(view.scan(TableId("u"))) == {}
    life.call("drop_table", T)
    assert view.get(T, b"k") == b"old"
    view.close()


def test_statistics_show_the_insides():
    life = fresh()
    life.append(life.call("open_log", A), make_batch(producer=(7, 0, 0)))
    life.call("put", T, b"k", b"v")
    life.flush()
    statistics = life.store.statistics()
    assert (statistics["logs"], statistics["tables"], statistics["batches"], statistics["producers"]) == (1, 1, 1, 1)
    assert statistics["wal_bytes"] == statistics["wal_durable_bytes"] == len(life.disk.contents()["wal/00000000000000000000.wal"])
    assert (statistics["sealed_tables"], statistics["jobs"]) == (0, 0)


def test_limits_of_another_life_do_not_matter():
    life = fresh(SMALL)
    log = life.call("open_log", A)
    for _ in range(40):
        life.append(log, make_batch(size=90))
    life.flush()
    for config in (StoreConfig(), StoreConfig(recovery_chunk_bytes=1), StoreConfig(segment_bytes=1)):
        again = recovered(life.disk.copy(), config)
        assert again.read_all(again.store.logs[A]) == life.read_all(log)
        again.append(again.store.logs[A], make_batch())
        again.flush()
        assert recovered(again.disk).store.logs[A].log_end_offset == 41
