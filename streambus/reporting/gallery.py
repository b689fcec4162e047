"""The gallery: which pictures a history is worth, and what is said below their titles."""

import attrs

from streambus.checkers import History, Verdict
from streambus.reporting import measures, plots, words

LANES_MAX = 16
LANE_RESOLUTION = 700
BUCKETS = 120
TRACKS_MAX = 12
TRACK_RESOLUTION = 90
BANDS_MAX = 400
"""Limits of what is drawn, so that a report stays small; nobody can see more."""


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
    latencies = measures.latencies_of(history, span, BUCKETS)
    if latencies:
        caption = f"From the call to the acknowledgement; a logarithmic scale.{shaded}"
        shown.append(Picture("Latency of sends", caption, plots.latency(latencies, bands, span)))
    rates = measures.rates_of(history, span, BUCKETS)
    if any(any(numbers) for numbers in rates.values()):
        caption = f"Records per second, by the time of the answer.{shaded}"
        shown.append(Picture("Throughput", caption, plots.throughput(rates, bands, span)))
    tracks = measures.tracks_of(history, verdict.anomalies, span, TRACKS_MAX, TRACK_RESOLUTION)
    if tracks:
        every = len([partition for partition in verdict.covered.partitions if partition.partition >= 0])
        which = f" {len(tracks)} of {every} partitions are shown." if every > len(tracks) else ""
        caption = f"In each partition: when a record was acknowledged at an offset, and when offsets were read.{which}{shaded}"
        shown.append(Picture("Offsets over time", caption, plots.offsets(tracks, bands, span)))
    return shown


def _timeline(history: History, verdict: Verdict, span: measures.Span, bands: list[measures.Band]) -> Picture:
    lanes = measures.lanes_of(history, span, LANES_MAX, LANE_RESOLUTION)
    marks = dict.fromkeys(
        (operation.process, span.at(operation.invoked_at)) for anomaly in verdict.anomalies for operation in anomaly.operations
    )
    caption = (
        "One lane per client."
        '<span class="key" style="background:var(--first)"></span>done (middle)'
        '<span class="key" style="background:var(--warn)"></span>outcome unknown (above)'
        '<span class="key" style="background:var(--bad)"></span>failed (below)'
    )
    if marks:
        caption += (
            f'<span class="key diamond" style="background:var(--bad)"></span>{words.count(len(marks), "witness", "witnesses")} of anomalies'
        )
    return Picture("Operations and faults" if bands else "Operations", caption, plots.timeline(lanes, bands, list(marks)[:BANDS_MAX], span))
