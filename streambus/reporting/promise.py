"""The promise: what a run was held to, what came of each part of it, and what the judgement rests on."""

from collections.abc import Iterable

from streambus.checkers import Kind, Severity
from streambus.reporting import words
from streambus.reporting.pictures import fold
from streambus.reporting.run import Run
from streambus.reporting.words import count, html

ICON = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{path}" fill="none" stroke="currentColor" stroke-width="3.2"/></svg>'
TICK, CROSS, DASH = (ICON.format(path=path) for path in ("M4 12.5l5.5 5.5L20 6.5", "M5 5l14 14M19 5L5 19", "M4 12h16"))


def broken_kinds(run: Run) -> list[Kind]:
    """The kinds of anomaly that occurred in the run or in one of its sub-runs, and that the contract of that one excludes."""
    verdicts = (run.verdict, *(sub_run.verdict for sub_run in run.sub_runs))
    occurred = {anomaly.kind for verdict in verdicts for anomaly in verdict.anomalies if anomaly.severity is not Severity.ALLOWED}
    return [kind for kind in Kind if kind in occurred]


def promise(run: Run) -> str:
    """The contract, and for every promise whether it held; what is not promised is folded away unless it occurred."""
    broken, occurred = broken_kinds(run), dict(run.verdict.counts)
    looked_for = dict.fromkeys((*run.verdict.covered.checks, *broken, *occurred))
    rows, waived = [], []
    for kind in (kind for kind in Kind if kind in looked_for):
        promise = kind.broken_promise
        if kind in broken:
            rows.append(_check("lost", CROSS, f"Broken: {promise[0].lower()}{promise[1:]}"))
        elif kind not in run.contract.allowed:
            rows.append(_check("kept", TICK, promise))
        elif kind in occurred:
            rows.append(_check("waived", DASH, f"{promise} (not promised, {count(occurred[kind], 'record')})"))
        else:
            waived.append(_check("waived", DASH, f"{kind.title}: {promise[0].lower()}{promise[1:]} (not promised)"))
    summary = f"{count(len(waived), 'kind')} of anomaly that the contract does not exclude, and that did not occur"
    more = fold(summary, _checks(waived)) if waived else ""
    return f"<blockquote>{html(run.contract.promise)}</blockquote>{_checks(rows)}{more}"


def _check(look: str, icon: str, said: str) -> str:
    return f'<li class="{look}">{icon}<span>{html(said)}</span></li>'


def _checks(rows: list[str]) -> str:
    return f'<ul class="checks">{"".join(dict.fromkeys(rows))}</ul>'


def coverage(run: Run) -> str:
    """What the judgement rests on, and what it says nothing about."""
    covered = run.verdict.covered
    partitions = [partition for partition in covered.partitions if partition.partition >= 0]
    acknowledged = sum(partition.acknowledged for partition in partitions)
    looked = [
        f"{count(covered.operations, 'operation')}: {covered.ok:,} done, {covered.failed:,} failed, {covered.unknown:,} of unknown outcome",
        f"{count(acknowledged, 'acknowledged record')} on {count(len(partitions), 'partition')}, by {count(covered.processes, 'client')}",
        f"{count(sum(partition.polled for partition in partitions), 'read')} of {count(sum(one.read for one in partitions), 'offset')}",
        f"{count(len(run.history.faults), 'fault')}" + (f": {_fault_names(run)}" if run.history.faults else ""),
        count(covered.transactions, "transaction") if covered.transactions else "",
        f"{count(len(covered.checks), 'kind')} of anomaly looked for",
        f"{count(len(run.sub_runs), 'further run')}, told below" if run.sub_runs else "",
    ]
    unread = [partition for partition in partitions if partition.acknowledged and not partition.read]
    unplaced = sum(partition.acknowledged for partition in covered.partitions if partition.partition < 0)
    has_deletion = run.contract.compacted or run.contract.retention is not None
    missing = [
        f"{count(len(unread), 'partition')} never read: {', '.join(words.place(one.topic, one.partition) for one in unread[:6])}"
        if unread
        else "",
        "No fault was injected" if not run.history.faults and run.history.operations else "",
        f"{count(unplaced, 'record')} were acknowledged without telling their partition" if unplaced else "",
        f"{count(covered.strange, 'operation')} with numbers that no broker has" if covered.strange else "",
        "" if has_deletion else "Compaction and retention: what they remove would be taken for lost",
        "Whatever no client of this run did or saw",
    ]
    columns = [f"<div><h3>Covered</h3>{_list(looked)}</div>", f"<div><h3>Not covered</h3>{_list(missing)}{_not_judged(run)}</div>"]
    return f'<div class="pairs coverage">{"".join(columns)}</div>'


def _list(lines: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{html(line)}</li>" for line in lines if line) + "</ul>"


def _not_judged(run: Run) -> str:
    """What the history could not have shown, by what it lacks."""
    not_judged = run.verdict.covered.not_judged
    reasons: dict[str, list[str]] = {}
    for kind, reason in not_judged:
        reasons.setdefault(reason, []).append(kind.title.lower())
    lines = [f"{reason[:1].upper()}{reason[1:]}; so nothing is said of: {', '.join(titles)}" for reason, titles in reasons.items()]
    return fold(f"{count(len(not_judged), 'kind')} of anomaly that this history could not have shown", _list(lines)) if lines else ""


def _fault_names(run: Run) -> str:
    counts: dict[str, int] = {}
    for fault in run.history.faults:
        counts[fault.name] = counts.get(fault.name, 0) + 1
    shown = [f"{words.shortened(name, 40)} ({number:,})" for name, number in list(counts.items())[:12]]
    return ", ".join(shown) + (" …" if len(counts) > 12 else "")
