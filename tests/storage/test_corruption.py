"""Damage to durable bytes is named and refused; only a tail that nobody was promised is cut."""

from itertools import pairwise

import pytest
from store_life import SMALL, Life, essence, fresh, make_batch, recovered

from streambus.kernel import DiskFailed, Prng
from streambus.records import crc32c
from streambus.sim.disk import SimulatedDisk
from streambus.storage import LogId, RecoveryProgressed, RecoveryRead, StoreConfig, StoreCorrupted, StoreFailed, StoreRecovered, TableId
from streambus.storage.frames import FRAME_HEADER_BYTES, FrameKind, frame_header
from streambus.storage.recovery import RecoveryStage

A = LogId("a")
T = TableId("t")
FIRST = "wal/00000000000000000000.wal"


def written(groups: int, config: StoreConfig = SMALL, size: int = 50) -> Life:
    """A store with a batch in each of so many groups."""
    life = fresh(config)
    log = life.call("open_log", A)
    for number in range(groups):
        life.append(log, make_batch(size=size, fill=bytes([65 + number])))
        life.flush()
    return life


def outcome(disk: SimulatedDisk, config: StoreConfig = SMALL) -> Life:
    return Life(disk, config).recover()


def test_every_flipped_bit_is_named_or_in_the_last_group_or_harmless():
    life = written(groups=4)
    before = life.store.wal.end
    last_group = before - (FRAME_HEADER_BYTES + len(make_batch(size=50)))
    whole = essence(life.store)
    for position in range(before):
        disk = life.disk.copy()
        disk.flip_bit(FIRST, position, position % 8)
        again = outcome(disk)
        (fact,) = [fact for fact in again.facts if isinstance(fact, StoreCorrupted | StoreRecovered)]
        if isinstance(fact, StoreCorrupted):
            assert position < last_group or "format version" in fact.reason
            assert fact.position <= position < fact.position + FRAME_HEADER_BYTES + 200
        elif position < last_group:
            # Only the flags of a header could be changed unseen, and they are summed too.
            assert essence(again.store) == whole
        else:
            assert fact.cut_bytes == before - last_group


def test_damage_is_named_by_file_and_position():
    life = written(groups=3)
    frames = [0, FRAME_HEADER_BYTES + 1]
    life.disk.flip_bit(FIRST, frames[1] + 45, 0)
    fact = outcome(life.disk).fact(StoreCorrupted)
    assert (fact.file, fact.position) == (FIRST, frames[1])
    assert "synced" in fact.reason


def test_damage_at_the_end_of_a_segment_that_has_a_successor_is_no_torn_tail():
    life = written(groups=2, config=StoreConfig(segment_bytes=250))
    assert len(life.disk.contents()) == 2
    life.disk.flip_bit(FIRST, len(life.disk.contents()[FIRST]) - 1, 0)
    assert "later segment" in outcome(life.disk).fact(StoreCorrupted).reason


def test_a_corrupted_store_stays_as_it_is():
    life = written(groups=3)
    life.disk.flip_bit(FIRST, 60, 0)
    before = life.disk.contents()
    again = outcome(life.disk)
    assert not again.store.is_ready
    assert life.disk.contents() == before


def test_a_torn_tail_is_cut_and_its_size_is_told():
    life = written(groups=1)
    log = life.store.logs[A]
    for _ in range(3):
        life.append(log, make_batch(size=50))
    life.flush()
    frame = FRAME_HEADER_BYTES + len(make_batch(size=50))
    life.disk.flip_bit(FIRST, life.store.wal.end - 2 * frame + 30, 3)
    again = recovered(life.disk)
    assert again.fact(StoreRecovered).cut_bytes == 2 * frame
    assert again.store.logs[A].log_end_offset == 2
    assert len(life.disk.contents()[FIRST]) == again.store.wal.end


def test_a_torn_tail_larger_than_a_chunk_is_searched_through():
    config = StoreConfig(recovery_chunk_bytes=128)
    life = written(groups=1, config=config)
    log = life.store.logs[A]
    life.append(log, make_batch(size=3_000))
    life.flush()
    torn = life.disk.copy()
    torn.flip_bit(FIRST, life.store.wal.end - 1, 0)
    assert recovered(torn, config).store.logs[A].log_end_offset == 1
    life.append(log, make_batch())
    life.flush()
    life.disk.flip_bit(FIRST, 300, 0)
    assert outcome(life.disk, config).fact(StoreCorrupted).position == FRAME_HEADER_BYTES + 1 + FRAME_HEADER_BYTES + len(
        make_batch(size=50)
    )


def test_zeros_behind_the_last_frame_are_a_torn_tail():
    life = written(groups=2)
    file = life.disk.files[life.disk.names[FIRST]]
    for content in (file.cached, file.durable):
        content.extend(bytes(5_000))
    assert recovered(life.disk).fact(StoreRecovered).cut_bytes == 5_000


