"""Long work has a name wherever a run is told, and its file operations are not taken for those of the disk's queue."""

from typing import Any

from streambus.kernel import (
    SECOND,
    Create,
    DiskFailed,
    Drained,
    Event,
    FileAccess,
    FileName,
    Node,
    Prng,
    Started,
    Sync,
    Turn,
    Work,
    Write,
    message,
)
from streambus.sim import DiskSpeed, Simulation
from streambus.sim.explain import Kind
from streambus.sim.explain.disks import WitnessedDisk
from streambus.sim.explain.events import Happening
from streambus.sim.explain.recorder import Recorder
from streambus.sim.oracles.wait_inside import _disk_hops
from streambus.sim.story import told

LOG, MADE = FileName("log"), FileName("made")


@message
class Synced(Event):
    """The log is durable."""


@message
class WorkDone(Event):
    result: Any = None


@message
class Make:
    """Writes and syncs, as the queue does."""

    def run(self, files: FileAccess) -> int:
        files.create(MADE)
        files.write(MADE, 0, (b"made",))
        files.sync(MADE)
        return 4


@message
class MakerConfig:
    listeners: tuple[()] = ()


class Maker(Node):
    """Asks for work, and for a sync that takes longer."""

    ROUTES = dict.fromkeys((Started, Synced, WorkDone, DiskFailed, Drained), "on_event")

    def __init__(self, _: MakerConfig) -> None:
        super().__init__()

    def on_event(self, turn: Turn, event: Event) -> None:
        if isinstance(event, Started):
            for effect in (Work(Make(), WorkDone()), Create(LOG), Write(LOG, 0, (b"log",)), Sync(LOG, Synced())):
                turn.do(effect)


class Told:
    """A run that is written down."""

    def __init__(self, sync_microseconds: int = 100_000) -> None:
        self.simulation = Simulation(1, {MakerConfig: Maker})
        self.disk = WitnessedDisk(Prng(1), "maker")
        speed = DiskSpeed(sync_min=sync_microseconds, sync_max=sync_microseconds)
        self.host = self.simulation.add_host("maker", MakerConfig(), self.disk, disk_speed=speed)
        self.recorder = Recorder(self.simulation)
        self.disk.witness.append(self.recorder)
        self.simulation.observers.append(self.recorder)
        self.host.start()

    def run(self, microseconds: int = SECOND) -> None:
        self.simulation.run(self.simulation.agenda.now + microseconds)
        assert self.simulation.failures == []

    def disk_work(self) -> dict[str, Happening]:
        return {one.title: one for one in self.recorder.chronicle.happenings if one.kind is Kind.DISK}


def test_work_is_done_beside_the_queue_of_the_disk():
    run = Told()
    run.run()
    work = run.disk_work()
    assert list(work) == ["do long work (Make)", "create log", "write 3 bytes at 0 of log", "sync log"]
    assert {one.state for one in work.values()} == {"done"}
    long_work, sync = work["do long work (Make)"], work["sync log"]
    assert long_work.ends_at is not None
    assert sync.ends_at is not None
    assert long_work.ends_at < sync.ends_at
    titles = [one.title for one in run.recorder.chronicle.happenings]
    assert titles.index("do long work (Make) is done") < titles.index("sync log is done")


def test_work_that_fails_says_so():
    run = Told()
    run.disk.fail("sync", "EIO")
    run.run()
    assert run.disk_work()["do long work (Make)"].state == "failed: EIO"
    assert run.disk_work()["sync log"].state == "done"


def test_work_that_a_crash_cuts_off_says_so():
    run = Told()
    run.run(500)
    life = run.host.life
    assert life is not None
    assert "".join(_disk_hops(life)).startswith("the disk of maker: Sync of log")
    run.host.kill()
    assert run.disk_work()["do long work (Make)"].state == "cut off: its process died"
    crash = next(one for one in run.recorder.chronicle.happenings if one.kind is Kind.CRASH)
    assert "cut off: do long work (Make)" in crash.details


def test_who_waits_for_nothing_but_work_is_told_so():
    run = Told(sync_microseconds=10)
    run.run(600)
    life = run.host.life
    assert life is not None
    assert list(_disk_hops(life)) == ["the disk of maker, which has nothing to do but long work (Make)"]


def test_work_is_told_by_its_name():
    assert told(Work(Make(), WorkDone()), is_broker=True) == "long work Make, then WorkDone"
