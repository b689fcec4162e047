"""The node: a composition of sub-machines behind one door."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from streambus.kernel.dice import Prng
from streambus.kernel.instants import Instant
from streambus.kernel.messages import Effect, Event
from streambus.kernel.timers import Timers
from streambus.kernel.turn import Turn
from streambus.kernel.world import ClockAdjusted, Started, Woken

Routes = Mapping[type[Event], str | tuple[str, ...]]

Handler = Callable[[Any, Turn, Any], Any]

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
    _table: ClassVar[dict[type[Event], Handler]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._table = {ClockAdjusted: _ignore} | {
            event: _handler((paths,) if isinstance(paths, str) else paths) for event, paths in cls.ROUTES.items()
        }

    def __init__(self) -> None:
        self.timers = Timers()
        self.dice = Prng(0)
        self.wall_offset = 0
        self.mischief = 0

    def step(self, now: Instant, event: Event) -> list[Effect]:
        """Take `event` in at `now`; return what the world shall do, in order."""
        kind = type(event)
        if kind is Started or kind is ClockAdjusted:
            self._set_clock(event)
        turn = Turn(now, self.dice, self.timers, self.wall_offset, self.mischief)
        facts = turn.facts
        if kind is Woken:
            facts += self.timers.due(now)
        else:
            facts.append(event)
        table = self._table
        for fact in facts:  # Which grows meanwhile.
            handler = table.get(type(fact))
            if handler is None:
                raise UnroutedEvent(f"{type(self).__name__} has no route for {fact!r}")
            handler(self, turn, fact)
            assert len(facts) < FACTS_PER_TURN_MAX, "facts without end"
        return turn.effects

    @property
    def next_deadline(self) -> Instant | None:
        """When the driver shall send `Woken`, or None. Waking more often is harmless."""
        return self.timers.next_deadline

    def _set_clock(self, event: Event) -> None:
        if isinstance(event, Started):
            self.dice = Prng(event.seed)
            self.mischief = event.mischief
        assert isinstance(event, Started | ClockAdjusted)
        self.wall_offset = event.wall_offset


def _handler(paths: tuple[str, ...]) -> Handler:
    """One function that calls the methods at these paths of a node, one after the other. Python writes no shorter call than this one."""
    calls = ", ".join(f"node.{path}(turn, fact)" for path in paths)
    handler: Handler = eval(f"lambda node, turn, fact: ({calls})")
    return handler


def _ignore(_node: Any, _turn: Turn, _fact: Event) -> None:
    """The node has taken it in already."""
