"""The search: every world that is reached with at most so many delays, each expanded once, those with fewer delays first.

The order of exploration is by delays, then by steps: so the first violation that is found has the fewest delays, and among those
the fewest steps. A world that is met again with no fewer delays is not expanded again. Of a world that was expanded only a digest, the
number of its parent and the action are kept; those that wait to be expanded are kept as bytes.
"""

from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from heapq import heappop, heappush
from marshal import dumps, loads
from time import perf_counter
from typing import Any

import attrs

from streambus.kernel import Node, Write
from streambus.sim.exhaust.actions import BURST_END, Action, Advance, CutConnection, Kill, LateArrival, PassTime, PowerCut
from streambus.sim.exhaust.beginning import begin
from streambus.sim.exhaust.judge import Judge
from streambus.sim.exhaust.spec import Spec
from streambus.sim.exhaust.world import CLOSED, HELD_UP, Rules, World, node_of

UNBOUNDED = -1
"""As a bound: every order whatever."""

PROGRESS_EVERY = 1_000


@attrs.frozen
class Progress:
    """How far a search is."""

    delays: int
    states: int
    transitions: int
    terminal: int
    frontier: int
    depth: int
    seconds: float


@attrs.frozen
class Level:
    """What one more delay added: how many states and terminal states there were in all when its last one was expanded."""

    delays: int
    states: int
    terminal: int


@attrs.frozen
class Exploration:
    """What became of a search. `violation` is a sentence, `actions` the way to it. It is `exhausted` if nothing was left out within
    the bound."""

    bound: int
    levels: tuple[Level, ...]
    states: int
    transitions: int
    terminal: int
    depth: int
    seconds: float
    local_states: int
    local_steps: int
    exhausted: bool
    violation: str | None = None
    actions: tuple[Action, ...] = ()
    delays: int = 0
    """Of the violation."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong with what was seen."""
        return self.violation is None


