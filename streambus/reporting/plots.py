"""Plots: what a history's numbers look like over time. Each is one canvas, or a few one below the other with the same axis of time."""

from collections.abc import Mapping, Sequence

import attrs

from streambus.checkers import Outcome
from streambus.reporting import words
from streambus.reporting.canvas import TALL, WIDE, Canvas, Scale, Window
from streambus.reporting.lags import Lag, Unseen
from streambus.reporting.latencies import QUANTILES, Timing
from streambus.reporting.measures import Band, Lane, Span
from streambus.reporting.thinning import Thinned, thinned
from streambus.reporting.words import html

ROW = 26
LINE_LOOKS = 6
SCATTER_MAX = 5_000
UNSEEN_LINES_MAX = 5


@attrs.frozen
class Plot:
    """A picture and what its marks mean. `thinned` says how much of what there is it shows."""

    picture: str
    legend: str = ""
    thinned: Thinned = Thinned(0, 0)  # noqa: RUF009 (a frozen value)


@attrs.frozen
class Backdrop:
    """What is behind every picture of a report: its time, its faults, the numbers of its clients and of its kinds of fault."""

    span: Span
    bands: list[Band]
    kinds: Mapping[str, int]
    processes: Mapping[str, int]

    def canvas(self, height: int, label: str, look: str = "", *, flags: bool = True) -> Canvas:
        """An empty picture of the whole run, with faults shaded."""
        canvas = Canvas(height, Window.of(self.span), label, look=look)
        canvas.fault_bands(self.bands, self.kinds, flags=flags)
        return canvas


def line_key(look: str, meaning: str, process: int | None = None) -> str:
    """A legend's entry: a piece of line."""
    told = "" if process is None else f' data-p="{process}"'
    icon = f'<svg viewBox="0 0 18 10" aria-hidden="true"><path class="{look}" d="M1 5H17"/></svg>'
    return f'<span class="key"{told}>{icon}{html(meaning)}</span>'


def dot_key(look: str, meaning: str) -> str:
    """A legend's entry: a dot."""
    return f'<span class="key"><svg viewBox="0 0 18 10" aria-hidden="true"><path class="{look}" d="M9 5h0"/></svg>{html(meaning)}</span>'


# Operations and faults -----------------------------------------------------------------------------------------------------


def timeline(lanes: Sequence[Lane], marks: Sequence[tuple[str, float, str, str]], backdrop: Backdrop) -> Plot:
    """Faults and operations on one axis of time: a row for every faulty target, one for every client.

    `marks` are `(process, seconds, text, href)` of witnesses.
    """
    targets = list(dict.fromkeys(band.target for band in backdrop.bands))
    targets = targets[:12]
    rows = [*targets, *(lane.name for lane in lanes)]
    height = 12 + ROW * max(2, len(rows))
    label = f"{len(backdrop.bands):,} faults on {words.count(len(targets), 'target')}, operations of {words.count(len(lanes), 'client')}"
    canvas = backdrop.canvas(height, label, "lanes")
    each = TALL / max(2, len(rows))
    middles = {(at < len(targets), name): round((at + 0.5) * each) for at, name in enumerate(rows)}
    for name in targets:
        canvas.name_height(middles[True, name], words.shortened(name, 60), "target")
    for lane in lanes:
        canvas.name_height(middles[False, lane.name], words.shortened(lane.name, 60))
    if targets and lanes:
        canvas.path("edge", [f"M0 {round(len(targets) * each)}H{WIDE}"])
    for target in targets:
        _draw_faults(canvas, middles[True, target], [band for band in backdrop.bands if band.target == target], backdrop.kinds)
    for lane in lanes:
        _draw_lane(canvas, middles[False, lane.name], lane, round(each * 0.26), backdrop.processes)
    known = {lane.name for lane in lanes}
    for process, seconds, text, href in marks:
        row = process if process in known else lanes[-1].name if lanes else ""
        if (False, row) in middles:
            title = f"witness of anomaly {text}: {process} at {seconds:,.3f} s"
            canvas.mark(canvas.window.x(seconds), middles[False, row], text, title=title, href=href)
    legend = [
        line_key("bar ok", "done (middle)"),
        line_key("bar info", "outcome unknown (above)"),
        line_key("bar fail", "failed (below)"),
    ]
    if marks:
        legend.append('<span class="key"><b class="mark">1</b>witness of an anomaly</span>')
    return Plot(canvas.html(), "".join(legend))


