"""What happens to processes and machines, fault by fault."""

import pytest
from puppets import Address, Pulled, Puppet, PuppetConfig, Stage
from toy_nodes import PlainDisk

from streambus.kernel import (
    MILLISECOND,
    SECOND,
    ClockAdjusted,
    Closed,
    Congested,
    Connected,
    ConnectionId,
    Dial,
    Halt,
    Prng,
    Received,
    Started,
    StopRequested,
    Trace,
    Turn,
)
from streambus.sim.faults import CleanRestart, ClientCrash, CrashLoop, FrozenMachine, PowerCut, ProcessKill, ProcessPause, SlowProcess
from streambus.sim.faults.deed import Deed
from streambus.sim.network import LinkSpeed
from streambus.sim.simulation import Simulation


def begin(stage: Stage, deed: Deed, luck: int = 1) -> Deed:
    assert deed.begin(stage.simulation, Prng(luck))
    return deed


def test_a_paused_process_takes_no_step_and_then_sees_everything_at_once():
    stage = Stage()
    stage.connect()
    seen = len(stage.left.events)
    pause = begin(stage, ProcessPause("left", SECOND))
    stage.say_right(b"while you slept")
    stage.left_host.step_clock(1)
    stage.run()
    assert len(stage.left.events) == seen
    assert not ProcessPause("left", SECOND).begin(stage.simulation, Prng(1))
    pause.end(stage.simulation)
    stage.run(MILLISECOND)
    assert stage.left.data(1) == b"while you slept"
    assert len(stage.left.heard(ClockAdjusted)) == 1


def test_the_socket_buffers_of_a_paused_process_fill_up():
    stage = Stage(speed=LinkSpeed(tail=1, queue_bytes_max=1_000))
    stage.connect()
    begin(stage, ProcessPause("left", SECOND))
    for _ in range(20):
        stage.say_right(bytes(100))
    stage.run()
    assert len(stage.right.heard(Congested)) == 1


def test_the_kernel_of_a_paused_process_still_accepts_connections():
    stage = Stage()
    pause = begin(stage, ProcessPause("left", SECOND))
    stage.connect()
    stage.say_right(b"hello?")
    stage.run()
    assert len(stage.right.heard(Connected)) == 1
    assert stage.left.events == []
    pause.end(stage.simulation)
    stage.run()
    assert [type(event) for event in stage.left.events] == [Started, Connected, Received]


def test_a_paused_process_can_be_killed_and_its_successor_is_not_paused():
    stage = Stage()
    stage.run()
    pause = begin(stage, ProcessPause("left", 10 * SECOND))
    kill = begin(stage, ProcessKill("left", SECOND))
    kill.end(stage.simulation)
    stage.run()
    assert len(stage.left.heard(Started)) == 1
    pause.end(stage.simulation)
    stage.connect()
    assert len(stage.left.heard(Connected)) == 1


def test_a_slow_process_needs_so_many_times_as_long_for_a_burst():
    stage = Stage()
    stage.run()
    times = []
    for factor in (1, 100):
        stage.left_host.slow_down(factor)
        began_at = stage.simulation.agenda.now
        for _ in range(500):
            stage.left_host.tell(ClockAdjusted(0))
        while stage.left_host.life.ready:
            stage.run(100)
        times.append(stage.simulation.agenda.now - began_at)
    assert times[1] > 30 * times[0]


def test_two_faults_do_not_slow_a_process_down_together():
    stage = Stage()
    slow = begin(stage, SlowProcess("left", 10, SECOND))
    assert not SlowProcess("left", 5, SECOND).begin(stage.simulation, Prng(1))
    slow.end(stage.simulation)
    assert stage.left_host.slowness == 1


class Sleeper(Puppet):
    """Wakes every 10 ms and notes when, by its own clock."""

    ROUTES = {**Puppet.ROUTES, Started: "sleep", Pulled: "sleep"}

    def sleep(self, turn: Turn, event: Started) -> None:
        self.events.append(event)
        turn.wake_after(10_000, Pulled(Trace(None, "", ())))


class SleeperStage(Stage):
    """A sleeper that listens, beside a puppet."""

    def __init__(self) -> None:
        self.simulation = Simulation(1, {PuppetConfig: Sleeper}, LinkSpeed(tail=1))
        self.left_host = self.simulation.add_host("left", PuppetConfig((Address("door", "left", 1),)), PlainDisk())
        self.right_host = self.simulation.add_host("right", PuppetConfig(), PlainDisk())
        self.left_host.start()
        self.right_host.start()


