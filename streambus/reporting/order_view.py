"""The order view: one partition over time and offset. Bars are sends, from the call to the answer; dots are reads.

What has no offset is drawn above the offsets: sends that failed, and sends of unknown fate that nobody ever read.
"""

import json
from collections.abc import Mapping, Sequence

import attrs

from streambus.checkers import Outcome
from streambus.reporting import words
from streambus.reporting.canvas import TALL, WIDE, Canvas, Scale, Window
from streambus.reporting.measures import Band, Span
from streambus.reporting.orders import Order, Reading, Send
from streambus.reporting.thinning import Thinned, thinned
from streambus.reporting.words import html

READER_LOOKS = 6
MARKS_MAX = 2_500
HOVERS_MAX = 1_200
DOT_GAP = 20
"""Offsets nearer to each other than this, in coordinates, are drawn as one stroke instead of dots."""

BAR_HEIGHT = 4
"""In pixels: where offsets are nearer to each other, bars are thinner."""

STRIP_ROWS = 4
"""So many rows above the offsets hold what has none."""

LOOKS = {Outcome.OK: "done", Outcome.INFO: "unknown", Outcome.FAIL: "failed"}


@attrs.frozen
class Witness:
    """An operation that proves an anomaly, as a mark. `offset` is None if it is known of none."""

    at: float
    offset: int | None
    text: str
    title: str
    href: str
    name: str = ""


@attrs.frozen
class Frame:
    """What a view is about: a stretch of time, and of offsets (`None`: all of them)."""

    window: Window
    offsets: tuple[int, int] | None = None


@attrs.frozen
class OrderView:
    """The picture, and how much of what there is it shows."""

    picture: str
    thinned: Thinned
    legend: str


def order_view(
    order: Order,
    frame: Frame,
    bands: Sequence[Band],
    kinds: Mapping[str, int],
    witnesses: Sequence[Witness],
    processes: Mapping[str, int],
    *,
    zooms: bool = True,
    height: int = 300,
) -> OrderView:
    """Draw one partition. `processes` numbers all clients of the report, `kinds` its faults; `zooms` if it shows the whole run."""
    drawing = _Drawing(order, frame, bands, kinds, processes, zooms, height)
    return drawing.view(witnesses)


