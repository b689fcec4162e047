"""Groups: committed offsets, generations and owners.

A group's committed offset in a partition is a register: commits write it, `Resumed` reads it. A read may return what any commit wrote that
had begun, unless another one certainly came after it and was over before the read began. What overlaps may go either way, and a commit
of unknown outcome may take effect at any later time, or never. Only commits that may still be read are kept, and only reads that nothing
explains yet: a handful for each group and partition.
"""

from collections import deque

from streambus.checkers.findings import Finding, Notebook, Place
from streambus.checkers.frontier import NEVER, Frontier
from streambus.checkers.kinds import Kind
from streambus.checkers.operations import Committed, Operation, Outcome, Rebalanced, Resumed
from streambus.kernel import message

GENERATIONS_MAX = 16
"""Owners of so many generations of a group are remembered."""

CANDIDATES_MAX = 1_000
"""Of more commits than these that may still be read, the oldest are given up: what they explain cannot be judged."""


class Commit:
    """A commit that a later read may return. `proof` is a poll that showed that a transaction of unknown outcome did commit."""

    __slots__ = ("completed_at", "offset", "operation", "proof")

    def __init__(self, operation: Operation, offset: int) -> None:
        self.operation = operation
        self.offset = offset
        over = operation.outcome is Outcome.OK and operation.completed_at is not None
        self.completed_at = operation.completed_at if over and operation.completed_at is not None else NEVER
        self.proof: Operation | None = None

    def prove(self, poll: Operation) -> None:
        """What the same transaction sent was read: its commit took effect before the poll was over."""
        if poll.completed_at is not None and poll.completed_at < self.completed_at:
            self.completed_at = poll.completed_at
            self.proof = poll


@message
class Waiting:
    """A read that nothing explains yet; `latest` is the commit that it should have seen."""

    operation: Operation
    resumed: Resumed
    latest: Commit | None


class Register:
    """What may be committed in one partition of one group."""

    __slots__ = ("commits", "given_up", "reads")

    def __init__(self) -> None:
        self.commits: deque[Commit] = deque()
        self.reads: list[Waiting] = []
        self.given_up = False

    def latest(self, now: int) -> Commit | None:
        """Of the commits that were over before `now`, the one that began last: what was over before it began is gone."""
        latest: Commit | None = None
        for commit in self.commits:
            if commit.completed_at < now and (latest is None or commit.operation.invoked_at > latest.operation.invoked_at):
                latest = commit
        return latest

    def explains(self, offset: int | None, latest: Commit | None) -> bool:
        """Whether this may be the committed offset, if `latest` is the latest commit."""
        if offset is None or self.given_up:
            return latest is None or self.given_up
        begun = -NEVER if latest is None else latest.operation.invoked_at
        return any(commit.offset == offset and (commit is latest or commit.completed_at >= begun) for commit in self.commits)

    def forget(self, now: int) -> None:
        """Forget commits that no read from `now` on can return."""
        latest = self.latest(now)
        if latest is not None:
            begun = latest.operation.invoked_at
            self.commits = deque([commit for commit in self.commits if commit is latest or commit.completed_at >= begun])
        if len(self.commits) > CANDIDATES_MAX:
            self.commits.popleft()
            self.given_up = True


