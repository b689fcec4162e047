"""Pictures: which ones a history is worth, in which order, and what is said around them."""

from collections.abc import Mapping, Sequence

import attrs

from streambus.checkers import Anomaly, History, Verdict
from streambus.reporting import lags, latencies, measures, plots, words
from streambus.reporting.canvas import fault_legend, kinds_of
from streambus.reporting.latencies import Timing
from streambus.reporting.order_view import Witness, order_view, whole
from streambus.reporting.orders import Order, Place, orders_of
from streambus.reporting.plots import Backdrop, Plot
from streambus.reporting.spots import Spot, spots_of
from streambus.reporting.words import count, html

LANES_MAX = 16
LANE_RESOLUTION = 700
BUCKETS = 120
PER_BUCKET = 25
BANDS_MAX = 400
ORDERS_OPEN, ORDERS_MAX = 4, 24
LAGS_OPEN, LAGS_MAX = 2, 12
MOMENTS = 240
MARKS_MAX = 120
"""Limits of what is drawn, so that a report stays small; nobody can see more. Fewer than `PER_BUCKET` would be mere noise."""


@attrs.frozen
class Scene:
    """A history made ready to be drawn."""

    history: History
    verdict: Verdict
    backdrop: Backdrop
    orders: Mapping[Place, Order]
    spots: Sequence[tuple[Spot, ...]]
    """For every anomaly: where its witnesses are."""
    timings: Mapping[str, Sequence[Timing]]
    """How long sends and polls took."""

    @property
    def span(self) -> measures.Span:
        """The time it takes."""
        return self.backdrop.span

    def order_of(self, anomaly: Anomaly) -> Order | None:
        """The partition that an anomaly is about, if anything is known of it."""
        return self.orders.get((anomaly.topic, anomaly.partition))

    @property
    def order_names(self) -> dict[Place, str]:
        """The names on the page of those partitions that have a picture, the anomalous ones first."""
        suspects = dict.fromkeys((anomaly.topic, anomaly.partition) for anomaly in self.verdict.anomalies)
        drawn = [place for place, order in self.orders.items() if order.sends or order.readings]
        shown = sorted(drawn, key=lambda place: (place not in suspects, place[1] < 0, place))[:ORDERS_MAX]
        return {place: f"log-{number}" for number, place in enumerate(shown, start=1)}


def scene_of(history: History, verdict: Verdict) -> Scene:
    """What is drawn again and again, found out once."""
    span = measures.span_of(history)
    bands = measures.bands_of(history.faults, span)[:BANDS_MAX]
    names = sorted({operation.process: None for operation in history.operations}, key=measures.natural)
    processes = {name: number for number, name in enumerate(names)}
    orders = orders_of(history.operations, span)
    backdrop = Backdrop(span, bands, kinds_of(bands), processes)
    spots = [spots_of(anomaly, orders, span) for anomaly in verdict.anomalies]
    return Scene(history, verdict, backdrop, orders, spots, latencies.timings_of(history, span))


def pictures(scene: Scene) -> str:
    """The pictures of a history in order of use, those left out that would be empty."""
    if not scene.history.operations and not scene.history.faults:
        return ""
    parts = [_tools(scene), _timeline(scene), _orders(scene), _lags(scene), _unseen(scene), _latencies(scene), _throughput(scene)]
    return "".join(parts)


def figure(title: str, caption: str, plot: Plot, *, name: str = "", lead: str = "") -> str:
    """A plot with its words. `caption` and `lead` are HTML."""
    ident = f' id="{name}"' if name else ""
    legend = f'<p class="legend">{plot.legend}</p>' if plot.legend else ""
    return (
        f'<figure class="card"{ident}><figcaption><h3>{html(title)}</h3><p>{caption}{plot.thinned.said}</p>{legend}</figcaption>'
        f"{lead}{plot.picture}</figure>"
    )


def fold(summary: str, content: str) -> str:
    """Content behind a line that opens it."""
    return f"<details><summary>{html(summary)}</summary>{content}</details>" if content else ""


