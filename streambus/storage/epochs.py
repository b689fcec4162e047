"""Leader epochs of one log: where each one began (KIP-101, KIP-279)."""

from array import array
from bisect import bisect_left, bisect_right

UNDEFINED_EPOCH = -1
UNDEFINED_EPOCH_OFFSET = -1


class LeaderEpochs:
    """Leader epochs that wrote to this log, each with its first offset; both rise."""

    __slots__ = ("epochs", "start_offsets")

    def __init__(self) -> None:
        self.epochs = array("q")
        self.start_offsets = array("q")

    @property
    def latest(self) -> int:
        """The newest epoch, or -1."""
        return self.epochs[-1] if self.epochs else UNDEFINED_EPOCH

    def assign(self, leader_epoch: int, start_offset: int) -> None:
        """A batch of `leader_epoch` is appended at `start_offset`."""
        if self.epochs and leader_epoch <= self.epochs[-1]:
            assert leader_epoch == self.epochs[-1], (leader_epoch, self.epochs[-1])
            return
        self.cut_from(start_offset)  # An epoch that begins here too has not written anything that is left.
        self.epochs.append(leader_epoch)
        self.start_offsets.append(start_offset)

    def epoch_of(self, offset: int) -> int:
        """The leader epoch that wrote `offset` (or would write it, at the end of the log); -1 if none is known."""
        row = bisect_right(self.start_offsets, offset) - 1
        return self.epochs[row] if row >= 0 else UNDEFINED_EPOCH

    def between(self, first_offset: int, end_offset: int) -> tuple[tuple[int, int], ...]:
        """The epochs that wrote from `first_offset` on and below `end_offset`: (start offset, epoch), in order."""
        low = max(bisect_right(self.start_offsets, first_offset) - 1, 0)
        high = bisect_left(self.start_offsets, end_offset)
        return tuple(zip(self.start_offsets[low:high], self.epochs[low:high], strict=True))

    def end_offset_for(self, leader_epoch: int, log_end_offset: int) -> tuple[int, int]:
        """The largest known epoch up to `leader_epoch`, and where it ended. (-1, -1) if nothing can be said.

        As Kafka answers OffsetForLeaderEpoch: an epoch before the first known one is said to end where the first began.
        """
        if leader_epoch == UNDEFINED_EPOCH or not self.epochs or leader_epoch > self.epochs[-1]:
            return UNDEFINED_EPOCH, UNDEFINED_EPOCH_OFFSET
        if leader_epoch == self.epochs[-1]:
            return leader_epoch, log_end_offset
        above = bisect_right(self.epochs, leader_epoch)
        return (self.epochs[above - 1] if above else leader_epoch), self.start_offsets[above]

    def cut_from(self, end_offset: int) -> None:
        """Forget the epochs that began at or above `end_offset`."""
        row = bisect_left(self.start_offsets, end_offset)
        del self.epochs[row:], self.start_offsets[row:]

    def cut_before(self, start_offset: int) -> None:
        """Forget the epochs that ended at or below `start_offset`; the one that wrote it begins there now."""
        row = bisect_right(self.start_offsets, start_offset) - 1
        if row >= 0:
            del self.epochs[:row], self.start_offsets[:row]
            self.start_offsets[0] = start_offset
