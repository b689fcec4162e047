"""Settings that are left to the seed."""

import attrs

from streambus.sim.knobs import Between, Octaves, OneOf, settled
from streambus.sim.streams import Streams


@attrs.frozen
class Inner:
    size: object = 1


@attrs.frozen
class Outer:
    count: object = 1
    inner: Inner = Inner()
    listed: tuple[object, ...] = ()


def draws(knob: object, count: int = 300) -> list[object]:
    return [settled(Outer(knob), Streams(seed), "x").count for seed in range(count)]


def test_without_knobs_nothing_changes():
    assert settled(Outer(), Streams(1), "x") == Outer()


def test_between_draws_every_value_and_no_other():
    assert set(draws(Between(3, 6))) == {3, 4, 5, 6}


def test_octaves_draw_small_values_as_often_as_large_ones():
    values = draws(Octaves(1, 1 << 20), 1_000)
    assert all(1 <= value <= 1 << 20 for value in values)
    assert 300 < sum(value < 1 << 10 for value in values) < 700


def test_one_of_draws_a_choice_which_may_be_a_knob():
    assert set(draws(OneOf("a", "b", Between(1, 2)))) == {"a", "b", 1, 2}


def test_knobs_are_found_wherever_they_are_in_the_tree():
    found = settled(Outer(inner=Inner(Between(5, 5)), listed=(OneOf(7), 8)), Streams(1), "x")
    assert found == Outer(inner=Inner(5), listed=(7, 8))


def test_a_knob_that_is_fixed_leaves_the_others_as_they_were():
    both = settled(Outer(Between(0, 10**9), Inner(Between(0, 10**9))), Streams(4), "x")
    one = settled(Outer(1, Inner(Between(0, 10**9))), Streams(4), "x")
    assert both.inner == one.inner
