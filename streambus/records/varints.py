"""Zigzag varints: how all numbers inside of records are written, but their attributes. Seven bits to a byte, the last ones first."""

from streambus.kernel import Buffer
from streambus.records.batch import BadBatch, BadBatchKind


def varint_of(value: int) -> bytes:
    """`value` as a varint."""
    return _SHORT_VARINTS[value] if -1 <= value < _SHORT_VARINTS_END else _written_varint(value)


def read_varint(data: Buffer, at: int) -> tuple[int, int]:
    """The varint at `at`, and where it ends. At most 64 bits; `IndexError` where the data end too early."""
    byte = data[at]
    at += 1
    if byte < 128:
        return (byte >> 1) ^ -(byte & 1), at
    value = byte & 0x7F
    shift = 7
    while byte > 127:
        if shift > 63:
            raise BadBatch("a varint is longer than 10 bytes", BadBatchKind.INVALID)
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
    return (value >> 1) ^ -(value & 1), at


def _written_varint(value: int) -> bytes:
    rest = value << 1 if value >= 0 else ~(value << 1)
    out = bytearray()
    while rest > 127:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


_SHORT_VARINTS_END = 4_096
_SHORT_VARINTS = [_written_varint(value) for value in (*range(_SHORT_VARINTS_END), -1)]
"""From 0 on; -1, which stands for null, is the last one, where an index of -1 finds it."""