def _draw_faults(canvas: Canvas, y: int, bands: Sequence[Band], kinds: Mapping[str, int]) -> None:
    by_kind: dict[int, list[str]] = {}
    last_end = -(10**6)
    for band in bands:
        began, ended = canvas.window.x(band.began), canvas.window.x(band.ended)
        if ended <= last_end:
            continue
        by_kind.setdefault(kinds[band.name], []).append(f"M{began} {y}H{max(ended, began + 12)}")
        last_end = ended
    for kind, steps in by_kind.items():
        canvas.path(f"fault f{kind % 6}", steps, f=kind)


def _draw_lane(canvas: Canvas, y: int, lane: Lane, shift: int, processes: Mapping[str, int]) -> None:
    """A client's operations. Outcomes differ in place and thickness as well as in colour."""
    for outcome, offset in ((Outcome.OK, 0), (Outcome.INFO, -shift), (Outcome.FAIL, shift)):
        steps = [
            f"M{began} {y + offset}H{max(canvas.window.x(ended_at), began + 14)}"
            for began_at, ended_at in lane.stretches[outcome]
            for began in [canvas.window.x(began_at)]
        ]
        canvas.path(f"bar {outcome.value}", steps, p=processes.get(lane.name, -1))


# Latency -------------------------------------------------------------------------------------------------------------------


def quantile_plot(what: str, points: Sequence[tuple[float, list[int]] | None], backdrop: Backdrop) -> Plot:
    """Quantiles of how long something took, over time, on a logarithmic scale."""
    there = [point for point in points if point is not None]
    scale = _logarithmic([number for _, numbers in there for number in numbers])
    worst = max(numbers[-1] for _, numbers in there)
    label = f"Quantiles of the latency of {what} over time; the worst took {words.duration(worst)}"
    canvas = backdrop.canvas(220, label)
    canvas.grid(scale, 6, lambda number: words.duration(round(number)))
    looks = ("q50", "q95", "q99", "qmax")
    for at in (2, 1, 0, 3):
        canvas.line(f"line {looks[at]}", [None if point is None else (point[0], max(1, point[1][at])) for point in points], scale)
    names = ["max" if percent == 100 else f"p{percent}" for percent in QUANTILES]
    return Plot(canvas.html(), "".join(line_key(f"line {look}", name) for look, name in zip(looks, names, strict=True)))


def scatter(what: str, timings: Sequence[Timing], backdrop: Backdrop) -> Plot:
    """Every operation as a mark at its end: how long it took, and how it ended."""
    scale = _logarithmic([timing.took for timing in timings])
    label = f"{len(timings):,} {what} by the time of their end and their latency"
    canvas = backdrop.canvas(260, label)
    canvas.grid(scale, 6, lambda number: words.duration(round(number)))
    told = Thinned(0, 0)
    legend = []
    window = canvas.window
    for outcome, meaning in ((Outcome.OK, "done"), (Outcome.INFO, "outcome unknown"), (Outcome.FAIL, "failed")):
        of_outcome = [timing for timing in timings if timing.outcome is outcome]
        if not of_outcome:
            continue
        shown, thinning = thinned(of_outcome, lambda one: (window.x(one.ended), scale.y(max(1, one.took))), SCATTER_MAX)
        told += thinning
        steps = [f"M{window.x(one.ended)} {scale.y(max(1, one.took))}{'v-26' if outcome is Outcome.INFO else 'h0'}" for one in shown]
        canvas.path(f"dot {outcome.value}", steps)
        key = f"{meaning} ({len(of_outcome):,})"
        legend.append(
            dot_key(f"dot {outcome.value}", key) if outcome is not Outcome.INFO else dot_key("dot info", key).replace("M9 5h0", "M9 9V1")
        )
    return Plot(canvas.html(), "".join(legend), told)


