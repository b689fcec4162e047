"""Histories as text: one JSON object per line, in a form that stays.

The first line is `{"history": 2}`, the version of the format. An operation is an object with `process`, `outcome`, `invoked_at`,
`completed_at`, `actions` and, if they apply, `error`, `transactional` (true) and `isolation` (`"read-uncommitted"`); a fault is an
object with `fault` (its name), `target`, `began_at`, `ended_at` and `details`. An action is an array: its name, then its fields in the
order of its class in `operations`. Fields at the end that have their default are left out, except a send's offset. A value is a string when
it is printable ASCII, else `{"hex": "..."}`.

Version 1, which is still read, had the actions `sent`, `polled`, `assigned` and `sought`, in the same form, and no transactions.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from streambus.checkers.operations import (
    ACKS_ALL,
    Action,
    Assigned,
    Committed,
    Deleted,
    Fault,
    Isolation,
    Listed,
    Observed,
    Operation,
    Outcome,
    Polled,
    Rebalanced,
    Resumed,
    Sent,
    Sought,
    Subscribed,
    fields_of,
)

FORMAT_VERSION = 2

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
    if entry not in [{"history": version} for version in range(1, FORMAT_VERSION + 1)]:
        raise ValueError(f'the first line must be {{"history": {FORMAT_VERSION}}} or a lower version')


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
    if operation.transactional:
        entry["transactional"] = True
    if operation.isolation is not Isolation.READ_COMMITTED:
        entry["isolation"] = operation.isolation.value
    return entry


def _operation_from_json(entry: Any) -> Operation:
    return Operation(
        _text(entry["process"]),
        Outcome(entry["outcome"]),
        _integer(entry["invoked_at"]),
        _integer_or_none(entry["completed_at"]),
        tuple([_action_from_json(action) for action in entry["actions"]]),
        _text(entry.get("error", "")),
        _truth(entry.get("transactional", False)),
        Isolation(entry.get("isolation", Isolation.READ_COMMITTED.value)),
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
    name, _ = _FORMS[type(action)]
    if isinstance(action, Sent):
        key = [] if action.key is None else [_value_to_json(action.key)]
        acks = [action.acks] if key or action.acks != ACKS_ALL else []
        return [name, action.topic, action.partition, _value_to_json(action.value), action.offset, *acks, *key]
    if isinstance(action, Polled):
        epoch = [] if action.leader_epoch is None else [action.leader_epoch]
        timestamp = [action.timestamp] if epoch or action.timestamp is not None else []
        return [name, action.topic, action.partition, action.offset, _value_to_json(action.value), *timestamp, *epoch]
    if isinstance(action, Assigned):
        return [name, _places_to_json(action.partitions)]
    if isinstance(action, Subscribed):
        return [name, action.group, list(action.topics)]
    if isinstance(action, Rebalanced):
        return [name, action.group, action.generation, _places_to_json(action.partitions)]
    return [name, *fields_of(action)]


def _action_from_json(entry: Any) -> Action:
    name, *fields = entry
    if name not in _NAMES:
        raise ValueError(f"no action is called {name!r}")
    kind = _NAMES[name]
    _, readers = _FORMS[kind]
    if len(fields) > len(readers):
        raise ValueError(f"{name!r} has at most {len(readers)} fields")
    made: Action = kind(*[read(field) for read, field in zip(readers, fields, strict=False)])
    return made


def _places_to_json(places: tuple[tuple[str, int], ...]) -> list[Any]:
    return [list(place) for place in places]


def _places_from_json(entry: Any) -> tuple[tuple[str, int], ...]:
    return tuple([(_text(topic), _integer(partition)) for topic, partition in entry])


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


def _truth(entry: Any) -> bool:
    if not isinstance(entry, bool):
        raise TypeError(f"{entry!r} is neither true nor false")
    return entry


def _value_or_none(entry: Any) -> bytes | None:
    return None if entry is None else _value_from_json(entry)


def _texts(entry: Any) -> tuple[str, ...]:
    if not isinstance(entry, list):
        raise TypeError(f"{entry!r} is not a list")
    return tuple([_text(text) for text in entry])


_FORMS: dict[Any, tuple[str, tuple[Callable[[Any], Any], ...]]] = {
    Sent: ("sent", (_text, _integer, _value_from_json, _integer_or_none, _integer, _value_or_none)),
    Polled: ("polled", (_text, _integer, _integer, _value_from_json, _integer_or_none, _integer_or_none)),
    Assigned: ("assigned", (_places_from_json,)),
    Sought: ("sought", (_text, _integer)),
    Subscribed: ("subscribed", (_text, _texts)),
    Rebalanced: ("rebalanced", (_text, _integer, _places_from_json)),
    Committed: ("committed", (_text, _text, _integer, _integer, _integer_or_none)),
    Resumed: ("resumed", (_text, _text, _integer, _integer_or_none)),
    Observed: ("observed", (_text, _integer, _integer_or_none, _integer_or_none, _integer_or_none, _integer_or_none)),
    Listed: ("listed", (_text, _integer, _integer, _integer_or_none)),
    Deleted: ("deleted", (_text, _integer, _integer)),
}
"""For every action its name, and how each of its fields is read."""

_NAMES = {name: kind for kind, (name, _) in _FORMS.items()}
