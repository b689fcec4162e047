"""`streambus check`: judge a history, whoever wrote it."""

import argparse
import json
from pathlib import Path
from typing import Any

from streambus.checkers import CONTRACTS, Anomaly, Contract, History, UnreadableHistory, Verdict, check, to_edn
from streambus.cli.misuse import Misuse
from streambus.reporting import Run, write_report

VALID, INVALID = 0, 1
SHOWN_MAX = 20

EPILOG = """\
A history is a file of JSON lines, one for every operation of every client: what was sent, where it landed, what was read.
Every report of this project has one beside it, `history.ndjson`. A contract says what was promised.

examples:
  streambus check reports/demo/history.ndjson
  streambus check history.ndjson --contract read-committed --report reports/mine
  streambus check history.ndjson --edn history.edn         for Jepsen's own checker
  streambus check --contracts                              which contracts there are

exit status: 0 the contract was kept, 1 it was not, 2 misuse
"""


def register(subparsers: Any) -> None:
    """Add `check` to the parser of `streambus`."""
    texts = argparse.RawDescriptionHelpFormatter
    parser = subparsers.add_parser(
        "check", help="judge a history of what clients saw", description=__doc__, epilog=EPILOG, formatter_class=texts
    )
    parser.add_argument("history", nargs="?", type=Path, help="a file of JSON lines")
    parser.add_argument("--contract", default="durable-log", help="what was promised (default: durable-log)", metavar="NAME")
    parser.add_argument("--contracts", action="store_true", help="only say which contracts there are")
    parser.add_argument("--report", type=Path, help="write a report to FOLDER", metavar="FOLDER")
    parser.add_argument("--edn", type=Path, help="write the history to FILE in the form that Jepsen reads", metavar="FILE")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.set_defaults(run=check_command)


def check_command(arguments: argparse.Namespace) -> int:
    """`streambus check`."""
    if arguments.contracts:
        print("\n".join(f"{name:<26} {contract.promise}" for name, contract in CONTRACTS.items()))
        return VALID
    if arguments.history is None:
        raise Misuse("say which history: a file of JSON lines")
    contract = CONTRACTS.get(arguments.contract)
    if contract is None:
        raise Misuse(f"no contract {arguments.contract!r}; there are: {', '.join(CONTRACTS)}")
    history = _read(arguments.history)
    verdict = check(history, contract)
    if arguments.edn is not None:
        arguments.edn.write_text("".join(f"{line}\n" for line in to_edn(history)), encoding="utf-8")
    page = None if arguments.report is None else _report(arguments, contract, history, verdict)
    print(json.dumps(_to_json(verdict, page)) if arguments.json else _words(verdict, contract, page))
    return VALID if verdict.valid else INVALID


def _read(path: Path) -> History:
    try:
        with path.open(encoding="utf-8") as lines:
            return History.from_lines(lines)
    except (OSError, UnicodeDecodeError, UnreadableHistory) as error:
        raise Misuse(f"{path}: {error.strerror if isinstance(error, OSError) else error}") from error


def _report(arguments: argparse.Namespace, contract: Contract, history: History, verdict: Verdict) -> Path:
    run = Run(arguments.history.name, contract, "", "real", history, verdict, summary=f"A history read from {arguments.history.name}.")
    return write_report(run, arguments.report)


def _words(verdict: Verdict, contract: Contract, page: Path | None) -> str:
    covered = verdict.covered
    lines = [
        f"{contract.name}: {'kept' if verdict.valid else 'BROKEN'}. {contract.promise}",
        f"{covered.operations:,} operations of {covered.processes} processes: {covered.ok:,} done, {covered.failed:,} failed, "
        f"{covered.unknown:,} of unknown outcome",
        *[f"  {_told(anomaly)}" for anomaly in verdict.anomalies[:SHOWN_MAX]],
    ]
    if len(verdict.anomalies) > SHOWN_MAX:
        lines.append(f"  … and {len(verdict.anomalies) - SHOWN_MAX} more")
    return "\n".join([*lines, *([f"report: {page}"] if page is not None else [])])


def _told(anomaly: Anomaly) -> str:
    return f"{anomaly.kind.value} ({anomaly.severity.value}) in {anomaly.topic}-{anomaly.partition}: {anomaly.witness}"


def _to_json(verdict: Verdict, page: Path | None) -> dict[str, Any]:
    return {
        "valid": verdict.valid,
        "operations": verdict.covered.operations,
        "counts": {kind.value: count for kind, count in verdict.counts},
        "anomalies": [_told(anomaly) for anomaly in verdict.anomalies],
        "report": None if page is None else str(page),
    }
