"""The transactions of one log: which are open, and which were aborted (KIP-98).

A transaction of a producer begins with its first transactional batch in this log and ends with the marker that a coordinator writes: a
control batch that says commit or abort. What a `read_committed` consumer may see ends at the **last stable offset**: in front of the
first transaction that is open, or whose end is not replicated yet. Below it lie the data of aborted transactions, too; a fetch tells the
consumer which these are, and the consumer skips them.

The rules are Kafka's (`ProducerStateManager`, `TransactionIndex`). What is known after a truncation:

- **Open transactions** that began at or above the cut never were.
- A transaction whose marker is cut off is open again. For every marker that was not below the high watermark this is known exactly: these
  transactions are remembered until `forget_replicated`. Replicas truncate no further than to the high watermark.
- Only an unclean election can make a log shorter than that. Aborted transactions are then found in the index of the aborted; of committed
  ones nothing is left. `cut_from` says whether it knew everything; if not, what is open has to be found by appending the headers of the log
  again, from a checkpoint on.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from itertools import pairwise
from struct import Struct
from struct import error as StructError  # noqa: N812

from streambus.kernel import message
from streambus.records import BatchHeader, ControlType

_ABORTED = Struct(">qqqq")
_OPEN = Struct(">qq")
_ENDED = Struct(">qqq")
_STATE = Struct(">qqII")


@message
class AbortedTransaction:
    """Data to be skipped: what `producer_id` wrote from `first_offset` on; the marker at `last_offset` says that it was aborted.

    `last_stable_offset` is what it was behind the marker, replication aside: no transaction that ended later began before it.
    """

    producer_id: int
    first_offset: int
    last_offset: int
    last_stable_offset: int


class Transactions:
    """What is known of the transactions of one log. Aborted ones cost 32 bytes each.

    Promises: offsets in `open` rise, so do the last offsets of the columns of ended and of aborted transactions.
    """

    __slots__ = (
        "aborted_first_offsets",
        "aborted_last_offsets",
        "aborted_producer_ids",
        "aborted_stable_offsets",
        "ended_first_offsets",
        "ended_last_offsets",
        "ended_producer_ids",
        "open",
        "replicated_offset",
        "start_offset",
    )

    def __init__(self) -> None:
        self.open: dict[int, int] = {}
        """First offset by producer."""
        self.replicated_offset = 0
        """Transactions that ended below are remembered only if they were aborted."""
        self.start_offset = 0
        """Where the log begins."""
        self.ended_producer_ids = array("q")
        self.ended_first_offsets = array("q")
        self.ended_last_offsets = array("q")
        self.aborted_producer_ids = array("q")
        self.aborted_first_offsets = array("q")
        self.aborted_last_offsets = array("q")
        self.aborted_stable_offsets = array("q")

    # Writing ---------------------------------------------------------------------------------------------------------

    def append(self, header: BatchHeader, base_offset: int, control: ControlType | None) -> AbortedTransaction | None:
        """Note a batch that was appended at `base_offset`; `control` is what it says if it is a control batch.

        Returned is the transaction that it aborted, if it did.
        """
        producer_id = header.producer_id
        if not header.is_control:
            if header.is_transactional and producer_id not in self.open:
                self.open[producer_id] = base_offset
            return None
        if control is None or not control.ends_transaction or producer_id not in self.open:
            return None
        first_offset, last_offset = self.open.pop(producer_id), base_offset + header.last_offset_delta
        self.ended_producer_ids.append(producer_id)
        self.ended_first_offsets.append(first_offset)
        self.ended_last_offsets.append(last_offset)
        if control is not ControlType.ABORT:
            return None
        stable_offset = self.first_open_offset
        aborted = AbortedTransaction(producer_id, first_offset, last_offset, last_offset + 1 if stable_offset is None else stable_offset)
        self.append_aborted(aborted)
        return aborted

    def append_aborted(self, aborted: AbortedTransaction) -> None:
        """Add an entry to the index of the aborted, behind all others."""
        assert not self.aborted_last_offsets or self.aborted_last_offsets[-1] < aborted.last_offset, aborted
        self.aborted_producer_ids.append(aborted.producer_id)
        self.aborted_first_offsets.append(aborted.first_offset)
        self.aborted_last_offsets.append(aborted.last_offset)
        self.aborted_stable_offsets.append(aborted.last_stable_offset)

    def forget_replicated(self, high_watermark: int) -> None:
        """Forget the transactions that ended below `high_watermark`, which the log will not be truncated below."""
        if high_watermark <= self.replicated_offset:
            return
        self.replicated_offset = high_watermark
        row = bisect_left(self.ended_last_offsets, high_watermark)
        if row:
            del self.ended_producer_ids[:row], self.ended_first_offsets[:row], self.ended_last_offsets[:row]

    def forget_aborted(self, last_offsets: Iterable[int]) -> None:
        """Forget the aborted transactions that ended at these offsets: cleaning has left nothing of them."""
        for last_offset in last_offsets:
            row = bisect_left(self.aborted_last_offsets, last_offset)
            if row < len(self.aborted_last_offsets) and self.aborted_last_offsets[row] == last_offset:
                for column in self._aborted():
                    del column[row]

    # Reading ---------------------------------------------------------------------------------------------------------

    @property
    def first_open_offset(self) -> int | None:
        """Where the oldest open transaction began; None if none is open."""
        return next(iter(self.open.values()), None)

    def first_unstable_offset(self, high_watermark: int) -> int | None:
        """Where the oldest transaction began that is open, or ended at or above `high_watermark`; None if there is none."""
        row = bisect_left(self.ended_last_offsets, high_watermark)
        first_offset = self.first_open_offset
        if row == len(self.ended_last_offsets):
            return first_offset
        ended = min(self.ended_first_offsets[row:])
        return ended if first_offset is None else min(ended, first_offset)

    def last_stable_offset(self, high_watermark: int) -> int:
        """The end of what a consumer may see that reads only what is committed."""
        unstable_offset = self.first_unstable_offset(high_watermark)
        return high_watermark if unstable_offset is None else min(unstable_offset, high_watermark)

    def aborted_between(self, offset: int, end_offset: int) -> list[AbortedTransaction]:
        """The aborted transactions that have a part in [`offset`, `end_offset`), markers included, as a fetch lists them."""
        found: list[AbortedTransaction] = []
        for row in range(bisect_left(self.aborted_last_offsets, offset), len(self.aborted_last_offsets)):
            aborted = self._aborted_in(row)
            if aborted.first_offset < end_offset:
                found.append(aborted)
            if aborted.last_stable_offset >= end_offset:
                break
        return found

    def aborted_from(self, last_offset: int) -> list[AbortedTransaction]:
        """The aborted transactions that ended at or above `last_offset`: what a checkpoint adds to the one before."""
        return [self._aborted_in(row) for row in range(bisect_left(self.aborted_last_offsets, last_offset), len(self.aborted_last_offsets))]

    # Cutting ---------------------------------------------------------------------------------------------------------

    def cut_from(self, end_offset: int) -> bool:
        """The log ends at `end_offset` now. Whether all that is open is known: see the theory of operation above."""
        ended = bisect_left(self.ended_last_offsets, end_offset)
        aborted = bisect_left(self.aborted_last_offsets, end_offset)
        opened = [(first_offset, producer_id) for producer_id, first_offset in self.open.items()]
        opened += zip(self.ended_first_offsets[ended:], self.ended_producer_ids[ended:], strict=True)
        opened += zip(self.aborted_first_offsets[aborted:], self.aborted_producer_ids[aborted:], strict=True)
        left = sorted((max(first_offset, self.start_offset), producer_id) for first_offset, producer_id in opened)
        self.open = {producer_id: first_offset for first_offset, producer_id in left if first_offset < end_offset}
        del self.ended_producer_ids[ended:], self.ended_first_offsets[ended:], self.ended_last_offsets[ended:]
        for column in self._aborted():
            del column[aborted:]
        is_known = end_offset >= self.replicated_offset
        self.replicated_offset = min(self.replicated_offset, end_offset)
        return is_known

    def cut_before(self, start_offset: int) -> None:
        """The log begins at `start_offset` now. What is left of a transaction that began earlier begins there."""
        row = bisect_left(self.aborted_last_offsets, start_offset)
        if row:
            for column in self._aborted():
                del column[:row]
        self.start_offset = start_offset
        self.forget_replicated(start_offset)
        self.ended_first_offsets = array("q", [max(first_offset, start_offset) for first_offset in self.ended_first_offsets])
        first_open_offset = self.first_open_offset
        if first_open_offset is not None and first_open_offset < start_offset:
            self.open = {producer_id: max(first_offset, start_offset) for producer_id, first_offset in self.open.items()}

    # Checkpoints -----------------------------------------------------------------------------------------------------

    def encode(self) -> bytes:
        """What `decode` makes the same state of, but for the aborted: each of these is an entry of its own (`encode_aborted`)."""
        pieces = [_STATE.pack(self.start_offset, self.replicated_offset, len(self.open), len(self.ended_last_offsets))]
        pieces += [_OPEN.pack(producer_id, first_offset) for producer_id, first_offset in self.open.items()]
        pieces += [
            _ENDED.pack(*row) for row in zip(self.ended_producer_ids, self.ended_first_offsets, self.ended_last_offsets, strict=True)
        ]
        return b"".join(pieces)

    @classmethod
    def decode(cls, data: bytes) -> "Transactions":
        """The state that `encode` described, without aborted transactions; `ValueError` if it did not."""
        transactions = cls()
        try:
            transactions.start_offset, transactions.replicated_offset, opened, ended = _STATE.unpack_from(data)
            at_ended = _STATE.size + opened * _OPEN.size
            transactions.open = dict(_OPEN.iter_unpack(data[_STATE.size : at_ended]))
            rows = list(_ENDED.iter_unpack(data[at_ended:]))
        except StructError:
            raise ValueError(f"{len(data)} bytes do not describe transactions") from None
        if len(transactions.open) != opened or len(rows) != ended:
            raise ValueError(f"{len(data)} bytes do not describe {opened} open and {ended} ended transactions")
        for producer_id, first_offset, last_offset in rows:
            transactions.ended_producer_ids.append(producer_id)
            transactions.ended_first_offsets.append(first_offset)
            transactions.ended_last_offsets.append(last_offset)
        return transactions

    def check(self) -> None:
        """The invariants."""
        for offsets in (list(self.open.values()), self.ended_last_offsets, self.aborted_last_offsets):
            assert all(earlier <= later for earlier, later in pairwise(offsets)), offsets
        assert len({len(column) for column in self._aborted()}) == 1
        assert all(last_offset >= self.replicated_offset for last_offset in self.ended_last_offsets[:1])

    def _aborted_in(self, row: int) -> AbortedTransaction:
        return AbortedTransaction(
            self.aborted_producer_ids[row],
            self.aborted_first_offsets[row],
            self.aborted_last_offsets[row],
            self.aborted_stable_offsets[row],
        )

    def _aborted(self) -> tuple["array[int]", ...]:
        return (self.aborted_producer_ids, self.aborted_first_offsets, self.aborted_last_offsets, self.aborted_stable_offsets)

    def __len__(self) -> int:
        return len(self.aborted_last_offsets)


def encode_aborted(aborted: AbortedTransaction) -> bytes:
    """One entry of the index of the aborted, 32 bytes."""
    return _ABORTED.pack(aborted.producer_id, aborted.first_offset, aborted.last_offset, aborted.last_stable_offset)


def decode_aborted(data: bytes) -> AbortedTransaction:
    """The entry that `encode_aborted` wrote; `ValueError` if it did not."""
    if len(data) != _ABORTED.size:
        raise ValueError(f"{len(data)} bytes do not describe an aborted transaction")
    return AbortedTransaction(*_ABORTED.unpack(data))
