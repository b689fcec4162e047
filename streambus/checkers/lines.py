"""Histories as text: one JSON object per line, in a form that stays.

The first line is `{"history": 1}`, the version of the format. An operation is an object with `process`, `outcome`, `invoked_at`,
`completed_at`, `actions` and, if there is one, `error`; a fault is an object with `fault` (its name), `target`, `began_at`, `ended_at`
and `details`. Actions are arrays: `["sent", topic, partition, value, offset]`, `["polled", topic, partition, offset, value]`,
`["assigned", [[topic, partition], ...]]` and `["sought", topic, partition]`. A value is a string when it is printable ASCII,
else `{"hex": "..."}`.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from streambus.checkers.operations import Action, Assigned, Fault, Operation, Outcome, Polled, Sent, Sought

FORMAT_VERSION = 1

_dumps = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class UnreadableHistory(ValueError):
    """The text is not a history that `to_lines` wrote. The message names the line."""


def to_lines(operations: Iterable[Operation], faults: Iterable[Fault]) -> Iterator[str]:
    """The format's first line, then the operations, then the faults; without line ends."""
    yield _dumps({"history": FORMAT_VERSION})
    for operation in operations:
        yield _dumps(_operation_to_json(operation))
    for fault in faults:
        yield _dumps(_fault_to_json(fault))


def from_lines(lines: Iterable[str]) -> tuple[list[Operation], list[Fault]]:
    """What `to_lines` wrote. Empty lines are skipped. Raises `UnreadableHistory`."""
    operations: list[Operation] = []
    faults: list[Fault] = []
    versioned = False
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            if not versioned:
                _check_version(entry)
                versioned = True
            elif "fault" in entry:
                faults.append(_fault_from_json(entry))
            else:
                operations.append(_operation_from_json(entry))
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
            raise UnreadableHistory(f"line {number} is not part of a history: {error}") from error
    if not versioned:
        raise UnreadableHistory("there is no history: the text is empty")
    return operations, faults


def _check_version(entry: Any) -> None:
    if entry != {"history": FORMAT_VERSION}:
        raise ValueError(f'the first line must be {{"history": {FORMAT_VERSION}}}')


# Operations and faults -------------------------------------------------------------------------------------------------


def _operation_to_json(operation: Operation) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "process": operation.process,
        "outcome": operation.outcome.value,
        "invoked_at": operation.invoked_at,
        "completed_at": operation.completed_at,
        "actions": [_action_to_json(action) for action in operation.actions],
    }
    if operation.error:
        entry["error"] = operation.error
    return entry


def _operation_from_json(entry: Any) -> Operation:
    return Operation(
        _text(entry["process"]),
        Outcome(entry["outcome"]),
        _integer(entry["invoked_at"]),
        _integer_or_none(entry["completed_at"]),
        tuple([_action_from_json(action) for action in entry["actions"]]),
        _text(entry.get("error", "")),
    )


def _fault_to_json(fault: Fault) -> dict[str, Any]:
    return {
        "fault": fault.name,
        "target": fault.target,
        "began_at": fault.began_at,
        "ended_at": fault.ended_at,
        "details": fault.details,
    }


def _fault_from_json(entry: Any) -> Fault:
    return Fault(
        _text(entry["fault"]),
        _text(entry["target"]),
        _integer(entry["began_at"]),
        _integer_or_none(entry["ended_at"]),
        _text(entry["details"]),
    )


# Actions ---------------------------------------------------------------------------------------------------------------


def _action_to_json(action: Action) -> list[Any]:
    if isinstance(action, Sent):
        return ["sent", action.topic, action.partition, _value_to_json(action.value), action.offset]
    if isinstance(action, Polled):
        return ["polled", action.topic, action.partition, action.offset, _value_to_json(action.value)]
    if isinstance(action, Assigned):
        return ["assigned", [list(partition) for partition in action.partitions]]
    return ["sought", action.topic, action.partition]


def _action_from_json(entry: Any) -> Action:
    name, *fields = entry
    if name == "sent":
        topic, partition, value, acknowledged = fields
        return Sent(_text(topic), _integer(partition), _value_from_json(value), _integer_or_none(acknowledged))
    if name == "polled":
        topic, partition, offset, value = fields
        return Polled(_text(topic), _integer(partition), _integer(offset), _value_from_json(value))
    if name == "assigned":
        (partitions,) = fields
        return Assigned(tuple([(_text(topic), _integer(partition)) for topic, partition in partitions]))
    if name == "sought":
        topic, partition = fields
        return Sought(_text(topic), _integer(partition))
    raise ValueError(f"no action is called {name!r}")


def _value_to_json(value: bytes) -> str | dict[str, str]:
    if value.isascii():
        text = value.decode("ascii")
        if text.isprintable():
            return text
    return {"hex": value.hex()}


def _value_from_json(entry: Any) -> bytes:
    if isinstance(entry, str):
        return entry.encode("ascii")
    return bytes.fromhex(entry["hex"])


def _text(entry: Any) -> str:
    if not isinstance(entry, str):
        raise TypeError(f"{entry!r} is not a text")
    return entry


def _integer(entry: Any) -> int:
    if not isinstance(entry, int) or isinstance(entry, bool):
        raise TypeError(f"{entry!r} is not an integer")
    return entry


def _integer_or_none(entry: Any) -> int | None:
    return None if entry is None else _integer(entry)
