"""The look inside of many records at once that have nothing in common but their format, with numpy.

Where a record starts is only known when the length of the one before it has been read, so lengths are read one by one, in the tightest
loop there is, and believed. That gives columns of starts and ends, and everything else is done column by column: the timestamps of all
records are read at once, then all offsets, keys, values and headers, each of which starts where the one before ends. A record is
**sound** if its last field ends where the next record starts, and nothing on the way was wrong.

Nothing here can fail. Reading goes on behind what makes no sense, in zeros that follow the data, and a position that cannot be right is
sent so far beyond everything that no record ends there: positions only ever grow. What is found is that so many records are sound; the
one behind them is for others to judge, who look at it alone and say what is wrong. It need not be wrong: rare things, such as a record of
more than 8 KiB, are not understood here.

This module is imported when it is first needed: numpy takes about 60 ms of processor and 17 MB of memory.
"""

from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from streambus.kernel import Buffer, message

_STEPS = [0, *[1 + (byte >> 1) for byte in range(1, 128)], *[2 + (byte - 128 >> 1) for byte in range(128, 256)]]
_LONG_STEPS = [byte << 6 if byte < 128 else 0 for byte in range(256)]
"""How far it is from one record to the next, by the first byte of its length, and what the second one adds. No length, no step."""
_BEHIND = bytes(_STEPS[255] + _LONG_STEPS[127])
"""Behind the data. A step from within ends in here; in here there are none."""

_NOWHERE = 1 << 40
"""A position behind every end, to which any number of lengths may be added."""
_LENGTH_BYTES_MAX = 4
_TIMESTAMP_BYTES_MAX = 9
_NULL = 1
"""The length -1, in zigzag."""
_HEADERS_MAX = 32
"""A record with more headers is looked at alone."""

_Bytes = NDArray[np.uint8]
_Numbers = NDArray[np.int64]


@message
class Sound:
    """A stretch of sound records: how many, where they end, the latest of their timestamps, and whether one is without a key."""

    rows: int
    end: int
    max_timestamp_delta: int
    has_null_key: bool


class MixedRecords:
    """The records of one batch, decompressed."""

    __slots__ = ("_array", "_data", "_size")

    def __init__(self, data: Buffer) -> None:
        self._size = len(data)
        self._data = b"".join((data, _BEHIND))
        self._array: _Bytes = np.frombuffer(self._data, np.uint8)

    def sound_from(self, start: int, row: int, rows: int) -> Sound | None:
        """How many of the next `rows` records are sound, the first of which starts at `start` and is the batch's `row`. None if none."""
        data = self._array
        edges = np.fromiter(_edges(self._data, start, rows), np.int64, rows + 1)
        starts, ends = edges[:-1], edges[1:]
        first = data.take(starts)
        is_long = first > 127
        is_odd = (first & 1 == 1) | is_long & (data.take(starts + 1, mode="clip") > 127)
        timestamps, at = _varints(data, starts + is_long + 2, _TIMESTAMP_BYTES_MAX)
        offsets, at = _varints(data, at, _LENGTH_BYTES_MAX)
        is_odd |= offsets != np.arange(2 * row, 2 * (row + rows), 2)
        keys, at = _behind_fields(data, at)
        _, at = _behind_fields(data, at)
        header_counts, at = _varints(data, at, _LENGTH_BYTES_MAX)
        if (with_headers := np.flatnonzero(header_counts)).size:
            at[with_headers] = _behind_headers(data, at[with_headers], header_counts[with_headers])
        is_odd |= (at != ends) | (ends > self._size)
        sound = int(is_odd.argmax()) if is_odd.any() else rows
        if not sound:
            return None
        deltas = timestamps[:sound]
        latest = int(((deltas >> 1) ^ -(deltas & 1)).max())
        return Sound(sound, int(ends[sound - 1]), latest, bool((keys[:sound] == _NULL).any()))


def _edges(data: bytes, at: int, rows: int) -> list[int]:
    """Where so many records start, and where the last one ends, if their lengths are true."""
    steps, long_steps = _STEPS, _LONG_STEPS
    edges = [at]
    edges += [at := at + (steps[byte] if (byte := data[at]) < 128 else steps[byte] + long_steps[data[at + 1]]) for _ in repeat(None, rows)]
    return edges


def _varints(data: _Bytes, at: _Numbers, bytes_max: int) -> tuple[_Numbers, _Numbers]:
    """The varints at `at`, still in zigzag, where every odd number is a negative one, and where they end."""
    byte = data.take(at, mode="clip")
    values = (byte & 0x7F).astype(np.int64)
    behind = at + 1
    is_longer = byte > 127
    for place in range(1, bytes_max):
        if not is_longer.any():
            return values, behind
        byte = data.take(behind, mode="clip") * is_longer
        values |= (byte & 0x7F).astype(np.int64) << 7 * place
        behind += is_longer
        is_longer = byte > 127
    behind[is_longer] = _NOWHERE
    return values, behind


def _behind_fields(data: _Bytes, at: _Numbers) -> tuple[_Numbers, _Numbers]:
    """The lengths, in zigzag, of keys, or values, that start at `at`, and where they end. They may be null."""
    lengths, at = _varints(data, at, _LENGTH_BYTES_MAX)
    at += lengths >> 1
    at[(lengths & 1 == 1) & (lengths != _NULL)] = _NOWHERE
    return lengths, at


def _behind_headers(data: _Bytes, at: _Numbers, counts: _Numbers) -> _Numbers:
    """Where headers end that start at `at`: `counts` of them, in zigzag, never 0. First come all first headers, then all second ones."""
    behind = np.full(len(at), _NOWHERE)
    rows = np.arange(len(at))
    for headers in range(1, _HEADERS_MAX + 1):
        names, at = _varints(data, at, _LENGTH_BYTES_MAX)
        at += names >> 1
        at[names & 1 == 1] = _NOWHERE
        _, at = _behind_fields(data, at)
        is_last = counts == 2 * headers
        behind[rows[is_last]] = at[is_last]
        rows, at, counts = rows[~is_last], at[~is_last], counts[~is_last]
        if not rows.size:
            break
    return behind
