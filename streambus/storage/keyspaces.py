"""The keyspaces of one store, and how a frame changes them: what recovery does is what was done when the frame was written."""

from struct import Struct

from streambus.records import BadBatch, parse_header
from streambus.storage.config import StoreConfig
from streambus.storage.events import LogId, TableId
from streambus.storage.frames import Frame, FrameKind
from streambus.storage.log import Log
from streambus.storage.segments import Segments
from streambus.storage.table import Table

OFFSET = Struct(">Q")
KEY_LENGTH = Struct(">I")


class Inconsistent(Exception):
    """A whole frame that cannot follow the ones before it: something between them is missing, or we made a mistake."""


class Keyspaces:
    """All logs and tables. Each has a number, by which frames name it; numbers are never given again."""

    __slots__ = ("config", "last_number", "logs", "logs_by_number", "segments", "tables", "tables_by_number")

    def __init__(self, config: StoreConfig, segments: Segments) -> None:
        self.config = config
        self.segments = segments
        self.last_number = 0
        self.logs: dict[LogId, Log] = {}
        self.tables: dict[TableId, Table] = {}
        self.logs_by_number: dict[int, Log] = {}
        self.tables_by_number: dict[int, Table] = {}

    def add_log(self, log_id: LogId, number: int) -> Log:
        """Make a log."""
        log = Log(log_id, number, self.segments, self.config.producer_expiration_ms)
        self.last_number = number
        self.logs[log_id] = self.logs_by_number[number] = log
        return log

    def add_table(self, table_id: TableId, number: int) -> Table:
        """Make a table."""
        table = Table(table_id, number)
        self.last_number = number
        self.tables[table_id] = self.tables_by_number[number] = table
        return table

    def remove(self, number: int) -> None:
        """Forget a log or a table."""
        log = self.logs_by_number.pop(number, None)
        if log is not None:
            del self.logs[log.log_id]
        else:
            del self.tables[self.tables_by_number.pop(number).table_id]

    # Replay ----------------------------------------------------------------------------------------------------------

    def replay(self, frame: Frame, payload: memoryview, position: int, now_ms: int) -> None:
        """Do again what `frame` says; its payload lies at WAL position `position`. `Inconsistent` if it cannot be."""
        kind = frame.kind
        if frame.flags:
            raise Inconsistent(f"frame flags {frame.flags} are not known here")
        if kind is FrameKind.BATCH:
            self._replay_batch(self._log(frame), payload, position, now_ms)
        elif kind is FrameKind.PUT:
            (length,) = KEY_LENGTH.unpack_from(payload)
            data = bytes(payload[KEY_LENGTH.size :])
            self._table(frame).entries[data[:length]] = data[length:]
        elif kind is FrameKind.DELETE:
            self._table(frame).entries.pop(bytes(payload), None)
        elif kind is FrameKind.TRUNCATE:
            self._log(frame).truncate(*OFFSET.unpack(payload))
        elif kind is FrameKind.TRIM:
            self._log(frame).trim(*OFFSET.unpack(payload))
        elif kind is FrameKind.DROP:
            self._replay_drop(frame)
        elif kind is FrameKind.OPEN_LOG or kind is FrameKind.OPEN_TABLE:
            self._replay_open(frame, str(payload, "utf-8"))
        else:
            raise Inconsistent(f"frame kind {kind} is not known here")

    def _replay_open(self, frame: Frame, name: str) -> None:
        if frame.keyspace != self.last_number + 1:
            raise Inconsistent(f"keyspace {frame.keyspace} is opened after keyspace {self.last_number}")
        if frame.kind is FrameKind.OPEN_LOG:
            self.add_log(LogId(name), frame.keyspace)
        else:
            self.add_table(TableId(name), frame.keyspace)

    def _replay_drop(self, frame: Frame) -> None:
        if frame.keyspace not in self.logs_by_number and frame.keyspace not in self.tables_by_number:
            raise Inconsistent(f"keyspace {frame.keyspace} is dropped but not open")
        self.remove(frame.keyspace)

    def _replay_batch(self, log: Log, payload: memoryview, position: int, now_ms: int) -> None:
        try:
            header = parse_header(payload)
        except BadBatch as bad:
            raise Inconsistent(f"a batch of {log.log_id} is none: {bad}") from bad
        if header.base_offset != log.log_end_offset or header.size != len(payload):
            raise Inconsistent(f"a batch at offset {header.base_offset} follows offset {log.log_end_offset} of {log.log_id}")
        log.append(header, header.base_offset, header.leader_epoch, position, len(payload), now_ms)

    def _log(self, frame: Frame) -> Log:
        log = self.logs_by_number.get(frame.keyspace)
        if log is None:
            raise Inconsistent(f"keyspace {frame.keyspace} is not an open log")
        return log

    def _table(self, frame: Frame) -> Table:
        table = self.tables_by_number.get(frame.keyspace)
        if table is None:
            raise Inconsistent(f"keyspace {frame.keyspace} is not an open table")
        return table
