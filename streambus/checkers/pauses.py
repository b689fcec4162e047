"""Pauses: how long nobody got anything done.

A pause is the time between two operations that ended `OK`, one right after the other, from the first call to the last answer of a history.
Time in which a fault was at work does not count: a pause is cut where a fault begins and goes on where it ends.
"""

from collections.abc import Iterable

from streambus.checkers.operations import Fault, Operation, Outcome

PENDING_MAX = 65_536
"""So many completions are collected before those that are certainly in order are looked at."""


class Pauses:
    """The longest pause so far. Operations come in order of invocation."""

    __slots__ = ("bands", "began_at", "latest", "longest", "pending")

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.bands = _merged(faults)
        self.latest: int | None = None
        self.pending: list[int] = []
        self.longest = 0
        self.began_at: int | None = None

    def on_operation(self, operation: Operation) -> None:
        """An operation began, and ended in some way."""
        if self.latest is None:
            self.latest = operation.invoked_at
        if operation.outcome is Outcome.OK and operation.completed_at is not None:
            self.pending.append(operation.completed_at)
            if len(self.pending) >= PENDING_MAX:
                self._advance(operation.invoked_at)

    def finish(self, end: int | None) -> None:
        """The last thing that happened, happened at `end`."""
        self._advance(None)
        if end is not None:
            self._step(end)

    def _advance(self, now: int | None) -> None:
        self.pending.sort()
        kept = []
        for completed_at in self.pending:
            if now is None or completed_at < now:
                self._step(completed_at)
            else:
                kept.append(completed_at)
        self.pending = kept

    def _step(self, time: int) -> None:
        begin = self.latest
        if begin is None or time <= begin:
            return
        if time - begin > self.longest:
            for start, end in self.bands:
                if end is not None and end <= begin:
                    continue
                if start >= time:
                    break
                self._stretch(begin, start)
                if end is None:
                    begin = time
                    break
                begin = max(begin, end)
            self._stretch(begin, time)
        self.latest = time

    def _stretch(self, begin: int, end: int) -> None:
        if end - begin > self.longest:
            self.longest, self.began_at = end - begin, begin


def _merged(faults: Iterable[Fault]) -> list[tuple[int, int | None]]:
    """The times at which some fault was at work, in order, without overlaps."""
    bands: list[tuple[int, int | None]] = []
    for fault in sorted(faults, key=lambda fault: fault.began_at):
        if bands:
            start, end = bands[-1]
            if end is None:
                break
            if fault.began_at <= end:
                bands[-1] = (start, None if fault.ended_at is None else max(end, fault.ended_at))
                continue
        bands.append((fault.began_at, fault.ended_at))
    return bands
