"""How numbers, bytes, times and progress look."""

import sys
from base64 import b64encode
from datetime import UTC, datetime
from time import monotonic
from typing import Any

SHOWN_MAX = 60
"""Of a key or a value, so many characters are shown."""

EVERY_SECONDS = 0.1


def size_of(count: int) -> str:
    """A number of bytes for people."""
    number = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(number) < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def count_of(count: int, noun: str) -> str:
    """So many of these."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def time_of(timestamp: int) -> str:
    """Milliseconds since 1970 for people, in UTC."""
    if timestamp < 0:
        return "-"
    try:
        return datetime.fromtimestamp(timestamp / 1000, UTC).isoformat(sep=" ", timespec="milliseconds").removesuffix("+00:00")
    except (OverflowError, ValueError, OSError):
        return str(timestamp)


def text_of(data: bytes | None) -> str:
    """A key or a value for people, on one line and not too long."""
    if data is None:
        return "-"
    shown = data.decode("utf-8", "backslashreplace").encode("unicode_escape").decode("ascii") if not _is_text(data) else data.decode()
    return f'"{shown}"' if len(shown) <= SHOWN_MAX else f'"{shown[:SHOWN_MAX]}…" ({len(data)} bytes)'


def json_bytes(name: str, data: bytes | None) -> dict[str, Any]:
    """A key or a value for scripts: as text under `name` if it is text, else in base64 under `name`_base64."""
    if data is None:
        return {name: None}
    try:
        return {name: data.decode("utf-8")}
    except UnicodeDecodeError:
        return {f"{name}_base64": b64encode(data).decode("ascii")}


def _is_text(data: bytes) -> bool:
    try:
        return data.decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False


class Progress:
    """One line on stderr that says how far it is, if somebody is there to see it."""

    def __init__(self, verb: str) -> None:
        self._verb = verb
        self._is_shown = sys.stderr.isatty()
        self._width = 0
        self._due = 0.0

    def say(self, text: str) -> None:
        """How far it is now."""
        if self._is_shown and monotonic() >= self._due:
            self._due = monotonic() + EVERY_SECONDS
            line = f"{self._verb} {text}"[:99]
            print(f"\r{line:<{self._width}}", end="", file=sys.stderr, flush=True)
            self._width = len(line)

    def bytes(self, done: int, total: int) -> None:
        """So many bytes of so many."""
        self.say(f"{size_of(done)} of {size_of(max(total, done))}")

    def clear(self) -> None:
        """Give the line back."""
        if self._width:
            print(f"\r{'':<{self._width}}\r", end="", file=sys.stderr, flush=True)
            self._width = 0
