"""Randomness that is part of the state: splitmix64, one integer.

Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
"""

MASK = (1 << 64) - 1
GOLDEN_GAMMA = 0x9E3779B97F4A7C15


def mix(z: int) -> int:
    """Scramble 64 bits so that neighbouring inputs give unrelated outputs."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


class Prng:
    """A stream of numbers decided by its seed. Two streams forked under different labels are independent."""

    __slots__ = ("state",)

    def __init__(self, seed: int) -> None:
        self.state = seed & MASK

    def bits64(self) -> int:
        """The next 64 random bits."""
        self.state = z = (self.state + GOLDEN_GAMMA) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK  # `mix`, in place: this is called several times a step.
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, bound: int) -> int:
        """An integer in `[0, bound)`. The bias is below `bound / 2**64`."""
        assert bound > 0, bound
        return (self.bits64() * bound) >> 64

    def between(self, first: int, last: int) -> int:
        """An integer in `[first, last]`, both ends included."""
        assert first <= last, (first, last)
        return first + ((self.bits64() * (last - first + 1)) >> 64)

    def chance(self, numerator: int, denominator: int) -> bool:
        """True in `numerator` of `denominator` cases."""
        return self.below(denominator) < numerator

    def bytes(self, length: int) -> bytes:
        """`length` random bytes."""
        words = -(-length // 8)
        return b"".join(self.bits64().to_bytes(8, "little") for _ in range(words))[:length]

    def fork(self, label: str) -> "Prng":
        """A stream decided by this one's present state and `label`; this one does not move.

        Streams for different purposes are forked once from one seed, so that a draw more for one purpose
        leaves all others as they were.
        """
        seed = self.state
        for byte in label.encode():
            seed = mix((seed + GOLDEN_GAMMA + byte) & MASK)
        return Prng(seed)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Prng) and other.state == self.state

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Prng({self.state:#018x})"
