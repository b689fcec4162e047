"""Histories as EDN, in the shape in which Jepsen's Kafka workload (`jepsen.tests.kafka`) reads them, so that others can check them again.

Each operation becomes two maps, its invocation and its completion (`:ok`, `:fail` or `:info`), all of them in the order of time, one
per line: `{:index 3, :type :ok, :process 1, :f :send, :value [[:send 0 [7 12]]], :time 25000}`. What never completed ends as `:info`
at the end.

- Times are in nanoseconds. At one moment completions come before invocations, except where an operation takes no time.
- Keys and values are integers: keys number the partitions, values number the records, both in the order in which they are first mentioned.
  `Mapping` tells them. A send whose partition is not known has the key of the partition where its record was read.
- `:f` is `:send`, `:poll` or `:txn` by what the operation did, `:assign` or `:subscribe`. Other actions have no place there and are
  left out. A transaction is one `:txn`; any other operation that does several of these becomes several, in the order of its actions.
- Jepsen's processes do one thing at a time and end with an operation of unknown outcome. A process with several sends under way becomes
  as many, and one that goes on after an unknown outcome a new one.
- A position that was chosen anew (`Assigned`, `Sought`, `Resumed`, `Rebalanced`) is nothing that Jepsen's checker knows of: what is
  polled from there on is polled by a new process.

Jepsen's checker expects that every value that was read was sent: it stops at a phantom.
"""

from collections.abc import Iterable, Iterator

import attrs

from streambus.checkers.history import History
from streambus.checkers.operations import (
    UNKNOWN_PARTITION,
    Assigned,
    Operation,
    Outcome,
    Polled,
    Rebalanced,
    Resumed,
    Sent,
    Sought,
    Subscribed,
)

NANOSECONDS = 1_000

Place = tuple[str, int]


@attrs.define
class Mapping:
    """Which integers stand for which partitions and values."""

    keys: dict[Place, int] = attrs.field(factory=dict)
    values: dict[bytes, int] = attrs.field(factory=dict)
    read_at: dict[tuple[str, bytes], int] = attrs.field(factory=dict)
    """In which partition of a topic a value was read."""

    def learn(self, operations: Iterable[Operation]) -> None:
        """Number all partitions and values, in the order of their first mention."""
        known = list(operations)
        for operation in known:
            for action in operation.actions:
                if isinstance(action, Polled):
                    self.read_at.setdefault((action.topic, action.value), action.partition)
        for operation in known:
            for action in operation.actions:
                if isinstance(action, Sent | Polled):
                    self.key(action)
                    self.values.setdefault(action.value, len(self.values))
                elif isinstance(action, Assigned):
                    for place in action.partitions:
                        self.keys.setdefault(place, len(self.keys))

    def key(self, action: Sent | Polled) -> int:
        """The key of the partition that a record belongs to."""
        partition = action.partition
        if partition == UNKNOWN_PARTITION:
            partition = self.read_at.get((action.topic, action.value), partition)
        return self.keys.setdefault((action.topic, partition), len(self.keys))


@attrs.define
class _Step:
    """One of Jepsen's operations: `invoked` and `completed` are its two values. No `f`: nothing but a new path."""

    operation: Operation
    f: str
    invoked: str
    completed: str
    over: int | None = None
    process: int = 0


def to_edn(history: History, mapping: Mapping | None = None) -> Iterator[str]:
    """The history's lines in EDN. `mapping` is filled on the way, for who wants to read the numbers back."""
    mapping = mapping or Mapping()
    operations = sorted(history.operations, key=lambda each: (each.invoked_at, each.completed_at is None, each.completed_at or 0))
    mapping.learn(operations)
    steps: list[_Step] = []
    for operation in operations:
        steps += _timed([*_steps(operation, mapping)])
    steps = _with_processes(steps)
    for index, (time, _, number, is_completion) in enumerate(sorted(_events(steps))):
        step = steps[number]
        operation = step.operation
        outcome = Outcome.INFO if operation.completed_at is None else operation.outcome
        kind, value = (outcome.value, step.completed) if is_completion else ("invoke", step.invoked)
        error = f', :error "{_quoted(operation.error)}"' if is_completion and operation.error else ""
        yield (
            f"{{:index {index}, :type :{kind}, :process {step.process}, :f :{step.f}, :value {value}, :time {time * NANOSECONDS}{error}}}"
        )


