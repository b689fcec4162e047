"""Judge a history again: the one of a report, of somebody else's, or one that was changed by hand to see what the checkers say.

    python jepsen-style/judge_again.py reports/chaos/rounds/sigkill/history.ndjson

Topics are judged by what their writers were promised, which the end of a topic's name says: `sigkill.exact`, `sigkill.retried`; any other
topic is held to the strictest contract.
"""

import sys
from pathlib import Path

import attrs

from streambus.chaos.topics import CONTRACTS
from streambus.checkers import DURABLE_LOG, History, Polled, Sent, check


def judge(lines: list[str]) -> bool:
    """Say what is wrong with each topic of a history, and whether nothing is."""
    history, held = History.from_lines(lines), True
    for topic in topics_in(history):
        contract = CONTRACTS.get(topic.rpartition(".")[2], DURABLE_LOG)
        verdict = check(only(history, topic), contract)
        acknowledged = sum(partition.acknowledged for partition in verdict.covered.partitions)
        print(f"{topic}: {'valid' if verdict.valid else 'INVALID'} by {contract.name!r}, {acknowledged:,} acknowledged records")
        for anomaly in verdict.anomalies:
            print(f"  {anomaly.severity.value}: {anomaly.kind.value}: {anomaly.witness}")
        held = held and verdict.valid
    return held


def topics_in(history: History) -> list[str]:
    """Every topic that somebody wrote to or read from."""
    return sorted({action.topic for operation in history.operations for action in operation.actions if isinstance(action, Sent | Polled)})


def only(history: History, topic: str) -> History:
    """What of a history is about one topic. That positions were chosen anew is about every topic."""
    part = History([], history.faults)
    for operation in history.operations:
        actions = tuple(action for action in operation.actions if not isinstance(action, Sent | Polled) or action.topic == topic)
        if actions:
            part.append(attrs.evolve(operation, actions=actions))
    return part


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} HISTORY.ndjson")
    sys.exit(not judge(Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()))