def explore(
    spec: Spec,
    factories: Mapping[type, Callable[[Any], Node]],
    *,
    delays: int | None = None,
    limit: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Exploration:
    """Explore `spec` up to `delays` (`UNBOUNDED` for all orders; None for the spec's own bound), or up to `limit` states."""
    bound = spec.delays if delays is None else delays
    rules, first = begin(spec, factories, ordered=bound != UNBOUNDED)
    return Search(spec, rules, first, bound, limit, on_progress).run()


class Search:
    """A search under way."""

    def __init__(
        self, spec: Spec, rules: Rules, first: World, bound: int, limit: int | None, on_progress: Callable[[Progress], None] | None
    ) -> None:
        self.spec = spec
        self.rules = rules
        self.bound = bound
        self.limit = limit
        self.on_progress = on_progress
        self.judge = Judge(spec, rules)
        self.known: dict[bytes, int] = {}
        """Digest of each world that was met, and its number."""
        self.reached: list[tuple[int, int]] = []
        """With how many delays, and then in how many steps, each world was reached at best."""
        self.parents: list[tuple[int, Action | None]] = []
        self.frontier: list[tuple[int, int, int, bytes]] = []
        """Delays, steps, number, world: a heap."""
        self.expanded = bytearray()
        self.states = self.transitions = self.terminal = self.depth = 0
        self.began = perf_counter()
        self._meet(first, -1, None, 0, 0)

    def run(self) -> Exploration:
        """Search until everything was seen, something is wrong, or the limit is reached."""
        levels: list[Level] = []
        level = 0
        while self.frontier:
            if self.limit is not None and self.states >= self.limit:
                return self._ended(levels, exhausted=False)
            delays, steps, number, packed = heappop(self.frontier)
            if self.expanded[number]:
                continue
            while delays > level:
                levels.append(Level(level, self.states, self.terminal))
                level += 1
            self.expanded[number] = 1
            self.states += 1
            self.depth = max(self.depth, steps)
            violation, last = self._expand(_unpacked(packed), number, delays, steps)
            if violation is not None:
                cost = delays + (_cost(last) if last is not None else 0)
                return self._ended(levels, exhausted=False, violation=violation, actions=self._way(number, last), delays=cost)
            if self.on_progress is not None and self.states % PROGRESS_EVERY == 0:
                self.on_progress(self._progress(delays))
        while level <= self.bound:
            levels.append(Level(level, self.states, self.terminal))
            level += 1
        return self._ended(levels, exhausted=True)

    def _expand(self, world: World, number: int, delays: int, steps: int) -> tuple[str | None, Action | None]:
        """Perform everything that may happen. The answer is a violation, and the action that led to it if it was not there before."""
        rules = self.rules
        if not world.agenda and rules.is_at_rest(world):
            self.terminal += 1
        violation = self.judge.judge(world, steps)
        if violation is not None:
            return violation, None
        for cost, action in self._actions(world, self.bound - delays if self.bound != UNBOUNDED else UNBOUNDED):
            self.transitions += 1
            following, violation = rules.perform(world, action)
            if violation is not None:
                return violation, action
            self._meet(following, number, action, delays + cost, steps + 1)
        return None, None

    def _actions(self, world: World, budget: int) -> Iterator[tuple[int, Action]]:
        """Everything that may happen, and how many delays it costs."""
        rules = self.rules
        if not world.agenda:
            if not rules.is_at_rest(world):
                yield 0, PassTime()
        else:
            for delays, source in enumerate(world.agenda):
                cost, delays = (0, 0) if budget == UNBOUNDED else (delays, delays)
                if cost <= budget or budget == UNBOUNDED:
                    yield cost, Advance(source, delays)
                if not self.spec.bursts or source[0] == BURST_END or node_of(source) in world.bursts:
                    continue
                if budget == UNBOUNDED:
                    yield 0, Advance(source, 0, holds=True)
                elif cost < budget:
                    yield cost + 1, Advance(source, delays, holds=True)
            if self.spec.early_timers and budget > 0 and rules.first_deadline(world) is not None:
                yield 1, PassTime(1)
        yield from ((0, fault) for fault in self._faults(world))

    def _faults(self, world: World) -> Iterator[Action]:
        power_cuts, kills, cuts = world.budget
        disks, disk = self.rules.disks, world.disk
        if power_cuts or kills:
            for done in range(len(world.queue) + 1):
                if done:
                    disk, _ = disks.perform(disk, self.rules.effects[world.queue[done - 1]])
                if kills and done < len(world.queue) and isinstance(self.rules.effects[world.queue[done]], Write):
                    yield Kill(done, half=True)
                with_work = disk
                for worked, operation in enumerate([None, *self.rules.operations_of_work(disk, world.works)]):
                    if operation is not None:
                        with_work, _ = disks.perform(with_work, operation)
                    if kills:
                        yield Kill(done, worked=worked)
                    if power_cuts:
                        for survived, _ in disks.after_power_cut(with_work):
                            yield PowerCut(done, survived, worked)
        for place, number, _, to_broker, to_client, flags in world.connections:
            if flags & HELD_UP:
                yield LateArrival(place, number)
            elif cuts and to_broker[:1] != (CLOSED,) and to_client[:1] != (CLOSED,):
                yield CutConnection(place, number)
                if to_broker and to_broker[0] >= 0 and CLOSED not in to_broker:
                    yield CutConnection(place, number, late=True)

    def _meet(self, world: World, parent: int, action: Action | None, delays: int, steps: int) -> None:
        packed = dumps(tuple(world), 2)
        digest = blake2b(packed, digest_size=16).digest()
        number = self.known.get(digest)
        if number is None:
            number = self.known[digest] = len(self.reached)
            self.reached.append((delays, steps))
            self.parents.append((parent, action))
            self.expanded.append(0)
        elif (delays, steps) < self.reached[number] and not self.expanded[number]:
            self.reached[number] = (delays, steps)
            self.parents[number] = (parent, action)
        else:
            return
        heappush(self.frontier, (delays, steps, number, packed))

    def _way(self, number: int, last: Action | None) -> tuple[Action, ...]:
        """The actions that lead from the first world to the one of this number, and then `last`."""
        way: list[Action] = [] if last is None else [last]
        while True:
            number, action = self.parents[number]
            if action is None:
                return tuple(reversed(way))
            way.append(action)

    def _progress(self, delays: int) -> Progress:
        seconds = perf_counter() - self.began
        return Progress(delays, self.states, self.transitions, self.terminal, len(self.frontier), self.depth, seconds)

    def _ended(
        self, levels: list[Level], *, exhausted: bool, violation: str | None = None, actions: tuple[Action, ...] = (), delays: int = 0
    ) -> Exploration:
        machines = self.rules.machines
        return Exploration(
            self.bound,
            tuple(levels),
            self.states,
            self.transitions,
            self.terminal,
            self.depth,
            perf_counter() - self.began,
            len(machines.images),
            len(machines.steps) + len(machines.held),
            exhausted,
            violation,
            actions,
            delays,
        )


def _cost(action: Action) -> int:
    if isinstance(action, Advance):
        return action.delays + action.holds
    return action.delays if isinstance(action, PassTime) else 0


def _unpacked(packed: bytes) -> World:
    return World(*loads(packed))
