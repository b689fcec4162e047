"""The client's side of a connection: requests in, bytes out; bytes in, responses out."""

from struct import Struct
from struct import error as StructError  # noqa: N812
from typing import Any

from streambus.kernel import Buffer, Part, message
from streambus.wire.catalogue import ApiKey
from streambus.wire.errors import ErrorCode
from streambus.wire.frames import FRAME_BYTES_MAX, FrameReader
from streambus.wire.headers import RESPONSES, end_of_header
from streambus.wire.primitives import DecodeError, Message, joined

_pack_header = Struct(">ihhih").pack
_unpack_header = Struct(">i").unpack_from
_unpack_error_code = Struct(">h").unpack_from
_CORRELATION_ID_MASK = 0x7FFF_FFFF


@message
class Response:
    """The answer to the request that `send` gave this `correlation_id`."""

    correlation_id: int
    body: Any


class ClientConnection:
    """What was asked on one connection and is not answered yet, and what was received and is not a response yet.

    When the stream cannot be understood, `error` is a sentence that says why; nothing is read after that.
    """

    __slots__ = ("client_id", "error", "next_correlation_id", "reader", "unanswered")

    def __init__(self, client_id: str | None, *, frame_bytes_max: int = FRAME_BYTES_MAX) -> None:
        self.client_id = client_id
        self.next_correlation_id = 0
        self.unanswered: dict[int, tuple[int, int]] = {}
        self.reader = FrameReader(frame_bytes_max)
        self.error: str | None = None

    def send(self, body: Message, version: int) -> tuple[int, tuple[Part, ...]]:
        """The number of the request and what goes over the connection; `EncodeError` if `body` has no form in `version`.

        A produce request with acks=0 has no answer, so none is awaited.
        """
        correlation_id = self.next_correlation_id
        client_id = b"" if self.client_id is None else self.client_id.encode()
        pieces: list[Part] = [b"", client_id]
        if version in body.FLEXIBLE:
            pieces.append(b"\0")
        body.encode_into(pieces, version)
        length = -1 if self.client_id is None else len(client_id)
        pieces[0] = _pack_header(10 + sum(map(len, pieces)), body.API_KEY, version, correlation_id, length)
        self.next_correlation_id = (correlation_id + 1) & _CORRELATION_ID_MASK
        if body.API_KEY != ApiKey.PRODUCE or body.acks != 0:  # type: ignore[attr-defined]
            self.unanswered[correlation_id] = (body.API_KEY, version)
        return correlation_id, tuple(joined(pieces))

    def receive(self, data: Buffer) -> list[Response]:
        """The responses that `data` completes, in order; those before an error too. Their `records` and `bytes` are views of `data`."""
        responses: list[Response] = []
        if self.error is not None:
            return responses
        for frame in self.reader.receive(data):
            try:
                responses.append(self._response(frame))
            except DecodeError as error:
                self.error = str(error)
                return responses
        self.error = self.reader.error
        return responses

    def _response(self, frame: memoryview) -> Response:
        try:
            (correlation_id,) = _unpack_header(frame)
        except StructError:
            raise DecodeError(f"{len(frame)} bytes are too few for the header of a response") from None
        asked = self.unanswered.pop(correlation_id, None)
        if asked is None:
            raise DecodeError(f"a response to request {correlation_id}, which was not asked")
        key, version = asked
        response = RESPONSES[key].message
        at = 4
        if key == ApiKey.API_VERSIONS:
            if _is_refusal(frame):
                version = 0
        elif version in response.FLEXIBLE:
            at = end_of_header(frame, at)
        return Response(correlation_id, response.decode_from(frame, at, version))


def _is_refusal(frame: memoryview) -> bool:
    """Whether the broker does not know our version of ApiVersions: it then answers in version 0 (KIP-511)."""
    return len(frame) >= 6 and _unpack_error_code(frame, 4)[0] == ErrorCode.UNSUPPORTED_VERSION
