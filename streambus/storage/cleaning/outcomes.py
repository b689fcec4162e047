"""How the transactions of a log ended, as one walk over it from front to back finds out."""

from collections import deque
from collections.abc import Iterable

from streambus.records import BatchHeader, ControlType
from streambus.storage.transactions import AbortedTransaction

NOTHING_LOST = (1 << 63) - 1


class Outcomes:
    """What is known at one place of a walk over a log: whether a batch was aborted, whether a marker still has data in front of it.

    One object walks over all of the log: a transaction does not end where an extent or a table does (C03 in Kafka's history: markers that
    went before their data).
    """

    __slots__ = ("aborted", "committed", "last_offsets", "lost_offset", "seen")

    def __init__(self, aborted: Iterable[AbortedTransaction]) -> None:
        in_order = sorted(aborted, key=lambda transaction: transaction.last_offset)
        self.last_offsets = [transaction.last_offset for transaction in in_order]
        self.aborted: dict[int, deque[AbortedTransaction]] = {}
        """What lies ahead, by producer, in order of offsets."""
        self.committed: dict[int, None] = {}
        """Producers of whose current transaction, which was committed, batches were seen."""
        self.seen: dict[int, None] = {}
        """Aborted transactions of which batches were seen, by their last offsets."""
        self.lost_offset = NOTHING_LOST
        """Where the first batch is missing that should be there. Whose it was is not known, and it may come back."""
        for transaction in in_order:
            self.aborted.setdefault(transaction.producer_id, deque()).append(transaction)

    def meet_data(self, header: BatchHeader) -> bool:
        """Walk over a batch of data. Whether it belongs to a transaction that was aborted."""
        if not header.is_transactional:
            return False
        transaction = self._aborted_at(header)
        if transaction is None:
            self.committed[header.producer_id] = None
            return False
        self.seen[transaction.last_offset] = None
        return True

    def meet_lost(self, base_offset: int) -> None:
        """Walk over a batch that was lost: no marker behind it is known to be without data."""
        self.lost_offset = min(self.lost_offset, base_offset)

    def meet_marker(self, header: BatchHeader, control: ControlType | None) -> bool:
        """Walk over a control batch. Whether nothing is left of the transaction that it ended, so that it may go, too, in time."""
        if not header.record_count:
            return True
        if control is ControlType.COMMIT:
            has_data = self.committed.pop(header.producer_id, self) is None
            return not has_data and header.base_offset < self.lost_offset
        if control is ControlType.ABORT:
            transaction = self._aborted_at(header)
            has_data = transaction is not None and transaction.last_offset in self.seen
            return not has_data and header.base_offset < self.lost_offset
        return False

    def vanished(self, end_offset: int) -> tuple[int, ...]:
        """The aborted transactions that ended below `end_offset`, where a walk over all of the log ended, and of which nothing is left."""
        end = min(end_offset, self.lost_offset)
        return tuple([last_offset for last_offset in self.last_offsets if last_offset < end and last_offset not in self.seen])

    def _aborted_at(self, header: BatchHeader) -> AbortedTransaction | None:
        """The aborted transaction that the batch, which comes next in the walk, is a part of."""
        ahead = self.aborted.get(header.producer_id)
        if not ahead:
            return None
        while ahead and ahead[0].last_offset < header.base_offset:
            ahead.popleft()
        # A trim may have cut its first batch in two: then it begins in the middle of that.
        return ahead[0] if ahead and ahead[0].first_offset <= header.last_offset else None
