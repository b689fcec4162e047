"""Plain retention: what the store writes for every byte that it is given, when old batches are forgotten as new ones come."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs

from streambus.storage import Log, StoreConfig

from ...goals import AT_MOST
from ..batches import batches
from ..driven_store import DrivenStore, fresh_store
from ..work import Comparison, Contenders, Figure, Figures, Scale

_BATCH_BYTES = 16 * 1024
_DIFFERENT = 256
_GROUP = 64
_PARTITIONS = 100
_SEGMENT_BYTES = 16 << 20
_KEPT_SHARE = 16
"""Of everything that is appended, a sixteenth is kept at a time."""

AMPLIFICATION = "written"


@attrs.frozen
class Retain:
    """Batches of 16 KiB in 100 partitions in turn; every time a segment's worth was appended, each partition is cut to its share of what
    is kept. Counted are all bytes that any file was given. Nothing is synced, because nothing is timed."""

    name: str
    total_bytes: int
    title: str = "retention by bytes: what is written for each byte of batches (100 partitions, 16 KiB batches, 16 MiB segments)"
    is_disk_bound: bool = False
    is_exact: bool = True
    figures: tuple[Figure, ...] = (Figure(AMPLIFICATION, "store", "bytes/byte", digits=3),)
    comparisons: tuple[Comparison, ...] = (Comparison(AMPLIFICATION, None, AT_MOST, 1.1),)

    @contextmanager
    def contend(self, folder: Path, scale: Scale, left_out: dict[str, str]) -> Iterator[Contenders]:
        """One store, from its first batch on."""
        count = max(_PARTITIONS * _KEPT_SHARE, scale.of(self.total_bytes // _BATCH_BYTES)) // _GROUP * _GROUP
        different = batches(_BATCH_BYTES, _DIFFERENT)

        def store() -> Figures:
            config = StoreConfig(segment_bytes=_SEGMENT_BYTES)
            with fresh_store(folder / "store", config, is_synced=False) as driven:
                logs = driven.open_logs(_PARTITIONS)
                kept = count // _KEPT_SHARE // _PARTITIONS
                for first in range(0, count, _GROUP):
                    driven.append_group(logs, [different[(first + number) % _DIFFERENT] for number in range(_GROUP)], first)
                    if first % (_SEGMENT_BYTES // _BATCH_BYTES) == 0:
                        _forget(driven, logs, kept)
                driven.rest()
                assert all(log.log_end_offset - log.log_start_offset <= 2 * kept + _GROUP for log in logs), "retention does not keep up"
                return {AMPLIFICATION: driven.files.written_bytes / (count * _BATCH_BYTES)}

        yield {"store": store}


def _forget(driven: DrivenStore, logs: Sequence[Log], kept: int) -> None:
    """Keep so many batches of each log."""
    with driven.turn() as turn:
        for log in logs:
            if log.log_end_offset - log.log_start_offset > kept:
                driven.store.trim(turn, log, log.log_end_offset - kept)
    driven.flush()
