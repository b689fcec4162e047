"""A shifted clock: the wall clock of one broker, ahead of the machine's or behind it, and the machine's is not touched.

It is where the driver asks for the time. Putting a library between a whole process and its kernel (libfaketime) was tried first: it comes
between an event loop and its waiting as well, and the broker took two seconds for what takes it two hundredths.
"""

import time
from pathlib import Path


class ShiftedClock:
    """A clock that is off by what a file says, in seconds. To the broker it is a function that tells the time."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self) -> int:
        """The time in nanoseconds, as `time.time_ns`."""
        return time.time_ns() + self.offset_seconds * 1_000_000_000

    @property
    def offset_seconds(self) -> int:
        """By how much it is off."""
        try:
            return int(self._file.read_text(encoding="ascii"))
        except FileNotFoundError:
            return 0

    def shift(self, offset_seconds: int) -> None:
        """From now on the clock is so many seconds ahead of the machine's, or behind."""
        fresh = self._file.with_name(self._file.name + ".fresh")
        fresh.write_text(str(offset_seconds), encoding="ascii")
        fresh.replace(self._file)
