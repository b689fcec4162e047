"""Results as text: one small table per work and metric."""

import statistics
from collections.abc import Iterator, Mapping, Sequence

from .goals import GOALS, Goal
from .machine import Machine
from .rounds import Result, Round
from .samples import Summary, ratios, summary
from .works import Metric

OURS = "streambus"
_COLUMNS = "  {:<34}{:>10}  {:<19}{:>7}  {:<17}{:<13}{}"
_DISTURBED = 0.15
"""Share of a core that others may use before a round counts as disturbed."""

_NOTES = (
    "median (lowest – highest) of the rounds. ratio: StreamBus divided by that line, median of the ratios round by round.",
    "StreamBus syncs to disk before it acknowledges. Kafka's default acknowledges from memory, flush.messages=1 makes it sync every",
    "append; Tansu keeps everything in memory. cpu: cores used by broker and by the load generator, which share this machine.",
)


def heading(machine: Machine, versions: Mapping[str, str], left_out: Mapping[str, str]) -> str:
    """Where it ran, who took part and who did not."""
    lines = [
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gb:.0f} GB, {machine.system}, {machine.disk} "
        f"(4 KiB written and synced in {machine.sync_us:.0f} µs), load {machine.load:.1f} before",
        f"{machine.python}, librdkafka {machine.librdkafka}, java: {machine.java}",
        "subjects: " + ", ".join(f"{name} {version}" for name, version in versions.items()),
    ]
    lines += [f"left out: {name}: {reason}" for name, reason in left_out.items()]
    return "\n".join(lines)


def notes() -> str:
    """How to read the tables."""
    return "\n".join(_NOTES)


def render(result: Result, titles: Mapping[str, str]) -> str:
    """One work; `titles` are the subjects' in the order of the table."""
    lines = [result.work.title]
    for metric in result.work.metrics:
        lines += _metric_lines(result, metric, titles)
    lines += [f"  failed: {titles.get(name, name)}: {reason}" for name, reason in result.failures.items()]
    if disturbance := _disturbance(result):
        lines.append(disturbance)
    return "\n".join(lines)


def _metric_lines(result: Result, metric: Metric, titles: Mapping[str, str]) -> Iterator[str]:
    better = "more" if metric.more_is_better else "less"
    name = metric.name if metric.name == metric.unit else f"{metric.name}, {metric.unit}"
    yield _COLUMNS.format(f"{name} ({better} is better)", "median", "lowest – highest", "ratio", "lowest – highest", "cpu", "goal")
    ours = values(result.rounds.get(OURS, ()), metric)
    goal = GOALS.get((result.work.name, metric.name))
    for subject, title in titles.items():
        if rounds := result.rounds.get(subject):
            yield _line(subject, title, rounds, metric, ours, goal)


def _line(subject: str, title: str, rounds: Sequence[Round], metric: Metric, ours: Sequence[float], goal: Goal | None) -> str:
    theirs = values(rounds, metric)
    median = summary(theirs)
    ratio = ratios(ours, theirs) if ours and subject != OURS else None
    spread = f"{_number(median.low, metric)} – {_number(median.high, metric)}"
    ratio_figures = (_ratio(ratio.median), f"{_ratio(ratio.low)} – {_ratio(ratio.high)}") if ratio else ("", "")
    verdict = _verdict(subject, median, ratio, goal)
    return _COLUMNS.format(title, _number(median.median, metric), spread, *ratio_figures, _cpu(rounds), verdict).rstrip()


def values(rounds: Sequence[Round], metric: Metric) -> list[float]:
    """One metric's figures, round by round."""
    return [measured.figures[metric.name] for measured in rounds]


def _verdict(subject: str, median: Summary, ratio: Summary | None, goal: Goal | None) -> str:
    if goal is None or subject != (goal.peer or OURS):
        return ""
    reached = ratio.median if goal.peer and ratio else median.median
    if goal.peer and not ratio:
        return ""
    return f"{goal.relation} {goal.bound:g}{'×' if goal.peer else ''} {'reached' if goal.is_met(reached) else 'MISSED'}"


def _cpu(rounds: Sequence[Round]) -> str:
    known = [
        (measured.broker_cpu, measured.client_cpu)
        for measured in rounds
        if measured.broker_cpu is not None and measured.client_cpu is not None
    ]
    if not known:
        return ""
    return f"{statistics.median(broker for broker, _ in known):.2f} + {statistics.median(client for _, client in known):.2f}"


def _disturbance(result: Result) -> str:
    others = [measured.others_cpu for rounds in result.rounds.values() for measured in rounds if measured.others_cpu is not None]
    disturbed = sum(share > _DISTURBED for share in others)
    if not disturbed:
        return ""
    share = f"others used more than {_DISTURBED:.2f} of a core"
    return f"  disturbed: in {disturbed} of {len(others)} rounds {share} (median of all {statistics.median(others):.2f})"


def _number(value: float, metric: Metric) -> str:
    return f"{value:,.{metric.digits if value < 100 else 0}f}"


def _ratio(value: float) -> str:
    return f"{value:.2g}×" if value < 0.1 else f"{value:.2f}×" if value < 100 else f"{value:,.0f}×"