def _timed(steps: list[_Step]) -> list[_Step]:
    """All but the last step of an operation take no time."""
    for step in steps:
        step.over = step.operation.invoked_at
    if steps:
        over = steps[-1].operation.completed_at
        steps[-1].over = None if over is None else max(over, steps[-1].operation.invoked_at)
    return steps


def _events(steps: list[_Step]) -> Iterator[tuple[int, int, int, bool]]:
    """Time, rank, number of the step, and whether it is its completion: in this order they are a history."""
    end = max([step.operation.invoked_at if step.over is None else step.over for step in steps], default=0)
    for number, step in enumerate(steps):
        begun = step.operation.invoked_at
        over = end + 1 if step.over is None else step.over
        yield begun, 1, number, False
        yield over, 1 if over == begun else 0, number, True


def _with_processes(steps: list[_Step]) -> list[_Step]:
    """The steps that are operations of Jepsen's, each with its process."""
    kept: list[_Step] = []
    fresh = 0
    lanes: dict[str, list[tuple[int, int]]] = {}
    """For each of our processes those of Jepsen's that live, with the time from which they are free."""
    renewed: set[str] = set()
    for step in steps:
        name, now = step.operation.process, step.operation.invoked_at
        if step.f in ("", "assign", "subscribe"):
            renewed.add(name)
        if not step.f:
            continue
        free = lanes.setdefault(name, [])
        if name in renewed and step.f != "send":
            renewed.discard(name)
            free.clear()
        lane = next((lane for lane in free if lane[1] <= now), None)
        if lane is None:
            step.process = fresh
            fresh += 1
        else:
            free.remove(lane)
            step.process = lane[0]
        if step.operation.outcome is not Outcome.INFO and step.over is not None:
            free.append((step.process, step.over))
        kept.append(step)
    return kept


def _steps(operation: Operation, mapping: Mapping) -> Iterator[_Step]:
    if not operation.actions:
        yield _Step(operation, "poll", "[[:poll]]", "[[:poll {}]]")
        return
    moves: list[Sent | Polled] = []
    for action in operation.actions:
        if isinstance(action, Sent | Polled):
            moves.append(action)
            continue
        if not isinstance(action, Assigned | Subscribed | Sought | Resumed | Rebalanced):
            continue
        if not operation.transactional:
            yield from _moves(operation, moves, mapping)
            moves = []
        keys: list[int] = []
        if isinstance(action, Assigned):
            keys = [mapping.keys[place] for place in action.partitions]
        elif isinstance(action, Subscribed):
            keys = [key for (topic, _), key in mapping.keys.items() if topic in action.topics]
        f = {Assigned: "assign", Subscribed: "subscribe"}.get(type(action), "")
        value = f"[{' '.join(map(str, keys))}]"
        yield _Step(operation, f, value, value)
    yield from _moves(operation, moves, mapping)


def _moves(operation: Operation, moves: list[Sent | Polled], mapping: Mapping) -> Iterator[_Step]:
    """The sends and polls of one of Jepsen's operations; polls without a send between them are one."""
    if not moves:
        return
    invoked: list[str] = []
    completed: list[str] = []
    polls: dict[int, list[str]] = {}

    def end_poll() -> None:
        if polls:
            invoked.append("[:poll]")
            told = ", ".join([f"{key} [{' '.join(pairs)}]" for key, pairs in polls.items()])
            completed.append(f"[:poll {{{told}}}]")
            polls.clear()

    for move in moves:
        key, value = mapping.key(move), mapping.values[move.value]
        if isinstance(move, Polled):
            polls.setdefault(key, []).append(f"[{move.offset} {value}]")
            continue
        end_poll()
        invoked.append(f"[:send {key} {value}]")
        offset = "nil" if move.offset is None else move.offset
        completed.append(invoked[-1] if operation.outcome is Outcome.FAIL else f"[:send {key} [{offset} {value}]]")
    end_poll()
    does = {type(move) for move in moves}
    f = "txn" if len(does) == 2 else "send" if Sent in does else "poll"
    yield _Step(operation, f, f"[{' '.join(invoked)}]", f"[{' '.join(completed)}]")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
