"""The clock of a history: one that never jumps, the same for all clients and faults of a run."""

import time


def now() -> int:
    """Microseconds since some moment in the past."""
    return time.monotonic_ns() // 1_000
