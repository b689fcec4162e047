"""The canvas: one picture, drawn by hand as SVG and HTML that fits itself into the page, whatever the page's width.

A canvas is a box of a fixed height whose width is the page's. In it lies one SVG that is stretched to the box; its coordinates run from 0
to `WIDE` over the time that the picture shows, and from 0 at the top to `TALL`. Strokes keep their width however much is stretched (a dot
is a stroke of no length with a round cap). What must not be stretched, numbers and marks, is HTML above it, placed in parts of the box by
the variables `--x` and `--y`. So one drawing serves a screen, a phone and a sheet of paper, and a small script can stretch the time by
changing two numbers. All colours are classes of the style sheet.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import ceil, floor, log10

import attrs

from streambus.reporting import words
from streambus.reporting.measures import Band, Span
from streambus.reporting.words import html

WIDE, TALL = 10_000, 1_000
"""The coordinates of every picture, as whole numbers: fine enough for the eye, and short."""

MARGIN = 0.012
"""Of the time shown, on either side."""

BAND_LEAST = 10
"""Bands that are nearer to each other than this are drawn as one."""

FLAGS_MAX, FLAG_GAP = 48, 220
FAULT_LOOKS = 6


@attrs.frozen
class Window:
    """The time that a picture shows, in seconds."""

    began: float
    ended: float

    @classmethod
    def of(cls, span: Span) -> "Window":
        """All of a history, with a margin."""
        return cls.around(0.0, span.seconds)

    @classmethod
    def around(cls, began: float, ended: float) -> "Window":
        """From `began` to `ended`, with a margin."""
        margin = max(ended - began, 1e-6) * MARGIN
        return cls(began - margin, ended + margin)

    @property
    def seconds(self) -> float:
        """How long it is. Never nothing."""
        return max(self.ended - self.began, 1e-6)

    def x(self, seconds: float) -> int:
        """Where a moment is drawn. What is outside stays just outside."""
        return min(WIDE + 300, max(-300, round((seconds - self.began) / self.seconds * WIDE)))

    def has(self, seconds: float) -> bool:
        """Whether a moment is within."""
        return self.began <= seconds <= self.ended


@attrs.frozen
class Scale:
    """What height stands for: numbers from `low` to `high`, or their logarithms."""

    low: float
    high: float
    is_logarithmic: bool = False

    def y(self, number: float) -> int:
        """Where a number is drawn."""
        low, high = self._ends()
        value = log10(max(number, 1e-9)) if self.is_logarithmic else number
        return min(TALL + 100, max(-100, round(TALL - (value - low) / ((high - low) or 1) * TALL)))

    def ticks(self, count: int) -> list[float]:
        """Round numbers within the scale, about `count` of them."""
        low, high = self._ends()
        if self.is_logarithmic:
            step = max(1, ceil((high - low) / count))
            powers = range(floor(low), floor(high + 1e-9) + 1, step)
            factors = (1, 2, 5) if high - low < count / 3 else (1,)
            return [factor * 10.0**power for power in powers for factor in factors if self.low <= factor * 10.0**power <= self.high]
        return round_numbers(self.low, self.high, count)

    def _ends(self) -> tuple[float, float]:
        return (log10(self.low), log10(self.high)) if self.is_logarithmic else (self.low, self.high)


def round_numbers(low: float, high: float, count: int) -> list[float]:
    """About `count` multiples of 1, 2 or 5 times a power of ten from `low` to `high`."""
    rough = max((high - low) / max(count, 1), 1e-9)
    power = 10.0 ** floor(log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first = ceil(low / step - 1e-9)
    return [at * step for at in range(first, min(floor(high / step + 1e-9), first + 40) + 1)]


def time_text(seconds: float, length: float) -> str:
    """A moment beneath an axis, where no moment is longer than `length` seconds."""
    size, unit = (1, "s") if length >= 2 else (1_000, "ms") if length >= 0.002 else (1_000_000, "µs")
    number = f"{seconds * size:,.9g}" if length < 1_000_000 else f"{seconds:,.4g}"
    return f"{'0' if number == '-0' else number} {unit}"


def _stretches(points: Iterable[tuple[float, float] | None]) -> Iterator[list[tuple[float, float]]]:
    """Points with nothing unknown between them."""
    stretch: list[tuple[float, float]] = []
    for point in points:
        if point is not None:
            stretch.append(point)
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def kinds_of(bands: Iterable[Band]) -> dict[str, int]:
    """The kinds of fault in order of first appearance, numbered."""
    kinds: dict[str, int] = {}
    for band in bands:
        kinds.setdefault(band.name, len(kinds))
    return kinds


def letter(number: int) -> str:
    """A, B, C … for the kinds of fault; witnesses have small ones."""
    rounds, at = divmod(number, 26)
    return chr(65 + at) + (str(rounds) if rounds else "")


@attrs.define
class Canvas:
    """A picture in the making. `label` says in words what it shows, for those who do not see it."""

    height: int
    window: Window
    label: str
    zooms: bool = True
    """Whether it shows the whole run, so that its time is stretched together with that of all others."""
    look: str = ""
    shapes: list[str] = attrs.field(factory=list)
    overlay: list[str] = attrs.field(factory=list)
    labels: list[str] = attrs.field(factory=list)
    flags: list[int] = attrs.field(factory=list)
    """Where letters of faults stand."""
    data: str = ""

    # Shapes ----------------------------------------------------------------------------------------------------------------

    def path(self, look: str, steps: Sequence[str], **data: object) -> None:
        """A path of many steps, one element of the page. Nothing if there are none."""
        if steps:
            told = "".join(f' data-{name}="{html(str(value))}"' for name, value in data.items())
            self.shapes.append(f'<path class="{look}"{told} d="{"".join(steps)}"/>')

    def line(self, look: str, points: Iterable[tuple[float, float] | None], scale: Scale, *, stairs: bool = False) -> None:
        """A line through points; None interrupts it. A point on its own is a dot."""
        steps: list[str] = []
        alone: list[str] = []
        for stretch in _stretches(points):
            places = [(self.window.x(seconds), scale.y(number)) for seconds, number in stretch]
            (x, y), *others = places
            if not others:
                alone.append(f"M{x} {y}h0")
                continue
            steps.append(f"M{x} {y}")
            for (_, last_y), (next_x, next_y) in pairwise(places):
                rise = "" if next_y == last_y else f"V{next_y}"
                steps.append(f"H{next_x}{rise}" if stairs else f"L{next_x} {next_y}")
        self.path(look, steps)
        self.path(f"{look} alone", alone)

    def fault_bands(self, bands: Sequence[Band], kinds: Mapping[str, int], *, flags: bool = True) -> None:
        """Shade the time of faults, each kind with its letter above."""
        by_kind: dict[str, list[tuple[int, int]]] = {}
        for band in bands:
            began, ended = self.window.x(band.began), self.window.x(band.ended)
            if ended < 0 or began > WIDE:
                continue
            stretches = by_kind.setdefault(band.name, [])
            if stretches and began - stretches[-1][1] <= BAND_LEAST:
                stretches[-1] = (stretches[-1][0], max(ended, stretches[-1][1]))
            else:
                stretches.append((began, ended))
                if flags:
                    self._flag(band, kinds[band.name], began)
        for name, stretches in by_kind.items():
            steps = [f"M{began} 0H{ended}V{TALL}H{began}z" for began, ended in stretches]
            self.path(f"band f{kinds[name] % FAULT_LOOKS}", steps, f=kinds[name])

    def _flag(self, band: Band, kind: int, began: int) -> None:
        """The letter of a fault above its beginning, unless there is no room for it."""
        place = max(0, began)
        if len(self.flags) >= FLAGS_MAX or (self.flags and place - self.flags[-1] < FLAG_GAP):
            return
        title = f"{band.name}: {band.target}, from {band.began:,.3f} s to {band.ended:,.3f} s"
        told = f'data-f="{kind}" style="--x:{place / WIDE:.4f}" title="{html(title)}"'
        self.overlay.append(f'<i class="flag f{kind % FAULT_LOOKS}" {told}>{letter(kind)}</i>')
        self.flags.append(place)

    def grid(self, scale: Scale, count: int = 4, text: "words.Saying" = words.short) -> None:
        """Horizontal lines at round numbers, each with its number beside the box."""
        ticks = [number for number in scale.ticks(count) if 0 <= scale.y(number) <= TALL]
        self.path("grid", [f"M0 {scale.y(number)}H{WIDE}" for number in ticks])
        for number in ticks:
            self.name_height(scale.y(number), text(number))

    def name_height(self, y: int, text: str, look: str = "") -> None:
        """Something to read beside the box, at a height."""
        kind = f' class="{look}"' if look else ""
        self.labels.append(f'<span{kind} style="--y:{y / TALL:.4f}" title="{html(text)}"><bdi>{html(text)}</bdi></span>')

    def mark(self, x: int, y: int, text: str, *, title: str, href: str = "", name: str = "", look: str = "mark") -> None:
        """A numbered mark that stays a mark when the picture is stretched, and leads to `href`."""
        x, y = min(WIDE, max(0, x)), min(TALL, max(0, y))
        tag, link = ("a", f' href="{html(href)}"') if href else ("b", "")
        ident = f' id="{html(name)}"' if name else ""
        place = f'style="--x:{x / WIDE:.4f};--y:{y / TALL:.4f}"'
        self.overlay.append(f'<{tag} class="{look}"{ident}{link} {place} title="{html(title)}">{html(text)}</{tag}>')

    # The whole ---------------------------------------------------------------------------------------------------------------

    def html(self) -> str:
        """The picture for the page."""
        window = self.window
        latest = max(abs(window.began), abs(window.ended))
        times = "".join(
            f'<span class="{"odd" if at % 2 else "even"}{" last" if window.x(seconds) > WIDE * 0.93 else ""}" '
            f'style="--x:{window.x(seconds) / WIDE:.4f}">{time_text(seconds, latest)}</span>'
            for at, seconds in enumerate(round_numbers(window.began, window.ended, 8))
        )
        look = " ".join(part for part in ("plot", "timed" if self.zooms else "", self.look) if part)
        data = f" data-points='{self.data}'" if self.data else ""
        return (
            f'<div class="{look}" data-began="{window.began:.9g}" data-ended="{window.ended:.9g}"{data} style="--high:{self.height}px">'
            f'<div class="heights" aria-hidden="true">{"".join(self.labels)}</div>'
            f'<div class="box"><svg viewBox="0 0 {WIDE} {TALL}" preserveAspectRatio="none" role="img" aria-label="{html(self.label)}">'
            f'{"".join(self.shapes)}</svg>{"".join(self.overlay)}</div><div class="times" aria-hidden="true">{times}</div></div>'
        )


def fault_legend(bands: Sequence[Band], kinds: Mapping[str, int]) -> str:
    """Which letter and shade stands for which kind of fault, and how often it happened."""
    counts = dict.fromkeys(kinds, 0)
    for band in bands:
        counts[band.name] += 1
    return "".join(
        f'<span class="key" data-f="{kind}"><i class="flag f{kind % FAULT_LOOKS}">{letter(kind)}</i>'
        f"{html(words.shortened(name, 40))} × {counts[name]:,}</span>"
        for name, kind in kinds.items()
    )
