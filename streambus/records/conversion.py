"""A batch in another codec: what a topic's `compression.type` asks for.

The records keep their bytes, and the batch its place, its producer and its sequences. Header and checksum are made anew. Of the attributes
only those stay that say something about data: the codec, who stamped the records, and the transaction.
"""

from streambus.kernel import Buffer
from streambus.records.batch import LOG_APPEND_TIME, TRANSACTIONAL, BatchHeader, Codec
from streambus.records.codecs import compress
from streambus.records.contents import encode_changed


def encode_converted(
    header: BatchHeader, records: Buffer, codec: Codec, level: int | None, max_timestamp: int, *, is_log_append_time: bool
) -> bytes:
    """The batch of `header`, whose decompressed records are given, written by `codec`.

    With `is_log_append_time` it says that its leader appended it at `max_timestamp`; without, that this is the latest of its timestamps.
    """
    attributes = codec | (header.attributes & TRANSACTIONAL) | (LOG_APPEND_TIME if is_log_append_time else 0)
    return encode_changed(header, attributes, header.base_timestamp, max_timestamp, header.record_count, compress(codec, records, level))
