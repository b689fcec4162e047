"""Whether a batch consists of the records that its header promises: the look inside that a broker takes before it stores them.

Everything is looked at that a consumer relies on: that each record is as long as it says, that offsets count up from 0, that keys,
values and headers end where they should, and that nothing is left over. Nothing is decoded or copied out.

A record looked at on its own costs about a third of a microsecond, ten thousand of them more than everything else that a broker does with
a megabyte. But neighbours are mostly alike: the same length, keys and values of the same length, offsets that count up. Such a **run** is
checked by columns: the first byte of every record, cut out of the batch by one slice with a stride, must be one byte repeated; the offsets'
bytes must be those of a table. A run ends where its records become longer, which is when an offset or a timestamp needs one more byte, and
what does not fit into one is looked at on its own. So uniform records cost a few nanoseconds each.

Where neighbours are not alike, and there are many of them, their columns are gathered from wherever they stand (`records.mixed`), which
takes about a fifth of the full price.
"""

from struct import unpack
from typing import TYPE_CHECKING

from streambus.kernel import Buffer, message
from streambus.records.batch import BadBatch, BadBatchKind
from streambus.records.varints import read_varint

if TYPE_CHECKING:
    from streambus.records.mixed import MixedRecords

RUN_ROWS_MIN = 8
"""A shorter run costs more than its records one by one."""
_FIRST_RUN_ROWS = 64
_RUN_GROWTH = 8
"""A run is tried with few rows first, then with ever more: who guesses wrong has not looked far ahead."""

MIXED_ROWS_MIN = 256
"""Fewer mixed records cost less one by one: what numpy does costs 35 microseconds however few they are."""
_MIXED_ROWS_MAX = 4096
"""So many are looked at together: their columns stay in the processor's cache, and behind them neighbours may be alike again."""
_ALONE_ROWS, _ALONE_SHARE = 24, 8
"""Records count as mixed when so many did not fit into runs, and one for so many that did."""
_ROWS_BETWEEN = 4
"""Between two stretches of mixed records so many are looked at alone: the one that ended the stretch, and two that may begin a run."""
_NEVER = 1 << 62

_NARROW_BYTES, _WINDOW_BYTES = 256, 96 * 1024
"""A slice with a stride takes three nanoseconds a byte from a view, half of one from `bytes`. So short records are copied first, as many of
them as are allocated without asking the operating system."""

_TABLE_ROWS = 8192
_EVEN = bytes(range(0, 128, 2))
_LOW = bytes([2 * row & 0x7F | 0x80 for row in range(_TABLE_ROWS)])
_LAST = bytes([row >> 6 for row in range(_TABLE_ROWS)])
_MIDDLE = bytes([row >> 6 | 0x80 for row in range(_TABLE_ROWS)])
"""The offsets 0, 1, 2 … as varints, a table for each of their bytes: the only one, the first of several, the last of two, the second of
three."""

UNKNOWN = -(1 << 63)
"""What is said of the latest timestamp where it is not later than the header claims."""

_ASCII = bytes(range(128))
_TO_SEVEN_BITS = bytes([byte & 0x7F for byte in range(256)])
_NOT_LATER = [bytes([byte for byte in range(128) if byte & 1 or byte <= 2 * delta]) for delta in range(64)]
"""The timestamps of one byte that are not later than so many milliseconds."""
_LANES = (0, 1, 2, 4, 4, 8, 8, 8, 8)
"""How many bytes hold a varint of so many bytes."""


@message
class Inspection:
    """What was noticed on the way: the latest timestamp, relative to the batch's, and whether a record is without a key."""

    max_timestamp_delta: int
    has_null_key: bool


def inspect_records(data: Buffer, count: int, claimed_max_delta: int) -> Inspection:
    """Look at `count` records in `data`, decompressed; `BadBatch` unless they are all there, in order, and nothing else.

    `claimed_max_delta` is the latest timestamp as the header has it. It is verified, and costs least if it is true.
    """
    try:
        inspection = _inspect(data, count, claimed_max_delta)
        if inspection.max_timestamp_delta != claimed_max_delta:
            inspection = _inspect(data, count, None)
    except IndexError:
        raise BadBatch("the records end too early", BadBatchKind.INVALID) from None
    return inspection


