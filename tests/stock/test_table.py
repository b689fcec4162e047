"""docs/clients.md is about the rows and the families there are."""

from tests.stock.differences import DIFFERENCES
from tests.stock.families import FAMILIES
from tests.stock.rows import ROWS
from tests.stock.table import DIFFERS, NOT_ASKED, NOT_OFFERED, TABLE, WORKS, read_table


def test_the_table_has_a_cell_for_every_row_and_family() -> None:
    assert set(read_table(TABLE)) == {(row, family) for row in ROWS for family in FAMILIES}


def test_every_cell_is_a_mark() -> None:
    assert set(read_table(TABLE).values()) <= {WORKS, NOT_OFFERED, DIFFERS, NOT_ASKED}


def test_what_differs_is_in_the_table() -> None:
    assert {(family, row) for (row, family), mark in read_table(TABLE).items() if mark == DIFFERS} == set(DIFFERENCES)
