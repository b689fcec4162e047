"""wire: the Kafka protocol, as bytes and as values."""

from streambus.wire.catalogue import VERSIONS, ApiKey, RecordKey
from streambus.wire.primitives import ZERO_UUID, DecodeError, EncodeError, Message

__all__ = ["VERSIONS", "ZERO_UUID", "ApiKey", "DecodeError", "EncodeError", "Message", "RecordKey"]
