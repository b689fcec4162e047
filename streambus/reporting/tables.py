"""Tables: rows of a report, each table bounded in length."""

from collections.abc import Iterable, Sequence

from streambus.checkers import Action, Anomaly, Assigned, History, Operation, Outcome, PartitionCoverage, Polled, Sent
from streambus.reporting import words
from streambus.reporting.measures import Span, span_of
from streambus.reporting.run import Run, SubRun
from streambus.reporting.words import count, html

ROWS_MAX = 400
"""Longer tables are cut, and say so; `results.json` and `history.ndjson` have everything."""

ACTIONS_SHOWN = 4
"""So many actions of a witness are spelt out: those nearest to the anomaly."""

OUTCOMES = {Outcome.OK: "✓ ok", Outcome.FAIL: "✗ failed", Outcome.INFO: "? unknown"}


def witness_table(anomaly: Anomaly, span: Span) -> str:
    """The operations that prove an anomaly."""
    rows = [
        [
            ("nowrap", _when(operation, span)),
            ("nowrap", html(words.shortened(operation.process, 60))),
            (f"outcome {operation.outcome.value}", OUTCOMES[operation.outcome]),
            ("", _deeds(operation, anomaly)),
        ]
        for operation in anomaly.operations
    ]
    return _table(["When", "Client", "Outcome", "What it did"], rows, look="witness")


def partition_table(partitions: Sequence[PartitionCoverage]) -> str:
    """What is known of each partition, in numbers."""
    if not partitions:
        return ""
    header = ["Partition", "#Acknowledged", "#Failed", "#Unknown", "#Offsets read", "#Reads in total", "#Last offset read"]
    rows = []
    for partition in partitions:
        name = words.place(partition.topic, partition.partition) if partition.partition >= 0 else f"{partition.topic}, partition unknown"
        numbers = (partition.acknowledged, partition.failed, partition.unknown, partition.read, partition.polled, partition.last_offset)
        rows.append([("", html(name)), *[("number", "–" if number is None else f"{number:,}") for number in numbers]])
    return _table(header, rows)


def fault_table(history: History) -> str:
    """Every fault, in order of time."""
    span = span_of(history)
    rows = []
    for fault in sorted(history.faults, key=lambda fault: fault.began_at):
        if fault.ended_at is None:
            lasted = "to the end"
        else:
            lasted = "at once" if fault.ended_at <= fault.began_at else words.duration(fault.ended_at - fault.began_at)
        rows.append(
            [
                ("number", words.moment(fault.began_at - span.began_at)),
                ("number", lasted),
                ("nowrap", html(words.shortened(fault.name, 60))),
                ("", html(words.shortened(fault.target, 80))),
                ("", html(fault.details)),
            ]
        )
    return _table(["#Began", "#Lasted", "Fault", "Target", "Details"], rows) if rows else ""


def sub_run_table(sub_runs: Sequence[SubRun]) -> str:
    """One row per sub-run; those that failed come first. Facts are columns, in order of first mention."""
    names = list(dict.fromkeys(name for sub_run in sub_runs for name in sub_run.facts))[:8]
    numeric = {name for name in names if all(isinstance(sub_run.facts.get(name, 0), int | float) for sub_run in sub_runs)}
    header = ["Run", "Verdict", "#Operations", *[f"#{name}" if name in numeric else name for name in names], "Anomalies"]
    rows = []
    for sub_run in sorted(sub_runs, key=lambda sub_run: sub_run.verdict.valid):
        verdict = sub_run.verdict
        facts = [
            ("number" if name in numeric else "", html(words.fact(sub_run.facts[name])) if name in sub_run.facts else "–") for name in names
        ]
        found = ", ".join(f"{words.CHECKS[kind][0].lower()} ({number:,})" for kind, number in verdict.counts)
        held = ("yes", "✓ held") if verdict.valid else ("no", "✗ broken")
        rows.append([("nowrap", html(sub_run.name)), held, ("number", f"{verdict.covered.operations:,}"), *facts, ("", found or "none")])
    return _table(header, rows)


def configuration_table(run: Run) -> str:
    """Facts and configuration, side by side."""
    facts = _pairs("Facts", [(name, words.fact(value)) for name, value in run.facts.items()])
    configuration = _pairs("Configuration", [(name, words.fact(value)) for name, value in run.configuration.items()])
    return f'<div class="pairs">{facts}{configuration}</div>' if facts or configuration else ""


def _pairs(title: str, pairs: Sequence[tuple[str, str]]) -> str:
    if not pairs:
        return ""
    rows = [
        [("", html(name)), ("number", html(value)) if len(value) < 24 else ("", f"<code>{html(value)}</code>")] for name, value in pairs
    ]
    return f"<div><h3>{title}</h3>{_table([], rows)}</div>"


def _when(operation: Operation, span: Span) -> str:
    began = words.moment(operation.invoked_at - span.began_at)
    if operation.completed_at is None:
        return f"{began}, never answered"
    return f"{began} + {words.duration(operation.completed_at - operation.invoked_at)}"


def _deeds(operation: Operation, anomaly: Anomaly) -> str:
    actions = operation.actions
    nearest = sorted(range(len(actions)), key=lambda at: _distance(actions[at], anomaly))[:ACTIONS_SHOWN]
    said = [words.action(actions[at]) for at in sorted(nearest)]
    if len(actions) > len(said):
        said.append(f"and {count(len(actions) - len(said), 'more action')}")
    if operation.error:
        said.append(words.shortened(operation.error, 200))
    return html("; ".join(said)) or "nothing that is known"


def _distance(action: Action, anomaly: Anomaly) -> int:
    """How far an action is from an anomaly's place: offsets in the same partition, very far elsewhere."""
    far = 1 << 64
    if isinstance(action, Assigned) or (action.topic, action.partition) != (anomaly.topic, anomaly.partition):
        return far
    if not isinstance(action, Polled | Sent) or action.offset is None or anomaly.offset is None:
        return far - 1
    return abs(action.offset - anomaly.offset)


def _table(header: Sequence[str], rows: Sequence[Iterable[tuple[str, str]]], *, look: str = "") -> str:
    """Cells are `(class, html)`; header cells that begin with `#` stand above numbers."""
    head = "".join(f'<th class="number">{html(title[1:])}</th>' if title.startswith("#") else f"<th>{html(title)}</th>" for title in header)
    body = "".join(f"<tr>{''.join(_cell(*cell) for cell in row)}</tr>" for row in rows[:ROWS_MAX])
    more = f'<p class="lead">… and {count(len(rows) - ROWS_MAX, "more row")}</p>' if len(rows) > ROWS_MAX else ""
    top = f"<thead><tr>{head}</tr></thead>" if header else ""
    return f'<div class="scroll"><table{_class(look)}>{top}<tbody>{body}</tbody></table></div>{more}'


def _cell(look: str, content: str) -> str:
    return f"<td{_class(look)}>{content}</td>"


def _class(look: str) -> str:
    return f' class="{look}"' if look else ""
