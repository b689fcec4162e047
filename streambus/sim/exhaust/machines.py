"""Local states of nodes, each kept once and known by a number; and what follows from them, worked out once.

A node is a pure function of its state, its clock and an event. So whatever the rest of the world does meanwhile, a node in the same
state that hears the same does the same: `step` looks it up. Of the steps of a large search only a few in a hundred are really taken.

A node is kept as a pickle together with the time on its clock; being taken out again is what makes a copy of it. Two nodes that are
canonically equal (`canonical`) have one number, whatever their clocks show.
"""

from collections.abc import Callable, Mapping
from copyreg import dispatch_table
from io import BytesIO
from pickle import Pickler, loads
from traceback import extract_tb
from typing import Any

import attrs

from streambus.client import Ask
from streambus.kernel import Drained, Effect, Event, Halt, Instant, Node, Trace, encode_value
from streambus.sim.exhaust.canonical import canonical_digest

DRAINED = Drained()
PICKLE_PROTOCOL = 5
BIRTH = 1_000_000
"""What every node's clock shows at its birth. Not zero, which machines use for "never"."""


@attrs.frozen
class Stepped:
    """What came of a step: the number of the state after it, and the effects; or in which words the machine failed."""

    machine: int
    effects: tuple[Effect, ...]
    problem: str | None = None


class NodePickler(Pickler):
    """Writes nodes down. Views become views of their own bytes: what is shared is never written to."""

    dispatch_table = {**dispatch_table, memoryview: lambda view: (memoryview, (bytes(view),))}


class Machines:
    """All local states that were met. `look` is called with every new one: what it returns is kept beside it (`seen`)."""

    def __init__(self, factories: Mapping[type, Callable[[Any], Node]], look: Callable[[Node], Any]) -> None:
        self.factories = factories
        self.look = look
        self.images: list[bytes] = []
        self.clocks: list[int] = []
        self.deadlines: list[int | None] = []
        self.seen: list[Any] = []
        self.numbers: dict[bytes, int] = {}
        self.steps: dict[tuple[int, Event | str], Stepped] = {}
        """By state and event; an event that carries an unhashable body is known by its text."""
        self.held: dict[tuple[int, Event | str], Stepped] = {}
        """The same, of steps that do not end a burst."""
        self.laters: dict[tuple[int, int], int] = {}

    def born(self, config: Any) -> int:
        """A newborn that has not heard of its `Started`."""
        return self.keep(self.factories[type(config)](config), BIRTH)

    def step(self, machine: int, event: Event, *, holds: bool = False) -> Stepped:
        """`event` happens to `machine`, and unless it `holds` the burst is over (`Drained`)."""
        heard: Event | str = event if type(event) is not Ask else repr(encode_value(event))
        known = self.held if holds else self.steps
        stepped = known.get((machine, heard))
        if stepped is None:
            stepped = known[machine, heard] = self._step(machine, event, holds=holds)
        return stepped

    def later(self, machine: int, microseconds: int) -> int:
        """The same node when time has passed and nothing has happened to it."""
        if not microseconds:
            return machine
        found = self.laters.get((machine, microseconds))
        if found is None:
            found = self.laters[machine, microseconds] = self.keep(self.node(machine), self.clocks[machine] + microseconds)
        return found

    def node(self, machine: int) -> Node:
        """A copy of the node, to look at or to try something."""
        node: Node = loads(self.images[machine])
        return node

    def deadline(self, machine: int) -> int | None:
        """In how many microseconds it wants to be woken; zero or less if it should have been."""
        return self.deadlines[machine]

    def _step(self, machine: int, event: Event, *, holds: bool) -> Stepped:
        node, now = self.node(machine), Instant(self.clocks[machine])
        try:
            effects = node.step(now, event)
            if not holds and not any(type(effect) is Halt for effect in effects):
                effects = effects + node.step(now, DRAINED)
        except Exception as error:
            place = extract_tb(error.__traceback__)[-1]
            words = f"raised {type(error).__name__} on {type(event).__name__}: {error} ({place.name}, line {place.lineno})"
            return Stepped(machine, (), words)
        told = tuple(effect for effect in effects if type(effect) is not Trace)
        return Stepped(self.keep(node, now), told)

    def keep(self, node: Node, now: int) -> int:
        """The number of `node` when its clock shows `now`."""
        digest = canonical_digest(node, now)
        number = self.numbers.get(digest)
        if number is None:
            number = self.numbers[digest] = len(self.images)
            image = BytesIO()
            deadline = node.next_deadline
            NodePickler(image, PICKLE_PROTOCOL).dump(node)
            self.images.append(image.getvalue())
            self.clocks.append(now)
            self.deadlines.append(None if deadline is None else deadline - now)
            self.seen.append(self.look(node))
        return number
