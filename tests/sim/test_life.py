"""The duties of a driver, as far as one life can see them."""

from puppets import Pulled, Puppet, PuppetConfig, Read, Stage
from toy_nodes import PlainDisk

from streambus.kernel import (
    SECOND,
    ClockAdjusted,
    ConnectionId,
    Create,
    FileName,
    FileSlice,
    Halt,
    Send,
    Started,
    Sync,
    Turn,
    Write,
)
from streambus.kernel import Read as ReadFile
from streambus.sim.simulation import Simulation

FILE = FileName("file")


def test_drained_follows_at_the_latest_after_64_events():
    stage = Stage()
    for _ in range(1_000):
        stage.left_host.tell(ClockAdjusted(0))
    stage.run()
    assert max(stage.left.bursts) == 64
    assert min(stage.left.bursts[:-1]) < 4


def test_disk_effects_complete_in_order():
    stage = Stage()
    stage.pull_left(Create(FILE))
    for number in range(20):
        stage.pull_left(Write(FILE, number, (b"%d" % (number % 10),)))
        stage.pull_left(ReadFile(FILE, 0, 100, Read()))
    stage.run()
    read = [event.data for event in stage.left.heard(Read)]  # type: ignore[attr-defined]
    assert read == [(b"01234567890123456789")[: number + 1] for number in range(20)]


def test_a_slice_sees_writes_that_are_still_in_the_queue():
    stage = Stage()
    stage.connect()
    stage.pull_left(Create(FILE))
    stage.run()
    stage.pull_left(Write(FILE, 0, (b"written ", b"just now")))
    stage.pull_left(Send(ConnectionId(1), (b"[", FileSlice(FILE, 3, 9), b"]")))
    stage.run()
    assert stage.right.data(-1) == b"[tten just]"


def test_a_write_that_is_in_the_queue_when_the_process_is_killed_happened_in_part_or_not_at_all():
    lengths = set()
    for seed in range(40):
        stage = Stage(seed)
        stage.pull_left(Create(FILE))
        stage.run()
        stage.pull_left(Write(FILE, 0, (b"0123456789",)))
        stage.run(3)
        stage.left_host.kill()
        found = stage.left_host.disk.read_slice(FileSlice(FILE, 0, 10))
        assert b"0123456789".startswith(found)
        lengths.add(len(found))
    assert len(lengths) > 3


def test_after_a_halt_nothing_happens_any_more():
    stage = Stage()
    stage.run()
    puppet = stage.left
    stage.pull_left(Halt())
    stage.pull_left(Sync(FILE, Read()))
    stage.run()
    assert stage.left_host.life is None
    assert puppet.heard(Read) == []


def test_a_halt_with_an_error_fails_the_run():
    stage = Stage()
    stage.pull_left(Halt("the disk is on fire"))
    stage.simulation.run(SECOND)
    assert stage.simulation.failures == ["left halted: the disk is on fire"]


def test_every_life_has_its_own_clock_and_its_own_dice():
    stage = Stage()
    stage.run()
    first = stage.left.heard(Started)
    stage.left_host.kill()
    stage.left_host.start()
    stage.run()
    assert stage.left.heard(Started) != first
    assert len(stage.left.heard(Started)) == 1


def test_a_clock_step_moves_the_wall_clock_of_this_life_and_of_the_next():
    stage = Stage()
    stage.run()
    (started,) = stage.left.heard(Started)
    stage.left_host.step_clock(5 * SECOND)
    stage.run()
    (adjusted,) = stage.left.heard(ClockAdjusted)
    assert adjusted.wall_offset == started.wall_offset + 5 * SECOND  # type: ignore[attr-defined]


class Sleeper(Puppet):
    """Wakes every 10 ms and notes when."""

    ROUTES = {**Puppet.ROUTES, Started: "sleep", Pulled: "sleep"}

    def sleep(self, turn: Turn, event: Started) -> None:
        self.events.append(event)
        turn.wake_after(10_000, Pulled(Halt()))


def test_a_node_is_woken_at_its_deadlines():
    simulation = Simulation(1, {PuppetConfig: Sleeper})
    host = simulation.add_host("sleeper", PuppetConfig(), PlainDisk())
    life = host.start()
    simulation.run(105_000)
    assert isinstance(life.node, Sleeper)
    assert len(life.node.events) == 11
