"""The table of docs/clients.md.

It is made from what a run of the matrix saw (`make clients`), and read by the next run, which has to see the same.
"""

import json
import subprocess
import sys
from pathlib import Path

from tests.stock.differences import DIFFERENCES
from tests.stock.families import FAMILIES
from tests.stock.rows import ADMIN, RECORDS, ROWS

ROOT = Path(__file__).parent.parent.parent
TABLE = ROOT / "docs" / "clients.md"
SEEN = ROOT / ".cache" / "stock" / "seen"
"""A file per run, a line per test: row, family, mark."""

WORKS, NOT_OFFERED, DIFFERS, NOT_ASKED = "✓", "–", "≠", "·"

Cells = dict[tuple[str, str], str]

BEFORE = """# Stock clients

What clients that we did not write can do with StreamBus, as the tests see it: every cell is a test, or a few, that run in the
project's gate against a real broker process over real sockets (`tests/stock`). The same tests, with the same table, can be run
against an Apache Kafka: a cell that is not ✓ is about the client, unless its explanation says otherwise.

Nothing here needs a consumer group. KafkaJS' consumer cannot do without one; it reads here, and asks for offsets, through the `Broker`
class that its own consumer and admin are made of.

| mark | means |
|---|---|
| ✓ | works; for a row with the name of an error: the client is told exactly this error |
| – | the client's public interface does not offer it |
| ≠ | works otherwise than with the other clients, against any broker; the number leads to the explanation below |
| · | not asked, or not yet as it has to be |
"""

AFTER = """
## Run it yourself

```
make toolchains                                          # once: what the clients need, and their drivers
.venv/bin/python -m pytest tests/stock -n auto           # every client against a broker of ours
.venv/bin/python -m pytest tests/stock -n auto --bootstrap 127.0.0.1:9092   # … against the broker there, a Kafka for instance
make clients                                             # the run that makes this table
.venv/bin/python -m tests.stock.ask 127.0.0.1:9092 franz-go create_topic topic=t partitions=3   # one client, one thing
```

A client of your own takes part with a small program that reads and writes JSON lines: `tests/stock/README.md` says what it is asked.
"""


def read_seen(path: Path) -> Cells:
    """What a run saw. A row that is several tests has to be of one mind."""
    cells: Cells = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row, family, mark = json.loads(line)
        if cells.setdefault((row, family), mark) != mark:
            raise ValueError(f"{family} is not of one mind about {row}: split the row")
    return cells


def read_table(path: Path) -> Cells:
    """What the document says, by row and family."""
    cells: Cells = {}
    families: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        first, *rest = (cell.strip() for cell in line.strip("|").split("|"))
        if first == "":
            families = [cell.partition(" ")[0] for cell in rest]
        elif first in ROWS:
            cells.update({(first, family): mark[:1] for family, mark in zip(families, rest, strict=True)})
    return cells


def written(cells: Cells, versions: dict[str, str]) -> str:
    """The document."""
    notes: list[str] = []
    parts = [BEFORE]
    for title, rows in (("Records", RECORDS), ("Administration", ADMIN)):
        parts += [f"\n## {title}\n", "| | " + " | ".join(f"{name} {versions[name]}" for name in FAMILIES) + " |"]
        parts += ["|---" * (len(FAMILIES) + 1) + "|"]
        parts += [f"| {row} | " + " | ".join(_cell(cells, row, name, notes) for name in FAMILIES) + " |" for row in rows]
    parts += ["\n## What is different", *(f"{number}. {note}" for number, note in enumerate(notes, 1)), AFTER]
    return "\n".join(parts).replace("\n\n\n", "\n\n")


def _cell(cells: Cells, row: str, family: str, notes: list[str]) -> str:
    mark = cells.get((row, family), NOT_ASKED)
    if mark != DIFFERS:
        return mark
    note = f"{family}: {DIFFERENCES[family, row].note}"
    if note not in notes:
        notes.append(note)
    return f"{DIFFERS} {notes.index(note) + 1}"


def main() -> None:
    """Write the document from what the newest run saw."""
    newest = max(SEEN.glob("*.jsonl"), key=lambda path: path.stat().st_mtime, default=None)
    if newest is None:
        sys.exit("nothing was seen yet: run the matrix first (make clients)")
    versions = {}
    for name, find in FAMILIES.items():
        family = find()
        versions[name] = str(family.ask("hello")["version"])
        family.close()
    cells = read_seen(newest)
    for missing in ((row, family) for row in ROWS for family in FAMILIES if (row, family) not in cells):
        print("not seen, or failed:", *missing, file=sys.stderr)
    TABLE.write_text(written(cells, versions), encoding="utf-8")
    changed = subprocess.run(["git", "diff", "--stat", "--", TABLE], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    print(changed or f"{TABLE.relative_to(ROOT)} is as it was")


if __name__ == "__main__":
    main()
