"""The broker's side of a connection: bytes in, requests out; answers in, bytes out.

A request begins with a header: api key, version, correlation id, client id, and in flexible versions a section of tagged fields, of
which none is known (KIP-482). The header of an answer is the correlation id, and in flexible versions the same section, except for
ApiVersions: a client that does not know yet what the broker speaks must be able to read that one (KIP-511).
"""

from collections.abc import Mapping
from struct import Struct
from struct import error as StructError  # noqa: N812
from typing import Any

from streambus.kernel import Buffer, Part, message
from streambus.wire.catalogue import VERSIONS, ApiKey
from streambus.wire.frames import FRAME_BYTES_MAX, FrameReader
from streambus.wire.headers import REQUESTS, end_of_header
from streambus.wire.primitives import DecodeError, Message, joined

_HEADER = Struct(">hhih")
_unpack_header = _HEADER.unpack_from
_pack_prefix = Struct(">ii").pack
_pack_flexible_prefix = Struct(">iix").pack


@message
class Request:
    """One request as it arrived. `body` is None for an ApiVersions request of a version we do not speak: its answer says which we do.

    `client_id` is whatever the client calls itself, with U+FFFD where that is not UTF-8.
    """

    api_key: ApiKey
    api_version: int
    correlation_id: int
    client_id: str | None
    body: Any


class Connection:
    """What was received on one connection and is not a request yet.

    `versions` are those a client may use, first and last, by API; all others are refused. When the stream cannot be understood,
    `error` is a sentence that says why; nothing is read after that, and the connection should be closed, as Kafka does.
    """

    __slots__ = ("error", "reader", "versions")

    def __init__(self, versions: Mapping[ApiKey, tuple[int, int]], *, frame_bytes_max: int = FRAME_BYTES_MAX) -> None:
        assert versions.keys() <= VERSIONS.keys(), "only what is defined can be spoken"
        self.versions: dict[int, tuple[int, int]] = {int(key): span for key, span in versions.items()}
        self.reader = FrameReader(frame_bytes_max)
        self.error: str | None = None

    def receive(self, data: Buffer) -> list[Request]:
        """The requests that `data` completes, in order; those before an error too. Their `records` and `bytes` are views of `data`."""
        requests: list[Request] = []
        if self.error is not None:
            return requests
        for frame in self.reader.receive(data):
            try:
                requests.append(self._request(frame))
            except DecodeError as error:
                self.error = str(error)
                return requests
        self.error = self.reader.error
        return requests

    def _request(self, frame: memoryview) -> Request:
        try:
            key, version, correlation_id, client_id_length = _unpack_header(frame)
        except StructError:
            raise DecodeError(f"{len(frame)} bytes are too few for the header of a request") from None
        versions = self.versions.get(key)
        if versions is None:
            raise DecodeError(f"a request with api key {key} ({_api_name(key)}), which is not spoken here")
        end = 10 + max(client_id_length, 0)
        if client_id_length < -1 or end > len(frame):
            raise DecodeError(f"a client id cannot have {client_id_length} bytes in a request of {len(frame)}")
        client_id = None if client_id_length < 0 else str(frame[10:end], "utf-8", "replace")
        if not versions[0] <= version <= versions[1]:
            if key == ApiKey.API_VERSIONS:
                return Request(ApiKey.API_VERSIONS, version, correlation_id, client_id, None)
            raise DecodeError(f"{_api_name(key)} version {version}, while only {versions[0]} to {versions[1]} are spoken here")
        request = REQUESTS[key]
        if version in request.message.FLEXIBLE:
            end = end_of_header(frame, end)
        return Request(request.api_key, version, correlation_id, client_id, request.message.decode_from(frame, end, version))


def encode_response(request: Request, body: Message) -> tuple[Part, ...]:
    """What goes back over the connection of `request`: size, header, `body`. Small parts are joined, `records` travel as they are.

    An ApiVersions request that was not understood is answered in version 0.
    """
    key, version = request.api_key, request.api_version
    if request.body is None:
        version = 0
    pieces: list[Part] = [b""]
    body.encode_into(pieces, version)
    size = sum(map(len, pieces))
    if key != ApiKey.API_VERSIONS and version in body.FLEXIBLE:
        pieces[0] = _pack_flexible_prefix(size + 5, request.correlation_id)
    else:
        pieces[0] = _pack_prefix(size + 4, request.correlation_id)
    if not body.HAS_RECORDS:
        return (b"".join(pieces),)  # type: ignore[arg-type]
    return tuple(joined(pieces))


def _api_name(key: int) -> str:
    try:
        return ApiKey(key).name
    except ValueError:
        return "unknown"