class Group:
    """One group."""

    __slots__ = ("generations", "name", "owners", "proofs", "registers")

    def __init__(self, name: str) -> None:
        self.name = name
        self.registers: dict[Place, Register] = {}
        self.generations = Frontier()
        self.proofs: dict[int, Operation] = {}
        """For each generation the first operation to end that knew of it."""
        self.owners: dict[int, dict[Place, Operation]] = {}

    def on_committed(self, operation: Operation, committed: Committed, notes: Notebook) -> Commit | None:
        """A member committed an offset, or may have."""
        if operation.outcome is Outcome.FAIL:
            return None
        register = self._settled((committed.topic, committed.partition), operation.invoked_at, notes)
        if operation.outcome is Outcome.OK:
            self._check_order(operation, committed, register.latest(operation.invoked_at), notes)
            if committed.generation is not None:
                self._check_generation(operation, committed, committed.generation, notes)
        commit = Commit(operation, committed.offset)
        register.commits.append(commit)
        register.reads = [waiting for waiting in register.reads if waiting.resumed.offset != committed.offset]
        return commit

    def on_resumed(self, operation: Operation, resumed: Resumed, notes: Notebook) -> None:
        """A member was told the committed offset."""
        if operation.outcome is not Outcome.OK:
            return
        register = self._settled((resumed.topic, resumed.partition), operation.invoked_at, notes)
        latest = register.latest(operation.invoked_at)
        if not register.explains(resumed.offset, latest):
            register.reads.append(Waiting(operation, resumed, latest))

    def settle_all(self, notes: Notebook) -> None:
        """The history is over: what waits for an explanation gets none."""
        for place in self.registers:
            self._settled(place, NEVER, notes, is_end=True)

    def on_rebalanced(self, operation: Operation, rebalanced: Rebalanced, notes: Notebook) -> None:
        """A member learnt what it owns."""
        if operation.outcome is not Outcome.OK:
            return
        generation, completed_at = rebalanced.generation, operation.completed_at
        if completed_at is not None:
            self.generations.reached(completed_at, generation)
            known = self.proofs.get(generation)
            if known is None or known.completed_at is None or completed_at < known.completed_at:
                self.proofs[generation] = operation
        owners = self.owners.setdefault(rebalanced.generation, {})
        for place in rebalanced.partitions:
            owner = owners.setdefault(place, operation)
            if owner.process != operation.process:
                notes.note(
                    Finding(
                        Kind.DOUBLE_OWNERSHIP,
                        *place,
                        None,
                        f"{owner.process} and {operation.process} were both given this partition in generation {rebalanced.generation} "
                        f"of group {self.name}.",
                        operations=(owner, operation),
                    )
                )
        if len(self.owners) > GENERATIONS_MAX:
            del self.owners[min(self.owners)]
        if len(self.proofs) > GENERATIONS_MAX:
            del self.proofs[min(self.proofs)]

    def _settled(self, place: Place, now: int, notes: Notebook, *, is_end: bool = False) -> Register:
        """The register of a place at `now`: reads that are over and that nothing explains are wrong."""
        register = self.registers.get(place)
        if register is None:
            register = self.registers[place] = Register()
        if register.reads:
            waiting = []
            for read in register.reads:
                if is_end or (read.operation.completed_at is not None and read.operation.completed_at < now):
                    notes.note(self._unexplained(place, read))
                else:
                    waiting.append(read)
            register.reads = waiting
        if len(register.commits) > 4:
            register.forget(now)
        return register

    def _unexplained(self, place: Place, read: Waiting) -> Finding:
        latest, offset = read.latest, read.resumed.offset
        committed = 0 if latest is None else latest.offset
        told = "no committed offset" if offset is None else f"the committed offset {offset}"
        known = "nobody had committed any" if latest is None else f"{latest.operation.process} had committed {latest.offset}"
        proofs: tuple[Operation, ...] = ()
        kind = Kind.GROUP_SKIP if offset is not None and offset > committed else Kind.GROUP_REWIND
        if latest is not None:
            proofs = (latest.operation,) if latest.proof is None else (latest.operation, latest.proof)
            if latest.proof is not None:
                kind = Kind.TORN_TRANSACTION
                known += f" in a transaction of which {latest.proof.process} had read what it sent"
        return Finding(
            kind,
            *place,
            offset,
            f"{read.operation.process} was told {told} of group {self.name}, although {known}, and nobody that one since.",
            operations=(*proofs, read.operation),
        )

    def _check_order(self, operation: Operation, committed: Committed, latest: Commit | None, notes: Notebook) -> None:
        if latest is None or committed.offset >= latest.offset or latest.proof is not None:
            return
        notes.note(
            Finding(
                Kind.NONMONOTONIC_COMMIT,
                committed.topic,
                committed.partition,
                committed.offset,
                f"{operation.process} committed offset {committed.offset} for group {self.name}, after {latest.operation.process} had "
                f"committed {latest.offset}.",
                operations=(latest.operation, operation),
            )
        )

    def _check_generation(self, operation: Operation, committed: Committed, generation: int, notes: Notebook) -> None:
        if self.generations.since(generation + 1) >= operation.invoked_at:
            return
        later = [
            proof
            for known, proof in sorted(self.proofs.items())
            if known > generation and proof.completed_at is not None and proof.completed_at < operation.invoked_at
        ]
        notes.note(
            Finding(
                Kind.ZOMBIE_COMMIT,
                committed.topic,
                committed.partition,
                committed.offset,
                f"{operation.process} committed in generation {generation} of group {self.name}, which was over.",
                operations=(*later[:1], operation),
            )
        )
