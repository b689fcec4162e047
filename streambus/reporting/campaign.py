"""The campaign: many runs in one report. What they have in common comes first, then those that failed, then the rest, folded.

Failures are grouped by what went wrong, so that a thousand of them read as the few that they are.
"""

import re
from collections.abc import Sequence

from streambus.checkers import Severity
from streambus.reporting import words
from streambus.reporting.anomalies import plain_card
from streambus.reporting.latencies import quantiles
from streambus.reporting.measures import Span, natural
from streambus.reporting.pictures import fold
from streambus.reporting.run import SubRun
from streambus.reporting.tables import ROWS_MAX, sub_run_table, table
from streambus.reporting.words import count, html

EXPLAINED_MAX, ANOMALIES_EACH, VIOLATIONS_MAX = 20, 5, 20
"""For so many broken runs so many anomalies and violations are explained."""

GROUPS_MAX, NAMES_MAX = 40, 12
CELLS_MAX = 20_000


def campaign(sub_runs: Sequence[SubRun]) -> str:
    """The section on further runs; nothing if there are none."""
    if not sub_runs:
        return ""
    failed = [sub_run for sub_run in sub_runs if not sub_run.valid]
    lead = f"{len(sub_runs) - len(failed):,} of {len(sub_runs):,} held." if failed else f"All {len(sub_runs):,} held."
    parts = [
        _map(sub_runs),
        _groups(failed),
        _facts(sub_runs),
        _rows(sub_runs, failed),
        *[_explained(one) for one in failed[:EXPLAINED_MAX]],
    ]
    if len(failed) > EXPLAINED_MAX:
        parts.append(f'<p class="lead">The first {EXPLAINED_MAX} of {len(failed):,} broken runs are explained.</p>')
    body = "".join(part for part in parts if part)
    return f'<h2 id="runs">Further runs</h2><p class="lead">{lead}</p><div class="card">{body}</div>'


def violation_list(violations: Sequence[str]) -> str:
    """Sentences about what must hold and did not."""
    if not violations:
        return ""
    items = "".join(f"<li>{html(violation)}</li>" for violation in violations[:VIOLATIONS_MAX])
    more = f"<li>and {len(violations) - VIOLATIONS_MAX} more</li>" if len(violations) > VIOLATIONS_MAX else ""
    return f'<ul class="violations">{items}{more}</ul>'


def what_went_wrong(sub_run: SubRun) -> str:
    """The same words for runs that failed in the same way: kinds of anomaly, and violations without their numbers."""
    kinds = {anomaly.kind: None for anomaly in sub_run.verdict.anomalies if anomaly.severity is not Severity.ALLOWED}
    said = [kind.title.lower() for kind in kinds]
    said += dict.fromkeys(re.sub(r"[0-9][0-9a-f]*", "…", words.shortened(violation, 90)) for violation in sub_run.violations)
    shown = list(dict.fromkeys(said))
    return "; ".join(shown[:4]) + (f"; {len(shown) - 4} more" if len(shown) > 4 else "") if shown else "the verdict says so"


def _map(sub_runs: Sequence[SubRun]) -> str:
    """All runs as cells in their order, so that one sees at a glance how many broke and where they are."""
    if len(sub_runs) < 2:
        return ""
    runs = sub_runs[:CELLS_MAX]
    columns = max(10, min(200, round((len(runs) * 12) ** 0.5)))
    rows = -(-len(runs) // columns)
    held: list[str] = []
    broken: list[str] = []
    for at, sub_run in enumerate(runs):
        row, column = divmod(at, columns)
        if sub_run.valid:
            held.append(f"M{column + 0.2:g} {row + 0.2:g}h.5v.5h-.5z")
        else:
            broken.append(f"M{column} {row}h.9v.9h-.9z")
    failed = len(broken)
    label = f"{count(len(runs), 'run')}, one cell each, in order; {failed:,} broken"
    return (
        f'<svg class="map" viewBox="-0.2 -0.2 {columns} {rows + 0.2}" role="img" aria-label="{label}" style="--columns:{columns}">'
        f'<path class="held" d="{"".join(held)}"/><path class="broke" d="{"".join(broken)}"/></svg>'
        f'<p class="legend"><span class="key"><i class="cell held"></i>held</span>'
        f'<span class="key"><i class="cell broke"></i>broken (larger)</span><span class="key">one cell per run, row by row</span></p>'
    )


def _groups(failed: Sequence[SubRun]) -> str:
    groups: dict[str, list[str]] = {}
    for sub_run in failed:
        groups.setdefault(what_went_wrong(sub_run), []).append(sub_run.name)
    rows = []
    for said, names in sorted(groups.items(), key=lambda group: -len(group[1]))[:GROUPS_MAX]:
        shown = ", ".join(words.shortened(name, 40) for name in names[:NAMES_MAX])
        more = f" and {len(names) - NAMES_MAX:,} more" if len(names) > NAMES_MAX else ""
        rows.append([("", html(said)), ("number", f"{len(names):,}"), ("", html(shown + more))])
    left_out = f'<p class="lead">… and {count(len(groups) - GROUPS_MAX, "more way")}</p>' if len(groups) > GROUPS_MAX else ""
    return f"<h3>What went wrong</h3>{table(['What', '#Runs', 'Which'], rows)}{left_out}" if rows else ""


def _facts(sub_runs: Sequence[SubRun]) -> str:
    """What the numbers of many runs have between them."""
    if len(sub_runs) < 10:
        return ""
    names = list(dict.fromkeys(name for sub_run in sub_runs for name in sub_run.facts))[:8]
    series: dict[str, list[int | float]] = {"operations": [sub_run.verdict.covered.operations for sub_run in sub_runs]}
    for name in names:
        values = [sub_run.facts[name] for sub_run in sub_runs if name in sub_run.facts]
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
            series[name] = [value for value in values if isinstance(value, int | float)]
    rows = []
    for name, numbers in series.items():
        whole = all(isinstance(number, int) for number in numbers)
        scaled = sorted(round(number * 1_000) for number in numbers)
        median = quantiles(scaled)[0] / 1_000
        cells: list[int | float] = [min(numbers), round(median) if whole else median, max(numbers), sum(numbers)]
        rows.append([("", html(name)), *[("number", html(words.fact(number))) for number in cells]])
    return fold("The runs in numbers", table(["", "#Least", "#Median", "#Most", "#In all"], rows))


def _rows(sub_runs: Sequence[SubRun], failed: Sequence[SubRun]) -> str:
    shown = sorted(sub_runs, key=lambda sub_run: (sub_run.valid, natural(sub_run.name)) if len(sub_runs) <= ROWS_MAX else (sub_run.valid,))
    return ("<h3>Run by run</h3>" if failed or len(sub_runs) > 1 else "") + sub_run_table(shown)


def _explained(sub_run: SubRun) -> str:
    anomalies = sub_run.verdict.anomalies[:ANOMALIES_EACH]
    times = [operation.invoked_at for anomaly in anomalies for operation in anomaly.operations]
    cards = "".join(plain_card(anomaly, Span(0, max(times, default=0))) for anomaly in anomalies)
    left_out = len(sub_run.verdict.anomalies) - len(anomalies)
    more = f'<p class="lead">and {count(left_out, "more anomaly", "more anomalies")}</p>' if left_out else ""
    summary = f"What went wrong in {words.shortened(sub_run.name, 80)} (times are those of its own clock)"
    return fold(summary, violation_list(sub_run.violations) + cards + more or "<p>Nothing more is known.</p>")
