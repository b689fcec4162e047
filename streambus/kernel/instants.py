"""Time as machines see it: integer microseconds on a clock that never goes back.

`Instant` counts from an origin that only the driver knows (the node's start, the simulation's start). Wall-clock time is
something else: it may jump, so it is an offset that the driver reports (`Started`, `ClockAdjusted`) and that `Turn.wall_ms` adds.
"""

from typing import NewType

Instant = NewType("Instant", int)

MICROSECOND = 1
MILLISECOND = 1_000
SECOND = 1_000_000
