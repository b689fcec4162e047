"""What a reader of committed records has to pass over: the records of transactions that came to nothing (KIP-98)."""

from collections.abc import Iterable

from streambus.kernel import Buffer
from streambus.records import BatchHeader, ControlType, control_type


class Aborted:
    """The aborted transactions that a leader named beside some batches, as `(producer id, first offset)`.

    A transaction reaches from its first offset to its producer's next abort marker, which is among the batches or behind them.
    """

    __slots__ = ("_begun", "_coming")

    def __init__(self, transactions: Iterable[tuple[int, int]]) -> None:
        self._coming = sorted(((first_offset, producer_id) for producer_id, first_offset in transactions), reverse=True)
        self._begun: dict[int, None] = {}

    def covers(self, header: BatchHeader, batch: Buffer) -> bool:
        """Whether the batch belongs to one of them. To be asked of every batch, in the order of their offsets."""
        while self._coming and self._coming[-1][0] <= header.last_offset:
            self._begun[self._coming.pop()[1]] = None
        if header.producer_id not in self._begun:
            return False
        if header.is_control:
            if control_type(header, batch) is ControlType.ABORT:
                del self._begun[header.producer_id]
            return False
        return header.is_transactional
