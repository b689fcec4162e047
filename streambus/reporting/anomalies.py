"""Anomalies: a card for each, with its proof in words, as rows, as a picture and as a table."""

from collections.abc import Sequence

from streambus.checkers import Anomaly, Severity
from streambus.reporting import words
from streambus.reporting.canvas import Window
from streambus.reporting.measures import Span
from streambus.reporting.order_table import OrderTable, offsets_around, order_table_html, order_tables
from streambus.reporting.order_view import Frame, Witness, order_view
from streambus.reporting.orders import Order
from streambus.reporting.pictures import Scene, fold
from streambus.reporting.spots import Spot
from streambus.reporting.tables import witness_table
from streambus.reporting.words import count, html

ANOMALIES_OPEN, PICTURED_MAX = 6, 24
"""So many cards are shown at once, the others are folded away; and so many have a picture and a table."""

NEAR = 6
"""So many offsets on either side of an anomaly are in its picture."""

RUN_MAX = 8
REACH_MAX = 40
"""If all that matters fits into so many offsets, the picture shows all of it."""


def anomaly_cards(scene: Scene) -> str:
    """The section on anomalies; nothing if there are none."""
    anomalies = scene.verdict.anomalies
    if not anomalies:
        return ""
    tables = order_tables(scene.history, anomalies[:PICTURED_MAX])
    cards = []
    for number, anomaly in enumerate(anomalies, start=1):
        table = tables[number - 1] if number <= PICTURED_MAX else None
        cards.append(_card(number, anomaly, scene, table))
    folded = "".join(cards[ANOMALIES_OPEN:])
    lead = "Each with the few operations that prove it. Times count from the beginning of the run."
    counted = sum(number for _, number in scene.verdict.counts)
    named = sum(anomaly.records for anomaly in anomalies)
    if counted > named:
        lead += f" {counted:,} records are concerned; the first anomalies of every kind are shown."
    more = fold(f"{len(cards) - ANOMALIES_OPEN:,} more", folded)
    return f'<h2 id="anomalies">Anomalies</h2><p class="lead">{lead}</p>{"".join(cards[:ANOMALIES_OPEN])}{more}'


def plain_card(anomaly: Anomaly, span: Span) -> str:
    """A card without pictures, for a run whose history is not at hand."""
    return _framed(anomaly, "", witness_table(anomaly, span))


def _card(number: int, anomaly: Anomaly, scene: Scene, table: OrderTable | None) -> str:
    spots = scene.spots[number - 1]
    view = _view(number, anomaly, scene, spots) if number <= PICTURED_MAX else ""
    marks = {spot.index: f"w{number}-{spot.index}" for spot in spots} if view else {}
    rows = witness_table(anomaly, scene.span, f"o{number}-", marks)
    name = scene.order_names.get((anomaly.topic, anomaly.partition))
    link = f'<p class="links"><a href="#{name}">The whole log in a picture</a></p>' if name else ""
    seen = ""
    if table is not None:
        lead = "Who saw what at which offset. A row is one place in the log; all cells in it should say the same."
        seen = f'<h4>Order table</h4><p class="lead">{lead}</p>{order_table_html(table, anomaly, scene.span)}'
    return _framed(anomaly, f' id="a{number}"', rows + view + seen + link, number)


def _framed(anomaly: Anomaly, ident: str, body: str, number: int = 0) -> str:
    look = "anomaly allowed" if anomaly.severity is Severity.ALLOWED else "anomaly"
    mark = f'<b class="mark" aria-hidden="true">{number}</b>' if number else ""
    return (
        f'<article class="card {look}"{ident}><header>{mark}<h3>{html(anomaly.kind.title)}</h3>'
        f'<span class="badge">{words.severity(anomaly.severity)}</span><span class="where">{html(_where(anomaly))}</span></header>'
        f"<p>{html(anomaly.witness)}</p>{body}</article>"
    )


def _where(anomaly: Anomaly) -> str:
    where = words.place(anomaly.topic, anomaly.partition) if anomaly.topic and anomaly.partition >= 0 else anomaly.topic
    if anomaly.offset is not None:
        where += f", offset {anomaly.offset:,}"
    if anomaly.records > 1:
        where += f" · {count(anomaly.records, 'record')}"
    return where


def _view(number: int, anomaly: Anomaly, scene: Scene, spots: Sequence[Spot]) -> str:
    """The neighbourhood of an anomaly over time and offset, its witnesses marked."""
    order = scene.order_of(anomaly)
    if order is None or anomaly.offset is None or not spots:
        return ""
    backdrop = scene.backdrop
    offsets = _offsets(anomaly)
    window = _window(anomaly, offsets, scene, order, spots)
    witnesses = [
        Witness(
            spot.at,
            spot.offset,
            words.small_letter(spot.index),
            f"{spot.process} at {spot.at:,.6f} s",
            f"#o{number}-{spot.index}",
            f"w{number}-{spot.index}",
        )
        for spot in spots
    ]
    frame = Frame(window, offsets)
    bands = [band for band in backdrop.bands if band.ended >= window.began and band.began <= window.ended]
    view = order_view(order, frame, bands, backdrop.kinds, witnesses, backdrop.processes, zooms=False, height=250)
    lead = (
        f"Around the anomaly: offsets {offsets[0]:,} to {offsets[1]:,}. "
        "Letters are the operations above; with an arrow, one that lies outside."
    )
    return f'<h4>Picture</h4><p class="lead">{lead}{view.thinned.said}</p><p class="legend">{view.legend}</p>{view.picture}'


def _window(anomaly: Anomaly, offsets: tuple[int, int], scene: Scene, order: Order, spots: Sequence[Spot]) -> Window:
    """The time of the witnesses that are among these offsets, and of everybody's first reading next to the anomaly."""
    assert anomaly.offset is not None
    span = scene.span
    within = [spot for spot in spots if spot.offset is None or offsets[0] <= spot.offset <= offsets[1]] or list(spots)
    times = [spot.at for spot in within] + [span.at(anomaly.operations[spot.index].invoked_at) for spot in within]
    first: dict[str, float] = {}
    for reading in order.readings:
        if reading.first <= anomaly.offset + anomaly.records and reading.last >= anomaly.offset - 1:
            first.setdefault(reading.process, reading.at)
    times += first.values()
    width = max(max(times) - min(times), span.seconds / 500)
    return Window(min(times) - width * 0.06, max(times) + width * 0.06)


def _offsets(anomaly: Anomaly) -> tuple[int, int]:
    assert anomaly.offset is not None
    matter = offsets_around(anomaly)
    if matter[-1] - matter[0] <= REACH_MAX:
        return max(0, matter[0] - NEAR // 2), matter[-1] + NEAR // 2
    return max(0, anomaly.offset - NEAR), anomaly.offset + min(anomaly.records, RUN_MAX) + NEAR