def _logarithmic(numbers: Sequence[int]) -> Scale:
    low, high = max(1, min(numbers)), max(1, *numbers)
    return Scale(low / 1.5, max(high * 1.5, low * 12), is_logarithmic=True)


# Throughput, lag, unseen --------------------------------------------------------------------------------------------------


def throughput(rates: Mapping[str, Sequence[float]], backdrop: Backdrop) -> Plot:
    """Records per second over time: writing above, reading below, each on its own scale."""
    pictures, legend = [], []
    panels = (("written", (("acknowledged", "line s0"), ("failed or unknown", "line bad"))), ("read", (("read", "line r0"),)))
    for title, series in panels:
        most = max((max(rates[name], default=0) for name, _ in series), default=0)
        scale = Scale(0, most * 1.08 or 1)
        canvas = backdrop.canvas(130, f"Records {title} per second over time; {words.short(most)} at most")
        canvas.grid(scale, 3)
        for name, look in series:
            numbers = rates[name]
            if any(numbers):
                width = backdrop.span.seconds / len(numbers)
                points: list[tuple[float, float] | None] = []
                for at, number in enumerate(numbers):
                    if number or look != "line bad":
                        points += [(at * width, number), ((at + 1) * width, number)]
                    else:
                        points.append(None)
                canvas.line(look, points, scale, stairs=True)
                legend.append(line_key(look, name))
        pictures.append(canvas.html())
    return Plot("".join(pictures), "".join(legend))


def lag_plot(lag: Lag, backdrop: Backdrop) -> Plot:
    """How far each reader of a partition is behind: in time above, in records below."""
    readers = list(lag.readers)
    every = [sample for samples in lag.readers.values() for sample in samples]
    longest, most = max(sample.seconds for sample in every), max(sample.records for sample in every)
    name = words.place(lag.topic, lag.partition)
    time_canvas = backdrop.canvas(120, f"How long readers of {name} are behind; {words.duration(round(longest * 1e6))} at most")
    time_scale = Scale(0, longest * 1.1 or 0.001)
    time_canvas.grid(time_scale, 3, lambda seconds: words.duration(round(seconds * 1e6)) if seconds else "0")
    record_canvas = backdrop.canvas(120, f"How many records readers of {name} are behind; {most:,} at most", flags=False)
    record_scale = Scale(0, most * 1.1 or 1)
    record_canvas.grid(record_scale, 3)
    for at, reader in enumerate(readers):
        look, samples = f"line r{at % LINE_LOOKS}", lag.readers[reader]
        time_canvas.line(look, [(sample.at, sample.seconds) for sample in samples], time_scale)
        record_canvas.line(look, [(sample.at, sample.records) for sample in samples], record_scale, stairs=True)
    legend = [
        line_key(f"line r{at % LINE_LOOKS}", words.shortened(reader, 30), backdrop.processes.get(reader, -1))
        for at, reader in enumerate(readers[:8])
    ]
    if len(readers) > 8:
        legend.append(f'<span class="key">and {len(readers) - 8} more</span>')
    return Plot(f'<p class="panel">in time</p>{time_canvas.html()}<p class="panel">in records</p>{record_canvas.html()}', "".join(legend))


def unseen_plot(unseen: Unseen, backdrop: Backdrop) -> Plot:
    """Acknowledged records that nobody has read yet: in all, and of the partitions with the most."""
    total = unseen.total
    most = max(total, default=0)
    scale = Scale(0, most * 1.08 or 1)
    canvas = backdrop.canvas(200, f"Acknowledged records that nobody had read yet; {most:,} at most, {total[-1]:,} at the end")
    canvas.grid(scale, 4)
    legend = [line_key("line total", "all partitions")]
    places = sorted(unseen.counts, key=lambda place: (-unseen.counts[place][-1], -max(unseen.counts[place]), place))
    if len(places) > 1:
        for at, place in enumerate(places[:UNSEEN_LINES_MAX]):
            look = f"line r{at % LINE_LOOKS}"
            canvas.line(look, list(zip(unseen.moments, unseen.counts[place], strict=True)), scale)
            legend.append(line_key(look, words.place(*place)))
    canvas.line("line total", list(zip(unseen.moments, total, strict=True)), scale)
    return Plot(canvas.html(), "".join(legend))
