"""Mischief: unusual things that are allowed, done now and then where somebody asked for it, and never in production."""

from streambus.kernel import Instant, Prng, Timers, Turn

POINTS = [f"point {number}" for number in range(40)]


def turn(mischief: int, seed: int = 1) -> Turn:
    return Turn(Instant(0), Prng(seed), Timers(), 0, mischief)


def test_without_mischief_nothing_unusual_is_done_and_no_dice_are_thrown():
    quiet = turn(0)
    before = quiet.dice.state
    assert not any(quiet.buggify(point) for point in POINTS)
    assert quiet.dice.state == before


def test_in_one_life_some_points_are_mischievous_and_the_others_are_not():
    life = turn(12345)
    fired = {point: sum(life.buggify(point) for _ in range(400)) for point in POINTS}
    mischievous = [count for count in fired.values() if count]
    assert 3 <= len(mischievous) <= 20
    assert all(20 <= count <= 90 for count in mischievous)


def test_another_life_has_other_points():
    def active(mischief: int) -> set[str]:
        life = turn(mischief)
        return {point for point in POINTS if any(life.buggify(point) for _ in range(200))}

    assert active(1) != active(2)


def test_equal_dice_do_equal_mischief():
    one, other = turn(7), turn(7)
    assert [one.buggify(point) for point in POINTS * 9] == [other.buggify(point) for point in POINTS * 9]