def _tools(scene: Scene) -> str:
    """What the page's script offers; without it, nothing is shown but the legend of faults."""
    backdrop = scene.backdrop
    faults = fault_legend(backdrop.bands, backdrop.kinds)
    left_out = len(scene.history.faults) - len(backdrop.bands)
    said = f"The first {len(backdrop.bands):,} of {len(scene.history.faults):,} faults are drawn. " if left_out else ""
    legend = f'<p class="legend faults">Shaded, with a letter above: {said}{faults}</p>' if faults else ""
    clients = "".join(
        f'<button type="button" data-p="{number}" aria-pressed="true">{html(words.shortened(name, 30))}</button>'
        for name, number in list(backdrop.processes.items())[:40]
    )
    places = "".join(f'<option value="{name}">{html(words.place(*place))}</option>' for place, name in scene.order_names.items())
    return (
        f'<div class="tools">{legend}<div class="scripted" hidden>'
        '<span class="group" role="group" aria-label="Time shown">'
        '<button type="button" data-zoom="in">zoom in</button>'
        '<button type="button" data-zoom="out">zoom out</button><button type="button" data-zoom="left" aria-label="earlier">◀</button>'
        '<button type="button" data-zoom="right" aria-label="later">▶</button>'
        '<button type="button" data-zoom="all">whole run</button></span>'
        f'<label>partition <select data-partition><option value="">all</option>{places}</select></label>'
        f'<details class="clients"><summary>clients</summary><span class="group" role="group" aria-label="Clients shown">{clients}</span>'
        "</details></div></div>"
    )


def _timeline(scene: Scene) -> str:
    lanes = measures.lanes_of(scene.history, scene.span, LANES_MAX, LANE_RESOLUTION)
    marks: dict[tuple[str, int], tuple[str, float, str, str]] = {}
    for number, anomaly in enumerate(scene.verdict.anomalies, start=1):
        for operation in anomaly.operations:
            at = scene.span.at(operation.invoked_at)
            cell = (operation.process, int(at / scene.span.seconds * 60))
            marks.setdefault(cell, (operation.process, at, str(number), f"#a{number}"))
    plot = plots.timeline(lanes, list(marks.values())[:MARKS_MAX], scene.backdrop)
    title = "Operations and faults" if scene.backdrop.bands else "Operations"
    return figure(title, "One lane per client.", plot, name="timeline")


# Orders ---------------------------------------------------------------------------------------------------------------------


def _orders(scene: Scene) -> str:
    names = scene.order_names
    if not names:
        return ""
    suspects = {(anomaly.topic, anomaly.partition) for anomaly in scene.verdict.anomalies}
    first = sum(place in suspects for place in names)
    open_ones = min(max(first, 2), ORDERS_OPEN)
    figures = [_order_figure(scene, scene.orders[place], name) for place, name in names.items()]
    every = sum(1 for order in scene.orders.values() if order.sends or order.readings)
    left_out = f" {every - len(names):,} more partitions are not drawn." if every > len(names) else ""
    lead = (
        "One picture per partition: time runs to the right, offsets upwards. A bar is a send, from the call to the answer, at the offset "
        f"that it got; a dot is a read. Numbers lead to the anomalies.{left_out}"
    )
    folded = fold(f"{count(len(figures) - open_ones, 'more partition')}", "".join(figures[open_ones:]))
    return f'<h3 class="part">Logs</h3><p class="lead">{lead}</p><div class="logs">{"".join(figures[:open_ones])}{folded}</div>'


def _order_figure(scene: Scene, order: Order, name: str) -> str:
    backdrop = scene.backdrop
    witnesses = _witnesses(scene, order)
    view = order_view(order, whole(scene.span), backdrop.bands, backdrop.kinds, witnesses, backdrop.processes)
    low, high = order.reach
    reads = sum(one.last - one.first + 1 for one in order.readings)
    caption = f"{count(len(order.sends), 'send')}, {count(reads, 'read')}, offsets {low:,} to {high:,}."
    title = words.place(order.topic, order.partition) if order.partition >= 0 else f"{order.topic}, partition unknown"
    return figure(title, caption, Plot(view.picture, view.legend, view.thinned), name=name)


def _witnesses(scene: Scene, order: Order) -> list[Witness]:
    """Marks for all witnesses in one partition; those that would lie on one another are one."""
    low, high = order.reach
    cells: dict[tuple[int, int], list[tuple[int, Spot]]] = {}
    for number, (anomaly, spots) in enumerate(zip(scene.verdict.anomalies, scene.spots, strict=True), start=1):
        if (anomaly.topic, anomaly.partition) != order.place:
            continue
        for spot in spots:
            height = -1 if spot.offset is None else (spot.offset - low) * 14 // max(1, high - low)
            cells.setdefault((int(spot.at / scene.span.seconds * 44), height), []).append((number, spot))
    witnesses = []
    for shared in list(cells.values())[:MARKS_MAX]:
        numbers = list(dict.fromkeys(number for number, _ in shared))
        number, spot = shared[0]
        kinds = ", ".join(f"{one}: {scene.verdict.anomalies[one - 1].kind.title.lower()}" for one in numbers[:6])
        text = ", ".join(str(one) for one in numbers[:2]) + ("…" if len(numbers) > 2 else "")
        witnesses.append(Witness(spot.at, spot.offset, text, f"{kinds}; {spot.process} at {spot.at:,.3f} s", f"#a{number}"))
    return witnesses


