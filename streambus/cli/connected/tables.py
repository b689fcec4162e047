"""How answers look: columns for people, JSON for programs."""

import json
from collections.abc import Sequence
from typing import Any

GAP = "  "


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Columns under their names; those that only have numbers are aligned to the right."""
    texts = [[_text(cell) for cell in row] for row in rows]
    widths = [max(len(name), *(len(row[place]) for row in texts), 0) for place, name in enumerate(header)]
    is_right = [bool(rows) and all(isinstance(row[place], int) or row[place] is None for row in rows) for place in range(len(header))]
    for line in (header, *texts):
        cells = [cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(line, widths, is_right, strict=True)]
        print(GAP.join(cells).rstrip())


def print_json(value: Any) -> None:
    """One JSON document."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def list_of(numbers: Sequence[int]) -> str:
    """Broker ids, or other numbers, in one cell."""
    return ",".join(str(number) for number in numbers) or "-"


def _text(cell: object) -> str:
    return "-" if cell is None else str(cell)
