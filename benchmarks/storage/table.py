"""Results as text: a line for each comparison."""

import statistics
from collections.abc import Mapping

from ..machine import Machine
from ..samples import Summary, ratios, summary
from .rounds import Result
from .work import Comparison, Figure

_COLUMNS = "  {:<44}{:>10}  {:<22}{:<38}{:>10}  {:>7}  {:<15}{}"
_DISTURBED = 0.15
"""Share of a core that others may use before a measurement counts as disturbed."""


def heading(machine: Machine, peers: Mapping[str, str]) -> str:
    """Where it ran, and beside whom."""
    return "\n".join(
        (
            f"{machine.processor}, {machine.cores} cores, {machine.memory_gb:.0f} GB, {machine.system}, {machine.disk} "
            f"(4 KiB written and synced in {machine.sync_us:.0f} µs), load {machine.load:.1f} before",
            f"{machine.python}; " + ", ".join(f"{name}: {version}" for name, version in peers.items()),
        )
    )


def notes() -> str:
    """How to read the tables."""
    return (
        "median (lowest – highest) of the rounds; ratio: ours divided by the peer's, median and extremes of the ratios round by round.\n"
        "docs/benchmarks.md says what each line does and what its peer is."
    )


def render(result: Result) -> str:
    """One work."""
    figures = {figure.name: figure for figure in result.work.figures}
    lines = [result.work.title, _COLUMNS.format("", "median", "lowest – highest", "beside", "median", "ratio", "", "goal").rstrip()]
    lines += [_line(result, comparison, figures) for comparison in result.work.comparisons if comparison.ours in result.found]
    lines += [f"  left out: {name}: {reason}" for name, reason in result.left_out.items()]
    disturbed = sum(share > _DISTURBED for share in result.others_cpu)
    if disturbed:
        lines.append(
            f"  disturbed: in {disturbed} of {len(result.others_cpu)} measurements others used more than {_DISTURBED:.2f} of a core "
            f"(median of all {statistics.median(result.others_cpu):.2f})"
        )
    return "\n".join(lines)


def _line(result: Result, comparison: Comparison, figures: Mapping[str, Figure]) -> str:
    figure = figures[comparison.ours]
    ours = result.found[comparison.ours]
    theirs = result.found.get(comparison.peer or "")
    own = summary(ours)
    ratio = ratios(ours, theirs) if theirs else None
    spread = f"{_number(own.low, figure)} – {_number(own.high, figure)}" if len(ours) > 1 else ""
    peer = ("", "", "", "")
    if ratio and theirs and comparison.peer:
        other = figures[comparison.peer]
        extremes = f"{ratio.low:.2f} – {ratio.high:.2f}" if len(ours) > 1 else ""
        peer = (other.title, _number(summary(theirs).median, other), f"{ratio.median:.2f}×", extremes)
    title = f"{figure.title}, {figure.unit}"
    return _COLUMNS.format(title, _number(own.median, figure), spread, *peer, _verdict(comparison, own, ratio)).rstrip()


def _verdict(comparison: Comparison, own: Summary, ratio: Summary | None) -> str:
    goal = comparison.goal
    if goal is None or (goal.peer and ratio is None):
        return ""
    reached = ratio.median if goal.peer and ratio else own.median
    return f"{goal.relation} {goal.bound:g}{'×' if goal.peer else ''} {'reached' if goal.is_met(reached) else 'MISSED'}"


def _number(value: float, figure: Figure) -> str:
    return f"{value:,.{figure.digits if value < 100 else 0}f}"