def test_no_time_passes_for_a_frozen_machine_and_its_wall_clock_is_set_right_afterwards():
    stage = SleeperStage()
    stage.run(100 * MILLISECOND)
    wakes, life = len(stage.left.heard(Pulled)), stage.left_host.life
    frozen = begin(stage, FrozenMachine("left", SECOND))
    stage.run(SECOND)
    before = life.wall_offset
    frozen.end(stage.simulation)
    stage.run(100 * MILLISECOND)
    assert len(stage.left.heard(Pulled)) - wakes in (8, 9, 10)
    assert life.wall_offset - before == SECOND
    assert stage.left_host.clock.wall_offset(stage.simulation.agenda.now) - before == life.origin + SECOND


def test_a_frozen_machine_answers_no_dial_and_does_not_come_back_by_being_killed():
    stage = Stage()
    stage.run()
    frozen = begin(stage, FrozenMachine("left", 10 * SECOND))
    stage.pull_right(Dial(ConnectionId(-1), "left", 1))
    stage.run()
    assert [event.reason for event in stage.right.heard(Closed)] == ["left:1 did not answer the dial in time"]
    kill = begin(stage, ProcessKill("left", SECOND))
    kill.end(stage.simulation)
    stage.run()
    assert stage.left_host.life is None
    frozen.end(stage.simulation)
    stage.run()
    assert len(stage.left.heard(Started)) == 1


class Obedient(Puppet):
    """Halts when it is asked to stop."""

    ROUTES = {**Puppet.ROUTES, StopRequested: "on_stop"}

    def on_stop(self, turn: Turn, _: StopRequested) -> None:
        turn.do(Halt())


@pytest.mark.parametrize(("kind", "details"), [(Obedient, "it stopped by itself"), (Puppet, "it did not stop in time and was killed")])
def test_a_clean_restart_waits_for_the_node_and_then_kills_it(kind: type[Puppet], details: str):
    stage = Stage()
    stage.simulation.factories = {PuppetConfig: kind}
    for host in (stage.left_host, stage.right_host):
        host.kill()
        host.start()
    stage.run()
    restart = begin(stage, CleanRestart("left", SECOND))
    stage.run(SECOND)
    assert (stage.left_host.life is None) == (kind is Obedient)
    assert restart.end(stage.simulation) == details
    stage.run()
    assert stage.left_host.lives == 3
    assert len(stage.left.heard(Started)) == 1


@pytest.mark.parametrize("is_power", [False, True])
def test_a_crash_loop_crashes_again_and_again_and_ends_with_a_life(is_power: bool):
    stage = Stage()
    stage.run()
    loop = begin(stage, CrashLoop("left", is_power, SECOND))
    stage.run(3 * SECOND)
    lives = stage.left_host.lives
    details = loop.end(stage.simulation)
    assert lives > 5
    assert details == f"{'lost power' if is_power else 'killed'} {lives if stage.left_host.lives > lives else lives - 1} times"
    stage.run()
    assert len(stage.left.heard(Started)) == 1
    assert stage.left_host.lives - lives <= 1


def test_whoever_keeps_a_host_down_longest_decides_when_it_is_up():
    stage = Stage()
    stage.run()
    restart = begin(stage, CleanRestart("left", SECOND))
    kill = begin(stage, ProcessKill("left", SECOND))
    assert not PowerCut("left", SECOND).begin(stage.simulation, Prng(1))
    restart.end(stage.simulation)
    assert stage.left_host.life is None
    kill.end(stage.simulation)
    assert stage.left_host.life is not None


class Owner:
    """Hears of deaths and births."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def on_death(self) -> None:
        self.heard.append("death")

    def on_rebirth(self) -> None:
        self.heard.append("rebirth")


def test_the_owner_of_a_client_hears_that_it_died_and_that_there_is_a_new_one():
    stage = Stage()
    owner = stage.right_host.owner = Owner()
    crash = begin(stage, ClientCrash("right", SECOND))
    assert owner.heard == ["death"]
    crash.end(stage.simulation)
    assert owner.heard == ["death", "rebirth"]
