"""records: a record batch is bytes."""

from streambus.records.batch import (
    HEADER_BYTES,
    BadBatch,
    BadBatchKind,
    BatchHeader,
    Codec,
    check_batch,
    parse_header,
    split_batches,
    stamped_prefix,
)
from streambus.records.checksum import crc32c

__all__ = [
    "HEADER_BYTES",
    "BadBatch",
    "BadBatchKind",
    "BatchHeader",
    "Codec",
    "check_batch",
    "crc32c",
    "parse_header",
    "split_batches",
    "stamped_prefix",
]
