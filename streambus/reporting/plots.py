"""Plots: matplotlib figures as SVG that takes its colours from the page around it.

Every colour is drawn as a stand-in and replaced by a CSS variable, so that one picture is right in light and in dark. Every plot comes in
two shapes, for a screen and for a phone, with the same type size; the page shows the one that fits. All time axes of a report are of one
width and one scale, so that they can be read one below the other. The same numbers always give the same text.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from io import StringIO
from math import nan
from typing import TYPE_CHECKING, Any

import attrs

from streambus.checkers import Outcome
from streambus.reporting import words
from streambus.reporting.measures import QUANTILES, Band, Lane, Span, Track

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, GRID = "#010101", "#010102", "#010103"
FIRST, SECOND, THIRD = "#010104", "#010105", "#010106"
OK, UNKNOWN, FAILED, FAULT = "#010107", "#010108", "#010109", "#01010a"
_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--line",
    FIRST: "--first",
    SECOND: "--second",
    THIRD: "--third",
    OK: "--first",
    UNKNOWN: "--warn",
    FAILED: "--bad",
    FAULT: "--fault",
}

THROUGHPUT_HEIGHT = 290

PIXEL = 1 / 72
"""In inches: at 72 to the inch a point is a pixel."""


@attrs.frozen
class Shape:
    """The measures of a plot, in pixels, and how many panels stand side by side."""

    name: str
    width: int
    left: int
    right: int
    columns: int


SHAPES = (Shape("wide", 1040, 132, 24, 4), Shape("narrow", 380, 76, 12, 2))


@attrs.frozen
class Plot:
    """One picture in all shapes: `(shape name, svg)`."""

    images: tuple[tuple[str, str], ...]


def timeline(lanes: Sequence[Lane], bands: Sequence[Band], marks: Sequence[tuple[str, float]], span: Span) -> Plot:
    """Faults and operations on one time axis: a lane for every faulty target, one for every process.

    `marks` are `(process, seconds)` of witnesses.
    """
    targets = list(dict.fromkeys(band.target for band in bands))[:8]

    def draw(figure: Figure, shape: Shape) -> None:
        axes = _axes(figure, shape, _timeline_height(len(targets) + len(lanes)), span, legend=False)
        character = span.seconds * 6.2 / (shape.width - shape.left - shape.right)
        rows = [*targets, *(lane.name for lane in lanes)]
        for row, target in enumerate(targets):
            _draw_faults(axes, row, [band for band in bands if band.target == target], span, character)
        _draw_bands(axes, bands, span)
        for row, lane in enumerate(lanes, start=len(targets)):
            _draw_lane(axes, row, lane, span)
            times = [seconds for process, seconds in marks if process == lane.name]
            axes.plot(times, [row] * len(times), "D", color=FAILED, markersize=5.5, markeredgecolor=INK, markeredgewidth=0.8, zorder=5)
        if targets and lanes:
            axes.axhline(len(targets) - 0.5, color=GRID, linewidth=1)
        letters = shape.left * 10 // 66
        axes.set_yticks(range(len(rows)), [words.abridged(row, letters) for row in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")

    return _plot("timeline", draw, lambda _: _timeline_height(len(targets) + len(lanes)))


def latency(points: Sequence[tuple[float, Sequence[int]]], bands: Sequence[Band], span: Span) -> Plot:
    """Quantiles of the time from send to acknowledgement, over time, on a logarithmic scale."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    styles = ((FIRST, "-", 1.8), (SECOND, "-", 1.4), (THIRD, "-", 1.2), (MUTED, ":", 1.2))

    def draw(figure: Figure, shape: Shape) -> None:
        axes = _axes(figure, shape, 230, span, legend=True)
        _draw_bands(axes, bands, span)
        times = [seconds for seconds, _ in points]
        for at, (percent, (color, line, width)) in enumerate(zip(QUANTILES, styles, strict=True)):
            label = "max" if percent == 100 else f"p{percent}"
            values = [max(1, numbers[at]) for _, numbers in points]
            axes.plot(times, values, color=color, linestyle=line, linewidth=width, label=label, marker="." if len(times) < 3 else None)
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(numticks=7))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda microseconds, _: words.duration(round(microseconds))))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(axis="y", which="minor", length=0)
        _legend(axes)

    return _plot("latency", draw, lambda _: 230)


def throughput(rates: dict[str, list[float]], bands: Sequence[Band], span: Span) -> Plot:
    """Records per second over time: writing above, reading below, each on its own scale."""
    from matplotlib.ticker import MaxNLocator

    panels = ((("acknowledged", FIRST, 1.8), ("failed or unknown", FAILED, 2.2)), (("read", SECOND, 1.8),))

    def draw(figure: Figure, shape: Shape) -> None:
        for row, series in enumerate(panels):
            axes = _axes(figure, shape, THROUGHPUT_HEIGHT, span, legend=True, row=row, rows=len(panels))
            _draw_bands(axes, bands, span)
            for name, color, width in series:
                numbers = rates[name]
                if any(numbers):
                    edges = [at * span.seconds / len(numbers) for at in range(len(numbers) + 1)]
                    shown = [number or nan for number in numbers] if name == "failed or unknown" else numbers
                    axes.stairs(shown, edges, baseline=None, color=color, linewidth=width, label=name)
            axes.set_ylim(bottom=0)
            axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
            axes.yaxis.set_major_formatter(lambda number, _: _short(number))
            _legend(axes)

    return _plot("throughput", draw, lambda _: THROUGHPUT_HEIGHT)


