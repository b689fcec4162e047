"""A link: one direction between two hosts. What travels over it takes a while, drawn from the link's own stream; faults block it, or make
its weather bad.
"""

from typing import TYPE_CHECKING

import attrs

from streambus.kernel import ConnectionId, Prng
from streambus.sim.weather import Weather

if TYPE_CHECKING:
    from streambus.sim.endpoint import Endpoint
    from streambus.sim.life import Life


@attrs.frozen
class LinkSpeed:
    """Latency in microseconds between a smallest and a largest value, now and then `tail` times more; throughput; what may be queued."""

    latency_min: int = 40
    latency_max: int = 400
    tail: int = 20
    tail_one_in: int = 64
    bytes_per_microsecond: int = 1_000
    queue_bytes_max: int = 1 << 20
    """Above it the sender is told `Congested`; below half of it, `Relieved`."""


class Link:
    """One direction between two hosts."""

    __slots__ = ("blocked", "clogs", "dials", "dice", "endpoints", "name", "speed", "weather")

    def __init__(self, name: str, speed: LinkSpeed, dice: Prng) -> None:
        self.name = name
        self.speed = speed
        self.dice = dice
        self.blocked = 0
        self.clogs = 0
        """How many of the blocks let dials wait."""
        self.dials: list[tuple[Life, ConnectionId, str]] = []
        """Those that wait."""
        self.weather: Weather | None = None
        self.endpoints: dict[Endpoint, None] = {}

    @property
    def is_cut(self) -> bool:
        """Whether nothing passes, and a dial is not even kept waiting."""
        return self.blocked > self.clogs

    def latency(self, length: int = 0) -> int:
        """How long `length` bytes travel this time. One draw: the lower half decides where in the range, the upper half whether tail."""
        speed = self.speed
        draw = self.dice.bits64()
        latency = speed.latency_min + ((draw & 0xFFFF_FFFF) * (speed.latency_max - speed.latency_min + 1) >> 32)
        if (draw >> 32) * speed.tail_one_in >> 32 == 0:
            latency *= self.dice.between(1, speed.tail)
        return latency + length // speed.bytes_per_microsecond
