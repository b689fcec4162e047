"""wire: the Kafka protocol, as bytes and as values.

Theory of operation
===================

Every message of the protocol is a text in `definitions/`, written for people: one file per API (request and response), per record of the
metadata log, per record of a coordinator (key and value), and per piece of data that lies inside something else. `definition` parses it,
`generator` turns it into classes and, per direction and version, into one straight-line function. Nothing is read or built before it is
asked for: `messages.ProduceRequest` parses one text, the first `decode` compiles one function.

What makes that code fast, and keeps it total:

1. A run of fixed-size fields is one `struct` call, which also fetches the length behind it. A length nearly always is one byte.
2. `records` and `bytes` are views of what was received, and go out as the parts they are. A `FileSlice` among them never enters memory.
3. Lengths are compared with what is left before anything is built from them. What the comparison cannot see, `struct`, indexing and the
   UTF-8 codec refuse by themselves; `Message.decode` turns all of it into `DecodeError`.
4. Tagged fields that hold their defaults are not sent. A field without a place in a version may only be left out if it holds its
   default or is `ignorable`; otherwise `EncodeError`, which is a mistake of ours.

A connection has two ends, each a small state machine over `frames`:

- `Connection` (a broker's): bytes in, `Request`s out; `encode_response` for the way back.
- `ClientConnection`: requests in, bytes out; bytes in, `Response`s out.

Both read whatever pieces arrive, hold no more memory than what has arrived, and on anything they cannot understand set `error` to a
sentence and stop. Unknown tagged fields are skipped and forgotten, which is what a broker that does not forward messages may do.

What Kafka keeps rather than sends has its frames here too: `record_frames` for the metadata log, `coordinator_records` for the three
coordinators' topics, `versioned_data` for what lies inside batches, files and other messages.

Adding an API is adding its text and its name to the `catalogue`, and running `python -m streambus.wire` for the types.
"""

from streambus.wire import messages
from streambus.wire.catalogue import (
    VERSIONS,
    ApiKey,
    GroupRecordType,
    RecordKey,
    RemoteRecordKey,
    ShareRecordType,
    TransactionRecordType,
)
from streambus.wire.client_connection import ClientConnection, Response
from streambus.wire.connection import Connection, Request, encode_response
from streambus.wire.coordinator_records import GROUPS, SHARES, TRANSACTIONS, CoordinatorRecords, UnknownRecordType
from streambus.wire.errors import ErrorCode
from streambus.wire.frames import FRAME_BYTES_MAX
from streambus.wire.primitives import ZERO_UUID, DecodeError, EncodeError, Message
from streambus.wire.record_frames import decode_record, decode_remote_record, encode_record, encode_remote_record
from streambus.wire.versioned_data import decode_data, encode_data

__all__ = [
    "FRAME_BYTES_MAX",
    "GROUPS",
    "SHARES",
    "TRANSACTIONS",
    "VERSIONS",
    "ZERO_UUID",
    "ApiKey",
    "ClientConnection",
    "Connection",
    "CoordinatorRecords",
    "DecodeError",
    "EncodeError",
    "ErrorCode",
    "GroupRecordType",
    "Message",
    "RecordKey",
    "RemoteRecordKey",
    "Request",
    "Response",
    "ShareRecordType",
    "TransactionRecordType",
    "UnknownRecordType",
    "decode_data",
    "decode_record",
    "decode_remote_record",
    "encode_data",
    "encode_record",
    "encode_remote_record",
    "encode_response",
    "messages",
]