def offsets(tracks: Sequence[Track], bands: Sequence[Band], span: Span) -> Plot:
    """Offsets over time, one panel per partition: where records were acknowledged, and where and when they were read."""
    from matplotlib.ticker import MaxNLocator

    gap, top, bottom, panel = 44, 44, 40, 190 if len(tracks) <= 4 else 150

    def columns_of(shape: Shape) -> int:
        return min(len(tracks), shape.columns // 2 if len(tracks) <= 4 else min(3, shape.columns) if len(tracks) <= 6 else shape.columns)

    def rows_of(shape: Shape) -> int:
        return -(-len(tracks) // columns_of(shape))

    def height_of(shape: Shape) -> int:
        return top + bottom + rows_of(shape) * panel + (rows_of(shape) - 1) * gap

    def draw(figure: Figure, shape: Shape) -> None:
        columns, height = columns_of(shape), height_of(shape)
        left, between = 62, 62
        width = (shape.width - left - shape.right - (columns - 1) * between) / columns
        for at, track in enumerate(tracks):
            row, column = divmod(at, columns)
            x, y = left + column * (width + between), height - top - row * (panel + gap) - panel
            axes = figure.add_axes((x / shape.width, y / height, width / shape.width, panel / height))
            _dress(axes, span, ticks=4 if width < 300 else 7, unit=row == rows_of(shape) - 1)
            _draw_bands(axes, bands, span)
            times = [time for seconds, _, _ in track.read for time in (seconds, seconds, nan)]
            reach = [offset for _, first, last in track.read for offset in (first, last, nan)]
            axes.plot(times, reach, color=SECOND, linewidth=2.6, solid_capstyle="round", alpha=0.75, label="read")
            alone = "." if len(track.acknowledged) < 3 else None
            axes.plot(*_columns(track.acknowledged), color=FIRST, linewidth=1.4, marker=alone, label="acknowledged")
            axes.plot(
                *_columns(track.suspects), "x", color=FAILED, markersize=9, markeredgewidth=2.2, label="anomaly", zorder=5, clip_on=False
            )
            axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
            axes.yaxis.set_major_formatter(lambda number, _: _short(number))
            axes.set_title(words.place(track.topic, track.partition), loc="left", fontsize=12, color=INK, pad=7)
        handles = _legend_entries(tracks, figure)
        figure.legend(*handles, loc="upper right", ncols=3, frameon=False, borderaxespad=0.2, handletextpad=0.4, columnspacing=1.4)

    return _plot("offsets", draw, height_of)


# Parts of pictures -----------------------------------------------------------------------------------------------------


def _axes(figure: Figure, shape: Shape, height: int, span: Span, *, legend: bool, row: int = 0, rows: int = 1) -> Axes:
    """One of a figure's panels, in the place that all time axes have, with room for a legend above."""
    top, bottom = 34 if legend else 8, 40
    panel = (height - bottom) / rows - top
    y = bottom + (rows - 1 - row) * (panel + top)
    axes = figure.add_axes((shape.left / shape.width, y / height, (shape.width - shape.left - shape.right) / shape.width, panel / height))
    _dress(axes, span, ticks=10 if shape.columns > 2 else 5, unit=row == rows - 1)
    if row < rows - 1:
        axes.tick_params(axis="x", labelbottom=False)
    return axes


def _dress(axes: Axes, span: Span, *, ticks: int, unit: bool) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    scale, name = (1, "s") if span.seconds >= 2 else (1_000, "ms") if span.seconds >= 0.002 else (1_000_000, "µs")
    margin = span.seconds * 0.01
    axes.set_xlim(-margin, span.seconds + margin)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=ticks, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds * scale:,.6g}"))
    if unit:
        axes.set_xlabel(f"time in {name}")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.grid(visible=True, axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)


def _draw_bands(axes: Axes, bands: Sequence[Band], span: Span) -> None:
    """Shade the time of faults behind everything, as one shape. Bands that all but touch are one."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    least = span.seconds / 800
    shaded: list[tuple[float, float]] = []
    for band in bands:
        began, ended = band.began, max(band.ended, band.began + least)
        if shaded and began <= shaded[-1][1] + least:
            shaded[-1] = (shaded[-1][0], max(ended, shaded[-1][1]))
        else:
            shaded.append((began, ended))
    if shaded:
        corners = [corner for began, ended in shaded for corner in ((began, 0), (ended, 0), (ended, 1), (began, 1), (began, 0))]
        codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(shaded)
        across = axes.get_xaxis_transform()
        axes.add_patch(PathPatch(Path(corners, codes), facecolor=FAULT, alpha=0.13, linewidth=0, zorder=0, transform=across))


def _draw_faults(axes: Axes, row: int, bands: Sequence[Band], span: Span, character: float) -> None:
    """A target's faults as solid bars in its row, each with its name behind it where there is room.

    `character` is a letter's width in seconds.
    """
    least = span.seconds / 160
    bars = [(band.began, max(band.ended, band.began + least)) for band in bands]
    _draw_bars(axes, row, bars, FAULT, 11)
    next_starts = [*(began for began, _ in bars[1:]), span.seconds * 1.01]
    for band, (_, ended), next_start in zip(bands, bars, next_starts, strict=True):
        name = words.shortened(band.name, 18)
        if ended + character * (len(name) + 1.5) < next_start:
            axes.text(ended + character * 0.8, row, name, fontsize=10, color=MUTED, va="center_baseline")


def _draw_lane(axes: Axes, row: int, lane: Lane, span: Span) -> None:
    """A process's operations. Outcomes differ in height and place as well as in colour."""
    least = span.seconds / 500
    looks = {Outcome.OK: (OK, 0.0, 5.7), Outcome.INFO: (UNKNOWN, -0.24, 4), Outcome.FAIL: (FAILED, 0.24, 4)}
    for outcome, (color, shift, height) in looks.items():
        bars = [(began, max(ended, began + least)) for began, ended in lane.stretches[outcome]]
        _draw_bars(axes, row + shift, bars, color, height)


def _draw_bars(axes: Axes, y: float, bars: Sequence[tuple[float, float]], color: str, height: float) -> None:
    """Horizontal bars `height` pixels high, as one broken line: a hundred bars are one element of the picture."""
    times = [time for began, ended in bars for time in (began, ended, nan)]
    axes.plot(times, [y] * len(times), color=color, linewidth=height, solid_capstyle="butt", zorder=4)


def _columns(points: Sequence[tuple[float, int]]) -> tuple[list[float], list[int]]:
    return [seconds for seconds, _ in points], [offset for _, offset in points]


def _legend(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(
            loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4, frameon=False, borderaxespad=0.3, handlelength=1.6, columnspacing=1.4
        )


def _legend_entries(tracks: Sequence[Track], figure: Figure) -> tuple[list[Any], list[str]]:
    handles, labels = figure.axes[0].get_legend_handles_labels()
    wanted = {
        "read": any(t.read for t in tracks),
        "acknowledged": any(t.acknowledged for t in tracks),
        "anomaly": any(t.suspects for t in tracks),
    }
    kept = [(handle, label) for handle, label in zip(handles, labels, strict=True) if wanted[label]]
    return [handle for handle, _ in kept], [label for _, label in kept]


def _timeline_height(rows: int) -> int:
    return 48 + 26 * max(rows, 2)


def _short(number: float) -> str:
    for unit, size in (("M", 1_000_000), ("k", 1_000)):
        if abs(number) >= 10 * size or (abs(number) >= size and number % (size // 10) == 0):
            return f"{number / size:,.4g} {unit}"
    return f"{number:,.6g}"


# From figure to text ---------------------------------------------------------------------------------------------------


def _plot(name: str, draw: Callable[[Figure, Shape], None], height_of: Callable[[Shape], int]) -> Plot:
    """Draw in every shape."""
    import matplotlib
    from matplotlib.figure import Figure

    images = []
    for shape in SHAPES:
        with matplotlib.rc_context({**_STYLE, "svg.hashsalt": f"{name} {shape.name}"}), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a glyph that the measuring font lacks: the browser has it
            figure = Figure(figsize=(shape.width * PIXEL, height_of(shape) * PIXEL), dpi=72)
            draw(figure, shape)
            text = StringIO()
            figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
        images.append((shape.name, _for_page(text.getvalue())))
    return Plot(tuple(images))


_STYLE: Any = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 11,
    "xtick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.color": GRID,
    "ytick.labelcolor": MUTED,
    "text.color": INK,
    "legend.fontsize": 11,
    "legend.labelcolor": MUTED,
    "xtick.major.size": 4,
    "ytick.major.size": 0,
    "path.simplify": False,
}


def _for_page(svg: str) -> str:
    """The `<svg>` element alone: no declarations, no names but those it refers to itself, the page's fonts and colours."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->|<style.*?</style>", "", svg, flags=re.DOTALL)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    svg = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in used else "", svg)
    svg = re.sub(
        r"font-family: [^;\"]*;?|font: ([\d.]+px) [^;\"]*(;?)", lambda found: f"font-size: {found[1]}{found[2]}" if found[1] else "", svg
    )
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg)
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"| version="[^"]*"', "", svg)
    svg = svg.replace("xlink:href=", "href=")
    svg = re.sub("#0101[0-9a-f]{2}", lambda found: f"var({_VARIABLES[found[0]]})", svg)
    svg = re.sub(r' (?:d|x|y)="[^"]*"', lambda found: re.sub(r"\d+\.\d+", lambda number: f"{float(number[0]):.1f}", found[0]), svg)
    svg = re.sub(r"\s*\n\s*", " ", svg)
    while (smaller := re.sub(r"<(g|defs)> ?</\1> ?|<g/> ?", "", svg)) != svg:
        svg = smaller
    return svg.strip()
