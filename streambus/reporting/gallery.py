"""The gallery: one page over a folder of reports, with each one's verdict. It reads their `results.json` and nothing else."""

import json
from pathlib import Path
from typing import Any

import attrs

from streambus.checkers import Kind
from streambus.reporting import words
from streambus.reporting.measures import natural
from streambus.reporting.page import BIG_CROSS, BIG_TICK, document
from streambus.reporting.words import count, html

REPORTS_MAX = 2_000
CHIPS_MAX = 6


@attrs.frozen
class Shelf:
    """One report as the gallery knows it. `valid` is None if its results cannot be read."""

    name: str
    title: str
    valid: bool | None
    origin: str
    summary: str
    chips: tuple[tuple[str, str], ...]
    """Look and text of each."""


def write_gallery(folder: Path, *, title: str = "Consistency reports") -> Path:
    """Write `index.html` into `folder`: a card for every folder in it that has a `results.json`, those that are broken first.

    The answer is the path of the page. What cannot be read is said to be so. Raises `OSError` if the folder cannot be read or written.
    """
    names = sorted((path.parent.name for path in folder.glob("*/results.json")), key=natural)
    shelves = [_shelf(folder / name) for name in names[:REPORTS_MAX]]
    shelves.sort(key=lambda shelf: (shelf.valid is not False, shelf.valid is not None))
    index = folder / "index.html"
    index.write_text(document(title, _body(title, shelves, len(names))), encoding="utf-8", newline="\n")
    return index


def _shelf(folder: Path) -> Shelf:
    try:
        results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        valid = bool(results["valid"])
        world = "in the real world" if results["world"] == "real" else "in the simulator"
        origin = f"{results['when']} · {world}"
        return Shelf(folder.name, str(results["title"]), valid, origin, str(results["summary"]), tuple(_chips(results)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return Shelf(folder.name, folder.name, None, "", f"Its results cannot be read: {type(error).__name__}.", ())


def _chips(results: dict[str, Any]) -> list[tuple[str, str]]:
    """What was found, and how much was looked at."""
    allowed = results["contract"]["allowed"]
    chips = [("odd" if kind in allowed else "bad", f"{_name_of(kind)} {int(number):,}") for kind, number in results["counts"].items()]
    if len(chips) > CHIPS_MAX:
        chips = [*chips[:CHIPS_MAX], ("bad", f"and {len(chips) - CHIPS_MAX} more")]
    if results["violations"]:
        chips.append(("bad", count(len(results["violations"]), "violated invariant")))
    failed = sum(not sub_run["valid"] for sub_run in results["sub_runs"])
    if results["sub_runs"]:
        said = (
            f"{failed:,} of {count(len(results['sub_runs']), 'run')} broken" if failed else count(len(results["sub_runs"]), "further run")
        )
        chips.append(("bad" if failed else "", said))
    chips.append(("", count(int(results["covered"]["operations"]), "operation")))
    return chips


def _name_of(kind: str) -> str:
    known = next((one for one in Kind if one.value == kind), None)
    return kind if known is None else known.title.lower()


def _body(title: str, shelves: list[Shelf], every: int) -> str:
    broken = sum(shelf.valid is False for shelf in shelves)
    unreadable = sum(shelf.valid is None for shelf in shelves)
    if broken:
        headline = f"{broken:,} of {count(len(shelves), 'report')} broken"
    else:
        headline = "Every promise held" if shelves and not unreadable else "Nothing to see yet" if not shelves else "No report is broken"
    notes = [f"{count(unreadable, 'report')} cannot be read." if unreadable else ""]
    notes.append(f"The first {len(shelves):,} of {every:,} are shown." if every > len(shelves) else "")
    look, icon = ("broken", BIG_CROSS) if broken else ("holds", BIG_TICK)
    lead = " ".join(note for note in notes if note) or f"{count(len(shelves), 'report')} in this folder."
    cards = "".join(_card(shelf) for shelf in shelves)
    return (
        f'<h1>{html(title)}</h1><section class="verdict {look}" role="status">{icon}<div><strong>{headline}</strong>'
        f'<p>{lead}</p></div></section><div class="reports">{cards}</div>'
    )


def _card(shelf: Shelf) -> str:
    verdicts = {True: ("good", "✓ held", ""), False: ("bad", "✗ broken", "bad"), None: ("odd", "? unreadable", "odd")}
    look, said, edge = verdicts[shelf.valid]
    chips = "".join(f'<span class="chip {kind}">{html(text)}</span>' for kind, text in ((look, said), *shelf.chips))
    origin = f"<p>{html(shelf.origin)}</p>" if shelf.origin else ""
    summary = f"<p>{html(words.shortened(shelf.summary, 220))}</p>" if shelf.summary else ""
    return (
        f'<article class="card {edge}"><h3><a href="{html(shelf.name)}/index.html">{html(shelf.title)}</a></h3>'
        f'<div class="chips">{chips}</div>{origin}{summary}</article>'
    )
