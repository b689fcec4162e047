"""Tables: rows of a report, each table bounded in length."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from streambus.checkers import UNKNOWN_PARTITION, Action, Anomaly, Assigned, History, Measures, Operation, Outcome, PartitionCoverage
from streambus.reporting import words
from streambus.reporting.measures import Span, span_of
from streambus.reporting.run import Fact, SubRun
from streambus.reporting.spots import is_named
from streambus.reporting.words import count, html

ROWS_OPEN, ROWS_MAX = 12, 400
"""So many rows are shown at once and in all. A longer table says so; `results.json` and `history.ndjson` have everything."""

ACTIONS_SHOWN = 4
"""So many actions of a witness are spelt out: those that the anomaly's sentence is about."""

OUTCOMES = {Outcome.OK: "✓ ok", Outcome.FAIL: "✗ failed", Outcome.INFO: "? unknown"}


def witness_table(anomaly: Anomaly, span: Span, name: str = "", marks: Mapping[int, str] = MappingProxyType({})) -> str:
    """The operations that prove an anomaly, each with a letter, which leads to its mark in the picture if there is one.

    `name` begins the names of the rows on the page; `marks` are the names of marks by index of operation.
    """
    rows = [
        [
            ("letter", _letter(index, name, marks)),
            ("nowrap", _when(operation, span)),
            ("nowrap", html(words.shortened(operation.process, 60))),
            (f"outcome {operation.outcome.value}", OUTCOMES[operation.outcome]),
            ("", _deeds(operation, anomaly)),
        ]
        for index, operation in enumerate(anomaly.operations)
    ]
    return table(["", "When", "Client", "Outcome", "What it did"], rows, look="witness")


def partition_table(partitions: Sequence[PartitionCoverage]) -> str:
    """What is known of each partition, in numbers."""
    if not partitions:
        return ""
    header = [
        "Partition",
        "#Acknowledged",
        "#Failed",
        "#Unknown",
        "#Offsets read",
        "#Reads in total",
        "#Last offset read",
        "#Unseen",
        "#Worst lag",
    ]
    rows = []
    for partition in partitions:
        name = words.place(partition.topic, partition.partition) if partition.partition >= 0 else f"{partition.topic}, partition unknown"
        numbers = (partition.acknowledged, partition.failed, partition.unknown, partition.read, partition.polled, partition.last_offset)
        cells = ["–" if number is None else f"{number:,}" for number in (*numbers, partition.unseen)]
        cells.append(words.duration(partition.worst_lag) if partition.worst_lag else "–")
        rows.append([("", html(name)), *[("number", cell) for cell in cells]])
    return table(header, rows)


def measures_table(measures: Measures) -> str:
    """How often subscribed processes were given the same record, and why outcomes are unknown."""
    given = [[("number", f"{times:,}"), ("number", f"{records:,}")] for times, records in measures.consumed]
    causes = [[("", html(cause))] for cause in measures.unknown_causes]
    parts = [
        f"<div><h3>Given to one subscriber</h3>{table(['#Times', '#Records'], given)}</div>" if given else "",
        f"<div><h3>Reasons of unknown outcomes</h3>{table([], causes)}</div>" if causes else "",
    ]
    return f'<div class="pairs">{"".join(parts)}</div>' if given or causes else ""


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
                ("number", words.moment(fault.began_at - span.began_at, span.length)),
                ("number", lasted),
                ("nowrap", html(words.shortened(fault.name, 60))),
                ("", html(words.shortened(fault.target, 80))),
                ("", html(fault.details)),
            ]
        )
    return table(["#Began", "#Lasted", "Fault", "Target", "Details"], rows) if rows else ""


def sub_run_table(sub_runs: Sequence[SubRun]) -> str:
    """One row per sub-run, in the order given. Facts are columns, in order of first mention."""
    names = list(dict.fromkeys(name for sub_run in sub_runs for name in sub_run.facts))[:8]
    numeric = {name for name in names if all(isinstance(sub_run.facts.get(name, 0), int | float) for sub_run in sub_runs)}
    header = ["Run", "Verdict", "#Operations", *[f"#{name}" if name in numeric else name for name in names], "Anomalies"]
    rows = []
    for sub_run in sub_runs:
        verdict = sub_run.verdict
        facts = [
            ("number" if name in numeric else "", html(words.fact(sub_run.facts[name])) if name in sub_run.facts else "–") for name in names
        ]
        found = ", ".join(
            [
                *(f"{kind.title.lower()} ({number:,})" for kind, number in verdict.counts),
                *([count(len(sub_run.violations), "violated invariant")] if sub_run.violations else []),
            ]
        )
        held = ("yes", "✓ held") if sub_run.valid else ("no", "✗ broken")
        rows.append([("nowrap", html(sub_run.name)), held, ("number", f"{verdict.covered.operations:,}"), *facts, ("", found or "none")])
    return table(header, rows, look="runs")


