"""The node: one door, facts routed first in first out, time only by events."""

import copy
from typing import ClassVar

import pytest

from streambus.kernel import (
    SECOND,
    ClockAdjusted,
    Effect,
    Event,
    Instant,
    Journal,
    Node,
    Prng,
    Routes,
    Started,
    Turn,
    UnroutedEvent,
    Woken,
    fingerprint,
    message,
    replay,
)


@message
class Asked(Event):
    what: str


@message
class Counted(Event):
    total: int


@message
class Say(Effect):
    text: str


class Counter:
    """A sub-machine: counts, and tells."""

    def __init__(self) -> None:
        self.total = 0

    def on_asked(self, turn: Turn, event: Asked) -> None:
        self.total += 1
        turn.tell(Counted(self.total))
        turn.do(Say(f"counted {event.what}"))


class Parrot(Node):
    """Says everything back, and once more a second later."""

    ROUTES: ClassVar[Routes] = {Started: (), Asked: ("on_asked", "counter.on_asked"), Counted: "on_counted"}

    def __init__(self) -> None:
        super().__init__()
        self.counter = Counter()

    def on_asked(self, turn: Turn, event: Asked) -> None:
        if event.what == "never mind":
            turn.cancel(Asked("hello"))
        elif event.what == "hello":
            turn.wake_after(SECOND, Asked(f"again at {turn.wall_ms}"))
        turn.do(Say(event.what))

    def on_counted(self, turn: Turn, event: Counted) -> None:
        turn.do(Say(f"{event.total} so far, dice {turn.dice.below(1000)}"))


def born(seed: int = 1) -> Parrot:
    parrot = Parrot()
    assert parrot.step(Instant(0), Started(5_000_000, seed)) == []
    return parrot


def said(effects: list[Effect]) -> list[str]:
    return [effect.text for effect in effects if isinstance(effect, Say)]


def test_an_event_goes_to_all_its_routes_and_facts_come_after() -> None:
    texts = said(born().step(Instant(1), Asked("hello")))
    assert texts[:2] == ["hello", "counted hello"]
    assert texts[2].startswith("1 so far")


def test_a_timer_rings_when_woken_and_wall_time_is_the_reported_offset() -> None:
    parrot = born()
    parrot.step(Instant(1_000), Asked("hello"))
    assert parrot.next_deadline == 1_000 + SECOND
    assert parrot.step(Instant(SECOND), Woken()) == []
    assert said(parrot.step(Instant(1_000 + SECOND), Woken()))[0] == "again at 5001"


def test_a_clock_step_moves_wall_time_only() -> None:
    parrot = born()
    assert parrot.step(Instant(10), ClockAdjusted(-7)) == []
    assert parrot.wall_offset == -7


def test_a_cancelled_timer_is_silent() -> None:
    parrot = born()
    parrot.step(Instant(1), Asked("hello"))
    parrot.timers.wake_at(Instant(5), Asked("hello"))
    parrot.step(Instant(2), Asked("never mind"))
    assert len(parrot.timers) == 1


def test_an_event_without_a_route_is_our_own_mistake() -> None:
    with pytest.raises(UnroutedEvent, match="Parrot has no route"):
        born().step(Instant(1), Stray())


@message
class Stray(Event):
    pass


def test_replaying_a_journal_gives_equal_effects_and_an_equal_state() -> None:
    script: list[tuple[Instant, Event]] = [
        (Instant(0), Started(0, 99)),
        (Instant(5), Asked("hello")),
        (Instant(9), Asked("you")),
        (Instant(SECOND + 5), Woken()),
    ]
    parrot, journal = Parrot(), Journal()
    effects = []
    for now, event in script:
        journal.append(now, event)
        effects.append(parrot.step(now, event))
    again = Parrot()
    assert list(replay(again, journal)) == effects
    assert fingerprint(again) == fingerprint(parrot)


def test_a_journal_travels_as_lines() -> None:
    journal = Journal()
    journal.append(Instant(0), Started(0, 99))
    journal.append(Instant(7), Woken())
    assert Journal.from_lines(journal.to_lines()) == journal


def test_a_deep_copy_lives_its_own_life() -> None:
    parrot = born()
    parrot.step(Instant(1), Asked("one"))
    twin = copy.deepcopy(parrot)
    assert fingerprint(twin) == fingerprint(parrot)
    assert twin.step(Instant(2), Asked("two")) == parrot.step(Instant(2), Asked("two"))
    twin.step(Instant(3), Asked("three"))
    assert fingerprint(twin) != fingerprint(parrot)


def test_seeds_decide_the_dice() -> None:
    assert born(1).dice == Prng(1)
    assert fingerprint(born(1)) != fingerprint(born(2))
