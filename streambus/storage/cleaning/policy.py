"""When a log is cleaned, and up to where: pure functions of what is known of it without reading it."""

from collections.abc import Sequence

from streambus.kernel import message

NEVER_MS = (1 << 63) - 1
MILLION = 1_000_000


@message
class CleaningPolicy:
    """What a topic says about cleaning. The defaults are Kafka's."""

    delete_retention_ms: int = 86_400_000
    """`delete.retention.ms`: how long a tombstone, or the marker of a transaction that is gone, outlives its first cleaning."""
    min_lag_ms: int = 0
    """`min.compaction.lag.ms`: younger records are not cleaned."""
    max_lag_ms: int = NEVER_MS
    """`max.compaction.lag.ms` (KIP-354): older records are cleaned soon, however few they are."""
    min_dirty_millionths: int = MILLION // 2
    """`min.cleanable.dirty.ratio`: a log is cleaned when more than this of it is dirty. In millionths: no state holds a float."""
    also_delete: bool = False
    """`cleanup.policy=compact,delete`: retention by time and size goes on beside cleaning."""


@message
class LogPiece:
    """Some of a log, as an index block tells of it: offsets, bytes of batches, largest timestamp (-1 if there is none)."""

    first_offset: int
    end_offset: int
    data_bytes: int
    max_timestamp: int


@message
class DirtyRange:
    """What is to be cleaned next: below `first_offset` everything is clean, from `end_offset` on nothing may be cleaned yet."""

    first_offset: int
    end_offset: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to clean."""
        return self.first_offset >= self.end_offset


def dirty_range(
    pieces: Sequence[LogPiece], *, cleaned_end: int, log_start_offset: int, last_stable_offset: int, now_ms: int, policy: CleaningPolicy
) -> DirtyRange:
    """What may be cleaned of a log whose sealed part, the only one that is ever cleaned, consists of `pieces`, in order.

    It ends in front of the first open transaction and at the high watermark, which is what the last stable offset says; and in front of the
    first piece that is younger than the policy's `min_lag_ms`. If the log does not reach to `cleaned_end`, where the last cleaning ended,
    that was another log: all of this one is dirty.
    """
    sealed_end = pieces[-1].end_offset if pieces else log_start_offset
    first_offset = cleaned_end if log_start_offset <= cleaned_end <= max(sealed_end, last_stable_offset) else log_start_offset
    end_offset = min(sealed_end, last_stable_offset)
    if policy.min_lag_ms > 0:
        for piece in pieces:
            if piece.end_offset > first_offset and piece.max_timestamp > now_ms - policy.min_lag_ms:
                end_offset = min(end_offset, piece.first_offset)
                break
    return DirtyRange(first_offset, max(first_offset, end_offset))


def bytes_between(pieces: Sequence[LogPiece], first_offset: int, end_offset: int) -> int:
    """How many bytes of batches there are between two offsets; of a piece that is cut, as many as its share of the offsets."""
    total = 0
    for piece in pieces:
        low, high = max(piece.first_offset, first_offset), min(piece.end_offset, end_offset)
        if low < high:
            total += piece.data_bytes * (high - low) // (piece.end_offset - piece.first_offset)
    return total


def dirty_millionths(clean_bytes: int, dirty_bytes: int) -> int:
    """How large the dirty part is: of several logs that are due, the one where this is largest is cleaned first."""
    total = clean_bytes + dirty_bytes
    return dirty_bytes * MILLION // total if total else 0


def is_due(clean_bytes: int, dirty_bytes: int, earliest_dirty_timestamp: int, now_ms: int, policy: CleaningPolicy) -> bool:
    """Whether a log shall be cleaned now: too much of it is dirty, or something has been dirty for too long (KIP-354).

    `earliest_dirty_timestamp` is 0 or less if no dirty batch has a timestamp.
    """
    if not dirty_bytes:
        return False
    if 0 < earliest_dirty_timestamp < now_ms - policy.max_lag_ms:
        return True
    return dirty_bytes * MILLION > policy.min_dirty_millionths * (clean_bytes + dirty_bytes)
