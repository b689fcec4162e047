"""The footer: the last 64 bytes of a sealed table, which say where its directory is."""

from struct import Struct

from streambus.kernel import Buffer
from streambus.storage.sealed.blocks import HEADER_BYTES, Damaged, Kind, decode_block, encode_block
from streambus.storage.table_info import TableInfo

FOOTER_BYTES = 64

_FOOTER = Struct(">QIIQQ")
assert HEADER_BYTES + _FOOTER.size == FOOTER_BYTES


def encode_footer(info: TableInfo, directory: tuple[int, int, int], start_position: int, position: int) -> bytes:
    """The footer at `position`; `directory` is position, length and checksum of what stands before it."""
    return encode_block(Kind.FOOTER, info.number, position, _FOOTER.pack(*directory, start_position, info.end_position))


def parse_footer(data: Buffer, info: TableInfo) -> tuple[int, int, int]:
    """Position, length and checksum of the directory. `data` are the bytes of the table's file from `info.file_bytes - 64` on.

    Raises `Damaged`. What it returns lies within the file.
    """
    payload = decode_block(data, Kind.FOOTER, info.number, info.file_bytes - FOOTER_BYTES)
    if len(payload) != _FOOTER.size:
        raise Damaged(f"a footer has {FOOTER_BYTES} bytes, not {len(data)}")
    position, length, checksum, _, end_position = _FOOTER.unpack(payload)
    if position + length != info.file_bytes - FOOTER_BYTES or length < HEADER_BYTES:
        raise Damaged(f"the footer speaks of a directory of {length} bytes at {position}, in a table that ends at {info.file_bytes}")
    if end_position != info.end_position:
        raise Damaged(f"the footer is that of a table up to WAL position {end_position}, not {info.end_position}")
    return position, length, checksum
