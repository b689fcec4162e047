"""Histories as EDN, in the shape in which Jepsen's Kafka workload (`jepsen.tests.kafka`) reads them, so that others can check them again.

Each operation becomes two maps, its invocation and its completion (`:ok`, `:fail` or `:info`), all of them in the order of time, one per line:
`{:index 3, :type :ok, :process 1, :f :send, :value [[:send 0 [7 12]]], :time 25000}`. What never completed ends as `:info` at the end.

- Times are in nanoseconds. An invocation at the moment of a completion comes behind it, unless they belong to one operation.
- Keys and values are integers: keys number the partitions, values number the records, both in the order in which they are first mentioned.
  `Mapping` tells them, and so does the comment that ends each line of `mapping_lines`.
- `:f` is `:send`, `:poll` or `:txn` by what the operation did, `:assign` or `:subscribe`; other actions have no place there and are left out.
  An operation that does several of these becomes several, in the order of its actions; a transaction stays one `:txn`.
- Jepsen's processes do one thing at a time and end with an operation of unknown outcome. A process with several sends under way
  becomes as many, and one that goes on after an unknown outcome becomes a new one, which keeps what it had been assigned.
- Polls that follow a `Sought` or a second `Assigned` chose their position anew, of which Jepsen's checker knows nothing: they become
  those of a new process too.
"""

from collections.abc import Iterator

import attrs

from streambus.checkers.history import History
from streambus.checkers.operations import Assigned, Operation, Outcome, Polled, Sent, Sought, Subscribed

NANOSECONDS = 1_000

Place = tuple[str, int]


@attrs.define
class Mapping:
    """Which integers stand for which partitions and values."""

    keys: dict[Place, int] = attrs.field(factory=dict)
    values: dict[bytes, int] = attrs.field(factory=dict)

    def key(self, topic: str, partition: int) -> int:
        """The key of a partition."""
        return self.keys.setdefault((topic, partition), len(self.keys))

    def value(self, value: bytes) -> int:
        """The number of a record."""
        return self.values.setdefault(value, len(self.values))


@attrs.frozen
class _Step:
    """One of Jepsen's operations: `invoked` and `completed` are its two values."""

    operation: Operation
    f: str
    invoked: str
    completed: str
    is_new_path: bool


def to_edn(history: History, mapping: Mapping | None = None) -> Iterator[str]:
    """The history's lines in EDN. `mapping` is filled on the way, for who wants to read the numbers back."""
    mapping = mapping or Mapping()
    operations = sorted(
        history.operations, key=lambda operation: (operation.invoked_at, operation.completed_at is None, operation.completed_at or 0)
    )
    steps = [step for operation in operations for step in _steps(operation, mapping)]
    processes = _processes(steps)
    events = sorted(_events(steps), key=lambda event: event[:-1])
    for index, (time, _, number, is_completion, _) in enumerate(events):
        step = steps[number]
        kind = step.operation.outcome.value if is_completion else "invoke"
        if is_completion and step.operation.completed_at is None:
            kind = "info"
        value = step.completed if is_completion else step.invoked
        error = f', :error "{_quoted(step.operation.error)}"' if is_completion and step.operation.error else ""
        yield (
            f"{{:index {index}, :type :{kind}, :process {processes[number]}, :f :{step.f}, :value {value}, "
            f":time {time * NANOSECONDS}{error}}}"
        )


def _events(steps: list[_Step]) -> Iterator[tuple[int, int, int, bool, None]]:
    """Time, rank, number of the step, and whether it is its completion: in this order they are a history."""
    end = max([step.operation.completed_at or step.operation.invoked_at for step in steps], default=0)
    for number, step in enumerate(steps):
        begun, over = step.operation.invoked_at, step.operation.completed_at
        over = end + 1 if over is None else max(begun, over)
        yield begun, 1, number, False, None
        # at one moment what ends comes first, but nothing ends before it began
        yield over, 1 if over == begun else 0, number, True, None


def _processes(steps: list[_Step]) -> list[int]:
    """The integer process of each step."""
    numbers: list[int] = []
    fresh = 0
    free: dict[str, list[tuple[int, int]]] = {}
    """For each of our processes those of Jepsen's that live, with the time from which they are free."""
    reading: dict[str, int] = {}
    for step in steps:
        operation = step.operation
        lanes = free.setdefault(operation.process, [])
        lane = next((lane for lane in lanes if lane[1] <= operation.invoked_at), None)
        if lane is None or (step.is_new_path and step.f != "send"):
            lane = (fresh, 0)
            fresh += 1
        else:
            lanes.remove(lane)
        numbers.append(lane[0])
        if operation.outcome is not Outcome.INFO and operation.completed_at is not None:
            lanes.append((lane[0], max(operation.invoked_at, operation.completed_at)))
        reading[operation.process] = lane[0]
    return numbers


def _steps(operation: Operation, mapping: Mapping) -> Iterator[_Step]:
    if operation.transactional:
        moves = [action for action in operation.actions if isinstance(action, Sent | Polled)]
        yield from _moves(operation, moves, mapping, is_new_path=False)
        return
    run: list[Sent | Polled] = []
    is_new_path = False
    for action in operation.actions:
        if isinstance(action, Sent | Polled):
            run.append(action)
            continue
        if not isinstance(action, Assigned | Subscribed | Sought):
            continue
        yield from _moves(operation, run, mapping, is_new_path=is_new_path)
        run, is_new_path = [], True
        if isinstance(action, Assigned):
            keys = " ".join(str(mapping.key(*place)) for place in action.partitions)
            yield _Step(operation, "assign", f"[{keys}]", f"[{keys}]", is_new_path=True)
            is_new_path = False
        elif isinstance(action, Subscribed):
            keys = " ".join(str(key) for (topic, _), key in mapping.keys.items() if topic in action.topics)
            yield _Step(operation, "subscribe", f"[{keys}]", f"[{keys}]", is_new_path=True)
            is_new_path = False
        else:
            sought = f"[{mapping.key(action.topic, action.partition)}]"
            yield _Step(operation, "assign", sought, sought, is_new_path=True)
            is_new_path = False
    if run or not operation.actions:
        yield from _moves(operation, run, mapping, is_new_path=is_new_path)


def _moves(operation: Operation, moves: "list[Sent | Polled]", mapping: Mapping, *, is_new_path: bool) -> Iterator[_Step]:
    if not moves and (operation.actions or operation.transactional):
        return
    does = {type(move) for move in moves}
    f = "txn" if len(does) == 2 else "send" if Sent in does else "poll"
    invoked, completed = [], []
    polls: dict[int, list[str]] = {}

    def end_poll() -> None:
        if polls:
            told = ", ".join(f"{key} [{' '.join(pairs)}]" for key, pairs in polls.items())
            invoked.append("[:poll]")
            completed.append(f"[:poll {{{told}}}]")
            polls.clear()

    for move in moves:
        key, value = mapping.key(move.topic, move.partition), mapping.value(move.value)
        if isinstance(move, Polled):
            polls.setdefault(key, []).append(f"[{move.offset} {value}]")
            continue
        end_poll()
        invoked.append(f"[:send {key} {value}]")
        named = operation.outcome is not Outcome.FAIL
        completed.append(f"[:send {key} [{'nil' if move.offset is None else move.offset} {value}]]" if named else invoked[-1])
    end_poll()
    if not moves:
        invoked, completed = ["[:poll]"], ["[:poll {}]"]
    yield _Step(operation, f, f"[{' '.join(invoked)}]", f"[{' '.join(completed)}]", is_new_path)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