# Lag, latency, throughput ------------------------------------------------------------------------------------------------------


def _lags(scene: Scene) -> str:
    moments = lags.moments_of(scene.span, MOMENTS)
    every = {place: lags.lag_of(order, moments) for place, order in scene.orders.items() if order.readings and _is_acknowledged(order)}
    if not every:
        return ""
    suspects = {(anomaly.topic, anomaly.partition): None for anomaly in scene.verdict.anomalies}
    places = sorted(lags.worst_first(every), key=lambda place: place not in suspects)
    figures = []
    for place in places[:LAGS_MAX]:
        worst = every[place].worst
        assert worst is not None
        reader, sample = worst
        caption = (
            f"{html(words.shortened(reader, 40))} was furthest behind: {words.duration(round(sample.seconds * 1e6))} and "
            f"{count(sample.records, 'record')} at {sample.at:,.3f} s. {MOMENTS} moments are looked at."
            if sample.seconds > 0
            else "No reader was behind at any of the moments looked at."
        )
        figures.append(figure(f"Lag in {words.place(*place)}", caption, plots.lag_plot(every[place], scene.backdrop)))
    left_out = f" {len(places) - LAGS_MAX:,} more partitions are not drawn." if len(places) > LAGS_MAX else ""
    lead = (
        "How far a reader is behind what had been acknowledged: how long the oldest record that it had not read was there to be read, and "
        f"the newest acknowledged offset minus the newest read.{left_out}"
    )
    folded = fold(count(len(figures) - LAGS_OPEN, "more partition"), "".join(figures[LAGS_OPEN:]))
    return f'<h3 class="part">Lag</h3><p class="lead">{lead}</p>{"".join(figures[:LAGS_OPEN])}{folded}'


def _is_acknowledged(order: Order) -> bool:
    return any(send.offset is not None and send.ended is not None for send in order.sends)


def _unseen(scene: Scene) -> str:
    unseen = lags.unseen_of(scene.history.operations, scene.span, lags.moments_of(scene.span, MOMENTS))
    if not unseen.counts or not any(unseen.total):
        return ""
    left = unseen.total[-1]
    end = "none is left at the end" if left == 0 else f"{count(left, 'record')} are left at the end" if left > 1 else "1 is left at the end"
    caption = f"Acknowledged records that nobody had read yet; {end}."
    return figure("Unseen", caption, plots.unseen_plot(unseen, scene.backdrop))


def _latencies(scene: Scene) -> str:
    figures = []
    for what, timings in scene.timings.items():
        done = latencies.done(timings)
        if done:
            buckets = min(BUCKETS, max(12, len(done) // PER_BUCKET))
            points = latencies.quantiles_of(timings, scene.span, buckets)
            median, _, high, worst = (words.duration(number) for number in latencies.quantiles(done))
            caption = (
                f"Half took at most {median}, 99 % at most {high}, the longest {worst}. Quantiles in {buckets} windows of "
                f"{words.duration(round(scene.span.length / buckets))}; a logarithmic scale."
            )
            figures.append(figure(f"Latency of {what}", caption, plots.quantile_plot(what, points, scene.backdrop)))
        if timings:
            caption = f"Each of the {what} where it ended: dots are done, strokes of unknown outcome, squares failed."
            if what == latencies.POLLS:
                caption += " Polls that came back with nothing are left out."
            plot = plots.scatter(what, timings, scene.backdrop)
            figures.append(
                fold(f"Every one of the {what}", figure(f"All {what}", caption, plot))
                if what == latencies.POLLS
                else figure(f"All {what}", caption, plot)
            )
    return f'<h3 class="part">Latency and throughput</h3>{"".join(figures)}' if figures else ""


def _throughput(scene: Scene) -> str:
    buckets = min(BUCKETS, max(12, len(scene.history) // PER_BUCKET))
    rates = measures.rates_of(scene.history, scene.span, buckets)
    if not any(any(numbers) for numbers in rates.values()):
        return ""
    return figure("Throughput", "Records per second, by the time of the answer.", plots.throughput(rates, scene.backdrop))
