"""CRC-32C (Castagnoli): the one seam to the library that computes it."""

from crc32c import crc32c as _crc32c

from streambus.kernel import Buffer


def crc32c(data: Buffer, value: int = 0) -> int:
    """The checksum of `data`, or, given the `value` of what came before it, of both together. Nothing is copied."""
    checksum: int = _crc32c(data, value)
    return checksum
