"""A fake clock: the wall clock of one process, moved by libfaketime without touching the machine's.

Only the wall clock moves; the clock that never jumps is left alone, as it is on a machine whose time is set.
"""

from collections.abc import Mapping
from pathlib import Path

PLACES = tuple(
    Path(folder) / "faketime" / "libfaketimeMT.so.1"
    for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib")
)


class FakeClock:
    """The wall clock of whoever is started with `environment`; `file` holds by how much it is off."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.offset_seconds = 0
        self.set(0)

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process needs in order to believe this clock."""
        library = find_library()
        assert library is not None, "look at `probe` first"
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, offset_seconds: int) -> None:
        """From now on the clock is so many seconds ahead of the machine's, or behind."""
        fresh = self._file.with_name(self._file.name + ".fresh")
        fresh.write_text(f"{offset_seconds:+d}", encoding="ascii")
        fresh.replace(self._file)
        self.offset_seconds = offset_seconds


def find_library() -> Path | None:
    """Where libfaketime is, if it is installed."""
    return next((place for place in PLACES if place.exists()), None)


def probe() -> str | None:
    """Why no clock can be moved on this machine; None if one can."""
    return None if find_library() else "libfaketime is not installed (Debian: apt install faketime)"
