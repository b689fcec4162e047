"""The five ways to write a batch's records, all through libraries, all bounded on the way back.

Two traps, kept here so that nobody else has to know them:

- Snappy in Kafka means Java's *xerial* stream: a 16-byte header, then blocks with their lengths. librdkafka and others also write raw
  blocks, so both are read; the stream is written, because Java reads nothing else.
- LZ4 frames must have independent blocks: Java decodes each block on its own.
"""

import zlib
from collections.abc import Callable
from struct import Struct
from typing import Any

import cramjam
import lz4.frame

from streambus.kernel import Buffer
from streambus.records.batch import BadBatch, BadBatchKind, Codec

DECOMPRESSED_BYTES_MAX = 128 * 1024 * 1024
"""What a batch may grow to unless the caller says otherwise: more than any sane batch, less than would hurt."""

DEFAULT_LEVELS = {Codec.NONE: 0, Codec.GZIP: -1, Codec.SNAPPY: 0, Codec.LZ4: 9, Codec.ZSTD: 3}
"""How hard each codec tries unless a topic says otherwise, as Kafka counts (KIP-390)."""

_XERIAL_MAGIC = b"\x82SNAPPY\x00"
_XERIAL_HEADER = _XERIAL_MAGIC + (1).to_bytes(4, "big") + (1).to_bytes(4, "big")
_XERIAL_BLOCK_BYTES = 32 * 1024
_xerial_length = Struct(">i")

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_CHUNK_BYTES = 256 * 1024


def compress(codec: Codec, data: Buffer, level: int | None = None) -> Buffer:
    """`data` as `codec` writes it, trying as hard as `level` says: a number that Kafka allows for this codec, None for its usual one."""
    return _COMPRESSORS[codec](data, DEFAULT_LEVELS[codec] if level is None else level)


def decompress(codec: Codec, data: Buffer, limit: int = DECOMPRESSED_BYTES_MAX) -> Buffer:
    """What `codec` made `data` of. `BadBatch` if it made it of nothing, or of more than `limit` bytes, which is noticed in time."""
    try:
        return _DECOMPRESSORS[codec](data, limit)
    except (cramjam.DecompressionError, zlib.error, RuntimeError, ValueError, EOFError) as error:
        if isinstance(error, BadBatch):
            raise
        raise BadBatch(f"the records are not {codec.name.lower()}: {error}", BadBatchKind.CORRUPT) from None


def _too_large(limit: int) -> BadBatch:
    return BadBatch(f"the records are larger than {limit} bytes when decompressed", BadBatchKind.TOO_LARGE)


def _uncompressed(data: Buffer, limit: int) -> Buffer:
    if len(data) > limit:
        raise _too_large(limit)
    return data


# gzip ------------------------------------------------------------------------------------------------------------------


def _gzip(data: Buffer, level: int) -> Buffer:
    compressor = zlib.compressobj(level, wbits=_GZIP_WINDOW)
    return compressor.compress(data) + compressor.flush()


def _gunzip(data: Buffer, limit: int) -> Buffer:
    """A file of gzip members, one after the other, as Java's GZIPInputStream reads it."""
    pieces: list[bytes] = []
    left, rest = limit, data
    while len(rest) or not pieces:
        decompressor = zlib.decompressobj(_GZIP_WINDOW)
        piece = decompressor.decompress(rest, left + 1)
        left -= len(piece)
        if left < 0:
            raise _too_large(limit)
        if not decompressor.eof:
            raise EOFError("it ends too early")
        pieces.append(piece)
        rest = decompressor.unused_data
    return b"".join(pieces)


# snappy ----------------------------------------------------------------------------------------------------------------


def _snap(data: Buffer, _: int) -> Buffer:
    view = memoryview(data)
    pieces: list[Any] = [_XERIAL_HEADER]
    for start in range(0, len(view), _XERIAL_BLOCK_BYTES):
        block = bytes(cramjam.snappy.compress_raw(view[start : start + _XERIAL_BLOCK_BYTES]))
        pieces += (_xerial_length.pack(len(block)), block)
    return b"".join(pieces)


def _unsnap(data: Buffer, limit: int) -> Buffer:
    view = memoryview(data)
    if view[: len(_XERIAL_MAGIC)] != _XERIAL_MAGIC:
        return _unsnap_block(view, limit, limit)
    if len(view) < len(_XERIAL_HEADER):
        raise EOFError("it ends within its header")
    pieces: list[Buffer] = []
    left, at = limit, len(_XERIAL_HEADER)
    while at < len(view):
        if at + 4 > len(view):
            raise EOFError("it ends within a length")
        (length,) = _xerial_length.unpack_from(view, at)
        at += 4
        if not 0 <= length <= len(view) - at:
            raise EOFError(f"it has a block of {length} bytes in {len(view) - at}")
        piece = _unsnap_block(view[at : at + length], left, limit)
        pieces.append(piece)
        left -= len(piece)
        at += length
    return b"".join(pieces)


def _unsnap_block(block: memoryview, left: int, limit: int) -> Buffer:
    if cramjam.snappy.decompress_raw_len(block) > left:
        raise _too_large(limit)
    return memoryview(cramjam.snappy.decompress_raw(block))


# lz4 -------------------------------------------------------------------------------------------------------------------


def _lz4(data: Buffer, level: int) -> Buffer:
    """Level 9 is the fast compressor: that is what Kafka's default means. All others are the thorough one, which has the levels 3 to 12."""
    thoroughness = 0 if level == DEFAULT_LEVELS[Codec.LZ4] else min(max(level, 3), 12)
    frame: bytes = lz4.frame.compress(data, compression_level=thoroughness, block_linked=False, store_size=False)
    return frame


def _unlz4(data: Buffer, limit: int) -> Buffer:
    decompressor = lz4.frame.LZ4FrameDecompressor()
    pieces: list[bytes] = []
    left, rest = limit, data
    while not decompressor.eof:
        piece = decompressor.decompress(rest, max_length=min(left + 1, _CHUNK_BYTES))
        rest = b""
        left -= len(piece)
        if left < 0:
            raise _too_large(limit)
        if not piece and decompressor.needs_input and not decompressor.eof:
            raise EOFError("it ends too early")
        pieces.append(piece)
    return b"".join(pieces)


# zstd ------------------------------------------------------------------------------------------------------------------


def _zstd(data: Buffer, level: int) -> Buffer:
    return memoryview(cramjam.zstd.compress(data, level))


def _unzstd(data: Buffer, limit: int) -> Buffer:
    """Java's frames do not say how large they get, so room is guessed, and doubled while it is too small."""
    room = min(max(8 * len(data), _CHUNK_BYTES), limit)
    while True:
        output = bytearray(room)
        try:
            length = cramjam.zstd.decompress_into(data, output)
            return memoryview(output)[:length]
        except cramjam.DecompressionError as error:
            if "whole buffer" not in str(error):
                raise
            if room >= limit:
                raise _too_large(limit) from None
        room = min(2 * room, limit)


_COMPRESSORS: dict[Codec, Callable[[Buffer, int], Buffer]] = {
    Codec.NONE: lambda data, _: data,
    Codec.GZIP: _gzip,
    Codec.SNAPPY: _snap,
    Codec.LZ4: _lz4,
    Codec.ZSTD: _zstd,
}
_DECOMPRESSORS: dict[Codec, Callable[[Buffer, int], Buffer]] = {
    Codec.NONE: _uncompressed,
    Codec.GZIP: _gunzip,
    Codec.SNAPPY: _unsnap,
    Codec.LZ4: _unlz4,
    Codec.ZSTD: _unzstd,
}
