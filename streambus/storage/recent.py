"""Recent small batches, kept in memory so that a consumer at the end of a log is served without touching a file for every batch."""

from collections import deque

from streambus.storage.log import Log


class RecentBatches:
    """The budget for all logs' recent batches: the oldest one goes first, whatever log it belongs to.

    The bytes themselves are in `Log.recent`. An entry here whose batch is gone (truncated, dropped) still counts until its turn comes.
    """

    __slots__ = ("bytes", "entries", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.bytes = 0
        self.entries: deque[tuple[int, int, int]] = deque()

    def keep(self, log: Log, base_offset: int, batch: bytes, logs: dict[int, Log]) -> None:
        """Remember a batch that was appended to `log`; forget older ones beyond the limit. `logs` are all of them, by keyspace."""
        log.recent[base_offset] = batch
        entries = self.entries
        entries.append((log.keyspace, base_offset, len(batch)))
        self.bytes += len(batch)
        while self.bytes > self.limit:
            keyspace, oldest, size = entries.popleft()
            self.bytes -= size
            owner = logs.get(keyspace)
            if owner is not None:
                owner.recent.pop(oldest, None)
