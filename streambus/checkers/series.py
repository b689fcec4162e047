"""The series of unseen records: how many acknowledged ones nobody had read by some moments of the history."""

from collections.abc import Iterable

from streambus.checkers.frontier import NEVER
from streambus.checkers.ledger import ACKNOWLEDGED, Ledger

MOMENTS = 100
"""So many moments are looked at, evenly spread from the first call to the last answer."""


def unseen_series(ledgers: Iterable[Ledger], begin: int, end: int) -> tuple[tuple[int, int], ...]:
    """Moments and unseen records. A record is unseen from its acknowledgement to the end of the first poll that returned it."""
    if end <= begin:
        return ()
    changes = [0] * (MOMENTS + 2)
    span = end - begin
    for ledger in ledgers:
        for flags, completed, seen in zip(ledger.flags, ledger.completed, ledger.seen, strict=True):
            if flags & ACKNOWLEDGED and completed < seen:
                changes[_moment(completed - begin, span)] += 1
                if seen != NEVER:
                    changes[_moment(seen - begin, span)] -= 1
    series, unseen = [], 0
    for moment in range(MOMENTS + 1):
        unseen += changes[moment]
        series.append((begin + span * moment // MOMENTS, unseen))
    return tuple(series)


def _moment(time: int, span: int) -> int:
    """The first moment at or after `time`."""
    return max(0, min(MOMENTS + 1, -(-time * MOMENTS // span)))
