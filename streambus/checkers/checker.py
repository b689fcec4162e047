"""The checker: walks a history, lays what it says into ledgers and paths, and judges.

`Checker.observe` is the first walk; it keeps what the package's theory of operation says, and of the operations only the last one of
each path. `Judgement` (in `judgement`) is what follows at the end.
"""

from collections.abc import Callable, Iterable, Iterator

from streambus.checkers.contract import Contract
from streambus.checkers.contracts import DURABLE_LOG
from streambus.checkers.findings import Finding, Notebook, Place
from streambus.checkers.frontier import NEVER, Frontier
from streambus.checkers.groups import Commit, Group
from streambus.checkers.history import History
from streambus.checkers.judgement import judge
from streambus.checkers.kinds import Kind
from streambus.checkers.ledger import READ, READ_COMMITTED, Ledger
from streambus.checkers.marks import mark
from streambus.checkers.observations import Observations
from streambus.checkers.offsets import NUMBER_MAX
from streambus.checkers.operations import (
    ACKS_LEADER,
    ACKS_NONE,
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
from streambus.checkers.order import Gap, Jump, Reader, Runs, Writer, change_positions, note_step, sent_behind, was_poll
from streambus.checkers.pauses import Pauses
from streambus.checkers.verdict import Verdict

ANOMALIES_PER_KIND_MAX = 100
"""More of one kind teach nothing more and make a report unreadable; they are counted all the same."""

CAUSES_MAX = 50
"""So many different reasons for unknown outcomes are listed."""

Source = Iterable[Operation] | Callable[[], Iterable[Operation]]
"""Operations that can be walked more than once: a list, or something that reads a file anew each time it is called."""


def check(history: History, contract: Contract = DURABLE_LOG) -> Verdict:
    """Judge `history` by `contract`. The order of its operations does not matter, except for those of one process at the same time."""
    operations = sorted(history.operations, key=moment)
    checker = Checker(contract, history.faults)
    for operation in operations:
        checker.observe(operation)
    return checker.verdict(operations)


class Checker:
    """A judgement in the making. `observe` every operation in order of invocation, then ask for the `verdict`.

    Time is linear in the number of actions. Memory is bounded by the number of distinct values and offsets (some 250 bytes for each value,
    whatever its length), of processes times partitions, and of what is wrong; it does not grow with how often records are read.
    Only if the dependencies of operations may form a circle is more needed at the end: some 1,000 bytes for each operation.
    """

    def __init__(self, contract: Contract = DURABLE_LOG, faults: Iterable[Fault] = ()) -> None:
        self.contract = contract
        self.notes = Notebook(ANOMALIES_PER_KIND_MAX)
        self.outcomes = dict.fromkeys(Outcome, 0)
        self.ledgers: dict[Place, Ledger] = {}
        self.ends: dict[Place, Frontier] = {}
        """For each partition, since when it is known to hold a record at an offset, or behind it."""
        self.lags: dict[Place, int] = {}
        self.readers: dict[str, Reader] = {}
        self.writers: dict[tuple[str, Place], Writer] = {}
        self.jumps: dict[Gap, Jump] = {}
        self.groups: dict[str, Group] = {}
        self.observations: dict[Place, Observations] = {}
        self.keys: dict[Place, dict[int, bytes]] = {}
        self.send_gaps: dict[tuple[Place, int, int], Operation] = {}
        """Pairs of offsets that one operation's sends left room between."""
        self.open_transactions: list[tuple[tuple[Place, int], ...]] = []
        """The values that each transaction of unknown outcome sent."""
        self.open_commits: dict[tuple[Place, bytes], list[Commit]] = {}
        self.transactions = 0
        self.strange = 0
        self.has_wide_operations = False
        """Whether any operation sent more than one record, both sent and polled, or was a transaction."""
        self.causes: dict[str, None] = {}
        self.pauses = Pauses(faults)
        self.began_at: int | None = None
        self.ended_at = 0

    def observe(self, operation: Operation) -> None:
        """Take in the next operation."""
        invoked_at, completed_at = operation.invoked_at, operation.completed_at
        if not -NUMBER_MAX < invoked_at < NUMBER_MAX or (completed_at is not None and not -NUMBER_MAX < completed_at < NUMBER_MAX):
            self.strange += 1
            return
        outcome = operation.outcome
        self.outcomes[outcome] += 1
        if self.began_at is None:
            self.began_at = self.ended_at = invoked_at
        last = invoked_at if completed_at is None else completed_at
        if last > self.ended_at:
            self.ended_at = last
        self.pauses.on_operation(operation)
        reader = self.readers.get(operation.process)
        if reader is None:
            reader = self.readers[operation.process] = Reader()
        if outcome is Outcome.INFO:
            if operation.error and len(self.causes) < CAUSES_MAX:
                self.causes[operation.error] = None
            if was_poll(operation):
                self._forget_all(reader)
        sends = 0
        actions = operation.actions
        polled = bool(actions) and (type(actions[0]) is Polled or (len(actions) > 1 and any(type(action) is Polled for action in actions)))
        if polled:
            self._on_polls(operation, reader)
        for action in actions:
            kind = type(action)
            if kind is Sent:
                sends += 1
            elif kind is not Polled:
                if self._is_strange(action):
                    self.strange += 1
                else:
                    self._on_other(operation, action, reader, is_poll=polled)
        if sends:
            self._on_sends(operation, sends)
        if operation.transactional or sends > 1 or (sends and polled):
            self._on_wide(operation)
        if outcome is Outcome.OK and (polled or not actions):
            reader.polled_at = invoked_at

    def verdict(self, operations: Source) -> Verdict:
        """The judgement on what was observed. `operations` are the observed ones once more, in the same order: the witnesses are among
        them.

        They are walked up to four times, and only if something is wrong or may be: a list, or a callable that reads a file anew, will do.
        """
        return judge(self, _again(operations))

    def findings(self) -> Iterator[Finding]:
        """What the first walk noted."""
        for kept in self.notes.kept.values():
            yield from kept

    # Reads ----------------------------------------------------------------------------------------------------------------

    def _on_polls(self, operation: Operation, reader: Reader) -> None:
        """Take in all records that the operation polled, with the changes of position between them."""
        is_ok = operation.outcome is Outcome.OK
        completed_at = operation.completed_at
        over = completed_at if is_ok and completed_at is not None else NEVER
        read = READ | READ_COMMITTED if operation.isolation is Isolation.READ_COMMITTED else READ
        topic, partition = "", None
        place: Place = ("", 0)
        position: tuple[int, Operation] | None = None
        ledger: Ledger | None = None
        runs: Runs | None = None
        highest = -NUMBER_MAX
        for action in operation.actions:
            if type(action) is not Polled:
                if type(action) is not Sent:
                    # a position may change in the middle
                    if ledger is not None:
                        self._leave(reader, place, position, over, highest, is_ok=is_ok)
                    partition, ledger = None, None
                    self._reposition(reader, action, operation)
                continue
            offset = action.offset
            if not -NUMBER_MAX < offset < NUMBER_MAX:
                self.strange += 1
                continue
            if action.partition != partition or action.topic != topic:
                if ledger is not None:
                    self._leave(reader, place, position, over, highest, is_ok=is_ok)
                topic, partition = action.topic, action.partition
                place = (topic, partition)
                ledger = self._ledger(place)
                position = self._enter(reader, place, is_ok=is_ok)
                runs = reader.runs.setdefault(place, Runs()) if reader.is_subscribed and is_ok else None
                highest = -NUMBER_MAX
            assert ledger is not None
            ledger.on_polled(offset, action.value, over, read)
            if is_ok:
                if position is not None and offset != position[0] + 1:
                    note_step(reader, operation, place, position, action, self.jumps, self.notes)
                position = (offset, operation)
                if offset > highest:
                    highest = offset
                if runs is not None:
                    runs.add(offset)
            if self.observations or action.timestamp is not None or action.leader_epoch is not None:
                self._observations(place).on_polled(operation, action, self.notes)
            if self.open_commits and is_ok and read & READ_COMMITTED:
                for commit in self.open_commits.get((place, mark(action.value)), ()):
                    commit.prove(operation)
        if ledger is not None:
            self._leave(reader, place, position, over, highest, is_ok=is_ok)

    def _enter(self, reader: Reader, place: Place, *, is_ok: bool) -> tuple[int, Operation] | None:
        position = reader.positions.get(place)
        if position is not None:
            self._lag(reader, place, position)
            if not is_ok:
                del reader.positions[place]
        return position

    def _leave(self, reader: Reader, place: Place, position: tuple[int, Operation] | None, over: int, highest: int, *, is_ok: bool) -> None:
        if not is_ok:
            return
        if position is not None:
            reader.positions[place] = position
        if over != NEVER and highest > -NUMBER_MAX:
            self._end(place).reached(over, highest)

    def _lag(self, reader: Reader, place: Place, position: tuple[int, Operation]) -> None:
        """The process is about to leave this position: how late was it there, at its last poll?"""
        polled_at = reader.polled_at
        ends = self.ends.get(place)
        if polled_at is None or ends is None or polled_at < position[1].invoked_at:
            return
        lag = polled_at - ends.since(position[0] + 1)
        if lag > self.lags.get(place, 0):
            self.lags[place] = lag

    def _forget_all(self, reader: Reader) -> None:
        for place, position in reader.positions.items():
            self._lag(reader, place, position)
        reader.positions.clear()

    def _reposition(self, reader: Reader, action: Action, operation: Operation) -> None:
        if isinstance(action, Sought):
            place = (action.topic, action.partition)
            position = reader.positions.pop(place, None)
            if position is not None:
                self._lag(reader, place, position)
        elif isinstance(action, Assigned | Subscribed | Rebalanced | Resumed) and operation.outcome is not Outcome.FAIL:
            if not isinstance(action, Resumed):
                for place, position in reader.positions.items():
                    self._lag(reader, place, position)
            change_positions(reader, action, operation)

    # Sends ----------------------------------------------------------------------------------------------------------------

    def promises(self, operation: Operation) -> bool:
        """Whether all acknowledgements of the operation promise something."""
        return all(self._promises(action.acks) for action in operation.actions if type(action) is Sent)

    def _promises(self, acks: int) -> bool:
        return acks != ACKS_NONE and (acks != ACKS_LEADER or self.contract.leader_acks_promise)

    def _on_sends(self, operation: Operation, sends: int) -> None:
        outcome = operation.outcome
        compacted = self.contract.compacted
        numbers: list[tuple[Place, int]] = []
        landed: dict[Place, int] = {}
        for action in operation.actions:
            if type(action) is not Sent:
                continue
            offset = action.offset
            if offset is not None and not -NUMBER_MAX < offset < NUMBER_MAX:
                self.strange += 1
                continue
            place = (action.topic, action.partition)
            worth = outcome if outcome is not Outcome.OK or self._promises(action.acks) else Outcome.INFO
            number = self._ledger(place).on_sent(operation, action, worth)
            if compacted and action.key is not None:
                self.keys.setdefault(place, {})[number] = mark(action.key)
            if outcome is Outcome.INFO and operation.transactional:
                numbers.append((place, number))
            if offset is not None and offset >= 0 and outcome is not Outcome.FAIL:
                if worth is Outcome.OK and operation.completed_at is not None:
                    self._end(place).reached(operation.completed_at, offset)
                self._follow(operation, action, place, offset, landed if sends > 1 else None)
        if numbers:
            self.open_transactions.append(tuple(numbers))

    def _follow(self, operation: Operation, sent: Sent, place: Place, offset: int, landed: dict[Place, int] | None) -> None:
        """Compare where a record landed with the process's earlier ones, and with those of the same operation."""
        last = None
        if landed is not None:
            last = landed.get(place)
            landed[place] = offset
            if last is not None:
                if offset <= last:
                    self.notes.note(sent_behind(operation, sent, (last, operation)))
                elif offset > last + 1:
                    self.send_gaps.setdefault((place, last, offset), operation)
        key = (operation.process, place)
        writer = self.writers.get(key)
        if writer is None:
            writer = self.writers[key] = Writer()
        earlier = writer.on_sent(operation, offset)
        if earlier is not None and last is None:
            self.notes.note(sent_behind(operation, sent, earlier))

    # The rest -------------------------------------------------------------------------------------------------------------

    def _on_wide(self, operation: Operation) -> None:
        """An operation that is more than one record or a poll."""
        self.has_wide_operations = True
        if not operation.transactional:
            return
        self.transactions += 1
        sent = {(action.topic, action.partition, mark(action.value)) for action in operation.actions if type(action) is Sent}
        for action in operation.actions:
            if type(action) is Polled and (action.topic, action.partition, mark(action.value)) in sent:
                self.notes.note(
                    Finding(
                        Kind.PRECOMMITTED_READ,
                        action.topic,
                        action.partition,
                        action.offset,
                        f"{operation.process} read at offset {action.offset} what it had sent in the same transaction.",
                        operations=(operation,),
                        excused=operation.isolation is Isolation.READ_UNCOMMITTED,
                    )
                )

    def _on_other(self, operation: Operation, action: Action, reader: Reader, *, is_poll: bool) -> None:
        if not is_poll:
            self._reposition(reader, action, operation)
        notes = self.notes
        if isinstance(action, Committed):
            commit = self._group(action.group).on_committed(operation, action, notes)
            if commit is not None and operation.outcome is Outcome.INFO and operation.transactional:
                for sent in operation.actions:
                    if type(sent) is Sent:
                        place = (sent.topic, sent.partition)
                        self.open_commits.setdefault((place, mark(sent.value)), []).append(commit)
        elif isinstance(action, Resumed):
            self._group(action.group).on_resumed(operation, action, notes)
        elif isinstance(action, Rebalanced):
            self._group(action.group).on_rebalanced(operation, action, notes)
        elif isinstance(action, Observed):
            self._observations((action.topic, action.partition)).on_observed(operation, action, self._known_end(operation, action), notes)
        elif isinstance(action, Listed):
            self._observations((action.topic, action.partition)).on_listed(operation, action, self._known_end(operation, action), notes)
        elif isinstance(action, Deleted) and operation.outcome is not Outcome.FAIL:
            ledger = self._ledger((action.topic, action.partition))
            ledger.deleted_before = max(ledger.deleted_before, action.offset)
            self._observations((action.topic, action.partition)).on_deleted(operation, action)

    def _known_end(self, operation: Operation, action: Observed | Listed) -> int | None:
        """The furthest offset that was known to hold a record before the operation began."""
        end = self.ends.get((action.topic, action.partition))
        return None if end is None else end.before(operation.invoked_at)

    def _is_strange(self, action: Action) -> bool:
        return any(isinstance(field, int) and not -NUMBER_MAX < field < NUMBER_MAX for field in fields_of(action))

    def _ledger(self, place: Place) -> Ledger:
        ledger = self.ledgers.get(place)
        if ledger is None:
            ledger = self.ledgers[place] = Ledger(*place)
        return ledger

    def _end(self, place: Place) -> Frontier:
        end = self.ends.get(place)
        if end is None:
            end = self.ends[place] = Frontier()
        return end

    def _group(self, name: str) -> Group:
        group = self.groups.get(name)
        if group is None:
            group = self.groups[name] = Group(name)
        return group

    def _observations(self, place: Place) -> Observations:
        observations = self.observations.get(place)
        if observations is None:
            observations = self.observations[place] = Observations(place)
        return observations

    def settle(self) -> None:
        """The history is over: what was waiting for more waits no longer."""
        self.pauses.finish(self.ended_at if self.began_at is not None else None)
        for reader in self.readers.values():
            for place, position in reader.positions.items():
                self._lag(reader, place, position)
        for group in self.groups.values():
            group.settle_all(self.notes)


def moment(operation: Operation) -> tuple[int, bool, int]:
    """The order in which operations are taken: by invocation, then by completion, those that never completed last."""
    completed_at = operation.completed_at
    return (operation.invoked_at, completed_at is None, completed_at or 0)


def _again(source: Source) -> Callable[[], Iterable[Operation]]:
    """Something that gives the operations anew at each call. Of what can be walked only once, they are kept."""
    if callable(source):
        return source
    operations = source
    if isinstance(operations, Iterator):
        operations = list(operations)
    return lambda: operations
