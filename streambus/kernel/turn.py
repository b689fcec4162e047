"""A turn: what a sub-machine may see and do while its node takes one step."""

from zlib import crc32

from streambus.kernel.dice import Prng, mix
from streambus.kernel.instants import Instant
from streambus.kernel.messages import Effect, Event
from streambus.kernel.timers import Timers


class Turn:
    """One step of one node: the time, the dice, and four verbs. It is made for a step and gone after it."""

    __slots__ = ("dice", "effects", "facts", "mischief", "now", "timers", "wall_offset")

    def __init__(self, now: Instant, dice: Prng, timers: Timers, wall_offset: int, mischief: int = 0) -> None:
        self.now = now
        self.dice = dice
        self.timers = timers
        self.wall_offset = wall_offset
        self.mischief = mischief
        self.effects: list[Effect] = []
        self.facts: list[Event] = []
        """What the node has routed in this turn and what it still has to, in order."""

    def do(self, effect: Effect) -> None:
        """Ask the driver for `effect`. Effects are performed in the order in which they were asked for."""
        self.effects.append(effect)

    def tell(self, event: Event) -> None:
        """Tell the siblings a fact; the node routes it later in this turn."""
        self.facts.append(event)

    def wake_at(self, when: Instant, event: Event) -> None:
        """Have `event` happen at `when`. An event already pending is moved, not doubled."""
        self.timers.wake_at(when, event)

    def wake_after(self, delay: int, event: Event) -> None:
        """Have `event` happen `delay` microseconds from now."""
        self.timers.wake_at(Instant(self.now + delay), event)

    def cancel(self, event: Event) -> None:
        """Forget a pending `event`; harmless if there is none."""
        self.timers.cancel(event)

    def buggify(self, point: str) -> bool:
        """Whether to do the unusual thing at `point`: one that is allowed at any time, but that a healthy system hardly ever does.

        Never, unless the driver asked for mischief, which only the simulator does. Then one in four points is mischievous in this life,
        and one in eight times. The idea is FoundationDB's.
        """
        return self.mischief != 0 and mix(self.mischief ^ crc32(point.encode())) & 3 == 0 and self.dice.below(8) == 0

    @property
    def wall_ms(self) -> int:
        """Milliseconds since 1970 by this node's wall clock, which may be wrong and may jump."""
        return (self.now + self.wall_offset) // 1_000
