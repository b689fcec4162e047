"""Nodes that have one number behave alike: what is merged may be merged.

An exploration keeps, beside the state that stands for a number, others that were given the same number although their clocks, counters or
histories of timers differ. Everything that ever happened to the one is then made to happen to the others.
"""

from io import BytesIO
from pickle import loads
from typing import Any

import pytest

from streambus.kernel import Effect, Event, Halt, Instant, Node, Trace, Turn, fingerprint, message
from streambus.sim import FACTORIES
from streambus.sim.exhaust import beginning, explore, find_spec
from streambus.sim.exhaust.canonical import canonical_digest, digest_of
from streambus.sim.exhaust.machines import DRAINED, PICKLE_PROTOCOL, Machines, NodePickler

TWINS_MAX = 3


class TwinKeeper(Machines):
    """Keeps some of the states that were merged."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.twins: dict[int, dict[tuple[str, int], bytes]] = {}

    def keep(self, node: Node, now: int) -> int:
        number = super().keep(node, now)
        twins = self.twins.setdefault(number, {})
        if len(twins) < TWINS_MAX:
            image = BytesIO()
            NodePickler(image, PICKLE_PROTOCOL).dump(node)
            twins.setdefault((fingerprint(node), now), image.getvalue())
        return number


def stepped(image: bytes, clock: int, event: Event) -> tuple[bytes, list[Effect]]:
    """What becomes of a node, canonically, and its effects."""
    node, now = loads(image), Instant(clock)
    effects = node.step(now, event)
    if not any(type(effect) is Halt for effect in effects):
        effects = effects + node.step(now, DRAINED)
    return canonical_digest(node, now), [effect for effect in effects if type(effect) is not Trace]


@pytest.mark.parametrize("name", ["topic_creation", "lost_acknowledgement"])
def test_nodes_of_one_number_do_the_same_whatever_happens_to_them(name: str, monkeypatch: pytest.MonkeyPatch):
    made: list[TwinKeeper] = []

    def make(*arguments: Any) -> TwinKeeper:
        made.append(TwinKeeper(*arguments))
        return made[-1]

    monkeypatch.setattr(beginning, "Machines", make)
    _, spec = find_spec(name)
    assert explore(spec, FACTORIES, delays=0).is_clean
    (machines,) = made
    compared = 0
    for number, event in machines.steps:
        twins = list(machines.twins[number].items())
        if len(twins) == 1 or isinstance(event, str):
            continue
        first = stepped(twins[0][1], twins[0][0][1], event)
        for (_, clock), image in twins[1:]:
            assert stepped(image, clock, event) == first
            compared += 1
    assert compared > 0


@message
class Rung(Event):
    """A timer rang."""

    number: int


class Clock(Node):
    """A node with timers only."""

    ROUTES = {Rung: "on_rung"}

    def on_rung(self, turn: Turn, event: Rung) -> None:
        """Nothing."""


def with_timers(*asked: tuple[int, int], cancelled: tuple[int, ...] = ()) -> Clock:
    clock = Clock()
    for when, number in asked:
        clock.timers.wake_at(Instant(when), Rung(number))
    for number in cancelled:
        clock.timers.cancel(Rung(number))
    return clock


def test_timers_count_by_what_is_still_to_come():
    assert canonical_digest(with_timers((50, 1), (70, 2)), 10) == canonical_digest(with_timers((150, 1), (170, 2)), 110)
    assert canonical_digest(with_timers((50, 1), (60, 3), cancelled=(3,)), 10) == canonical_digest(with_timers((50, 1)), 10)
    assert canonical_digest(with_timers((50, 1), (50, 2)), 10) != canonical_digest(with_timers((50, 2), (50, 1)), 10)
    assert canonical_digest(with_timers((50, 1)), 10) != canonical_digest(with_timers((50, 1)), 11)


def test_what_has_no_place_in_a_state_is_refused():
    for value in (1.5, {1}, frozenset(), len):
        with pytest.raises(TypeError, match="no state holds a"):
            digest_of(value)
