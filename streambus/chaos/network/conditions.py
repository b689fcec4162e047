"""What a network is like: the conditions that hold for every connection through the proxy."""

from enum import Enum

import attrs


class Direction(Enum):
    """Which way bytes go."""

    TO_BROKER = "to the broker"
    TO_CLIENT = "to the client"

    @property
    def opposite(self) -> "Direction":
        """The other way."""
        return Direction.TO_CLIENT if self is Direction.TO_BROKER else Direction.TO_BROKER


BOTH = frozenset(Direction)


@attrs.frozen
class Conditions:
    """Every byte takes `delay` seconds and up to `jitter` more; so many bytes fit through a connection in a second.

    In the directions that are `held` nothing arrives: it waits, as if it was retransmitted in vain until this is over.
    """

    delay: float = 0.0
    jitter: float = 0.0
    bytes_per_second: int | None = None
    held: frozenset[Direction] = frozenset()


FAIR = Conditions()
"""A network that does nothing wrong."""
