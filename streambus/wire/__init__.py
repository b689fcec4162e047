"""wire: the Kafka protocol, as bytes and as values."""

from streambus.wire import messages
from streambus.wire.catalogue import VERSIONS, ApiKey, RecordKey
from streambus.wire.client_connection import ClientConnection, Response
from streambus.wire.connection import Connection, Request, encode_response
from streambus.wire.errors import ErrorCode
from streambus.wire.frames import FRAME_BYTES_MAX
from streambus.wire.primitives import ZERO_UUID, DecodeError, EncodeError, Message
from streambus.wire.record_frames import decode_record, encode_record

__all__ = [
    "FRAME_BYTES_MAX",
    "VERSIONS",
    "ZERO_UUID",
    "ApiKey",
    "ClientConnection",
    "Connection",
    "DecodeError",
    "EncodeError",
    "ErrorCode",
    "Message",
    "RecordKey",
    "Request",
    "Response",
    "decode_record",
    "encode_record",
    "encode_response",
    "messages",
]
