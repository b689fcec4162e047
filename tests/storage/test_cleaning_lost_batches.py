"""Cleaning a log of which batches were lost: what is lost is neither opened nor forgotten."""

from cleaned_logs import ABORT, COMMIT, LOG, LogMaker, extents_of
from memory_files import MemoryFiles
from sealed_tables import SegmentMaker

from streambus.storage.sealed import Directory, LogExtent, decode_index_block


def rows_in(files: MemoryFiles, extents: tuple[LogExtent, ...]) -> list[tuple[int, bool]]:
    """Where the batches begin, and whether they are there."""
    found = []
    for extent in extents:
        rows = decode_index_block(files.read(extent.file, extent.position, extent.length), extent.table, extent.position).rows
        found += [(base, size > 0) for base, size in zip(rows.base_offsets, rows.sizes, strict=True)]
    return found


def test_a_lost_batch_is_still_lost_when_the_log_is_clean():
    log = LogMaker()
    for row in range(5):
        log.data((b"same", b"%d" % row))
    segment = SegmentMaker(log.files, 0, 0, 0)
    for batch in log.unsealed:
        segment.append(LOG, batch)
    segment.logs[LOG].sizes[1] = segment.logs[LOG].sizes[3] = 0
    log.extents = extents_of(segment.seal())
    log.next_table = 1
    log.clean(1_000)
    assert rows_in(log.files, log.extents) == [(1, False), (3, False), (4, True)]
    assert Directory.decode(log.clean(1_000).directories[0]).row_counts[0] == 3


def test_markers_behind_a_lost_batch_stay_because_it_may_be_theirs():
    log = LogMaker()
    for producer_id, control in ((1, COMMIT), (2, ABORT), (1, COMMIT), (2, ABORT)):
        log.data((b"same", b"1"), producer_id=producer_id, transactional=True)
        log.marker(control, producer_id)
    log.data((b"same", b"2"))
    segment = SegmentMaker(log.files, 0, 0, 0)
    for batch in log.unsealed:
        segment.append(LOG, batch)
    segment.logs[LOG].sizes[4] = 0
    log.extents = extents_of(segment.seal())
    log.next_table = 1
    cleanings = [log.clean(now_ms, last_batches=False) for now_ms in (1_000, 1_000, 2_000, 3_000)]
    assert rows_in(log.files, log.extents) == [(4, False), (5, True), (7, True), (8, True)]
    assert [cleaned.vanished for cleaned in cleanings] == [(), (3,), (3,), (3,)]