def circumstances(facts: Mapping[str, Fact], configuration: Mapping[str, Fact]) -> str:
    """Facts and configuration, side by side."""
    columns = [_pairs("Facts", facts), _pairs("Configuration", configuration)]
    return f'<div class="pairs">{"".join(columns)}</div>' if any(columns) else ""


def _pairs(title: str, pairs: Mapping[str, Fact]) -> str:
    if not pairs:
        return ""
    said = [(name, words.fact(value)) for name, value in pairs.items()]
    rows = [[("", html(name)), ("number", html(value)) if len(value) < 24 else ("", f"<code>{html(value)}</code>")] for name, value in said]
    return f"<div><h3>{title}</h3>{table([], rows)}</div>"


def _letter(index: int, name: str, marks: Mapping[int, str]) -> str:
    letter = words.small_letter(index)
    ident = f' id="{name}{index}"' if name else ""
    if index in marks:
        return f'<a class="mark"{ident} href="#{marks[index]}" title="Show in the picture">{letter}</a>'
    return f'<b class="mark faint"{ident}>{letter}</b>'


def _when(operation: Operation, span: Span) -> str:
    began = words.moment(operation.invoked_at - span.began_at, span.length)
    if operation.completed_at is None:
        return f"{began}, never answered"
    return f"{began} + {words.duration(operation.completed_at - operation.invoked_at)}"


def _deeds(operation: Operation, anomaly: Anomaly) -> str:
    """What an operation did where the anomaly is, or anywhere if it did nothing there."""
    actions = operation.actions
    shown = [at for at, action in enumerate(actions) if is_named(action, anomaly)][:ACTIONS_SHOWN]
    if anomaly.offset is None:
        shown = list(range(min(len(actions), 2 * ACTIONS_SHOWN)))
    elif not shown:
        distances = [_distance(action, anomaly) for action in actions]
        near = [at for at in range(len(actions)) if distances[at] is not None] or list(range(len(actions)))
        shown = sorted(sorted(near, key=lambda at: distances[at] or 0)[:2])
    said = [words.action(actions[at]) for at in shown]
    if len(actions) > len(said):
        said.append(f"and {count(len(actions) - len(said), 'more action')}")
    if operation.error:
        said.append(words.shortened(operation.error, 200))
    return html("; ".join(said)) or "nothing that is known"


def _distance(action: Action, anomaly: Anomaly) -> int | None:
    """How many offsets an action is from an anomaly's place; None if it is not about that partition at all."""
    if isinstance(action, Assigned):
        return None if (anomaly.topic, anomaly.partition) not in action.partitions else 0
    if getattr(action, "topic", anomaly.topic) != anomaly.topic:
        return None
    if getattr(action, "partition", anomaly.partition) not in (anomaly.partition, UNKNOWN_PARTITION):
        return None
    offset = getattr(action, "offset", None)
    return abs(offset - anomaly.offset) if isinstance(offset, int) and anomaly.offset is not None else 0


def table(header: Sequence[str], rows: Sequence[Iterable[tuple[str, str]]], *, look: str = "") -> str:
    """A table. Cells are `(class, html)`; header cells that begin with `#` stand above numbers."""
    head = "".join(f'<th class="number">{html(title[1:])}</th>' if title.startswith("#") else f"<th>{html(title)}</th>" for title in header)
    top = f"<thead><tr>{head}</tr></thead>" if header else ""
    lines = [f"<tr>{''.join(_cell(*cell) for cell in row)}</tr>" for row in rows[:ROWS_MAX]]
    if len(rows) <= ROWS_OPEN + 3:
        return _framed(top, lines, look)
    folded = _framed(top, lines, look)
    left_out = f'<p class="lead">… and {count(len(rows) - ROWS_MAX, "more row")}</p>' if len(rows) > ROWS_MAX else ""
    preview = _framed(top, lines[:ROWS_OPEN], f"{look} preview".strip())
    return f"{preview}<details><summary>All {len(rows):,} rows</summary>{folded}{left_out}</details>"


def _framed(top: str, lines: Sequence[str], look: str) -> str:
    return f'<div class="scroll"><table{_class(look)}>{top}<tbody>{"".join(lines)}</tbody></table></div>'


def _cell(look: str, content: str) -> str:
    return f"<td{_class(look)}>{content}</td>"


def _class(look: str) -> str:
    return f' class="{look}"' if look else ""
