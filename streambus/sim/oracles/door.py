"""The broker's door: which requests came in, which answers left, and which answer belongs to which request.

Frames and headers are cut here by hand, not by `wire.Connection`, so that a mistake there is seen from here; bodies are read by the wire
codec, which has an oracle of its own. The laws of the door: whole frames only, one answer per request in the order of the requests
(none for a produce with acks=0), nothing to a connection that the node was told is closed.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from struct import Struct
from typing import Any

from streambus.kernel import Close, ConnectionId, Effect, FileSlice, Pause, Resume, Send, Write
from streambus.sim.life import Life
from streambus.wire import VERSIONS, ApiKey, DecodeError, ErrorCode, Message, messages

FRAME_BYTES_MAX = 100 * 1024 * 1024

_SIZE = Struct(">i")
_REQUEST_HEADER = Struct(">hhih")


class Asked:
    """One request that is not answered yet. `expected` is what its law knows of it.

    `is_old`: its answer may have been made steps ago. `is_crowded`: so many waited when it came that it may not have been allowed to.
    """

    __slots__ = (
        "api_key",
        "arrived_at",
        "arrived_in",
        "body",
        "connection",
        "correlation_id",
        "deadline",
        "expected",
        "is_crowded",
        "is_old",
        "version",
    )

    def __init__(self, api_key: int, version: int, correlation_id: int, body: Any) -> None:
        self.api_key = api_key
        self.version = version
        self.correlation_id = correlation_id
        self.body = body
        self.connection = 0
        self.arrived_in = 0
        self.arrived_at = 0
        self.deadline: int | None = None
        self.expected: Any = None
        self.is_crowded = self.is_old = False

    def __str__(self) -> str:
        return f"{_api_name(self.api_key)} v{self.version} #{self.correlation_id} of connection {self.connection}"


class Guest:
    """One connection as the door sees it."""

    __slots__ = ("asked", "buffer", "is_lost", "is_shown_out", "number", "received")

    def __init__(self, number: int) -> None:
        self.number = number
        self.buffer = bytearray()
        self.received: deque[Asked] = deque()
        """Requests that the broker has not looked at yet, because it was not ready."""
        self.asked: deque[Asked] = deque()
        self.is_lost = False
        """What comes in cannot be understood any more."""
        self.is_shown_out = False
        """The node has closed the connection, and owes nothing any more."""


class Door:
    """All connections of one life. `fail` is told what breaks the door's own laws."""

    def __init__(self, life: Life, fail: Callable[[str], None]) -> None:
        self.life = life
        self.fail = fail
        self.versions_max = dict(life.host.config.latest_versions)
        """By API key: of a release that does not speak all."""
        self.guests: dict[int, Guest] = {}
        self.closed: set[int] = set()
        self.unanswered = 0

    # In ----------------------------------------------------------------------------------------------------------------

    def connect(self, connection: int) -> None:
        """Somebody is there."""
        self.guests[connection] = Guest(connection)

    def show_out(self, connection: int) -> None:
        """The node has closed a connection; when it is told that it is closed, that is over, too."""
        guest = self.guests.get(connection)
        if guest is not None:
            guest.is_shown_out = True

    def close(self, connection: int) -> Guest | None:
        """Somebody is gone, and the node knows."""
        self.closed.add(connection)
        guest = self.guests.pop(connection, None)
        if guest is not None:
            self.unanswered -= len(guest.asked)
        return guest

    def receive(self, connection: int, data: Any) -> list[Asked]:
        """The requests that these bytes complete."""
        guest = self.guests.get(connection)
        if guest is None or guest.is_lost:
            return []
        arrived: list[Asked] = []
        try:
            for frame in frames(guest.buffer, data):
                asked = read_request(frame, self.versions_max)
                asked.connection = connection
                arrived.append(asked)
        except DecodeError:
            guest.is_lost = True
        return arrived

    # Out ---------------------------------------------------------------------------------------------------------------

    def answers(self, effects: list[Effect], place: int) -> Iterator[tuple[Asked, Message]]:
        """The answers in the `Send` at `place` of a step's effects, with their requests."""
        send = effects[place]
        assert type(send) is Send
        guest = self.guests.get(send.connection)
        if guest is None:
            return
        data = b"".join([self._resolved(part, effects, place) if type(part) is FileSlice else part for part in send.parts])  # type: ignore[misc]
        view, at = memoryview(data), 0
        while at < len(data):
            after = at + 4 + _SIZE.unpack_from(data, at)[0] if len(data) - at >= 4 else -1
            if not at + 8 <= after <= len(data):
                self.fail(
                    f"an answer is a whole frame: connection {send.connection} is sent {len(data)} bytes, of which {at} are whole frames"
                )
                return
            if not guest.asked:
                self.fail(f"every answer has a request: connection {send.connection} is sent {after - at} bytes that nobody asked for")
                return
            asked = guest.asked.popleft()
            self.unanswered -= 1
            body = self._read_answer(asked, view[at + 4 : after])
            if body is None:
                return
            yield asked, body
            at = after

    def check_effect(self, effect: Effect) -> None:
        """Nothing is done to a connection that the node was told is closed."""
        if type(effect) in (Send, Close, Pause, Resume) and effect.connection in self.closed:  # type: ignore[attr-defined]
            connection: ConnectionId = effect.connection  # type: ignore[attr-defined]
            self.fail(f"what is closed stays closed: {type(effect).__name__} on connection {connection}, though the node knew")

    def _read_answer(self, asked: Asked, frame: memoryview) -> Message | None:
        correlation_id = _SIZE.unpack_from(frame)[0]
        if correlation_id != asked.correlation_id:
            self.fail(f"answers leave in the order of requests: next is {asked}, but the answer is for #{correlation_id}")
            return None
        try:
            return read_answer(asked, frame)
        except DecodeError as error:
            self.fail(f"an answer has the form of its version: {asked} is answered with {len(frame)} bytes, but {error}")
            return None

    def _resolved(self, part: FileSlice, effects: list[Effect], place: int) -> bytes:
        """The bytes of a slice at the moment when the `Send` at `place` is performed."""
        data = bytearray(self.life.disk_queue.read_soundly(part))
        for effect in effects[:place]:
            if type(effect) is Write and effect.file == part.file:
                written = b"".join(effect.parts)
                first, last = max(part.position, effect.position), min(part.position + part.length, effect.position + len(written))
                if first < last:
                    data[first - part.position : last - part.position] = written[first - effect.position : last - effect.position]
        return bytes(data)


