"""Timers: every event at most once, earliest first, equals in the order of asking."""

from hypothesis import given
from hypothesis import strategies as st

from streambus.kernel import Event, Instant, Timers, message


@message
class Rang(Event):
    name: str


@message
class Numbered(Event):
    number: int


def at(when: int) -> Instant:
    return Instant(when)


def test_nothing_is_due_before_its_date() -> None:
    timers = Timers()
    timers.wake_at(at(10), Rang("a"))
    assert timers.due(at(9)) == []
    assert timers.next_deadline == 10
    assert timers.due(at(10)) == [Rang("a")]
    assert timers.next_deadline is None


def test_waking_a_pending_event_moves_it() -> None:
    timers = Timers()
    timers.wake_at(at(10), Rang("a"))
    timers.wake_at(at(20), Rang("a"))
    assert timers.due(at(15)) == []
    assert timers.due(at(20)) == [Rang("a")]


def test_equal_dates_keep_the_order_of_asking() -> None:
    timers = Timers()
    for name in "cab":
        timers.wake_at(at(5), Rang(name))
    assert timers.due(at(5)) == [Rang("c"), Rang("a"), Rang("b")]


def test_a_cancelled_event_does_not_happen_and_cancelling_twice_is_harmless() -> None:
    timers = Timers()
    timers.wake_at(at(5), Rang("a"))
    timers.cancel(Rang("a"))
    timers.cancel(Rang("a"))
    assert timers.next_deadline is None
    assert len(timers) == 0


def test_cancelled_events_do_not_pile_up() -> None:
    timers = Timers()
    timers.wake_at(at(10**9), Numbered(-1))
    for number in range(10_000):
        timers.wake_at(at(10**6 + number), Numbered(number))
        timers.cancel(Numbered(number))
    assert len(timers.heap) <= 65


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9), st.booleans())))
def test_timers_agree_with_a_plain_table(script: list[tuple[int, int, bool]]) -> None:
    timers, model = Timers(), dict[Event, tuple[int, int]]()
    for sequence, (when, number, is_cancelled) in enumerate(script):
        event = Numbered(number)
        if is_cancelled:
            timers.cancel(event)
            model.pop(event, None)
        else:
            timers.wake_at(at(when), event)
            model[event] = (when, sequence)
    assert len(timers) == len(model)
    assert timers.due(at(10)) == [event for event, (when, _) in sorted(model.items(), key=lambda item: item[1]) if when <= 10]
