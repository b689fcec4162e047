"""Weather: what is wrong with one direction between two hosts. A link in fair weather has none.

What TCP does about it is part of it, because that is all that a node ever sees: a lost segment is sent again after a time-out that doubles
with every further loss, and holds up everything behind it; a connection that loses the same segment too often is given up. A loss that
is followed by segments which arrive is noticed by them, and costs a round trip only.
"""

from enum import Enum

from streambus.kernel import MILLISECOND, SECOND, Prng
from streambus.sim.bit_rot import flipped_in_batch, flipped_outside

SEGMENT_BYTES = 1_460
SEGMENTS_MAX = 64
"""Of one piece, as far as losing them is concerned."""

RETRANSMISSION_MIN = 200 * MILLISECOND
"""Linux waits as long at least before it sends a segment again."""

DIAL_RETRANSMISSION_MIN = SECOND


class Rot(Enum):
    """Where a bit flips: below the checksum of a record batch, or in what no checksum covers."""

    BATCH = "batch"
    ANYWHERE = "anywhere"


class Weather:
    """Conditions that may be bad one by one; `is_fair` when none is."""

    __slots__ = (
        "busy_until",
        "bytes_per_millisecond",
        "dice",
        "flips",
        "loss_per_mille",
        "losses_max",
        "rot",
        "slowness",
    )

    def __init__(self, dice: Prng) -> None:
        self.dice = dice
        self.slowness = 1
        """So many times as long as usual takes whatever is under way."""
        self.loss_per_mille = 0
        self.losses_max = 0
        """Of one segment; then its connection is given up."""
        self.bytes_per_millisecond = 0
        """What passes through, with a queue before it; 0 for what the link can do by itself."""
        self.busy_until = 0
        self.rot: Rot | None = None
        self.flips = 0
        """How many bits were flipped so far: one for each spell of rot."""

    @property
    def is_fair(self) -> bool:
        """Whether nothing is wrong."""
        return self.slowness == 1 and not self.loss_per_mille and not self.bytes_per_millisecond and self.rot is None

    def delay(self, now: int, latency: int, length: int) -> tuple[int, bool]:
        """How long `length` bytes take that take `latency` otherwise; and whether their connection is given up then."""
        latency *= self.slowness
        waits = self._queue(now, length) if self.bytes_per_millisecond else 0
        if not self.loss_per_mille:
            return waits + latency, False
        longest, is_given_up = 0, False
        segments = min(1 + length // SEGMENT_BYTES, SEGMENTS_MAX)
        for segment in range(segments):
            if self._is_lost():
                is_noticed = segment < segments - 1
                wait, is_hopeless = self._repeat(2 * latency, RETRANSMISSION_MIN) if is_noticed else self._repeat_from(RETRANSMISSION_MIN)
                longest, is_given_up = max(longest, wait), is_given_up or is_hopeless
        return waits + latency + longest, is_given_up

    def dial_delay(self, latency: int) -> int:
        """How long a dial takes that takes `latency` otherwise."""
        wait = self._repeat_from(DIAL_RETRANSMISSION_MIN)[0] if self.loss_per_mille and self._is_lost() else 0
        return latency * self.slowness + wait

    def spoiled(self, data: bytes) -> bytes:
        """`data`, with one bit flipped if it has come to that and there is one of the kind."""
        if self.rot is None or self.flips:
            return data
        spoiled = (flipped_in_batch if self.rot is Rot.BATCH else flipped_outside)(data, self.dice)
        if spoiled is None:
            return data
        self.flips += 1
        return spoiled

    def _is_lost(self) -> bool:
        return self.dice.below(1_000) < self.loss_per_mille

    def _repeat_from(self, timeout: int) -> tuple[int, bool]:
        """As `_repeat`, of a loss that nobody notices."""
        return self._repeat(timeout, 2 * timeout)

    def _repeat(self, first: int, timeout: int) -> tuple[int, bool]:
        """How long it takes until what was lost once has arrived, and whether it is hopeless. It is sent again after `first`, and then
        after `timeout`, which doubles."""
        waited, losses = first, 1
        while self._is_lost():
            losses += 1
            if losses >= self.losses_max:
                return waited, True
            waited += timeout
            timeout *= 2
        return waited, losses >= self.losses_max

    def _queue(self, now: int, length: int) -> int:
        begin = max(self.busy_until, now)
        self.busy_until = begin + length * MILLISECOND // self.bytes_per_millisecond
        return self.busy_until - now
