"""What stands for a whole record in a history."""

from typing import Any
from zlib import crc32

from streambus.kernel import Buffer

LABEL_END = b"|"
LABEL_BYTES_MAX = 32
NO_KEY = 0xFFFFFFFF
"""In place of a key's checksum; an empty key has 0."""


def stamp(key: Buffer | None, value: Buffer | None, headers: tuple[tuple[str, Any], ...]) -> bytes:
    """The label that a record's value begins with, and a checksum of everything in it."""
    whole = bytes(value or b"")
    checksum = crc32(whole, NO_KEY if key is None else crc32(key))
    if headers:
        checksum = crc32(repr([(name, None if data is None else bytes(data)) for name, data in headers]).encode(), checksum)
    return b"%s %08x" % (whole[:LABEL_BYTES_MAX].partition(LABEL_END)[0], checksum)
