"""A consumer that reads from the beginning: `Log.read` and the slices it gives, sent as production sends them, beside plain sendfile."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs

from streambus.real.disk import Disk
from streambus.real.outgoing import Outgoing, Progress
from streambus.storage import Log, StoreConfig
from streambus.storage.pickers import PickerOptions

from ...goals import AT_LEAST
from .. import drain
from ..batches import batches
from ..driven_store import DrivenStore, fresh_store
from ..work import Comparison, Contenders, Figure, Figures, Scale

_BATCH_BYTES = 16 * 1024
_DIFFERENT = 256
_GROUP = 64
_READ_BYTES = 1 << 20
_SEGMENTS = 32
_MERGED_SHARE_MIN = 0.9
BARE, STORE = "bare", "store"


@attrs.frozen
class CatchUp:
    """All batches of `partitions` partitions, one partition after the other, a mebibyte to a read, out of the page cache."""

    name: str
    partitions: int
    is_merged: bool = False
    has_goal: bool = True
    total_bytes: int = 1 << 30
    is_disk_bound: bool = False
    is_exact: bool = False
    figures: tuple[Figure, ...] = (Figure(BARE, "sendfile of one file", "MB/s"), Figure(STORE, "store", "MB/s"))

    @property
    def title(self) -> str:
        """What the table says it is."""
        which = f"{self.partitions} partitions written in turn{' and merged since' if self.is_merged else ''}"
        return f"catch-up read of 16 KiB batches through file slices: {which if self.partitions > 1 else '1 partition'}"

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """With plain sendfile."""
        return (Comparison(STORE, BARE, AT_LEAST if self.has_goal else None, 0.8),)

    @contextmanager
    def contend(self, folder: Path, scale: Scale, left_out: dict[str, str]) -> Iterator[Contenders]:
        """The store is filled once, and a file gets the same bytes."""
        different = batches(_BATCH_BYTES, _DIFFERENT)
        count = max(self.partitions * _SEGMENTS, scale.of(self.total_bytes // _BATCH_BYTES)) // _GROUP * _GROUP + _GROUP
        with fresh_store(folder / STORE, _eager(count * _BATCH_BYTES // _SEGMENTS) if self.is_merged else None) as driven:
            logs = driven.open_logs(self.partitions)
            for first in range(0, count, _GROUP):
                driven.append_group(logs, [different[(first + number) % _DIFFERENT] for number in range(_GROUP)], first)
            driven.rest()
            if self.is_merged:
                driven.seal(different[0])
                assert _merged_share(driven) > _MERGED_SHARE_MIN, "most of it was not merged"
            size = _copy(driven, logs, folder / BARE)
            assert size == count * _BATCH_BYTES
            disk = Disk(driven.files, lambda: None)

            def store() -> Figures:
                return {STORE: _drained(lambda connection: _send_logs(driven, logs, disk, connection), size) / 1e6}

            def bare() -> Figures:
                return {BARE: _drained(lambda connection: _send_file(folder / BARE, connection), size) / 1e6}

            yield {BARE: bare, STORE: store}
        shutil.rmtree(folder / STORE)


def _eager(segment_bytes: int) -> StoreConfig:
    """A store that merges until a consumer finds a mebibyte of its partition in one place: by default 8 KiB are enough for it."""
    return StoreConfig(segment_bytes=segment_bytes, picker=PickerOptions(run_bytes_min=_READ_BYTES))


def _merged_share(driven: DrivenStore) -> float:
    """How much of what is in use is in tables that were merged."""
    shelf = driven.store.shelf
    merged = sum(size for number, size in shelf.live_bytes.items() if shelf.directories[number].info.level > 0)
    return merged / sum(shelf.live_bytes.values())


def _send_logs(driven: DrivenStore, logs: Sequence[Log], disk: Disk, connection: socket.socket) -> None:
    """Read every log from its start to its end and send what the reads give."""
    outgoing = Outgoing(disk)
    for log in logs:
        offset, end_offset = log.log_start_offset, log.log_end_offset
        while offset < end_offset:
            read = driven.read(log, offset, _READ_BYTES)
            outgoing.push(read.parts)
            while outgoing.pump(connection) is not Progress.DONE:
                pass
            offset = read.next_offset


def _send_file(path: Path, connection: socket.socket) -> None:
    with path.open("rb") as file:
        position, size = 0, os.fstat(file.fileno()).st_size
        while position < size:
            position += os.sendfile(connection.fileno(), file.fileno(), position, min(_READ_BYTES, size - position))


def _copy(driven: DrivenStore, logs: Sequence[Log], path: Path) -> int:
    """The same bytes in the same order in one file; how many they are."""
    with path.open("wb") as file:
        for log in logs:
            offset = log.log_start_offset
            while offset < log.log_end_offset:
                read = driven.read(log, offset, _READ_BYTES)
                for part in read.parts:
                    file.write(driven.bytes_of(part))
                offset = read.next_offset
        return file.tell()


def _drained(send: Callable[[socket.socket], None], size: int) -> float:
    """Bytes per second that `send` gets through a socket to a process that only reads; all `size` of them must arrive."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            command = [sys.executable, drain.__file__, str(theirs.fileno())]
            reader = subprocess.Popen(command, pass_fds=[theirs.fileno()])
        try:
            assert ours.recv(1) == b"!", "the reader did not come up"
            started = time.perf_counter()
            send(ours)
            ours.shutdown(socket.SHUT_WR)
            arrived = int.from_bytes(ours.recv(8), "big")
            elapsed = time.perf_counter() - started
        finally:
            reader.wait()
    assert arrived == size, (arrived, size)
    return size / elapsed