class _Drawing:
    def __init__(
        self,
        order: Order,
        frame: Frame,
        bands: Sequence[Band],
        kinds: Mapping[str, int],
        processes: Mapping[str, int],
        zooms: bool,
        height: int,
    ) -> None:
        window = frame.window
        self.order, self.frame, self.window, self.processes = order, frame, window, processes
        low, high = frame.offsets or order.reach
        self.sends = [send for send in order.sends if send.offset is not None and low <= send.offset <= high and self._is_in_time(send)]
        homeless = [send for send in order.sends if send.offset is None and self._is_in_time(send)]
        self.readings = [
            Reading(reading.process, reading.at, max(low, reading.first), min(high, reading.last))
            for reading in order.readings
            if reading.first <= high and reading.last >= low and window.has(reading.at)
        ]
        self.strip = _rows(homeless)
        rows = min(STRIP_ROWS, 1 + max((row for _, row in self.strip), default=-1))
        self.top = rows / 14
        margin = max(0.5, (high - low) * 0.04)
        low_end, high_end = low - margin, high + margin
        self.scale = Scale(low_end, high_end + (high_end - low_end) * self.top / (1 - self.top))
        name = words.place(order.topic, order.partition)
        label = (
            f"{name}: {len(self.sends):,} sends and {sum(one.last - one.first + 1 for one in self.readings):,} reads "
            f"at the offsets {low:,} to {high:,}, {words.count(len(homeless), 'send')} without an offset"
        )
        is_dense = height / (self.scale.high - self.scale.low or 1) < BAR_HEIGHT
        self.canvas = Canvas(height, window, label, zooms, look="order dense" if is_dense else "order")
        self.canvas.fault_bands(bands, kinds)

    def view(self, witnesses: Sequence[Witness]) -> OrderView:
        """All of it."""
        self._draw_grid()
        sends, sends_told = thinned(self.sends, self._send_corners, MARKS_MAX)
        readings, reads_told = thinned(self.readings, self._reading_corners, MARKS_MAX)
        strip, strip_told = thinned(self.strip, lambda one: (*self._ends(one[0]), one[1] * 100), MARKS_MAX // 4)
        self._draw_sends(sends)
        self._draw_strip(strip)
        self._draw_readings(readings)
        self._draw_notes()
        taken: list[tuple[int, int]] = []
        for witness in witnesses:
            self._draw_witness(witness, taken)
        if len(sends) + len(readings) <= HOVERS_MAX:
            self.canvas.data = self._hover(sends, readings)
        return OrderView(self.canvas.html(), sends_told + reads_told + strip_told, self._legend())

    # Layers ------------------------------------------------------------------------------------------------------------------

    def _draw_grid(self) -> None:
        ticks = [number for number in self.scale.ticks(6) if number == int(number) and self.scale.y(number) > self.top * TALL]
        self.canvas.path("grid", [f"M0 {self.scale.y(number)}H{WIDE}" for number in ticks])
        for number in ticks:
            self.canvas.name_height(self.scale.y(number), words.short(number))
        if self.strip:
            edge = round(self.top * TALL)
            self.canvas.path("edge", [f"M0 {edge}H{WIDE}"])
            self.canvas.name_height(edge // 2, "no offset", "word")

    def _draw_sends(self, sends: Sequence[Send]) -> None:
        by_look: dict[tuple[str, Outcome], list[str]] = {}
        for send in sends:
            began, ended = self._ends(send)
            assert send.offset is not None
            by_look.setdefault((send.process, send.outcome), []).append(f"M{began} {self.scale.y(send.offset)}H{ended}")
        for (process, outcome), steps in by_look.items():
            self.canvas.path(f"send {LOOKS[outcome]}", steps, p=self.processes.get(process, -1))

    def _draw_strip(self, strip: Sequence[tuple[Send, int]]) -> None:
        by_look: dict[tuple[str, Outcome], list[str]] = {}
        for send, row in strip:
            began, ended = self._ends(send)
            y = round((min(row, STRIP_ROWS - 1) + 0.6) * TALL / 14)
            by_look.setdefault((send.process, send.outcome), []).append(f"M{began} {y}H{ended}")
        for (process, outcome), steps in by_look.items():
            self.canvas.path(f"send {LOOKS[outcome]}", steps, p=self.processes.get(process, -1))

    def _draw_readings(self, readings: Sequence[Reading]) -> None:
        dense = TALL / max(self.scale.high - self.scale.low, 1) < DOT_GAP
        by_reader: dict[str, list[str]] = {}
        for reading in readings:
            x, steps = self.window.x(reading.at), by_reader.setdefault(reading.process, [])
            if dense:
                first, last = self.scale.y(reading.first), self.scale.y(reading.last)
                steps.append(f"M{x} {first}h0" if first == last else f"M{x} {first}V{last}")
            else:
                steps.extend(f"M{x} {self.scale.y(offset)}h0" for offset in range(reading.first, reading.last + 1))
        readers = self.order.readers
        for reader, steps in by_reader.items():
            self.canvas.path(f"read r{readers.index(reader) % READER_LOOKS}", steps, p=self.processes.get(reader, -1))

    def _draw_notes(self) -> None:
        """What groups committed, as upright strokes, and what the leader told of its high watermark, as a line."""
        order, window, scale = self.order, self.window, self.scale
        low, high = self.frame.offsets or order.reach
        commits = [note for note in order.commits if window.has(note.at) and low <= note.offset <= high + 1]
        commits, _ = thinned(commits, lambda note: (window.x(note.at), scale.y(note.offset)), MARKS_MAX // 2)
        self.canvas.path("commit", [f"M{window.x(note.at)} {scale.y(note.offset) - 18}v36" for note in commits])
        marks = [note for note in sorted(order.watermarks, key=lambda note: note.at) if window.has(note.at)]
        marks, _ = thinned(marks, lambda note: (window.x(note.at), scale.y(note.offset)), MARKS_MAX // 2)
        self.canvas.line("watermark", [(note.at, note.offset) for note in marks], scale, stairs=True)

    def _draw_witness(self, witness: Witness, taken: list[tuple[int, int]]) -> None:
        """A mark where the witness is, or at the edge behind which it is; above another one rather than upon it."""
        x = self.window.x(witness.at)
        low, high = self.frame.offsets or self.order.reach
        arrow = "→" if x > WIDE else "←" if x < 0 else ""
        if witness.offset is None:
            y = round(TALL / 28)
        elif witness.offset > high:
            y, arrow = round(self.top * TALL) + 40, arrow + "↑"
        elif witness.offset < low:
            y, arrow = TALL - 40, arrow + "↓"
        else:
            y = self.scale.y(witness.offset)
        x = min(WIDE - 150 * bool(arrow), max(150 * bool(arrow), x))
        while any(abs(x - other_x) < 260 and abs(y - other_y) < 70 for other_x, other_y in taken) and len(taken) < 40:
            y += 75 if y < TALL // 2 else -75
        taken.append((x, y))
        self.canvas.mark(x, y, f"{witness.text} {arrow}".strip(), title=witness.title, href=witness.href, name=witness.name)

    # What else is said ---------------------------------------------------------------------------------------------------------

    def _legend(self) -> str:
        outcomes = {send.outcome for send in self.order.sends}
        said = [
            ("send done", "send, acknowledged", Outcome.OK in outcomes),
            ("send unknown", "send, fate unknown", Outcome.INFO in outcomes),
            ("send failed", "send, failed", Outcome.FAIL in outcomes),
        ]
        keys = [_key(look, meaning) for look, meaning, is_there in said if is_there]
        if self.order.commits:
            keys.append(_key("commit", "committed by a group"))
        if self.order.watermarks:
            keys.append(_key("watermark", "high watermark, as told"))
        readers = self.order.readers
        for at, reader in enumerate(readers[:8]):
            keys.append(_key(f"read r{at % READER_LOOKS}", f"read by {words.shortened(reader, 30)}", self.processes.get(reader, -1)))
        if len(readers) > 8:
            keys.append(f'<span class="key">and {len(readers) - 8} more readers</span>')
        return "".join(keys)

    def _hover(self, sends: Sequence[Send], readings: Sequence[Reading]) -> str:
        """What the script tells of the mark under the pointer: sends, reads, the values by offset, and names."""
        names: dict[str, int] = {}
        values: dict[int, str] = {}

        def name(process: str) -> int:
            return names.setdefault(words.shortened(process, 40), len(names))

        told_sends = []
        for send in sends:
            assert send.offset is not None
            values.setdefault(send.offset, words.value(self.order.values.get(send.offset, send.value)))
            told_sends.append([*self._ends(send), send.offset, name(send.process), "ox?"[list(Outcome).index(send.outcome)]])
        told_reads = [[self.window.x(one.at), one.first, one.last, name(one.process)] for one in readings]
        for one in readings:
            for offset in range(one.first, min(one.last, one.first + 200) + 1):
                values.setdefault(offset, words.value(self.order.values.get(offset, b"")))
        data = {
            "low": self.scale.low,
            "high": self.scale.high,
            "sends": told_sends,
            "reads": told_reads,
            "values": values,
            "names": [*names],
        }
        text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
        return text.replace("&", "&amp;").replace("'", "&#39;").replace("<", "&lt;").replace(">", "&gt;")

    # Where things are ------------------------------------------------------------------------------------------------------------

    def _is_in_time(self, send: Send) -> bool:
        return send.began <= self.window.ended and (send.ended is None or send.ended >= self.window.began)

    def _ends(self, send: Send) -> tuple[int, int]:
        return self.window.x(send.began), WIDE + 300 if send.ended is None else self.window.x(send.ended)

    def _send_corners(self, send: Send) -> tuple[int, ...]:
        assert send.offset is not None
        began, ended = self._ends(send)
        y = self.scale.y(send.offset)
        return (began, y, ended, y)

    def _reading_corners(self, reading: Reading) -> tuple[int, ...]:
        x = self.window.x(reading.at)
        return (x, self.scale.y(reading.first), x, self.scale.y(reading.last))


def _rows(sends: Sequence[Send]) -> list[tuple[Send, int]]:
    """Each send with the first row in which nothing else is under way at its time."""
    free_at: list[float] = []
    placed = []
    for send in sorted(sends, key=lambda send: send.began):
        row = next((row for row, free in enumerate(free_at) if free < send.began), len(free_at))
        until = float("inf") if send.ended is None else send.ended
        if row == len(free_at):
            if row >= STRIP_ROWS:
                row = STRIP_ROWS - 1
            else:
                free_at.append(until)
        free_at[row] = max(free_at[row], until)
        placed.append((send, row))
    return placed


def _key(look: str, meaning: str, process: int | None = None) -> str:
    told = "" if process is None else f' data-p="{process}"'
    shape = "M3 5h0" if look.startswith("read") else "M9 0V10" if look == "commit" else "M2 5H16"
    icon = f'<svg viewBox="0 0 18 10" aria-hidden="true"><path class="{look}" d="{shape}"/></svg>'
    return f'<span class="key"{told}>{icon}{html(meaning)}</span>'


def whole(span: Span) -> Frame:
    """All offsets over all of a run."""
    return Frame(Window.of(span))
