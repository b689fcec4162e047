"""Retention: where a log begins when what is too old or too much is dropped."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streambus.storage.cleaning import LogPiece
from streambus.storage.retention import start_behind

NO_TIMESTAMP = -1


def pieces_from(*rows: tuple[int, int, int], start: int = 0) -> list[LogPiece]:
    """Neighbouring pieces: how many offsets, how many bytes, largest timestamp."""
    ends = list(accumulate((offsets for offsets, _, _ in rows), initial=start))
    return [LogPiece(ends[place], ends[place + 1], size, timestamp) for place, (_, size, timestamp) in enumerate(rows)]


TEN = pieces_from(*[(10, 100, 1_000 + number) for number in range(10)])


@pytest.mark.parametrize(
    ("high_watermark", "earliest_ms", "excess", "start_offset"),
    [
        (100, None, None, 0),
        (100, 1_000, None, 0),
        (100, 1_001, None, 10),
        (100, 1_005, None, 50),
        (100, 9_999, None, 100),
        (99, 9_999, None, 90),
        (100, None, -1, 0),
        (100, None, 0, 0),
        (100, None, 99, 0),
        (100, None, 100, 10),
        (100, None, 250, 20),
        (100, None, 1_000, 100),
        (15, None, 1_000, 10),
        (100, 1_005, 250, 50),
        (100, 1_001, 250, 20),
        (0, 9_999, 1_000, 0),
    ],
)
def test_what_goes_goes_from_the_front(high_watermark: int, earliest_ms: int | None, excess: int | None, start_offset: int) -> None:
    assert start_behind(TEN, 0, high_watermark, earliest_ms, excess) == start_offset


def test_a_piece_from_the_future_keeps_what_is_behind_it() -> None:
    assert start_behind(pieces_from((1, 9, 5), (1, 9, 99), (1, 9, 5)), 0, 3, 50, None) == 1


def test_a_piece_without_a_timestamp_goes_with_the_next_one_that_has_one() -> None:
    assert start_behind(pieces_from((1, 9, NO_TIMESTAMP), (1, 0, NO_TIMESTAMP), (1, 9, 5), (1, 9, NO_TIMESTAMP)), 0, 4, 50, None) == 3
    assert start_behind(pieces_from((1, 9, NO_TIMESTAMP), (1, 9, 99)), 0, 2, 50, None) == 0


rows = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 50), st.integers(0, 20)), max_size=12)
limits = st.none() | st.integers(-10, 200)


@given(rows=rows, high_watermark=st.integers(0, 60), earliest_ms=st.none() | st.integers(0, 25), excess=limits)
def test_it_is_what_the_rules_say_one_after_the_other(
    rows: list[tuple[int, int, int]], high_watermark: int, earliest_ms: int | None, excess: int | None
) -> None:
    pieces = pieces_from(*rows)
    left = [piece for piece in pieces if piece.end_offset <= high_watermark]
    start_offset, over = 0, excess
    while left and over is not None and over >= left[0].data_bytes:
        piece = left.pop(0)
        start_offset, over = piece.end_offset, over - piece.data_bytes
    while left and earliest_ms is not None and left[0].max_timestamp < earliest_ms:
        start_offset = left.pop(0).end_offset
    assert start_behind(pieces, 0, high_watermark, earliest_ms, excess) == start_offset


@given(rows=rows, high_watermark=st.integers(0, 60), earliest_ms=st.none() | st.integers(0, 25), excess=limits)
def test_asking_again_drops_nothing_more(
    rows: list[tuple[int, int, int]], high_watermark: int, earliest_ms: int | None, excess: int | None
) -> None:
    pieces = pieces_from(*rows)
    start_offset = start_behind(pieces, 0, high_watermark, earliest_ms, excess)
    assert start_offset == 0 or start_offset in [piece.end_offset for piece in pieces]
    assert start_offset <= high_watermark
    rest = [piece for piece in pieces if piece.end_offset > start_offset]
    dropped = sum(piece.data_bytes for piece in pieces) - sum(piece.data_bytes for piece in rest)
    left = None if excess is None else excess - dropped
    assert start_behind(rest, start_offset, high_watermark, earliest_ms, left) == start_offset


@given(rows=rows, high_watermark=st.integers(0, 60), earliest_ms=st.integers(0, 25), later=st.integers(0, 25), excess=limits)
def test_time_only_takes_more(
    rows: list[tuple[int, int, int]], high_watermark: int, earliest_ms: int, later: int, excess: int | None
) -> None:
    pieces = pieces_from(*rows)
    now = start_behind(pieces, 0, high_watermark, earliest_ms, excess)
    assert now <= start_behind(pieces, 0, high_watermark, earliest_ms + later, excess)
    assert now <= start_behind(pieces, 0, high_watermark + later, earliest_ms, excess)
