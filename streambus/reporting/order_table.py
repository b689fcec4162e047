"""The order table: who saw what at which offset, around an anomaly.

One row per offset, one column per observer: those who were told the offset as senders, and each reader. In a correct log all that is said
in a row is the same. A cell that is empty where others are not is as telling as one that differs: that reader went past without seeing it.
"""

from collections.abc import Iterable, Sequence

import attrs

from streambus.checkers import Anomaly, History, Outcome, Polled, Sent
from streambus.reporting import words
from streambus.reporting.measures import Span, natural
from streambus.reporting.orders import Place
from streambus.reporting.spots import is_about, is_named
from streambus.reporting.words import html

AROUND = 3
"""So many offsets on either side of one that matters."""

CLUSTERS_MAX, RUN_MAX, READERS_MAX, VALUES_MAX = 4, 6, 10, 3
SENDERS = "senders"


@attrs.frozen
class Seen:
    """What one observer learnt at one offset: a value, who told it or whom, and when."""

    value: bytes
    at: int
    process: str
    outcome: Outcome = Outcome.OK


@attrs.define
class OrderTable:
    """What everybody saw at some offsets of one partition. `rows` are the offsets, in order; None stands for those left out between."""

    place: Place
    rows: list[int | None]
    told: dict[int, list[Seen]] = attrs.field(factory=dict)
    """What senders were told, by offset."""
    read: dict[str, dict[int, list[Seen]]] = attrs.field(factory=dict)
    """What each reader saw, by offset."""
    reach: dict[str, tuple[int, int]] = attrs.field(factory=dict)
    """The lowest and the highest offset that each reader has read anywhere in this partition."""

    def on_sent(self, offset: int, seen: Seen) -> None:
        """A sender was told an offset."""
        self.told.setdefault(offset, []).append(seen)

    def on_polled(self, offset: int, seen: Seen, is_wanted: bool) -> None:
        """A reader read at an offset."""
        low, high = self.reach.get(seen.process, (offset, offset))
        self.reach[seen.process] = (min(low, offset), max(high, offset))
        if is_wanted:
            cell = self.read.setdefault(seen.process, {}).setdefault(offset, [])
            if not any(one.value == seen.value for one in cell):
                cell.append(seen)


def offsets_around(anomaly: Anomaly) -> list[int]:
    """The offsets that matter for an anomaly: its own, and those that its sentence and its witnesses speak of."""
    if anomaly.offset is None:
        return []
    matter = [*range(anomaly.offset, anomaly.offset + min(max(anomaly.records, 1), RUN_MAX))]
    for operation in anomaly.operations:
        named = [action for action in operation.actions if isinstance(action, Sent | Polled) and is_named(action, anomaly)]
        matter += [action.offset for action in named if action.offset is not None and is_about(action, anomaly)]
    return sorted(dict.fromkeys(matter))[: CLUSTERS_MAX * RUN_MAX]


def order_tables(history: History, anomalies: Sequence[Anomaly]) -> list[OrderTable | None]:
    """A table for each anomaly that has an offset, all in one walk over the history."""
    tables: list[OrderTable | None] = []
    by_place: dict[Place, list[OrderTable]] = {}
    for anomaly in anomalies:
        rows = _rows(offsets_around(anomaly))
        table = OrderTable((anomaly.topic, anomaly.partition), rows) if rows else None
        tables.append(table)
        if table is not None:
            by_place.setdefault(table.place, []).append(table)
    if by_place:
        _fill(history, by_place)
    return tables


def _rows(offsets: Iterable[int]) -> list[int | None]:
    rows: list[int | None] = []
    wanted = sorted({near: None for offset in offsets for near in range(max(0, offset - AROUND), offset + AROUND + 1)})
    for offset in wanted[: CLUSTERS_MAX * (2 * AROUND + RUN_MAX)]:
        last = rows[-1] if rows else None
        if last is not None and offset > last + 1:
            rows.append(None)
        rows.append(offset)
    return rows


def _fill(history: History, by_place: dict[Place, list[OrderTable]]) -> None:
    wanted = {place: [{row: None for row in table.rows if row is not None} for table in tables] for place, tables in by_place.items()}
    for operation in history.operations:
        at = operation.invoked_at if operation.completed_at is None else operation.completed_at
        for action in operation.actions:
            if not isinstance(action, Sent | Polled) or action.offset is None:
                continue
            place = (action.topic, action.partition)
            for table, rows in zip(by_place.get(place, ()), wanted.get(place, ()), strict=True):
                seen = Seen(action.value, at, operation.process)
                if isinstance(action, Polled):
                    table.on_polled(action.offset, seen, action.offset in rows)
                elif action.offset in rows and operation.outcome is Outcome.OK:
                    table.on_sent(action.offset, seen)


