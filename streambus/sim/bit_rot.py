"""Bit rot: flipping one bit in real bytes, where a checksum will tell or where none will.

A record batch is found by what it is: its magic byte, a length that fits, and a checksum that is right. Below that checksum lies
everything behind the checksum field itself; what lies before it (base offset, length, leader epoch, magic) is as unprotected as the
rest of the protocol.
"""

from collections.abc import Iterator

from streambus.kernel import Prng
from streambus.records import crc32c

LENGTH_AT, MAGIC_AT, CHECKSUM_AT, PROTECTED_AT = 8, 16, 17, 21
BEHIND_LENGTH = 12
MAGIC = b"\x02"
BATCH_BYTES_MIN = 61


def protected_parts(data: bytes) -> Iterator[tuple[int, int]]:
    """Where in `data` the checksummed parts of record batches begin and end."""
    at = data.find(MAGIC, MAGIC_AT)
    while at >= 0:
        start = at - MAGIC_AT
        end = start + BEHIND_LENGTH + int.from_bytes(data[start + LENGTH_AT : start + BEHIND_LENGTH], "big")
        if start + BATCH_BYTES_MIN <= end <= len(data) and _is_right(data, start, end):
            yield start + PROTECTED_AT, end
            at = data.find(MAGIC, end + MAGIC_AT)
        else:
            at = data.find(MAGIC, at + 1)


def flipped_in_batch(data: bytes, dice: Prng) -> bytes | None:
    """`data` with one bit flipped in the checksummed part of one of its batches; None if it has none."""
    parts = list(protected_parts(data))
    if not parts:
        return None
    start, end = parts[dice.below(len(parts))]
    return _flipped(data, start + dice.below(end - start), dice)


def flipped_outside(data: bytes, dice: Prng) -> bytes | None:
    """`data` with one bit flipped where no checksum tells; None if it is empty."""
    free, at = [], 0
    for start, end in protected_parts(data):
        free.append((at, start))
        at = end
    free.append((at, len(data)))
    size = sum(end - start for start, end in free)
    if not size:
        return None
    chosen = dice.below(size)
    for start, end in free:
        if chosen < end - start:
            return _flipped(data, start + chosen, dice)
        chosen -= end - start
    raise AssertionError("a place outside of all places")


def _is_right(data: bytes, start: int, end: int) -> bool:
    return crc32c(data[start + PROTECTED_AT : end]) == int.from_bytes(data[start + CHECKSUM_AT : start + PROTECTED_AT], "big")


def _flipped(data: bytes, at: int, dice: Prng) -> bytes:
    return b"".join((data[:at], bytes((data[at] ^ 1 << dice.below(8),)), data[at + 1 :]))
