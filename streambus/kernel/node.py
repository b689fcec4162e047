"""The node: a composition of sub-machines behind one door."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, ClassVar

from streambus.kernel.dice import Prng
from streambus.kernel.instants import Instant
from streambus.kernel.messages import Effect, Event
from streambus.kernel.timers import Timers
from streambus.kernel.turn import Turn
from streambus.kernel.world import ClockAdjusted, Started, Woken

Routes = Mapping[type[Event], str | tuple[str, ...]]

FACTS_PER_TURN_MAX = 1_000_000
"""A turn that tells more facts than this is a loop, not a turn."""


class UnroutedEvent(LookupError):
    """An event reached a node whose `ROUTES` has no place for it: a mistake of ours, never a peer's."""


class Node:
    """A pure state machine with one door.

    A subclass lists in `ROUTES`, for every event it knows, the methods that hear of it, as dotted paths from the node:
    `{Received: "on_received", Durable: ("partitions.on_durable", "on_durable")}`. That table is the map of the machine.

    `step` promises: no I/O, no waiting, no exceptions for anything that peers or disks may do.
    """

    ROUTES: ClassVar[Routes] = {}
    _table: ClassVar[dict[type[Event], tuple[Callable[[Any], Any], ...]]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._table = {ClockAdjusted: ()} | {
            event: tuple(attrgetter(path) for path in ((paths,) if isinstance(paths, str) else paths))
            for event, paths in cls.ROUTES.items()
        }

    def __init__(self) -> None:
        self.timers = Timers()
        self.dice = Prng(0)
        self.wall_offset = 0

    def step(self, now: Instant, event: Event) -> list[Effect]:
        """Take `event` in at `now`; return what the world shall do, in order."""
        kind = type(event)
        if kind is Started or kind is ClockAdjusted:
            self._set_clock(event)
        turn = Turn(now, self.dice, self.timers, self.wall_offset)
        if kind is Woken:
            turn.facts.extend(self.timers.due(now))
        else:
            turn.facts.append(event)
        self._route(turn)
        return turn.effects

    @property
    def next_deadline(self) -> Instant | None:
        """When the driver shall send `Woken`, or None. Waking more often is harmless."""
        return self.timers.next_deadline

    def _route(self, turn: Turn) -> None:
        table, facts = self._table, turn.facts
        told = 0
        while facts:
            fact = facts.popleft()
            routes = table.get(type(fact))
            if routes is None:
                raise UnroutedEvent(f"{type(self).__name__} has no route for {fact!r}")
            for route in routes:
                route(self)(turn, fact)
            told += 1
            assert told < FACTS_PER_TURN_MAX, "facts without end"

    def _set_clock(self, event: Event) -> None:
        if isinstance(event, Started):
            self.dice = Prng(event.seed)
        assert isinstance(event, Started | ClockAdjusted)
        self.wall_offset = event.wall_offset