def frames(buffer: bytearray, data: Any) -> Iterable[memoryview]:
    """The frames that `data` completes; what is left over stays in `buffer`."""
    if not buffer and len(data) >= 4 and _SIZE.unpack_from(data)[0] == len(data) - 4:
        return (memoryview(data)[4:],)
    return _frames_behind(buffer, data)


def _frames_behind(buffer: bytearray, data: Any) -> Iterator[memoryview]:
    buffer += data
    whole, at = bytes(buffer), 0
    while len(whole) - at >= 4:
        size = _SIZE.unpack_from(whole, at)[0]
        if not 0 <= size <= FRAME_BYTES_MAX:
            raise DecodeError(f"a frame of {size} bytes")
        if len(whole) - at - 4 < size:
            break
        yield memoryview(whole)[at + 4 : at + 4 + size]
        at += 4 + size
    del buffer[:at]


def read_request(frame: memoryview, versions_max: Mapping[int, int]) -> Asked:
    """The request in `frame`; its body is None if it asks for the versions in a version that is not known."""
    if len(frame) < _REQUEST_HEADER.size:
        raise DecodeError("no header")
    key, version, correlation_id, client_length = _REQUEST_HEADER.unpack_from(frame)
    message = _MESSAGES[key, "Request"]
    if message is None:
        raise DecodeError(f"api key {key}")
    if version not in message.VERSIONS or version > versions_max.get(key, version):
        if key == ApiKey.API_VERSIONS:
            return Asked(key, version, correlation_id, None)
        raise DecodeError(f"version {version} of {_api_name(key)}")
    at = _REQUEST_HEADER.size + max(client_length, 0)
    if version in message.FLEXIBLE:
        at = _behind_tags(frame, at)
    return Asked(key, version, correlation_id, message.decode_from(frame, at, version))


def read_answer(asked: Asked, frame: memoryview) -> Message:
    """The answer to `asked` in `frame`."""
    message = _MESSAGES[asked.api_key, "Response"]
    assert message is not None
    version, at = asked.version, 4
    if asked.api_key == ApiKey.API_VERSIONS:
        return _versions_answer(0 if asked.body is None else version, bytes(frame[4:]))
    if version in message.FLEXIBLE:
        at = _behind_tags(frame, at)
    return message.decode_from(frame, at, version)


@lru_cache(maxsize=64)
def _versions_answer(version: int, frame: bytes) -> Message:
    """An answer that everybody gets in the same words."""
    return messages.ApiVersionsResponse.decode_from(memoryview(frame), 0, version)


def _behind_tags(frame: memoryview, at: int) -> int:
    """Where the tagged fields that begin at `at` end: mostly there are none."""
    try:
        if not frame[at]:
            return at + 1
        count, at = _varint(frame, at)
        for _ in range(count):
            _, at = _varint(frame, at)
            size, at = _varint(frame, at)
            at += size
    except IndexError:
        raise DecodeError("a header ends early") from None
    return at


def _varint(frame: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = frame[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _api_name(key: int) -> str:
    return ApiKey(key).name


def error_name(code: int) -> str:
    """An error code as people know it."""
    return ErrorCode(code).name  # type: ignore[call-arg]


class _Messages(dict[tuple[int, str], "type[Message] | None"]):
    """Message classes by api key and direction, built when they are first asked for."""

    def __missing__(self, key: tuple[int, str]) -> "type[Message] | None":
        number, suffix = key
        found: type[Message] | None = None
        if number in VERSIONS:
            found = getattr(messages, "".join(word.capitalize() for word in ApiKey(number).name.split("_")) + suffix)
        self[key] = found
        return found


_MESSAGES = _Messages()
