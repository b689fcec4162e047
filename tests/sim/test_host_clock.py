"""Clocks that are wrong, and the two questions they answer: what time is it, and when will it be?"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streambus.kernel import SECOND
from streambus.sim.clock import STANDSTILL, Hand, HostClock


def test_a_true_clock_shows_what_time_it_is():
    hand = Hand(1_000)
    assert [hand.read(now) for now in (0, 1, 5_000)] == [1_000, 1_001, 6_000]
    assert hand.when(6_000) == 5_000
    assert hand.is_true


def test_a_clock_that_runs_too_fast_gains_its_millionths():
    hand = Hand()
    hand.set_drift(0, 100)
    assert hand.read(SECOND) == SECOND + 100
    assert hand.when(SECOND + 100) == SECOND


def test_drift_that_is_over_leaves_a_clock_wrong_by_what_it_has_gained():
    hand = Hand()
    hand.set_drift(SECOND, -200_000)
    hand.set_drift(2 * SECOND, 0)
    assert hand.read(3 * SECOND) == 3 * SECOND - 200_000
    assert hand.is_true


def test_a_clock_that_stands_still_never_comes_to_a_later_time():
    hand = Hand()
    hand.set_drift(500, STANDSTILL)
    assert hand.read(10_000) == 500
    assert hand.when(501) is None
    assert hand.when(500) is not None
    hand.set_drift(20_000, 0)
    assert hand.when(501) == 20_001


def test_a_coarse_clock_shows_every_so_many_microseconds_counted_from_when_it_turned_coarse():
    hand = Hand()
    hand.set_grain(7, 100)
    assert [hand.read(now) for now in (7, 106, 107, 206, 207)] == [7, 7, 107, 107, 207]
    assert hand.when(8) == 107
    hand.set_grain(150, 1)
    assert hand.read(150) == 150


def test_a_wall_clock_that_is_set_back_goes_back():
    hand = Hand(100)
    hand.step(10, -50)
    assert hand.read(10) == 60
    assert hand.when(61) == 11


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 10_000),
        st.one_of(
            st.tuples(st.just("set_drift"), st.integers(STANDSTILL, 2_000_000)), st.tuples(st.just("set_grain"), st.integers(1, 5_000))
        ),
    ),
    max_size=8,
)


@settings(deadline=None)
@given(CHANGES, st.lists(st.integers(0, 20_000), min_size=1, max_size=20))
def test_a_monotonic_clock_never_goes_back_whatever_is_done_to_it(changes: list, pauses: list[int]):
    hand, now, last = Hand(), 0, 0
    for pause in pauses:
        for delay, (change, value) in changes[:1]:
            now += delay
            getattr(hand, change)(now, value)
        changes = changes[1:]
        now += pause
        assert hand.read(now) >= last
        last = hand.read(now)


@settings(deadline=None)
@given(st.integers(STANDSTILL + 1, 3_000_000), st.integers(1, 10_000), st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_time_at_which_a_clock_will_show_something_is_the_first_one(drift: int, grain: int, began_at: int, ahead: int):
    hand = Hand()
    hand.set_drift(began_at, drift)
    hand.set_grain(began_at, grain)
    reading = hand.read(began_at) + ahead
    when = hand.when(reading)
    assert when is not None
    assert hand.read(when) >= reading
    assert when == began_at or hand.read(when - 1) < reading


@pytest.mark.parametrize(("hand", "offset"), [("wall", 1_000), ("monotonic", -1_000)])
def test_the_two_clocks_of_a_host_go_wrong_apart(hand: str, offset: int):
    clock = HostClock()
    before = clock.wall_offset(0)
    getattr(clock, hand).set_drift(0, 1_000)
    assert clock.wall_offset(SECOND) - before == offset
    assert not clock.is_true