def forged(*frames: tuple[int, int, bytes]) -> SimulatedDisk:
    """A WAL with frames that are whole but were never written by a store."""
    life = fresh()
    life.call("put", T, b"k", b"v")
    position = life.store.wal.end
    parts = b""
    for kind, keyspace, payload in frames:
        summed = payload[:21] if kind is FrameKind.BATCH else payload
        parts += frame_header(kind, keyspace, position + len(parts), 0, len(payload), summed) + payload
    life.store.wal.gathering.parts.append(parts)
    life.store.wal.end = life.store.wal.gathering.end = position + len(parts)
    life.flush()
    return life.disk


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ((FrameKind.BATCH, 7, make_batch()), "keyspace 7 is not an open log"),
        ((FrameKind.BATCH, 1, make_batch()), "keyspace 1 is not an open log"),
        ((FrameKind.TRIM, 2, bytes(8)), "keyspace 2 is not an open log"),
        ((FrameKind.PUT, 2, bytes(4)), "keyspace 2 is not an open table"),
        ((FrameKind.DROP, 2, b""), "keyspace 2 is dropped but not open"),
        ((99, 1, b"z"), "frame kind 99 is not known here"),
        ((FrameKind.OPEN_LOG, 9, b"z"), "keyspace 9 is opened after keyspace 1"),
    ],
)
def test_whole_frames_that_cannot_follow_each_other_are_corruption(frame, reason):
    assert outcome(forged(frame)).fact(StoreCorrupted).reason == reason


def test_frames_of_a_newer_version_are_refused_not_cut():
    life = written(groups=1)
    file = life.disk.files[life.disk.names[FIRST]]
    for content in (file.cached, file.durable):
        content.extend(b"SBW\x02" + bytes(100))
    assert outcome(life.disk.copy()).fact(StoreCorrupted).reason == "format version 2 is not known here"
    header = bytearray(frame_header(FrameKind.PUT, 1, life.store.wal.end, 0, 0, b""))
    header[18:20] = b"\x00\x01"
    header[4:8] = crc32c(header[8:]).to_bytes(4, "big")
    for content in (file.cached, file.durable):
        content[life.store.wal.end :] = header
    assert outcome(life.disk).fact(StoreCorrupted).reason == "frame flags 1 are not known here"


def test_a_batch_with_the_wrong_offset_is_corruption():
    batch = make_batch()
    disk = forged((FrameKind.OPEN_LOG, 2, b"z"), (FrameKind.BATCH, 2, (5).to_bytes(8, "big") + batch[8:]))
    assert "follows offset 0 of z" in outcome(disk).fact(StoreCorrupted).reason
    assert (
        "is none"
        in outcome(forged((FrameKind.OPEN_LOG, 2, b"z"), (FrameKind.BATCH, 2, batch[:16] + b"\x01" + batch[17:])))
        .fact(StoreCorrupted)
        .reason
    )


def test_a_frame_of_another_place_is_no_frame():
    life = written(groups=1)
    file = life.disk.files[life.disk.names[FIRST]]
    frame = bytes(file.cached[FRAME_HEADER_BYTES + 1 :])
    for content in (file.cached, file.durable):
        content.extend(frame)
    again = recovered(life.disk)
    assert again.fact(StoreRecovered).cut_bytes == len(frame)
    assert again.store.logs[A].log_end_offset == 1


def test_bytes_that_change_between_two_reads_are_corruption():
    life = written(groups=1)
    again = Life(life.disk)
    again.call("start")
    while again.store.recovery.stage is not RecoveryStage.SETTLE:
        again.perform_one()
    life.disk.flip_bit(FIRST, 50, 0)
    again.settle()
    assert "not any more" in again.fact(StoreCorrupted).reason


@pytest.mark.parametrize("operation", ["read", "truncate", "write", "sync", "syncdirectory"])
def test_a_disk_failure_during_recovery_ends_it(operation):
    life = written(groups=2)
    life.disk.flip_bit(FIRST, life.store.wal.end - 1, 0)
    life.disk.fail(operation)
    again = outcome(life.disk)
    assert operation in again.fact(StoreFailed).reason
    assert not again.store.is_ready
    again.call("on_recovery_read", RecoveryRead(0, 0, 10, b""))
    assert not again.queue
    again.call("on_disk_failed", DiskFailed(FIRST, "read", "EIO"))
    assert again.fact(StoreFailed)


def test_progress_is_told():
    life = written(groups=20)
    again = recovered(life.disk, StoreConfig(recovery_report_bytes=1_000, recovery_chunk_bytes=100))
    positions = [fact.position for fact in again.facts if isinstance(fact, RecoveryProgressed)]
    assert len(positions) >= 2
    assert all(later - earlier >= 1_000 for earlier, later in pairwise([0, *positions]))


def test_a_power_cut_between_creating_a_segment_and_writing_to_it_leaves_an_empty_one():
    life = written(groups=3)
    end = life.store.wal.end
    life.disk.names[f"wal/{end:020d}.wal"] = life.disk.last_number + 1
    life.disk.files[life.disk.last_number + 1] = type(life.disk.files[1])()
    life.disk.last_number += 1
    again = recovered(life.disk)
    assert again.store.wal.segments.starts[-1] == end
    again.append(again.store.logs[A], make_batch())
    again.flush()
    life.disk.power_cut(Prng(3))
    assert recovered(life.disk).store.logs[A].log_end_offset == 4
