"""What a broker wrote, and what of it is durable, followed at its disk effects: a store seen from outside.

1. A life begins: the frames on its disk are read, by the document. They are a continuation of nothing less than what was durable. The
   rest of them may be in the page cache only, and counts as durable when the recovery has synced it.
2. Every `Write` to a segment is cut into frames and applied: logs open and close, batches join them, tables change.
3. A `Sync` covers what was written before it; when its completion reaches the node, all that is durable. After a failure nothing is.

A batch that a producer's request brought is already in its log when it is written (`accepted` by the model of the broker); then what
is written must be that batch.
"""

from collections import deque
from collections.abc import Callable, Mapping
from struct import Struct

from streambus.kernel import DiskFailed, Effect, Event, Sync, Write
from streambus.sim.oracles.log_model import LogModel
from streambus.sim.oracles.wal_document import (
    BATCH,
    DELETE,
    DROP,
    OPEN_LOG,
    OPEN_TABLE,
    PUT,
    TRIM,
    TRUNCATE,
    Frame,
    frames_in,
    frames_on,
    start_of,
)

METADATA_LOG = "__cluster_metadata-0"

_LENGTH = Struct(">I")
_OFFSET = Struct(">Q")


class Written:
    """The logs and tables of one life's disk. `complain` is called with a sentence when what is written cannot be right."""

    def __init__(self, complain: Callable[[str], None]) -> None:
        self.complain = complain
        self.logs: dict[str, LogModel] = {}
        self.tables: dict[str, dict[bytes, bytes]] = {}
        self.names: dict[int, str] = {}
        self.last_keyspace = 0
        self.end = 0
        self.durable = 0
        self.is_failed = False
        self.pending: deque[tuple[int, LogModel, int, bytes | None]] = deque()
        """Of batches that are not durable: where their frames end, log, end offset, and their bytes if they are metadata."""
        self.syncs: deque[tuple[Event, int]] = deque()
        self.moved_in = -1

    def log(self, log_id: str) -> LogModel:
        """The log of this name, empty if it was never heard of."""
        log = self.logs.get(log_id)
        if log is None:
            log = self.logs[log_id] = LogModel(log_id)
        return log

    def read(self, files: Mapping[str, bytes], now_ms: int, promised: int) -> list[bytes]:
        """Begin with what is on a disk, which was durable up to byte `promised`; the rest is when the recovery has synced it.

        Returns the batches of the metadata log, all of which a recovery takes in.
        """
        for frame in frames_on(files):
            self._apply(frame, now_ms)
        metadata = [data for _, _, _, data in self.pending if data is not None]
        self.pending = deque([(end, log, end_offset, None) for end, log, end_offset, _ in self.pending])
        self._become_durable(min(promised, self.end), -1)
        for log in self.logs.values():
            log.durable_before = log.durable_end
        self.moved_in = -1
        return metadata

    # What happens ------------------------------------------------------------------------------------------------------

    def on_effect(self, effect: Effect, now_ms: int) -> None:
        """The node asks its disk for something."""
        if type(effect) is Write:
            start = start_of(effect.file)
            if start is not None:
                self._on_write(start + effect.position, b"".join(effect.parts), now_ms)
        elif type(effect) is Sync:
            self.syncs.append((effect.then, self.end))

    def on_event(self, event: Event, step: int) -> list[bytes]:
        """Something happened to the node. Returns the batches of the metadata log that are durable since now."""
        if type(event) is DiskFailed:
            if event.operation != "read":
                self.is_failed = True
        elif self.syncs and event is self.syncs[0][0]:
            _, end = self.syncs.popleft()
            if not self.is_failed:
                return self._become_durable(end, step)
        return []

    def has_moved_in(self, step: int) -> bool:
        """Whether something became durable in this step."""
        return self.moved_in == step

    def _become_durable(self, end: int, step: int) -> list[bytes]:
        self.durable, self.moved_in = end, step
        pending, metadata = self.pending, []
        while pending and pending[0][0] <= end:
            _, log, end_offset, data = pending.popleft()
            log.become_durable(end_offset, step)
            if data is not None:
                metadata.append(data)
        return metadata

    def _on_write(self, position: int, data: bytes, now_ms: int) -> None:
        if position + len(data) <= self.end:
            return  # A recovery writes again what it found.
        if position != self.end:
            self.complain(f"the write-ahead log is continuous: it ends at {self.end}, but a write begins at {position}")
            return
        for frame in frames_in(data, position):
            self._apply(frame, now_ms)
        if self.end != position + len(data):
            self.complain(
                f"a write is made of whole frames: there is none at {self.end}, in a write from {position} to {position + len(data)}"
            )

    # Frames ------------------------------------------------------------------------------------------------------------

    def _apply(self, frame: Frame, now_ms: int) -> None:
        self.end = frame.end
        kind, payload = frame.kind, frame.payload
        if kind in (OPEN_LOG, OPEN_TABLE):
            self._open(frame)
            return
        name = self.names.get(frame.keyspace)
        if name is None:
            self.complain(f"a frame names an open keyspace: number {frame.keyspace} is none, in the frame that ends at {frame.end}")
        elif kind == BATCH:
            self._batch(self.log(name), frame, now_ms)
        elif kind == PUT:
            (length,) = _LENGTH.unpack_from(payload)
            self.tables[name][payload[4 : 4 + length]] = payload[4 + length :]
        elif kind == DELETE:
            self.tables[name].pop(payload, None)
        elif kind == TRUNCATE:
            self.log(name).truncate(_OFFSET.unpack(payload)[0])
        elif kind == TRIM:
            self.log(name).trim(_OFFSET.unpack(payload)[0])
        elif kind == DROP:
            del self.names[frame.keyspace]
            self.logs.pop(name, None)
            self.tables.pop(name, None)

    def _open(self, frame: Frame) -> None:
        name = str(frame.payload, "utf-8")
        if frame.keyspace <= self.last_keyspace:
            self.complain(f"keyspace numbers are given once: {frame.keyspace} for {name} comes after {self.last_keyspace}")
        self.last_keyspace = frame.keyspace
        self.names[frame.keyspace] = name
        if frame.kind == OPEN_TABLE:
            self.tables[name] = {}
        else:
            self.log(name)

    def _batch(self, log: LogModel, frame: Frame, now_ms: int) -> None:
        data = frame.payload
        if log.written < len(log.batches):
            accepted = log.batches[log.written]
            if accepted.data != data:
                self.complain(
                    f"what is written is what was accepted: {log.log_id} was given a batch for offset {accepted.base_offset}, "
                    f"and another one of {len(data)} bytes was written"
                )
        else:
            end_offset = log.end_offset
            batch = log.append(data, now_ms)
            if batch.base_offset != end_offset:
                self.complain(f"offsets have no gaps: {log.log_id} ends at {end_offset}, and a batch was written at {batch.base_offset}")
        log.written += 1
        is_metadata = log.log_id == METADATA_LOG
        self.pending.append((frame.end, log, log.batches[log.written - 1].end_offset, data if is_metadata else None))
