"""Columns: arrays of integers as they are in files, little-endian whatever the machine."""

import sys
from array import array

SWAPS = sys.byteorder == "big"

assert [array(code).itemsize for code in "bhiIqQ"] == [1, 2, 4, 4, 8, 8]


def column_bytes(column: "array[int]") -> bytes:
    """The column as it is in a file."""
    if SWAPS:
        column = column[:]
        column.byteswap()
    return column.tobytes()


class ColumnReader:
    """Takes columns off a payload whose length was compared with what they need before (`bytes_of`)."""

    __slots__ = ("payload", "position")

    def __init__(self, payload: memoryview, position: int) -> None:
        self.payload = payload
        self.position = position

    def column(self, typecode: str, count: int) -> "array[int]":
        """The next `count` integers."""
        column = array(typecode)
        end = self.position + count * column.itemsize
        assert end <= len(self.payload), (end, len(self.payload))
        column.frombytes(self.payload[self.position : end])
        if SWAPS:
            column.byteswap()
        self.position = end
        return column
