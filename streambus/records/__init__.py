"""records: a record batch is bytes.

Theory of operation
===================

The unit that producers send, brokers store and consumers fetch is the **batch** (format 2, KIP-98): a header of 61 bytes and records
behind it, usually compressed. A broker stores and sends it as it came:

1. `parse_header` reads the header where it lies, with one `struct` call. `check_batch` compares checksum, size and counts.
   `inspect_records` looks at the records behind it, once, when they come in: whether a consumer will be able to read them.
2. The two fields that a leader assigns, base offset and leader epoch, stand in front of the checksum's reach. So a batch is stored as
   `(stamped_prefix(header, base_offset, leader_epoch), view[16:])`: nothing is copied, nothing is written into a received buffer, and the
   producer's checksum stays true all the way to the consumer.
3. Only those who make or use records open a batch: `encode_batch` and `decode_records`, with the five codecs of `codecs`. What a batch
   may grow to when it is decompressed is bounded, because the sender of a small batch decides how large it gets.

4. Cleaning takes records out of batches without decoding them: `read_contents` finds keys and offsets, `encode_kept` copies what stays.
   `control_type` tells what a marker between the data says. `encode_converted` writes a batch in the codec that a topic asks for.

What is wrong with bytes is said by `BadBatch`: a reason for people, and a kind, which decides the Kafka error that the sender gets.

What is left out: record formats before 2 (gone since Kafka 4.0), and everything about logs, which is the business of storage.
"""

from streambus.records.batch import (
    HEADER_BYTES,
    SEQUENCE_MAX,
    BadBatch,
    BadBatchKind,
    BatchHeader,
    Codec,
    check_batch,
    parse_header,
    split_batches,
    stamped_prefix,
    with_create_time,
    with_log_append_time,
)
from streambus.records.checksum import crc32c
from streambus.records.codecs import DECOMPRESSED_BYTES_MAX, compress, decompress
from streambus.records.contents import BatchContents, encode_emptied, encode_kept, read_contents
from streambus.records.control import ControlRecord, ControlType, control_record, control_type, read_control
from streambus.records.conversion import encode_converted
from streambus.records.inspection import Inspection, inspect_records
from streambus.records.record import Header, Record, decode_batch, decode_records, encode_batch

__all__ = [
    "DECOMPRESSED_BYTES_MAX",
    "HEADER_BYTES",
    "SEQUENCE_MAX",
    "BadBatch",
    "BadBatchKind",
    "BatchContents",
    "BatchHeader",
    "Codec",
    "ControlRecord",
    "ControlType",
    "Header",
    "Inspection",
    "Record",
    "check_batch",
    "compress",
    "control_record",
    "control_type",
    "crc32c",
    "decode_batch",
    "decode_records",
    "decompress",
    "encode_batch",
    "encode_converted",
    "encode_emptied",
    "encode_kept",
    "inspect_records",
    "parse_header",
    "read_contents",
    "read_control",
    "split_batches",
    "stamped_prefix",
    "with_create_time",
    "with_log_append_time",
]
