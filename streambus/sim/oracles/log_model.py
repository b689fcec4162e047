"""One log as the model sees it: a list of batches, and what follows from them."""

from bisect import bisect_right

import attrs

from streambus.records import BatchHeader, parse_header

SEQUENCES = 1 << 31
REMEMBERED = 5

EPOCH_TOO_OLD, OUT_OF_ORDER, TOO_OLD = "its producer epoch is too old", "its sequence is out of order", "it is too old to be remembered"


class Batch:
    """A batch as it is stored: `data` are its bytes, with base offset and leader epoch. `end_offset` is behind it."""

    __slots__ = ("base_offset", "data", "end_offset", "header")

    def __init__(self, data: bytes, header: BatchHeader) -> None:
        self.data = data
        self.header = header
        self.base_offset = header.base_offset
        self.end_offset = header.next_offset


@attrs.define(eq=False)
class ProducerModel:
    """What one producer did last in one log."""

    epoch: int
    heard_at_ms: int
    last: list[Batch] = attrs.field(factory=list)


class LogModel:
    """Batches in order: of these the first `written` were handed to the disk, and those below `durable_end` are on it.

    `durable_before` is where `durable_end` was before the step in which it moved, step `moved_in`: an answer that was made within that
    step may know of one or of the other.
    """

    __slots__ = (
        "bases",
        "batches",
        "durable_before",
        "durable_end",
        "durable_start",
        "end_offset",
        "log_id",
        "moved_in",
        "producers",
        "start_before",
        "start_moved_in",
        "start_offset",
        "trimmed_epoch",
        "written",
    )

    def __init__(self, log_id: str) -> None:
        self.log_id = log_id
        self.batches: list[Batch] = []
        self.bases: list[int] = []
        self.written = 0
        self.start_offset = 0
        self.durable_start = 0
        """Where it begins on the disk."""
        self.start_before = 0
        self.trimmed_epoch = -1
        """The leader epoch of the last batch that is gone from the beginning."""
        self.start_moved_in = -1
        """Where the log began before step `start_moved_in`, in which its beginning moved."""
        self.end_offset = 0
        self.durable_end = 0
        self.durable_before = 0
        self.moved_in = -1
        self.producers: dict[int, ProducerModel] = {}

    # Changes -----------------------------------------------------------------------------------------------------------

    def append(self, data: bytes, now_ms: int) -> Batch:
        """A batch joins the end."""
        batch = Batch(data, parse_header(data))
        self.batches.append(batch)
        self.bases.append(batch.base_offset)
        self.end_offset = batch.end_offset
        header = batch.header
        if header.producer_id >= 0 and header.base_sequence >= 0:
            producer = self.producers.get(header.producer_id)
            if producer is None or producer.epoch != header.producer_epoch:
                producer = self.producers[header.producer_id] = ProducerModel(header.producer_epoch, now_ms)
            producer.heard_at_ms = now_ms
            producer.last = [*producer.last[1 - REMEMBERED :], batch]
        return batch

    def truncate(self, end_offset: int) -> None:
        """What reaches beyond `end_offset` is gone."""
        kept = [batch for batch in self.batches if batch.end_offset <= end_offset]
        self._become(kept)
        self.durable_end = min(self.durable_end, self.end_offset)

    def trim(self, start_offset: int, step: int = -1) -> None:
        """What lies below `start_offset` is gone, since this step."""
        if start_offset <= self.start_offset:
            return
        if self.start_moved_in != step:
            self.start_before, self.start_moved_in = self.start_offset, step
        end_offset, written, count = self.end_offset, self.written, len(self.batches)
        if self.batches and self.batches[0].base_offset < start_offset:
            self.trimmed_epoch = self.epoch_of(start_offset - 1)
        self.start_offset = start_offset
        self._become([batch for batch in self.batches if batch.end_offset > start_offset])
        self.end_offset = max(end_offset, self.end_offset)
        self.written = max(written - (count - len(self.batches)), 0)

    def _become(self, batches: list[Batch]) -> None:
        self.batches = batches
        self.bases = [batch.base_offset for batch in batches]
        self.written = min(self.written, len(batches))
        self.end_offset = batches[-1].end_offset if batches else self.start_offset

    def become_durable(self, end_offset: int, step: int) -> None:
        """Everything below `end_offset` is on the disk, since this step."""
        if end_offset > self.durable_end:
            if self.moved_in != step:
                self.durable_before = self.durable_end
            self.durable_end, self.moved_in = end_offset, step

    # Questions ---------------------------------------------------------------------------------------------------------

    def committed_at_least(self, step: int) -> int:
        """The least high watermark that an answer made in `step` may know."""
        return self.durable_before if self.moved_in == step else self.durable_end

    def start_at_least(self, step: int) -> int:
        """The least beginning of the log that an answer made in `step` may know."""
        return self.start_before if self.start_moved_in == step else self.start_offset

    def row_of(self, offset: int) -> int:
        """The row of the batch that contains `offset`, or of the one before it."""
        return max(bisect_right(self.bases, offset) - 1, 0)

    def run_from(self, offset: int, end: int, bytes_max: int, *, at_least_one: bool) -> tuple[list[Batch], bool]:
        """The batches that a reader at `offset` is owed, of those that begin below `end`; and whether that is all there are."""
        if offset >= end:
            return [], True
        run: list[Batch] = []
        size, batches = 0, self.batches
        for row in range(self.row_of(offset), len(batches)):
            batch = batches[row]
            if self.bases[row] >= end:
                break
            size += len(batch.data)
            if size > bytes_max and (run or not at_least_one):
                return run, False
            run.append(batch)
        return run, True

    def bytes_between(self, offset: int, end: int, enough: int) -> int:
        """How many bytes there are from the batch that contains `offset` to `end`; counting stops at `enough`."""
        if offset >= end or not self.batches:
            return 0
        total = 0
        for row in range(self.row_of(offset), len(self.batches)):
            if self.bases[row] >= end or total >= enough:
                break
            total += len(self.batches[row].data)
        return total

    def epoch_of(self, offset: int) -> int:
        """The leader epoch that wrote `offset`, or the newest below it; -1 if there is none."""
        if not self.batches or offset < self.batches[0].base_offset:
            return self.trimmed_epoch if offset >= self.start_offset else -1
        return self.batches[self.row_of(offset)].header.leader_epoch

    def end_of_epoch(self, leader_epoch: int) -> tuple[int, int]:
        """The largest epoch here up to `leader_epoch`, and where it ends; (-1, -1) if the log has not come so far."""
        if not self.batches and leader_epoch == self.trimmed_epoch >= 0:
            return leader_epoch, self.end_offset
        if not self.batches and 0 <= leader_epoch < self.trimmed_epoch:
            return leader_epoch, self.start_offset
        epochs = [batch.header.leader_epoch for batch in self.batches]
        if not epochs or leader_epoch > epochs[-1] or leader_epoch < 0:
            return -1, -1
        row = bisect_right(epochs, leader_epoch)
        end = self.batches[row].base_offset if row < len(epochs) else self.end_offset
        return (epochs[row - 1] if row else leader_epoch), end

    def judge(self, header: BatchHeader, now_ms: int, forgotten_after_ms: int) -> Batch | str | None:
        """What becomes of a numbered batch: None if it may be appended, the batch that it repeats, or why it may not."""
        producer = self.producers.get(header.producer_id)
        if producer is None or now_ms - producer.heard_at_ms >= forgotten_after_ms:
            return None
        if header.producer_epoch < producer.epoch:
            return EPOCH_TOO_OLD
        if header.producer_epoch > producer.epoch:
            return None if header.base_sequence == 0 else OUT_OF_ORDER
        ahead = (header.base_sequence - producer.last[-1].header.last_sequence - 1) % SEQUENCES
        if ahead == 0:
            return None
        for batch in producer.last:
            if batch.header.base_sequence == header.base_sequence and batch.header.last_sequence == header.last_sequence:
                return batch
        return OUT_OF_ORDER if ahead < SEQUENCES // 2 else TOO_OLD
