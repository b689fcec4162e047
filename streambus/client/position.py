"""A position: where a consumer is in one partition, and what was fetched there and not yet handed out."""

from collections import deque

from streambus.client.aborted import Aborted
from streambus.kernel import Buffer, Instant
from streambus.records import BadBatch, BatchHeader, Record, check_batch, decode_batch, split_batches

UNKNOWN = -1

PASSED_OVER = b""
"""In place of a batch whose transaction was aborted."""


class Position:
    """One assigned partition.

    `offset` is what will be handed out next, `fetch_offset` what will be fetched next: between them lies what waits in `batches`.
    Both are UNKNOWN while `search` looks for them. A position that `is_stopped` needs a `Seek`.
    """

    __slots__ = (
        "batches",
        "buffered_bytes",
        "decoded",
        "failures",
        "fetch_offset",
        "is_stopped",
        "next_decoded",
        "offset",
        "partition",
        "resume_offset",
        "retry_at",
        "search",
        "topic",
    )

    def __init__(self, topic: str, partition: int) -> None:
        self.topic = topic
        self.partition = partition
        self.batches: deque[tuple[BatchHeader, bytes]] = deque()
        self.buffered_bytes = 0
        self.decoded: list[Record] = []
        self.next_decoded = 0
        self.resume_offset = UNKNOWN
        self.search: int | None = None
        self.is_stopped = False
        self.failures = 0
        self.retry_at = Instant(0)
        self.offset = UNKNOWN
        self.fetch_offset = UNKNOWN

    def seek(self, offset: int) -> None:
        """Go on at `offset`. What waits is forgotten."""
        self.batches.clear()
        self.buffered_bytes = 0
        self.decoded = []
        self.next_decoded = 0
        self.offset = self.fetch_offset = offset
        self.is_stopped = False
        self.failures = 0
        self.retry_at = Instant(0)

    @property
    def is_fetchable(self) -> bool:
        """Whether it is known where to fetch, and sensible to."""
        return self.fetch_offset != UNKNOWN and not self.is_stopped

    @property
    def has_buffered(self) -> bool:
        """Whether something waits to be handed out."""
        return bool(self.batches) or self.next_decoded < len(self.decoded)

    def take_in(self, data: Buffer, aborted: Aborted | None = None) -> int:
        """Keep fetched batches, those of `aborted` transactions without what is in them; return how many bytes. Half a batch at the
        end is left out: it comes again, whole.

        `BadBatch` if these are no batches.
        """
        batches = split_batches(data, partial_last=True)
        if not batches:
            return 0
        size = 0
        for header, batch in batches:
            kept = PASSED_OVER if aborted is not None and aborted.covers(header, batch) else bytes(batch)
            size += len(kept)
            self.batches.append((header, kept))
        self.buffered_bytes += size
        self.fetch_offset = max(self.fetch_offset, batches[-1][0].next_offset)
        return size

    def take_out(self, count: int) -> list[Record]:
        """Up to `count` records from the position on. `BadBatch` if the next batch is damaged: then the position is in front of it."""
        taken: list[Record] = []
        while len(taken) < count:
            if self.next_decoded == len(self.decoded) and not self._decode_next(may_fail=not taken):
                break
            last = min(self.next_decoded + count - len(taken), len(self.decoded))
            if last > self.next_decoded:
                taken += self.decoded[self.next_decoded : last]
                self.next_decoded = last
                self.offset = taken[-1].offset + 1
            if last == len(self.decoded):
                self._finish_batch()
        return taken

    def _decode_next(self, *, may_fail: bool) -> bool:
        """Open the next batch; False if there is none.

        Control records and what was aborted are not for users; offsets may have gaps after compaction.
        """
        if not self.batches:
            return False
        header, batch = self.batches[0]
        try:
            if batch is not PASSED_OVER:
                check_batch(batch, header, compacted=True)
            records = [] if header.is_control or batch is PASSED_OVER else decode_batch(header, batch)
        except BadBatch:
            if may_fail:
                raise
            return False
        self.batches.popleft()
        self.buffered_bytes -= len(batch)
        self.resume_offset = header.next_offset
        self.decoded = records if header.base_offset >= self.offset else [record for record in records if record.offset >= self.offset]
        self.next_decoded = 0
        return True

    def _finish_batch(self) -> None:
        self.offset = max(self.offset, self.resume_offset)
        self.decoded = []
        self.next_decoded = 0
