"""Circles: operations that would each have to come before the next, and the last before the first.

For every tangle of the graph (a strongly connected component over the edges that a kind looks at) that holds the edges the kind asks for,
there is one anomaly, shown by the shortest closed walk that was found. It is looked for in two steps: one walk through the graph's
edges, which
link neighbours only; then, among the few operations on it, the shortest one over all that is known of each pair of them. The search has a
budget: a tangle too large for it is reported as `…-cycle-exists`, without the walk.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise

import attrs

from streambus.checkers.components import Adjacency, components
from streambus.checkers.dependencies import PROCESS, REALTIME, RW, WR, WW, Dependencies, is_node
from streambus.checkers.findings import Finding, Place, Read
from streambus.checkers.frontier import NEVER
from streambus.checkers.kinds import Kind
from streambus.checkers.ledger import NO_OFFSET
from streambus.checkers.marks import mark, shown
from streambus.checkers.offsets import NUMBER_MAX
from streambus.checkers.operations import UNKNOWN_PARTITION, Operation, Outcome, Polled, Sent

STEPS_MAX = 100_000
"""So many edges are followed for one tangle and one kind."""

SHOWN_PER_KIND = 8
"""So many tangles of a kind get their walk; more are counted."""

WALK_LENGTH_MAX = 150
"""A walk of more operations is not shortened."""


@attrs.frozen
class Shape:
    """What a kind looks at: the types of edges its circles may have, and those that must be there (any of each entry)."""

    kind: Kind
    too_large: Kind
    allowed: int
    required: tuple[int, ...]


SHAPES = (
    Shape(Kind.G0, Kind.PL_1_CYCLE_EXISTS, WW, (WW,)),
    Shape(Kind.G1C, Kind.PL_2_CYCLE_EXISTS, WW | WR, (WR,)),
    Shape(Kind.G0_PROCESS, Kind.STRONG_SESSION_PL_1_CYCLE_EXISTS, WW | PROCESS, (PROCESS,)),
    Shape(Kind.G1C_PROCESS, Kind.STRONG_SESSION_PL_2_CYCLE_EXISTS, WW | WR | PROCESS, (WR, PROCESS)),
    Shape(Kind.G0_REALTIME, Kind.STRONG_PL_1_CYCLE_EXISTS, WW | PROCESS | REALTIME, (REALTIME,)),
    Shape(Kind.G1C_REALTIME, Kind.STRONG_PL_2_CYCLE_EXISTS, WW | WR | PROCESS | REALTIME, (WR, REALTIME)),
)

Walk = list[tuple[int, int]]
"""Nodes, each with the type of the edge that leads from it to the next; the last one leads back to the first."""


class Circles:
    """The search in one graph. `findings` walks the operations once more, to look up those on circles."""

    def __init__(self, graph: Dependencies) -> None:
        self.graph = graph
        self.edges = Adjacency(graph.size, graph.sources, graph.targets, graph.types)
        self.steps = 0

    def findings(self, walk_again: Callable[[], Iterable[Operation]]) -> Iterator[Finding]:
        """One finding for each tangle of each kind; of those beyond `SHOWN_PER_KIND`, one for all."""
        found = [*self._ordered(), *self._transactional()]
        if not found:
            return
        wanted = {node for _, walk, _ in found for node, _ in walk}
        known = _look_up(wanted, walk_again())
        relations = Relations(self.graph, known)
        for shape, walk, more in found:
            if not walk:
                yield Finding(shape.too_large, "", -1, None, f"{more} operations depend on one another.", records=more)
            else:
                yield relations.finding(shape, relations.shortened(shape, walk), more)

    def _ordered(self) -> Iterator[tuple[Shape, Walk, int]]:
        every = WW | WR | PROCESS | REALTIME
        tangles = components(self.edges, range(self.graph.size), every)
        if not tangles:
            return
        nodes = [node for tangle in tangles for node in tangle]
        for shape in SHAPES:
            yield from self._of_shape(shape, components(self.edges, nodes, shape.allowed))

    def _of_shape(self, shape: Shape, tangles: list[list[int]]) -> Iterator[tuple[Shape, Walk, int]]:
        holding = [tangle for tangle in tangles if self._holds(shape, tangle)]
        for number, tangle in enumerate(holding[:SHOWN_PER_KIND]):
            walk = self._walk(tangle, shape)
            more = len(holding) - SHOWN_PER_KIND if number == SHOWN_PER_KIND - 1 else 0
            operations = sum(node < self.graph.nodes for node in tangle)
            yield (shape, walk, 1 + more) if walk else (shape, [], operations)

    def _transactional(self) -> Iterator[tuple[Shape, Walk, int]]:
        """Circles with reads that missed something: per tangle the one kind that says most."""
        if RW not in self.graph.types:
            return
        every = WW | WR | RW
        shapes = (Shape(Kind.G_SINGLE, Kind.G_SINGLE, every, (RW,)), Shape(Kind.G_NONADJACENT, Kind.G_NONADJACENT, every, (RW,)))
        g2 = Shape(Kind.G2, Kind.G2, every, (RW,))
        for tangle in components(self.edges, range(self.graph.size), every):
            if not self._holds(g2, tangle):
                continue
            for shape, rule in zip((*shapes, g2), (_one_missed, _missed_apart, _any_missed), strict=True):
                walk = self._walk(tangle, shape, rule)
                if walk:
                    yield shape, walk, 1
                    break

    def _holds(self, shape: Shape, tangle: list[int]) -> bool:
        inside = frozenset(tangle)
        kinds = 0
        for node in tangle:
            for target, kind in self._leaving(node):
                if kind & shape.allowed and target in inside:
                    kinds |= kind
        return all(kinds & one for one in shape.required)

    def _leaving(self, node: int) -> Iterator[tuple[int, int]]:
        edges = self.edges
        for place in range(edges.starts[node], edges.starts[node + 1]):
            yield edges.targets[place], edges.types[place]

    def _walk(self, tangle: list[int], shape: Shape, rule: "Rule | None" = None) -> Walk:
        """The shortest closed walk with all that the shape asks for; empty if the budget does not reach for any."""
        inside = frozenset(tangle)
        self.steps = 0
        best: Walk = []
        for node in tangle:
            for target, kind in self._leaving(node):
                if target in inside and kind & shape.allowed and kind & shape.required[0]:
                    walk = self._shortest(inside, shape, (node, kind, target), rule or _all_required(shape))
                    if walk and (not best or len(walk) < len(best)):
                        best = walk
                    if self.steps > STEPS_MAX or len(best) == 2:
                        return best
        return best

    def _shortest(self, inside: frozenset[int], shape: Shape, edge: tuple[int, int, int], rule: "Rule") -> Walk:
        """The shortest walk from the end of `edge` to its beginning that `rule` accepts; gates cost nothing."""
        source, kind, target = edge
        first = (target, rule(0, kind))
        came: dict[tuple[int, int], tuple[tuple[int, int] | None, int]] = {first: (None, kind)}
        queue = deque([first])
        while queue:
            state = queue.popleft()
            node, memory = state
            if node == source and rule(memory, 0) == ACCEPTED:
                return self._told(state, came, source)
            for following, step in self._leaving(node):
                self.steps += 1
                if following not in inside or not step & shape.allowed:
                    continue
                remembered = rule(memory, step)
                reached = (following, remembered)
                if remembered < 0 or reached in came:
                    continue
                came[reached] = (state, step)
                if following < self.graph.nodes:
                    queue.append(reached)
                else:
                    queue.appendleft(reached)
            if self.steps > STEPS_MAX:
                return []
        return []

    def _told(self, state: tuple[int, int], came: Mapping[tuple[int, int], tuple[tuple[int, int] | None, int]], source: int) -> Walk:
        path: list[tuple[int, int]] = []
        at: tuple[int, int] | None = state
        while at is not None:
            before, kind = came[at]
            path.append((source if before is None else before[0], kind))
            at = before
        path.reverse()
        return [(node, kind) for node, kind in path if node < self.graph.nodes]


Rule = Callable[[int, int], int]
"""What a walk remembers after a step of a type: negative if it may not go there. Type 0 asks whether it may end: `ACCEPTED`."""

ACCEPTED = 1 << 30


def _all_required(shape: Shape) -> Rule:
    wanted = 0
    for one in shape.required:
        wanted |= one

    def rule(memory: int, step: int) -> int:
        if step == 0:
            return ACCEPTED if memory & wanted == wanted else -1
        return memory | (step & wanted)

    return rule


def _one_missed(memory: int, step: int) -> int:
    """Exactly one rw edge. The walk begins with one."""
    if step == 0:
        return ACCEPTED if memory == 1 else -1
    return memory + 1 if step == RW and memory < 1 else memory if step != RW else -1


def _missed_apart(memory: int, step: int) -> int:
    """At least two rw edges, no two in a row. Remembered: bit 0, the last step was one; bit 1, there were two; bit 2, it has begun."""
    if step == 0:
        return ACCEPTED if memory & 2 and not memory & 1 else -1
    if step != RW:
        return memory & ~1
    if memory & 1:
        return -1
    return 5 | (memory & 2) | (2 if memory & 4 else 0)


def _any_missed(memory: int, step: int) -> int:
    """Any number of rw edges; the walk begins with one."""
    return ACCEPTED if step == 0 else memory & 0


def _look_up(wanted: set[int], operations: Iterable[Operation]) -> dict[int, Operation]:
    known: dict[int, Operation] = {}
    node = 0
    for operation in operations:
        if is_node(operation):
            if node in wanted:
                known[node] = operation
            node += 1
    return known


class Relations:
    """All that is known of pairs among a few operations, and how it is said."""

    def __init__(self, graph: Dependencies, known: Mapping[int, Operation]) -> None:
        self.graph = graph
        self.known = known
        self.in_order = [dict(line) for line in graph.version_orders]
        self.sends = {node: self._sends(operation) for node, operation in known.items()}
        self.reads = {node: self._reads(operation) for node, operation in known.items()}

    def shortened(self, shape: Shape, walk: Walk) -> Walk:
        """The shortest closed walk of this shape among the operations of `walk`, over everything known of each pair."""
        if shape.kind in (Kind.G_SINGLE, Kind.G_NONADJACENT, Kind.G2) or len(walk) > WALK_LENGTH_MAX:
            return walk
        nodes = sorted({node for node, _ in walk})
        edges = {
            node: [
                (other, kind)
                for other in nodes
                if other != node
                for kind in (WW, WR, PROCESS, REALTIME)
                if kind & shape.allowed and self.link(kind, node, other) is not None
            ]
            for node in nodes
        }
        best = walk
        rule = _all_required(shape)
        for node in nodes:
            for target, kind in edges[node]:
                if kind == shape.required[0]:
                    found = _shortest_among(edges, (node, kind, target), rule)
                    if found and len(found) < len(best):
                        best = found
        return best

    def finding(self, shape: Shape, walk: Walk, count: int) -> Finding:
        """The anomaly that a walk shows, edge by edge."""
        names = {node: f"T{number}" for number, node in enumerate(dict.fromkeys(node for node, _ in walk), start=1)}
        sentences, reads, where = [], list[Read](), None
        for (node, kind), (following, _) in pairwise([*walk, walk[0]]):
            link = self.link(kind, node, following)
            before, after = names[node], names[following]
            if isinstance(link, tuple):
                place, offset, value, later, later_value = link
                where = where or (place, offset)
                for sender, at, sent in ((node, offset, value), (following, later, later_value)):
                    if self._is_read_only(place, at, sent, sender):
                        reads.append((*place, at, sent))
                sentences.append(_sentence(kind, before, after, link))
            else:
                did = self.known[node].process if kind == PROCESS else ""
                sentences.append(f"{before} was over before {after} began" + (f", and {did} did both" if kind == PROCESS else ""))
        told = ", ".join(f"{name} is {self.known[node].process} at {self.known[node].invoked_at}" for node, name in names.items())
        topic, partition = where[0] if where else ("", UNKNOWN_PARTITION)
        return Finding(
            shape.kind,
            topic,
            partition,
            where[1] if where else None,
            f"{'; '.join(sentences)}: a circle, in which {told}.",
            reads=tuple(dict.fromkeys(reads)),
            operations=tuple([self.known[node] for node in names]),
            records=count,
        )

    def link(self, kind: int, node: int, other: int) -> "tuple[Place, int, bytes, int, bytes] | bool | None":
        """Why `node` comes before `other` by an edge of this type, or None if it does not: place and the two offsets and marks."""
        graph = self.graph
        if kind == PROCESS:
            same = graph.processes[node] == graph.processes[other]
            return True if same and node < other and graph.completed[node] <= graph.invoked[other] else None
        if kind == REALTIME:
            return True if graph.completed[node] != NEVER and graph.completed[node] < graph.invoked[other] else None
        if kind == WW:
            for place, ours in self.sends[node].items():
                theirs = self.sends[other].get(place)
                if theirs and ours[0][0] < theirs[-1][0]:
                    return (place, *ours[0], *theirs[-1])
            return None
        if kind == WR:
            for place, (offset, number, value) in self.reads[other].items():
                if graph.writers[graph.index[place]][number] == node:
                    return (place, offset, value, offset, value)
            return None
        for place, (offset, _, value) in self.reads[node].items():
            for later, later_value in self.sends[other].get(place, ()):
                if later > offset:
                    return (place, offset, value, later, later_value)
        return None

    def _is_read_only(self, place: Place, offset: int, value: bytes, node: int) -> bool:
        """Whether the operation does not say itself where its record is."""
        operation = self.known[node]
        if operation.outcome is not Outcome.OK or not self.graph.promises(operation):
            return True
        here = (*place, offset)
        return not any(
            type(action) is Sent and (action.topic, action.partition, action.offset) == here and mark(action.value) == value
            for action in operation.actions
        )

    def _sends(self, operation: Operation) -> dict[Place, list[tuple[int, bytes]]]:
        sends: dict[Place, list[tuple[int, bytes]]] = {}
        for action in operation.actions:
            if type(action) is not Sent:
                continue
            value = mark(action.value)
            for place in self._places_of(action):
                ledger = self.graph.ledgers[place]
                number = ledger.numbers.get(value, -1)
                offset = ledger.offset_of(number) if number >= 0 else NO_OFFSET
                if offset in self._order(place):
                    sends.setdefault(place, []).append((offset, value))
        for offsets in sends.values():
            offsets.sort()
        return sends

    def _places_of(self, sent: Sent) -> list[Place]:
        if sent.partition != UNKNOWN_PARTITION:
            return [(sent.topic, sent.partition)]
        return [place for place in self.graph.ledgers if place[0] == sent.topic and place[1] != UNKNOWN_PARTITION]

    def _order(self, place: Place) -> dict[int, int]:
        return self.in_order[self.graph.index[place]]

    def _reads(self, operation: Operation) -> dict[Place, tuple[int, int, bytes]]:
        last: dict[Place, tuple[int, int, bytes]] = {}
        for action in operation.actions:
            if type(action) is Polled and -NUMBER_MAX < action.offset < NUMBER_MAX:
                place = (action.topic, action.partition)
                value = mark(action.value)
                number = self.graph.ledgers[place].numbers.get(value, -1) if place in self.graph.ledgers else -1
                if number >= 0 and (place not in last or action.offset >= last[place][0]):
                    last[place] = (action.offset, number, value)
        return last


def _shortest_among(edges: Mapping[int, list[tuple[int, int]]], edge: tuple[int, int, int], rule: Rule) -> Walk:
    source, kind, target = edge
    first = (target, rule(0, kind))
    came: dict[tuple[int, int], tuple[tuple[int, int] | None, int]] = {first: (None, kind)}
    queue = deque([first])
    while queue:
        state = queue.popleft()
        if state[0] == source and rule(state[1], 0) == ACCEPTED:
            walk: Walk = []
            at: tuple[int, int] | None = state
            while at is not None:
                before, step = came[at]
                walk.append((source if before is None else before[0], step))
                at = before
            return walk[::-1]
        for following, step in edges[state[0]]:
            reached = (following, rule(state[1], step))
            if reached[1] >= 0 and reached not in came:
                came[reached] = (state, step)
                queue.append(reached)
    return []


def _sentence(kind: int, before: str, after: str, link: tuple[Place, int, bytes, int, bytes]) -> str:
    (topic, partition), offset, value, later, later_value = link
    where = f"{topic}/{partition}"
    if kind == WW:
        return f"{before} sent {shown(value)} to offset {offset} of {where}, before {after}'s {shown(later_value)} at offset {later}"
    if kind == WR:
        return f"{before} sent {shown(value)}, which {after} read at offset {offset} of {where}"
    return f"{before} read {where} up to offset {offset} and did not see {shown(later_value)}, which {after} sent to offset {later}"
