"""Batches as producers send them, made once: bytes that do not compress, headers parsed, checksums true."""

import random
from struct import pack

import attrs

from streambus.records import BatchHeader, crc32c, parse_header

from ..payloads import SEED

HEADER_BYTES = 61
_TIMESTAMP = 1_760_000_000_000


@attrs.frozen
class Batch:
    """What the store is given: whoever received it has parsed its header."""

    header: BatchHeader
    data: memoryview


def batches(size: int, count: int) -> list[Batch]:
    """`count` different batches of `size` bytes, one record each by their headers, equal in every run."""
    dice = random.Random(SEED)
    return [_batch(size, dice) for _ in range(count)]


def _batch(size: int, dice: random.Random) -> Batch:
    records = dice.randbytes(size - HEADER_BYTES)
    checked = pack(">hiqqqhii", 0, 0, _TIMESTAMP, _TIMESTAMP, -1, -1, -1, 1) + records
    data = pack(">qiibI", 0, len(checked) + 9, -1, 2, crc32c(checked)) + checked
    return Batch(parse_header(data), memoryview(data))