def _inspect(data: Buffer, count: int, claimed_max_delta: int | None) -> Inspection:
    """One walk. With a claim, only what is as late as claimed, or later, is found for sure; without, all is, and there are no runs."""
    size = len(data)
    at = row = previous_length = next_run_row = 0
    max_delta = UNKNOWN
    has_null_key = False
    rows_max = _FIRST_RUN_ROWS
    mixed: MixedRecords | None = None
    next_mixed_row, mixed_rows_max = _ALONE_ROWS, _MIXED_ROWS_MAX
    while row < count:
        start = at
        byte = data[at]
        if byte < 128:
            at += 1
            length = (byte >> 1) ^ -(byte & 1)
        elif (second := data[at + 1]) < 128:
            at += 2
            length = ((byte & 0x7F | second << 7) >> 1) ^ -(byte & 1)
        else:
            length, at = read_varint(data, at)
        end = at + length
        if length < 0 or end > size:
            raise BadBatch(f"a record cannot have {length} bytes where {size - at} are left", BadBatchKind.INVALID)
        timestamp_at = at = at + 1
        byte = data[at]
        if byte < 128:
            at += 1
            delta = (byte >> 1) ^ -(byte & 1)
        elif (second := data[at + 1]) < 128:
            at += 2
            delta = ((byte & 0x7F | second << 7) >> 1) ^ -(byte & 1)
        else:
            delta, at = read_varint(data, at)
        if delta > max_delta:
            max_delta = delta
        offset_at = at
        if row < 64 and data[at] == 2 * row:
            at += 1
        elif 64 <= row < _TABLE_ROWS and data[at] == _LOW[row] and data[at + 1] == _LAST[row]:
            at += 2
        else:
            offset, at = read_varint(data, at)
            if offset != row:
                raise BadBatch(f"record {row} says that it is {offset}", BadBatchKind.INVALID)
        key_at = at
        byte = data[at]
        if byte == 1:
            has_null_key = True
            at += 1
        elif byte < 128 and not byte & 1:
            at += 1 + (byte >> 1)
        else:
            has_null_key, at = _behind_long_key(data, at, has_null_key)
        value_at = at
        byte = data[at]
        if byte < 128 and not byte & 1:
            at += 1 + (byte >> 1)
        elif byte >= 128 and not byte & 1 and (second := data[at + 1]) < 128:
            at += 2 + ((byte & 0x7F | second << 7) >> 1)
        else:
            at = _behind_field(data, at)
        if data[at] == 0:
            at += 1
        else:
            at = _behind_headers(data, at, end)
            length = -1
        if at != end:
            raise BadBatch("a record has another length than it says", BadBatchKind.INVALID)
        row += 1
        if length == previous_length and next_run_row <= row <= count - RUN_ROWS_MIN and claimed_max_delta is not None:
            parts = (timestamp_at - start, offset_at - start, key_at - start, value_at - start)
            rows, run_max = _run(data, start, end - start, parts, row, min(count - row, rows_max), claimed_max_delta)
            if rows:
                rows_max = rows_max * _RUN_GROWTH if rows >= _FIRST_RUN_ROWS - 2 else _FIRST_RUN_ROWS
                row += rows
                at += rows * (end - start)
                next_mixed_row += rows + rows // _ALONE_SHARE
                if run_max > max_delta:
                    max_delta = run_max
            else:
                next_run_row = row + RUN_ROWS_MIN
        previous_length = length
        if row == next_mixed_row:
            next_mixed_row = _NEVER
            rows = min(count - row, mixed_rows_max)
            if rows >= MIXED_ROWS_MIN:
                if mixed is None:
                    mixed = _mixed_records(data)
                if (sound := mixed.sound_from(at, row, rows)) is not None:
                    row += sound.rows
                    at = sound.end
                    max_delta = max(max_delta, sound.max_timestamp_delta)
                    has_null_key = has_null_key or sound.has_null_key
                    next_mixed_row = row + _ROWS_BETWEEN
                    mixed_rows_max = min(2 * sound.rows, _MIXED_ROWS_MAX)
    if at != size:
        raise BadBatch(f"{size - at} bytes follow the last record", BadBatchKind.INVALID)
    return Inspection(max_delta, has_null_key)


def _mixed_records(data: Buffer) -> "MixedRecords":
    from streambus.records.mixed import MixedRecords  # not before it is needed: numpy is large

    return MixedRecords(data)


def _behind_long_key(data: Buffer, at: int, has_null_key: bool) -> tuple[bool, int]:
    length, _ = read_varint(data, at)
    return has_null_key or length == -1, _behind_field(data, at)


def _behind_field(data: Buffer, at: int) -> int:
    """Where a key, a value, or the value of a header ends."""
    length, at = read_varint(data, at)
    if length < -1:
        raise BadBatch(f"a field cannot have {length} bytes", BadBatchKind.INVALID)
    return at + max(length, 0)


def _behind_headers(data: Buffer, at: int, end: int) -> int:
    count, at = read_varint(data, at)
    if not 0 <= count <= (end - at) // 2:
        raise BadBatch(f"a record of this size cannot have {count} headers", BadBatchKind.INVALID)
    for _ in range(count):
        length, at = read_varint(data, at)
        if length < 0:
            raise BadBatch("the name of a header is null", BadBatchKind.INVALID)
        at = _behind_field(data, at + length)
        if at > end:
            raise BadBatch("a header is longer than its record", BadBatchKind.INVALID)
    return at


