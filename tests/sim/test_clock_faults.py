"""What happens to clocks, fault by fault, as the nodes on them see it."""

from itertools import pairwise

import pytest
from puppets import Pulled
from test_process_faults import SleeperStage, begin

from streambus.kernel import MILLISECOND, SECOND, ClockAdjusted, Prng, Started
from streambus.sim.clock import TOLERANCE
from streambus.sim.faults import CoarseClock, MonotonicDrift, WallDrift, WallFreeze


class Watcher:
    """Notes for every step of `left` what it knows of its clocks."""

    def __init__(self, stage: SleeperStage) -> None:
        self.stage = stage
        self.wall_offset = 0
        self.instants: list[int] = []
        self.walls: list[int] = []
        self.errors: list[int] = []
        stage.simulation.observers.append(self)

    def on_birth(self, life) -> None:
        pass

    def on_step(self, life, now, event, effects) -> None:
        if life.name != "left":
            return
        if isinstance(event, Started | ClockAdjusted):
            self.wall_offset = event.wall_offset
        self.instants.append(now)
        self.walls.append(now + self.wall_offset)
        self.errors.append(now + self.wall_offset - life.clock.wall.read(life.agenda.now))


def watched() -> tuple[SleeperStage, Watcher]:
    stage = SleeperStage()
    watcher = Watcher(stage)
    stage.run(100 * MILLISECOND)
    return stage, watcher


@pytest.mark.parametrize(("ppm", "wakes"), [(500_000, 150), (-500_000, 50), (0, 100)])
def test_timers_fire_by_the_clock_of_their_node(ppm: int, wakes: int):
    stage, _ = watched()
    if ppm:
        begin(stage, MonotonicDrift("left", ppm, SECOND))
    before = len(stage.left.heard(Pulled))
    stage.run(SECOND)
    assert abs(len(stage.left.heard(Pulled)) - before - wakes) <= 1


def test_a_wall_clock_stays_right_while_the_other_clock_drifts():
    stage, watcher = watched()
    drift = begin(stage, MonotonicDrift("left", 100_000, SECOND))
    stage.run(SECOND)
    assert max(map(abs, watcher.errors)) < TOLERANCE
    drift.end(stage.simulation)
    stage.run(SECOND)
    assert watcher.errors[-1] == 0
    assert stage.left_host.life.has_true_clock


def test_a_drifting_wall_clock_is_adjusted_in_small_steps():
    stage, watcher = watched()
    begin(stage, WallDrift("left", 10_000, SECOND))
    stage.run(SECOND)
    adjusted = [event.wall_offset for event in stage.left.heard(ClockAdjusted)]
    steps = [after - before for before, after in pairwise(adjusted)]
    assert len(steps) > 10
    assert max(steps) < MILLISECOND
    assert max(map(abs, watcher.errors)) < TOLERANCE


def test_a_frozen_wall_clock_shows_one_time_and_goes_on_from_there():
    stage, watcher = watched()
    freeze = begin(stage, WallFreeze("left", SECOND))
    watcher.walls.clear()
    stage.run(SECOND)
    assert max(watcher.walls) - min(watcher.walls) < 2 * TOLERANCE
    last = stage.left_host.clock.wall.read(stage.simulation.agenda.now)
    freeze.end(stage.simulation)
    stage.run(SECOND)
    assert watcher.walls[-1] - last <= SECOND


def test_a_coarse_clock_shows_few_times_and_never_an_earlier_one():
    stage, watcher = watched()
    coarse = begin(stage, CoarseClock("left", 1 << 16, SECOND))
    watcher.instants.clear()
    stage.run(SECOND)
    assert len(set(watcher.instants)) <= 17
    coarse.end(stage.simulation)
    stage.run(SECOND)
    assert watcher.instants == sorted(watcher.instants)


def test_a_clock_that_is_wrong_already_is_not_made_wrong_in_the_same_way_again():
    stage, _ = watched()
    first = begin(stage, WallDrift("left", 10, SECOND))
    for deed in (WallDrift("left", 20, SECOND), WallFreeze("left", SECOND)):
        assert not deed.begin(stage.simulation, Prng(1))
    begin(stage, MonotonicDrift("left", 10, SECOND))
    assert not MonotonicDrift("left", 20, SECOND).begin(stage.simulation, Prng(1))
    begin(stage, CoarseClock("left", 2, SECOND))
    assert not CoarseClock("left", 4, SECOND).begin(stage.simulation, Prng(1))
    first.end(stage.simulation)
    begin(stage, WallFreeze("left", SECOND))


def test_a_node_that_is_born_on_a_wrong_clock_counts_on_it_from_the_start():
    stage, watcher = watched()
    begin(stage, MonotonicDrift("left", -500_000, SECOND))
    stage.left_host.kill()
    stage.left_host.start()
    stage.run(SECOND)
    assert abs(len(stage.left.heard(Pulled)) - 50) <= 2
    assert isinstance(stage.left.events[0], Started)
    assert max(map(abs, watcher.errors)) < TOLERANCE
