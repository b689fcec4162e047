"""The report for programs: `results.json`."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from streambus.checkers import Coverage, Measures, Verdict
from streambus.checkers.lines import to_lines
from streambus.reporting.run import Reproduction, Run

RESULTS_VERSION = 2

SUB_RUN_ANOMALIES_MAX = 5
"""Of sub-runs, of which there may be thousands, only so many anomalies are told, and without their operations."""


def results(run: Run) -> str:
    """Everything in the report but the history, as JSON. Names and meanings are those of `Run` and `Verdict`."""
    return (
        json.dumps(
            {
                "results": RESULTS_VERSION,
                "title": run.title,
                "valid": run.valid,
                "when": run.when,
                "world": run.world,
                "seeds": list(run.seeds),
                "summary": run.summary,
                "contract": {
                    "name": run.contract.name,
                    "promise": run.contract.promise,
                    "allowed": [kind.value for kind in run.contract.allowed],
                },
                "violations": list(run.violations),
                **_verdict(run.verdict),
                "facts": dict(run.facts),
                "configuration": dict(run.configuration),
                "reproduction": None if run.reproduction is None else _reproduction(run.reproduction),
                "sub_runs": [
                    {
                        "name": sub_run.name,
                        "valid": sub_run.valid,
                        "facts": dict(sub_run.facts),
                        "violations": list(sub_run.violations),
                        **_verdict(sub_run.verdict, in_full=False),
                    }
                    for sub_run in run.sub_runs
                ],
            },
            indent=2,
            ensure_ascii=False,
        )
        + "\n"
    )


def _reproduction(reproduction: Reproduction) -> Mapping[str, Any]:
    return {
        "file_name": reproduction.file_name,
        "command": reproduction.command,
        "summary": reproduction.summary,
        "scenario": reproduction.scenario,
        "story": list(reproduction.story),
    }


def _verdict(verdict: Verdict, *, in_full: bool = True) -> Mapping[str, Any]:
    """Of sub-runs, what was checked and each partition's numbers are left out."""
    covered = verdict.covered
    details: Mapping[str, Any] = _details(covered) if in_full else {}
    measured: Mapping[str, Any] = {"measures": _measures(verdict.measures)} if in_full else {}
    return {
        **measured,
        "counts": {kind.value: number for kind, number in verdict.counts},
        "excused": {kind.value: number for kind, number in verdict.excused},
        "anomalies": [
            {
                "kind": anomaly.kind.value,
                "severity": anomaly.severity.value,
                "topic": anomaly.topic,
                "partition": anomaly.partition,
                "offset": anomaly.offset,
                "records": anomaly.records,
                "witness": anomaly.witness,
                **({"operations": _as_json(to_lines(anomaly.operations, ()))} if in_full else {}),
            }
            for anomaly in verdict.anomalies[: None if in_full else SUB_RUN_ANOMALIES_MAX]
        ],
        "covered": {
            "operations": covered.operations,
            "ok": covered.ok,
            "failed": covered.failed,
            "unknown": covered.unknown,
            "processes": covered.processes,
            "transactions": covered.transactions,
            "strange": covered.strange,
            **details,
        },
    }


def _measures(measures: Measures) -> Mapping[str, Any]:
    return {
        "unseen": [list(moment) for moment in measures.unseen],
        "consumed": [list(entry) for entry in measures.consumed],
        "longest_pause": measures.longest_pause,
        "pause_began_at": measures.pause_began_at,
        "unknown_causes": list(measures.unknown_causes),
    }


def _details(covered: Coverage) -> Mapping[str, Any]:
    return {
        "checks": [kind.value for kind in covered.checks],
        "not_judged": {kind.value: reason for kind, reason in covered.not_judged},
        "partitions": [
            {
                "topic": partition.topic,
                "partition": partition.partition,
                "acknowledged": partition.acknowledged,
                "failed": partition.failed,
                "unknown": partition.unknown,
                "read": partition.read,
                "polled": partition.polled,
                "last_offset": partition.last_offset,
                "unseen": partition.unseen,
                "worst_lag": partition.worst_lag,
            }
            for partition in covered.partitions
        ],
    }


def _as_json(lines: Iterable[str]) -> list[Any]:
    """Operations in the form in which histories are written, without the first line."""
    return [json.loads(line) for line in lines][1:]
