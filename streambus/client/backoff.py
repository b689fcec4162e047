"""How long to wait before trying again: exponential, with jitter, so that many who failed together do not return together."""

from streambus.kernel import Prng

DOUBLINGS_MAX = 20
JITTER_PERCENT = 20


def backoff(first: int, longest: int, failures: int, dice: Prng) -> int:
    """Microseconds to wait after `failures` (≥ 1) failures in a row: `first` doubled each time up to `longest`, ± 20 % (KIP-580)."""
    assert failures >= 1, failures
    delay = min(first << min(failures - 1, DOUBLINGS_MAX), longest)
    return delay * dice.between(100 - JITTER_PERCENT, 100 + JITTER_PERCENT) // 100
