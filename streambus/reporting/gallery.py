"""The gallery: which pictures a history is worth, and what is said below their titles."""

import attrs

from streambus.checkers import History, Verdict
from streambus.reporting import measures, plots, words

LANES_MAX = 16
LANE_RESOLUTION = 700
BUCKETS = 120
PER_BUCKET = 25
TRACKS_MAX = 12
TRACK_RESOLUTION = 250
BANDS_MAX = 400
"""Limits of what is drawn, so that a report stays small; nobody can see more. Fewer than `PER_BUCKET` would be mere noise."""


@attrs.frozen
class Picture:
    """A plot with its words. `caption` is HTML."""

    title: str
    caption: str
    plot: plots.Plot


def pictures(history: History, verdict: Verdict) -> list[Picture]:
    """The plots of a history, those left out that would be empty."""
    if not history.operations and not history.faults:
        return []
    span = measures.span_of(history)
    bands = measures.bands_of(history.faults, span)[:BANDS_MAX]
    shaded = " Shaded: while a fault was at work." if bands else ""
    shown = [_timeline(history, verdict, span, bands)]
    sends = len(measures.send_latencies(history))
    latencies = measures.latencies_of(history, span, min(BUCKETS, max(12, sends // PER_BUCKET)))
    if latencies:
        caption = f"From the call to the acknowledgement; a logarithmic scale.{shaded}"
        shown.append(Picture("Latency of sends", caption, plots.latency(latencies, bands, span)))
    rates = measures.rates_of(history, span, min(BUCKETS, max(12, len(history) // PER_BUCKET)))
    if any(any(numbers) for numbers in rates.values()):
        caption = f"Records per second, by the time of the answer.{shaded}"
        shown.append(Picture("Throughput", caption, plots.throughput(rates, bands, span)))
    tracks = measures.tracks_of(history, verdict.anomalies, span, TRACKS_MAX, TRACK_RESOLUTION)
    if tracks:
        every = len([partition for partition in verdict.covered.partitions if partition.partition >= 0])
        which = f" {len(tracks)} of {every} partitions are shown." if every > len(tracks) else ""
        caption = f"When a record was acknowledged at an offset; and, as an upright stroke, what each poll returned.{which}{shaded}"
        shown.append(Picture("Offsets over time", caption, plots.offsets(tracks, bands, span)))
    return shown


def _timeline(history: History, verdict: Verdict, span: measures.Span, bands: list[measures.Band]) -> Picture:
    lanes = measures.lanes_of(history, span, LANES_MAX, LANE_RESOLUTION)
    marks = dict.fromkeys(
        (operation.process, span.at(operation.invoked_at)) for anomaly in verdict.anomalies for operation in anomaly.operations
    )
    keys = [
        ("key", "--first", "done (middle)"),
        ("key", "--warn", "outcome unknown (above)"),
        ("key", "--bad", "failed (below)"),
    ]
    if marks:
        keys.append(("key diamond", "--bad", f"{words.count(len(marks), 'witness', 'witnesses')} of anomalies"))
    caption = "One lane per client. " + " ".join(
        f'<span class="nowrap"><span class="{look}" style="background:var({color})"></span>{meaning}</span>'
        for look, color, meaning in keys
    )
    return Picture("Operations and faults" if bands else "Operations", caption, plots.timeline(lanes, bands, list(marks)[:BANDS_MAX], span))