# Runs ------------------------------------------------------------------------------------------------------------------


def _run(
    data: Buffer, start: int, stride: int, parts: tuple[int, int, int, int], row: int, rows: int, claimed_max_delta: int
) -> tuple[int, int]:
    """How many records behind the one at `start`, the next of which is `row`, are like it, and their latest timestamp.

    `parts` is where its timestamp, offset, key and value stand, from its start. 0 if there are too few, or the columns cannot tell.
    """
    timestamp_at, offset_at, key_at, value_at = parts
    first = start + stride
    rows = min(rows, (len(data) - first) // stride, _rows_with_same_width(row, key_at - offset_at))
    block, begin = data, first
    if type(data) is not bytes and stride < _NARROW_BYTES:
        rows = min(rows, _WINDOW_BYTES // stride)
        block, begin = bytes(data[first : first + rows * stride]), 0
    for place in _constant_places(data, start, stride, timestamp_at, key_at, value_at):
        if rows < RUN_ROWS_MIN:
            return 0, 0
        column = _column(block, begin + place, stride, rows)
        byte = bytes(data[start + place : start + place + 1])
        if column != byte * rows:
            rows -= len(column.lstrip(byte))
    if rows < RUN_ROWS_MIN:
        return 0, 0
    columns = [_column(block, begin + place, stride, rows) for place in range(timestamp_at, key_at)]
    width = offset_at - timestamp_at
    max_delta = _latest(columns[:width], claimed_max_delta)
    if max_delta is None or not _is_counting(columns[width:], row, rows):
        return 0, 0
    return rows, max_delta


def _column(block: Buffer, begin: int, stride: int, rows: int) -> bytes:
    """One byte of each of so many records."""
    column = block[begin : begin + (rows - 1) * stride + 1 : stride]
    return column if type(column) is bytes else bytes(column)


def _constant_places(data: Buffer, start: int, stride: int, timestamp_at: int, key_at: int, value_at: int) -> list[int]:
    """The bytes that are the same in all records of one shape: every length, and the number of headers, which is 0."""
    places = [*range(timestamp_at - 1), key_at]
    if data[start + key_at] >= 128:
        places += range(key_at + 1, read_varint(data, start + key_at)[1] - start)
    places += range(value_at, read_varint(data, start + value_at)[1] - start)
    places.append(stride - 1)
    return places


def _rows_with_same_width(row: int, width: int) -> int:
    """For how many rows from `row` on an offset has `width` bytes, as far as the tables go."""
    if width == 1:
        return 64 - row
    if width == 2 and row >= 64:
        return _TABLE_ROWS - row
    if width == 3 and _TABLE_ROWS <= row < 128 * _TABLE_ROWS:
        return _TABLE_ROWS - row % _TABLE_ROWS
    return 0


def _is_counting(columns: list[bytes], row: int, rows: int) -> bool:
    """Whether these are the bytes of the offsets from `row` on."""
    if len(columns) == 1:
        return columns[0] == _EVEN[row : row + rows]
    place = row % _TABLE_ROWS
    if columns[0] != _LOW[place : place + rows]:
        return False
    if len(columns) == 2:
        return columns[1] == _LAST[place : place + rows]
    return columns[1] == _MIDDLE[place : place + rows] and columns[2] == bytes([row // _TABLE_ROWS]) * rows


def _latest(columns: list[bytes], claimed: int) -> int | None:
    """The latest of these timestamps, or `UNKNOWN` if it is earlier than `claimed`. None if the columns cannot tell."""
    if len(columns) >= len(_LANES) or not columns[-1].isascii():
        return None
    if len(columns) == 1:
        return _latest_of_one_byte(columns[0], claimed)
    if any(column.translate(None, _ASCII) != column for column in columns[:-1]):
        return None
    claimed_top = 2 * claimed >> 7 * (len(columns) - 1)
    if claimed_top > 127 or (claimed_top > 0 and not columns[-1].translate(None, _ASCII[:claimed_top])):
        return UNKNOWN
    width = _LANES[len(columns)]
    lanes = bytearray(width * len(columns[0]))
    for place, column in enumerate(columns):
        lanes[place::width] = column.translate(_TO_SEVEN_BITS)
    values = unpack(f"<{len(columns[0])}{'BHIQ'[width.bit_length() - 1]}", lanes)
    latest = max(values)
    if latest & 1:
        latest = max([value for value in values if not value & 1], default=-1)
    return UNKNOWN if latest < 0 else sum((latest >> 8 * place & 0x7F) << 7 * place for place in range(len(columns))) >> 1


def _latest_of_one_byte(column: bytes, claimed: int) -> int:
    if claimed >= 64:
        return UNKNOWN
    if claimed < 0 or column.translate(None, _NOT_LATER[claimed]):
        return max((byte >> 1) ^ -(byte & 1) for byte in column)
    return claimed if 2 * claimed in column else UNKNOWN
