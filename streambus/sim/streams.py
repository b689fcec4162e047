"""Independent random streams, one per (subject, purpose), all decided by one seed.

A draw more for one purpose leaves every other stream as it was: this is what keeps a failing run alike while it is being reduced.
Two further liberties serve search and reduction: a stream may be **calm**, and all of them may **branch** in the middle of a run.
"""

from collections.abc import Iterable

from streambus.kernel import Prng

LAST = (1 << 64) - 1


class CalmPrng(Prng):
    """A stream in which nothing special happens: every draw is the last of its range, so whatever is rare does not occur."""

    __slots__ = ()

    def bits64(self) -> int:
        """Always the same."""
        return LAST

    def below(self, bound: int) -> int:
        """The largest."""
        return bound - 1

    def between(self, first: int, last: int) -> int:
        """The last."""
        return last

    def chance(self, numerator: int, denominator: int) -> bool:
        """Only what is certain."""
        return numerator >= denominator


class Streams:
    """The streams of one run. `calm` names purposes whose streams are calm."""

    def __init__(self, seed: int, calm: Iterable[str] = ()) -> None:
        self.root = Prng(seed)
        self.calm = tuple(calm)
        self.live: dict[str, Prng] = {}
        self.purposes: dict[str, None] = {}
        """All purposes that were ever asked for, in order."""

    def stream(self, subject: str, purpose: str) -> Prng:
        """The stream of `subject` for `purpose`. Asked for again, it begins again."""
        name = f"{subject}/{purpose}"
        self.purposes[purpose] = None
        if purpose in self.calm:
            return CalmPrng(0)
        stream = self.live[name] = self.root.fork(name)
        return stream

    def branch(self, seed: int) -> None:
        """From here on every stream, those to come included, is decided by `seed`: the same past, another future."""
        self.root = Prng(seed)
        for name, stream in self.live.items():
            stream.state = self.root.fork(name).state
