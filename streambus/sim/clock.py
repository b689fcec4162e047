"""What time it is on one host: two clocks that nobody keeps right, as faults leave them.

A `Hand` is one clock: whole microseconds as a function of true (simulated) time. It runs straight on from an **anchor**, at true rate
plus or minus some millionths, or stands still, and it may show only every so many microseconds. All arithmetic is exact, so that the
question "when will it show this?" has an exact answer too: `Hand.when`.

A host has two of them. The **monotonic** one never goes back, whatever is done to it; every life of a node counts its `Instant`s on it,
from an origin of its own. The **wall** clock may be anywhere. A node knows it only as the difference between the two, which it is told
again (`ClockAdjusted`) when it has come to be wrong by `TOLERANCE`: a drift looks like a clock that is adjusted in small steps now and
then.
"""

MILLION = 1_000_000

STANDSTILL = -MILLION
"""The drift of a clock that stands still."""

WALL_ORIGIN = 1_767_225_600_000_000
"""What an exact wall clock shows when a simulation begins: 2026-01-01T00:00:00Z in microseconds."""

TOLERANCE = 500
"""Microseconds by which what a node knows of its wall clock may be wrong: nobody dates anything more exactly than to a millisecond."""


class Hand:
    """One clock. `drift` is in millionths of true time, `grain` is the least difference that it can show, in microseconds."""

    __slots__ = ("_anchor", "_floor", "_reading", "drift", "grain")

    def __init__(self, reading: int = 0) -> None:
        self._anchor = 0
        self._reading = reading
        self._floor = reading
        """Where the grains are counted from: a clock that turns coarse does not go back."""
        self.drift = 0
        self.grain = 1

    @property
    def is_true(self) -> bool:
        """Whether it runs as it should. It may still show the wrong time."""
        return not self.drift and self.grain == 1

    def read(self, now: int) -> int:
        """What it shows at true time `now`."""
        reading = self._exactly(now)
        return reading - (reading - self._floor) % self.grain

    def when(self, reading: int) -> int | None:
        """The first true time, from the last change on, at which it shows `reading` or more; None if it never will as things are."""
        missing = -(-(reading - self._floor) // self.grain) * self.grain + self._floor - self._reading
        if missing <= 0:
            return self._anchor
        rate = MILLION + self.drift
        return None if rate <= 0 else self._anchor - (-missing * MILLION // rate)

    def set_drift(self, now: int, drift: int) -> None:
        """Run at another rate from `now` on."""
        self._turn(now)
        self.drift = drift

    def set_grain(self, now: int, grain: int) -> None:
        """Show only every `grain` microseconds from `now` on."""
        self._turn(now)
        self.grain = grain
        self._floor = self._reading

    def step(self, now: int, microseconds: int) -> None:
        """Jump."""
        self._turn(now)
        self._reading += microseconds
        self._floor += microseconds

    def _exactly(self, now: int) -> int:
        return self._reading + (now - self._anchor) * (MILLION + self.drift) // MILLION

    def _turn(self, now: int) -> None:
        self._reading = self._exactly(now)
        self._anchor = now


class HostClock:
    """The two clocks of one host, in true simulated time `now`."""

    __slots__ = ("monotonic", "wall")

    def __init__(self) -> None:
        self.monotonic = Hand()
        self.wall = Hand(WALL_ORIGIN)

    @property
    def is_true(self) -> bool:
        """Whether both run as they should: then their difference does not change."""
        return self.monotonic.is_true and self.wall.is_true

    def wall_offset(self, now: int) -> int:
        """Wall clock minus monotonic clock."""
        return self.wall.read(now) - self.monotonic.read(now)
