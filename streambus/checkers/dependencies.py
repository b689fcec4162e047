"""Dependencies: which operation must have come before which other, as a graph.

The nodes are operations that may have taken effect. Edges, with names as in Adya's theses and Elle:

- *ww*: two operations sent the values of two neighbouring places of a partition. Values whose place is in doubt are left out.
- *wr*: an operation's last record of a partition was sent by the other one.
- *rw*: a transaction's last record of a partition lies right before one that the other operation sent. Only transactions claim to have
  seen a partition as it was; a plain poll may end anywhere.
- *process*: one ended before the other began, and the same process did both. *Realtime*: whoever did them, strictly before.

The last two would be many: gates (nodes that are no operations) stand for all that has ended so far. An operation of unknown outcome,
and one whose acknowledgement promises nothing, never ends.

Building and searching the graph costs some 1,000 bytes for each operation. It is built only if it can hold a circle: `can_be_ordered`
finds an order
in which all edges lead forward, from what a ledger knows anyway, for nearly all histories in which every operation sends to one place.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from heapq import heappop, heappush
from itertools import pairwise

from streambus.checkers.findings import Place
from streambus.checkers.frontier import NEVER
from streambus.checkers.ledger import ACKNOWLEDGED, MAY_BE_THERE, NO_OFFSET, REPEATED, Ledger
from streambus.checkers.marks import mark
from streambus.checkers.offsets import NOTHING, NUMBER_MAX
from streambus.checkers.operations import UNKNOWN_PARTITION, Operation, Outcome, Polled, Sent

WW, WR, RW, PROCESS, REALTIME = 1, 2, 4, 8, 16


def can_be_ordered(ledgers: Mapping[Place, Ledger]) -> bool:
    """Whether the operations can be put on one line of time, each between its beginning and its end, as the logs and all reads say.

    Holds only if no operation sends more than one record or both sends and polls. Then all edges but rw lead forward along that line.
    """
    return all(partition != UNKNOWN_PARTITION and _fits(ledger) for (_, partition), ledger in ledgers.items())


def _fits(ledger: Ledger) -> bool:
    """Whether each record can have been appended at one moment, in order of offsets. Moments are doubled: a beginning is behind an end."""
    if ledger.copies or ledger.conflicts or ledger.again or ledger.claims:
        return False
    invoked, completed, seen, flags, found = ledger.invoked, ledger.completed, ledger.seen, ledger.flags, ledger.found
    moment = -NEVER
    for offset, number in _places(ledger):
        if found[number] not in (NO_OFFSET, offset):
            return False
        if not flags[number] & MAY_BE_THERE:
            continue
        begun = 2 * invoked[number] + 1
        if begun > moment:
            moment = begun
        if moment > 2 * completed[number] or moment > 2 * seen[number]:
            return False
    return True


def _places(ledger: Ledger) -> list[tuple[int, int]]:
    """Offsets and numbers of what was read or acknowledged, in order of offsets. A value read elsewhere than acknowledged is there
    twice."""
    found = ledger.found
    places = list(ledger.log)
    unread = [
        (offset, number)
        for number, offset in enumerate(ledger.acked)
        if offset != NO_OFFSET and found[number] != offset and ledger.flags[number] & ACKNOWLEDGED
    ]
    return sorted(places + unread) if unread else places


class Dependencies:
    """The graph of a history. `nodes` operations come first, gates behind them."""

    def __init__(self, ledgers: Mapping[Place, Ledger], promises: Callable[[Operation], bool]) -> None:
        self.ledgers = ledgers
        self.promises = promises
        self.places = list(ledgers)
        self.writers = [array("i", [-1]) * len(ledger.marks) for ledger in ledgers.values()]
        self.index = {place: number for number, place in enumerate(self.places)}
        self.sources = array("i")
        self.targets = array("i")
        self.types = bytearray()
        self.reads = (array("i"), array("i"), array("q"), array("i"))
        """Node, number of the place, offset and number of the value: each node's last record of each partition."""
        self.transactional = bytearray()
        self.invoked = array("q")
        self.completed = array("q")
        self.processes = array("i")
        self.nodes = 0
        self.is_gate_from = 0

    def build(self, operations: Iterable[Operation]) -> None:
        """Take in all operations, in order of invocation, and find the edges."""
        processes: dict[str, int] = {}
        for operation in operations:
            if is_node(operation):
                self._add(operation, processes.setdefault(operation.process, len(processes)))
        self.nodes = len(self.invoked)
        self.is_gate_from = self.nodes
        self._link_sends()
        self._link_reads()
        self._link_times(by_process=True)
        self._link_times(by_process=False)

    def lines(self) -> list[list[tuple[int, int]]]:
        """For every place the offsets that hold one value whose sender is known, with that sender, in order."""
        lines = []
        for place, writers in zip(self.ledgers.values(), self.writers, strict=True):
            entries = [
                (offset, number)
                for number, writer in enumerate(writers)
                if writer >= 0 and (offset := place.offset_of(number)) != NO_OFFSET
            ]
            entries.sort()
            claims = _claims(place)
            lines.append(
                [
                    (offset, writers[number])
                    for offset, number in entries
                    if claims.get(offset, number) == number and place.log.at(offset) in (NOTHING, number)
                ]
            )
        return lines

    def _add(self, operation: Operation, process: int) -> None:
        node = len(self.invoked)
        self.invoked.append(operation.invoked_at)
        completed_at = operation.completed_at
        ended = operation.outcome is Outcome.OK and completed_at is not None and self.promises(operation)
        self.completed.append(completed_at if ended and completed_at is not None else NEVER)
        self.processes.append(process)
        self.transactional.append(operation.transactional)
        last: dict[Place, tuple[int, bytes]] = {}
        for action in operation.actions:
            if type(action) is Polled and -NUMBER_MAX < action.offset < NUMBER_MAX:
                place = (action.topic, action.partition)
                known = last.get(place)
                if known is None or action.offset >= known[0]:
                    last[place] = (action.offset, action.value)
            elif type(action) is Sent:
                self._write(node, action)
        nodes, places, offsets, numbers = self.reads
        for place, (offset, value) in last.items():
            index = self.index.get(place)
            number = -1 if index is None else self.ledgers[place].numbers.get(mark(value), -1)
            if index is not None and number >= 0:
                nodes.append(node)
                places.append(index)
                offsets.append(offset)
                numbers.append(number)

    def _write(self, node: int, sent: Sent) -> None:
        value = mark(sent.value)
        place = (sent.topic, sent.partition)
        if sent.partition == UNKNOWN_PARTITION:
            found = [other for other, ledger in self.ledgers.items() if other[0] == sent.topic and other != place and ledger.state(value)]
            if len(found) != 1:
                return
            place = found[0]
        ledger = self.ledgers.get(place)
        number = None if ledger is None else ledger.numbers.get(value)
        if ledger is None or number is None:
            return
        writers = self.writers[self.index[place]]
        sent_twice = ledger.flags[number] & REPEATED or writers[number] != -1
        writers[number] = -2 if sent_twice else node

    def _link(self, source: int, target: int, kind: int) -> None:
        if source != target:
            self.sources.append(source)
            self.targets.append(target)
            self.types.append(kind)

    def _link_sends(self) -> None:
        self.version_orders = self.lines()
        for line in self.version_orders:
            for (_, one), (_, other) in pairwise(line):
                self._link(one, other, WW)

    def _link_reads(self) -> None:
        offsets = [array("q", [offset for offset, _ in line]) for line in self.version_orders]
        for node, place, offset, number in zip(*self.reads, strict=True):
            writer = self.writers[place][number]
            if writer >= 0:
                self._link(writer, node, WR)
            if self.transactional[node]:
                line = self.version_orders[place]
                following = bisect_right(offsets[place], offset)
                while following < len(line) and line[following][1] == node:
                    following += 1
                if following < len(line):
                    self._link(node, line[following][1], RW)

    def _link_times(self, *, by_process: bool) -> None:
        """Link what ended to what began later: of the same process, or of all."""
        pending: dict[int, list[tuple[int, int]]] = {}
        gates: dict[int, int] = {}
        entered = array("i", [-1]) * self.nodes
        kind = PROCESS if by_process else REALTIME
        ended = self._ends(by_process)
        for node in range(self.nodes):
            owner = self.processes[node] if by_process else 0
            fresh = ended(node, pending.setdefault(owner, []))
            gate = gates.get(owner, -1)
            if fresh:
                if len(fresh) == 1 and entered[fresh[0]] == gate:
                    gate = fresh[0]
                else:
                    before, gate = gate, self._gate()
                    if before >= 0:
                        self._link(before, gate, kind)
                    for source in fresh:
                        self._link(source, gate, kind)
                gates[owner] = gate
            entered[node] = gate
            if gate >= 0:
                self._link(gate, node, kind)

    def _ends(self, by_process: bool) -> Callable[[int, list[tuple[int, int]]], list[int]]:
        invoked, completed = self.invoked, self.completed

        def ended(node: int, pending: list[tuple[int, int]]) -> list[int]:
            """The operations that ended before `node` began and were not yet told; `node` itself will end later."""
            now = invoked[node]
            fresh = []
            while pending and (pending[0][0] <= now if by_process else pending[0][0] < now):
                fresh.append(heappop(pending)[1])
            if completed[node] != NEVER:
                heappush(pending, (completed[node], node))
            return fresh

        return ended

    def _gate(self) -> int:
        gate = self.is_gate_from
        self.is_gate_from += 1
        return gate

    @property
    def size(self) -> int:
        """How many nodes there are, gates and all."""
        return self.is_gate_from


def _claims(ledger: Ledger) -> dict[int, int]:
    """The one value that was acknowledged at each offset, or `NOTHING` if there were several."""
    claims: dict[int, int] = {}
    for number, offset in enumerate(ledger.acked):
        if offset != NO_OFFSET and ledger.flags[number] & ACKNOWLEDGED and claims.setdefault(offset, number) != number:
            claims[offset] = NOTHING
    return claims


def is_node(operation: Operation) -> bool:
    """Whether an operation is a node: it may have taken effect, and sent or polled something."""
    completed_at = operation.completed_at
    if operation.outcome is Outcome.FAIL or not -NUMBER_MAX < operation.invoked_at < NUMBER_MAX:
        return False
    if completed_at is not None and not -NUMBER_MAX < completed_at < NUMBER_MAX:
        return False
    return any(type(action) is Sent or type(action) is Polled for action in operation.actions)
