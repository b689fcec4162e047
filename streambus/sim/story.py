"""A story: what happened in a run, in lines that a person reads. Golden traces are made of it.

One line per event with its date, its node and what it was; below it one line per effect. Payloads are counted, not shown; requests
and responses are named. Bursts that ended without an effect, and wakes that woke nobody, are left out.
"""

from collections.abc import Callable
from enum import Enum
from typing import Any

import attrs

from streambus.broker import Broker
from streambus.kernel import (
    Buffer,
    Close,
    Closed,
    Connected,
    Dial,
    Drained,
    Effect,
    Event,
    FileSlice,
    Instant,
    Read,
    Received,
    Rename,
    Send,
    Started,
    Sync,
    Trace,
    Truncate,
    Woken,
    Work,
    Write,
)
from streambus.sim.life import Life
from streambus.wire import ApiKey

SILENT = (Drained, Woken)
"""Events that are only worth a line if something follows from them."""

LENGTH_BYTES = 4


class Storyteller:
    """An observer that tells what it sees. `hosts`: those whose story it is; none for everybody's."""

    def __init__(self, *hosts: str) -> None:
        self.hosts = hosts
        self.lines: list[str] = []

    def on_birth(self, life: Life) -> None:
        """A node is made."""
        if self._is_told(life):
            self.lines.append(f"{_date(life)}  {life.name:<9} is born" + (" again" if life.number > 1 else ""))

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """A node takes a step."""
        if not self._is_told(life) or (type(event) in SILENT and not effects):
            return
        is_broker = isinstance(life.node, Broker)
        self.lines.append(f"{_date(life)}  {life.name:<9} {told(event, is_broker=is_broker)}")
        self.lines.extend(f"{'':>25}→ {told(effect, is_broker=is_broker)}" for effect in effects)

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """A node raises."""
        if self._is_told(life):
            self.lines.append(f"{_date(life)}  {life.name:<9} {told(event, is_broker=False)} raised {error!r}")

    def _is_told(self, life: Life) -> bool:
        return not self.hosts or life.name in self.hosts


def told(value: Any, *, is_broker: bool) -> str:
    """An event or an effect of a broker, or of a client, in a line."""
    if isinstance(value, Received):
        frames = _requests(value.data) if is_broker else _responses(value.data)
        return f"received on {value.connection}: {frames}"
    if isinstance(value, Send):
        slices = [part for part in value.parts if isinstance(part, FileSlice)]
        data = b"".join([part for part in value.parts if not isinstance(part, FileSlice)])
        frames = _responses(data, slices) if is_broker else _requests(data)
        return f"send on {value.connection}: {frames}"
    teller = _TELLERS.get(type(value))
    return teller(value) if teller is not None else _plain(value)


_TELLERS: dict[type, Callable[[Any], str]] = {
    Started: lambda _: "started",
    Drained: lambda _: "drained",
    Woken: lambda _: "woken",
    Connected: lambda event: f"connected as {event.connection} with {event.peer}",
    Closed: lambda event: f"closed {event.connection}: {event.reason}",
    Dial: lambda effect: f"dial {effect.host}:{effect.port} as {effect.connection}",
    Close: lambda effect: f"close {effect.connection}: {effect.reason}",
    Write: lambda effect: f"write {sum(map(len, effect.parts))} bytes at {effect.position} of {effect.file}",
    Read: lambda effect: f"read {effect.length} bytes at {effect.position} of {effect.file}",
    Sync: lambda effect: f"sync {effect.file}, then {_plain(effect.then)}",
    Truncate: lambda effect: f"truncate {effect.file} to {effect.length} bytes",
    Rename: lambda effect: f"rename {effect.source} to {effect.target}",
    Work: lambda effect: f"long work {type(effect.task).__name__}, then {type(effect.then).__name__}",
    Trace: lambda effect: " ".join([f"trace: {effect.text}", *[f"{name}={value}" for name, value in effect.fields]]),
}


def _requests(data: Buffer) -> str:
    """Kafka requests, if `data` is made of whole ones."""
    frames = _frames(data)
    return " + ".join([_request(frame) for frame in frames]) if frames else f"{len(data)} bytes"


def _request(frame: bytes) -> str:
    key, version = int.from_bytes(frame[:2], "big"), int.from_bytes(frame[2:4], "big")
    if key not in set(ApiKey):
        return f"{len(frame)} bytes"
    return f"{_api(key)} v{version} request #{int.from_bytes(frame[4:8], 'big')} ({len(frame)} bytes)"


def _responses(data: Buffer, slices: list[FileSlice] | None = None) -> str:
    """Kafka responses, if `data` is made of whole ones; what is read from files while it is sent is named."""
    if slices:
        files = ", ".join(f"{part.length} bytes at {part.position} of {part.file}" for part in slices)
        return f"response #{int.from_bytes(data[4:8], 'big')} with {files}"
    frames = _frames(data)
    if not frames:
        return f"{len(data)} bytes"
    return " + ".join(f"response #{int.from_bytes(frame[:4], 'big')} ({len(frame)} bytes)" for frame in frames)


def _frames(data: Buffer) -> list[bytes]:
    """The whole frames that `data` consists of; none if something is left over."""
    rest, frames = bytes(data), []
    while len(rest) >= LENGTH_BYTES:
        end = LENGTH_BYTES + int.from_bytes(rest[:LENGTH_BYTES], "big", signed=True)
        if not LENGTH_BYTES < end <= len(rest):
            return []
        frames.append(rest[LENGTH_BYTES:end])
        rest = rest[end:]
    return [] if rest else frames


def _api(key: int) -> str:
    return "".join(word.capitalize() for word in ApiKey(key).name.split("_"))


def _plain(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value)} bytes"
    if isinstance(value, tuple | list):
        return f"({', '.join(_plain(item) for item in value)})"
    if isinstance(value, Enum):
        return value.name
    if attrs.has(type(value)):
        fields = [f"{field.name}={_plain(getattr(value, field.name))}" for field in attrs.fields(type(value))]
        return f"{type(value).__name__}({', '.join(fields)})"
    if type(value).__module__.startswith("streambus.wire."):
        return type(value).__name__
    return str(value)


def _date(life: Life) -> str:
    return f"{life.agenda.now / 1_000:>10.3f} ms"
