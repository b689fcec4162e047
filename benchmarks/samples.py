"""What a handful of noisy rounds says: medians, spread, and ratios of rounds that ran side by side."""

import math
import statistics
from collections.abc import Sequence

import attrs


@attrs.frozen
class Summary:
    """The median and the extremes of the rounds."""

    median: float
    low: float
    high: float


def summary(values: Sequence[float]) -> Summary:
    """Of at least one value."""
    return Summary(statistics.median(values), min(values), max(values))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Summary:
    """`ours / theirs`, round by round: the machine's drift between rounds cancels out, and the spread of the ratio shows."""
    pairs = [our / their for our, their in zip(ours, theirs, strict=False) if their]
    return summary(pairs) if pairs else Summary(math.inf, math.inf, math.inf)


def percentile(ordered: Sequence[int], percent: int) -> int:
    """Nearest rank of sorted values."""
    if not ordered:
        raise ValueError("no values")
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