def order_table_html(table: OrderTable, anomaly: Anomaly, span: Span) -> str:
    """The table for the page. Offsets that the anomaly is about are marked, and cells that differ from the first in their row."""
    readers = sorted(table.reach, key=lambda reader: (reader not in table.read, natural(reader)))
    left_out = len(readers) - READERS_MAX
    readers = sorted(readers[:READERS_MAX], key=natural)
    suspects = range(-1) if anomaly.offset is None else range(anomaly.offset, anomaly.offset + max(1, anomaly.records))
    matter = dict.fromkeys(offsets_around(anomaly))
    head = "".join(f"<th>{html(words.shortened(name, 30))}</th>" for name in ("acknowledged to", *readers))
    places = _places(table)
    lines = []
    for row in _known(table, suspects):
        if row is None:
            lines.append(f'<tr class="gap"><td colspan="{len(readers) + 2}">⋮</td></tr>')
            continue
        look = "suspect" if row in suspects else "matter" if row in matter else ""
        first = _first(table, row)
        cells = [_cell(table.told.get(row, []), first, places, span, is_sender=True)]
        for reader in readers:
            seen = table.read.get(reader, {}).get(row, [])
            cells.append(_cell(seen, first, places, span) if seen else _nothing(table, reader, row, first))
        sign = '<span class="sr">, the anomaly</span>' if look == "suspect" else ""
        lines.append(f'<tr{f" class={look}" if look else ""}><th scope="row">{row:,}{sign}</th>{"".join(cells)}</tr>')
    more = f'<p class="lead">{words.count(left_out, "more reader")} not shown.</p>' if left_out > 0 else ""
    return (
        f'<div class="scroll"><table class="order-table"><thead><tr><th>offset</th>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>{more}"
    )


def _first(table: OrderTable, row: int) -> bytes | None:
    """What was first seen at an offset."""
    every = [*table.told.get(row, []), *(one for cells in table.read.values() for one in cells.get(row, []))]
    return min(every, key=lambda seen: seen.at).value if every else None


def _known(table: OrderTable, suspects: range) -> list[int | None]:
    """The rows that somebody knows something of."""
    last = max([*table.told, *(high for _, high in table.reach.values())], default=-1)
    rows = [row for row in table.rows if row is None or row <= last or row in suspects]
    while rows and rows[-1] is None:
        rows.pop()
    return rows


def _places(table: OrderTable) -> dict[bytes, list[int]]:
    """The offsets at which each value is, as far as the table shows."""
    places: dict[bytes, dict[int, None]] = {}
    for seen_at in (table.told, *table.read.values()):
        for offset, seen in seen_at.items():
            for one in seen:
                places.setdefault(one.value, {})[offset] = None
    return {value: sorted(offsets) for value, offsets in places.items()}


def _cell(seen: Sequence[Seen], first: bytes | None, places: dict[bytes, list[int]], span: Span, *, is_sender: bool = False) -> str:
    if not seen:
        return '<td class="none">–<span class="sr"> nobody</span></td>'
    parts = []
    for one in sorted(seen, key=lambda one: one.at)[:VALUES_MAX]:
        when = words.moment(one.at - span.began_at, span.length)
        who = f" {html(words.shortened(one.process, 30))}" if is_sender else ""
        others = places[one.value] if len(places[one.value]) > 1 else []
        also = f" at {' and '.join(f'{place:,}' for place in others[:4])}!" if others else ""
        look = " class=differs" if others or one.value != first else ""
        parts.append(f"<div><code{look}>{html(words.value(one.value))}</code><small>{who} {when}{also}</small></div>")
    if len(seen) > VALUES_MAX:
        parts.append(f"<small>and {len(seen) - VALUES_MAX} more</small>")
    return f"<td>{''.join(parts)}</td>"


def _nothing(table: OrderTable, reader: str, row: int, first: bytes | None) -> str:
    low, high = table.reach[reader]
    if row > high:
        return '<td class="none"><small>not that far</small></td>'
    if row < low:
        return '<td class="none"><small>began behind</small></td>'
    return '<td class="passed">∅ <small>passed over</small></td>' if first is not None else '<td class="none">∅</td>'
