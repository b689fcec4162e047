"""Timers: events with a date, kept inside the node. The driver sees only the earliest date."""

from heapq import heappop, heappush

from streambus.kernel.instants import Instant
from streambus.kernel.messages import Event


class Timers:
    """A wheel of pending events, each at most once: waking an event that is already pending moves it.

    Two events due at one instant happen in the order in which they were asked for.
    """

    __slots__ = ("heap", "live", "pending", "sequence")

    def __init__(self) -> None:
        self.heap: list[tuple[Instant, int]] = []
        """Dates with the number under which each was asked for; those that are not `live` any more are dropped when they come up."""
        self.pending: dict[Event, int] = {}
        self.live: dict[int, Event] = {}
        self.sequence = 0

    def wake_at(self, when: Instant, event: Event) -> None:
        """Have `event` happen at `when`, and only then."""
        self.sequence = sequence = self.sequence + 1
        earlier = self.pending.setdefault(event, sequence)
        if earlier != sequence:
            del self.live[earlier]
            self.pending[event] = sequence
        self.live[sequence] = event
        heap = self.heap
        heappush(heap, (when, sequence))
        if len(heap) > 64 and len(heap) > 4 * len(self.live):
            self._forget_cancelled()

    def cancel(self, event: Event) -> None:
        """Forget `event`; harmless if it is not pending."""
        sequence = self.pending.pop(event, None)
        if sequence is not None:
            del self.live[sequence]

    @property
    def next_deadline(self) -> Instant | None:
        """When the earliest pending event is due, or None."""
        heap, live = self.heap, self.live
        while heap:
            when, sequence = heap[0]
            if sequence in live:
                return when
            heappop(heap)
        return None

    def due(self, now: Instant) -> list[Event]:
        """Take out everything whose date has come, earliest first."""
        events: list[Event] = []
        while (when := self.next_deadline) is not None and when <= now:
            _, sequence = heappop(self.heap)
            event = self.live.pop(sequence)
            del self.pending[event]
            events.append(event)
        return events

    def _forget_cancelled(self) -> None:
        self.heap = sorted(entry for entry in self.heap if entry[1] in self.live)

    def __len__(self) -> int:
        return len(self.live)
