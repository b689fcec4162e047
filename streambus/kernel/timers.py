"""Timers: events with a date, kept inside the node. The driver sees only the earliest date."""

from heapq import heappop, heappush

from streambus.kernel.instants import Instant
from streambus.kernel.messages import Event


class Timers:
    """A wheel of pending events, each at most once: waking an event that is already pending moves it.

    Two events due at one instant happen in the order in which they were asked for.
    """

    __slots__ = ("heap", "pending", "sequence")

    def __init__(self) -> None:
        self.heap: list[tuple[Instant, int, Event]] = []
        self.pending: dict[Event, int] = {}
        self.sequence = 0

    def wake_at(self, when: Instant, event: Event) -> None:
        """Have `event` happen at `when`, and only then."""
        self.sequence += 1
        self.pending[event] = self.sequence
        heappush(self.heap, (when, self.sequence, event))
        if len(self.heap) > 64 and len(self.heap) > 4 * len(self.pending):
            self._forget_cancelled()

    def cancel(self, event: Event) -> None:
        """Forget `event`; harmless if it is not pending."""
        self.pending.pop(event, None)

    @property
    def next_deadline(self) -> Instant | None:
        """When the earliest pending event is due, or None."""
        heap = self.heap
        while heap:
            when, sequence, event = heap[0]
            if self.pending.get(event) == sequence:
                return when
            heappop(heap)
        return None

    def due(self, now: Instant) -> list[Event]:
        """Take out everything whose date has come, earliest first."""
        events: list[Event] = []
        while (when := self.next_deadline) is not None and when <= now:
            _, _, event = heappop(self.heap)
            del self.pending[event]
            events.append(event)
        return events

    def _forget_cancelled(self) -> None:
        self.heap = sorted(entry for entry in self.heap if self.pending.get(entry[2]) == entry[1])

    def __len__(self) -> int:
        return len(self.pending)
