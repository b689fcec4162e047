"""A client without opinions: it sends what it is told over plain sockets, and tells what came back, or that nothing did."""

from __future__ import annotations

import socket
import struct
import time
from typing import Any

import attrs

from streambus.wire import ClientConnection, messages

from .script import Spoil, Step, built
from .symbols import Memory, resolved

ANSWER_SECONDS_MAX = 5.0
"""No request of a script waits for longer than a part of a second; what has no answer by then has none."""


@attrs.frozen
class Answer:
    """A response came."""

    body: Any
    version: int


@attrs.frozen
class Closed:
    """The broker closed the connection instead of answering."""


@attrs.frozen
class Silence:
    """No answer is due, or none came in time."""


@attrs.frozen
class Unreadable:
    """An answer came that cannot be understood."""

    reason: str


Seen = Answer | Closed | Silence | Unreadable


class Line:
    """One connection, made when it is first used, and again after it was closed."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.socket: socket.socket | None = None
        self.wire = ClientConnection("differential")

    def ask(self, step: Step, memory: Memory) -> Seen:
        """Carry out a step on this connection."""
        if self.socket is None:
            self.socket = socket.create_connection(self.address, ANSWER_SECONDS_MAX)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.wire = ClientConnection("differential")
        try:
            self.socket.sendall(self._bytes(step, memory))
            if not self.wire.unanswered:
                return Silence()
            return self._answer(step)
        except (ConnectionError, BrokenPipeError):
            self.close()
            return Closed()

    def _bytes(self, step: Step, memory: Memory) -> bytes:
        if step.raw is not None:
            frame = struct.pack(">hhih", step.key, step.version, self.wire.next_correlation_id, -1) + step.raw
            self.wire.unanswered[self.wire.next_correlation_id] = (step.key, step.version)
            self.wire.next_correlation_id += 1
        else:
            assert isinstance(step.api, str)
            body = built(step.api, step.version, resolved(step.body, memory))
            _, parts = self.wire.send(body, step.version)
            frame = b"".join(bytes(part) for part in parts)[4:]
        return framed(frame, step.spoil)

    def _answer(self, step: Step) -> Seen:
        assert self.socket is not None
        deadline = time.monotonic() + ANSWER_SECONDS_MAX
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                self.close()
                return Silence()
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(1 << 20)
            except TimeoutError:
                continue
            if not data:
                self.close()
                return Closed()
            responses = self.wire.receive(data)
            if responses:
                return Answer(responses[-1].body, step.version)
            if self.wire.error is not None:
                reason = self.wire.error
                self.close()
                return Unreadable(reason)

    def close(self) -> None:
        """Hang up."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def framed(frame: bytes, spoil: Spoil | None) -> bytes:
    """A request as it is sent: behind its size, spoilt if it shall be."""
    if spoil is not None:
        frame = frame[: spoil.cut] + spoil.more
    return struct.pack(">i", len(frame)) + frame


class Keeper:
    """Whoever looks after a broker between the steps, over a connection of its own."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.socket: socket.socket | None = None
        self.wire = ClientConnection("differential-keeper")

    def ask(self, body: Any, version: int) -> Any:
        """The body of the answer, or None if there is none."""
        try:
            return self._ask(body, version)
        except (ConnectionResetError, BrokenPipeError):
            self.close()
            return self._ask(body, version)

    def _ask(self, body: Any, version: int) -> Any:
        if self.socket is None:
            self.socket = socket.create_connection(self.address, ANSWER_SECONDS_MAX)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.wire = ClientConnection("differential-keeper")
        self.socket.sendall(b"".join(bytes(part) for part in self.wire.send(body, version)[1]))
        while data := self.socket.recv(1 << 20):
            responses = self.wire.receive(data)
            if responses:
                return responses[0].body
        self.close()
        return None

    def close(self) -> None:
        """Hang up."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def spoken(keeper: Keeper) -> dict[int, tuple[int, int]]:
    """What a broker advertises: first and last version by API key."""
    answer = keeper.ask(messages.ApiVersionsRequest(client_software_name="differential", client_software_version="1"), 3)
    assert answer is not None, f"{keeper.address} does not answer"
    return {entry.api_key: (entry.min_version, entry.max_version) for entry in answer.api_keys}
