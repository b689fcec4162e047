"""Long work in the simulator: beside the queue of the disk, subject to all that befalls disks, and cut off by every crash."""

import errno
from array import array
from copy import deepcopy
from typing import Any

import pytest

from streambus.kernel import (
    MILLISECOND,
    SECOND,
    Create,
    DiskFailed,
    Drained,
    Effect,
    Event,
    FileAccess,
    FileName,
    Halt,
    Node,
    Prng,
    Read,
    Started,
    Sync,
    Turn,
    Work,
    Write,
    decode_value,
    encode_value,
    fingerprint,
    message,
)
from streambus.sim import DiskSpeed, SimulatedDisk, Simulation
from streambus.sim.crash_points import Crashed, Moment, crash_at
from streambus.sim.disk import Survival
from streambus.sim.disk_quirk import SOUND
from streambus.sim.faults import DiskError, DiskStall, FullDisk, KillAt, PowerCutAt, ShortRead, ShortWrite, SlowDisk
from streambus.sim.trace import effect_digests
from streambus.sim.work import file_operations

SOURCE, TARGET = FileName("source"), FileName("made/target")


@message
class WorkDone(Event):
    result: Any = None


@message
class Ticked(Event):
    number: int


@message
class Merge:
    """Copies a file piece by piece, puts its length in front, and makes it durable. The result: what it wrote, and how often."""

    source: FileName
    target: FileName
    piece: int = 1000

    def run(self, files: FileAccess) -> tuple[int, int]:
        files.create(self.target)
        position = pieces = 0
        while data := files.read(self.source, position, self.piece):
            files.copy(self.source, position, len(data), self.target, 8 + position)
            position += len(data)
            pieces += 1
        files.write(self.target, 0, (position.to_bytes(4), b"done"))
        files.sync(self.target)
        files.sync_directory()
        return position, pieces


@message
class Stumble:
    """Has a mistake in it."""

    def run(self, files: FileAccess) -> int:
        return 1 // 0


@message
class Shrug:
    """Expects what it may find missing."""

    def run(self, files: FileAccess) -> str:
        try:
            files.read(TARGET, 0, 1)
        except FileNotFoundError:
            return "there is none"
        return "found"


@message
class Complain:
    """Fails for a reason of its own."""

    def run(self, files: FileAccess) -> None:
        raise OSError(errno.EFBIG, "too big for me", "somewhere")


MERGE = Work(Merge(SOURCE, TARGET), WorkDone())
DURABLE = (3000).to_bytes(4) + b"done" + b"x" * 3000


def disk_with_source(size: int = 3000, capacity: int | None = None) -> SimulatedDisk:
    disk = SimulatedDisk(Prng(7), capacity)
    disk.put({SOURCE: b"x" * size})
    return disk


def result_of(completion: Event | None) -> Any:
    assert isinstance(completion, WorkDone)
    return completion.result


# On a disk alone --------------------------------------------------------------------------------------------------------


def test_work_is_done_and_answers_with_its_result():
    disk = disk_with_source()
    completion = disk.perform(MERGE)
    assert completion == WorkDone((3000, 3))
    assert disk.durable_contents()[TARGET] == DURABLE
    assert decode_value(encode_value(result_of(completion))) == (3000, 3)
    assert disk.worked_bytes == 2 * 3000 + 3000 + 8
    assert disk.operations == {"work": 1, "create": 1, "read": 7, "write": 4, "sync": 1, "syncdirectory": 1}


@pytest.mark.parametrize(
    ("operation", "skip", "file"),
    [
        ("create", 0, TARGET),
        ("read", 2, SOURCE),
        ("write", 0, TARGET),
        ("write", 3, TARGET),
        ("sync", 0, TARGET),
        ("syncdirectory", 0, FileName("")),
    ],
)
def test_a_failure_names_the_file_operation_and_carries_the_completion_that_will_not_come(operation: str, skip: int, file: FileName):
    disk = disk_with_source()
    if operation == "read":
        disk.quirks["bad"] = Forgetful(skip)
    else:
        disk.fail(operation, "EIO", skip)
    assert disk.perform(MERGE) == DiskFailed(file, operation, "EIO", WorkDone())


class Forgetful:
    """Lets so many reads pass and fails one."""

    def __init__(self, skip: int) -> None:
        self.skip = skip

    def interfere(self, disk: SimulatedDisk, effect: Effect) -> Any:
        if isinstance(effect, Read):
            self.skip -= 1
            if self.skip < 0:
                return DiskFailed(effect.file, "read", "EIO", effect.then)
        return SOUND


def test_what_does_not_fit_fails_and_leaves_what_does():
    disk = disk_with_source(capacity=3000 + 1500)
    assert disk.perform(MERGE) == DiskFailed(TARGET, "write", "ENOSPC", WorkDone())
    assert disk.used_bytes() == disk.capacity


def test_a_task_may_expect_a_failure():
    disk = SimulatedDisk(Prng(1))
    assert disk.perform(Work(Shrug(), WorkDone())) == WorkDone("there is none")
    assert disk.perform(Work(Merge(SOURCE, TARGET), WorkDone())) == DiskFailed(SOURCE, "read", "ENOENT", WorkDone())
    assert disk.perform(Work(Merge(SOURCE, TARGET), WorkDone())) == DiskFailed(TARGET, "create", "EEXIST", WorkDone())


def test_an_error_of_its_own_is_a_failure_of_the_work():
    assert SimulatedDisk(Prng(1)).perform(Work(Complain(), WorkDone())) == DiskFailed(FileName("somewhere"), "work", "EFBIG", WorkDone())


def test_a_result_that_no_journal_can_hold_is_refused():
    @message
    class Secretive:
        def run(self, files: FileAccess) -> object:
            return {1, 2}

    with pytest.raises(TypeError, match="cannot be journalled"):
        SimulatedDisk(Prng(1)).perform(Work(Secretive(), WorkDone()))


def test_the_operations_of_work_can_be_told_in_advance():
    disk = disk_with_source()
    before = disk.contents()
    kinds = [type(effect).__name__ for effect in file_operations(disk, MERGE)]
    assert kinds == ["Create", *["Read", "Read", "Write"] * 3, "Read", "Write", "Sync", "SyncDirectory"]
    assert disk.contents() == before
    assert disk.operations == {}


def test_what_would_fail_is_told_up_to_there():
    assert [type(effect) for effect in file_operations(SimulatedDisk(Prng(1)), MERGE)] == [Create, Read]


def test_work_is_a_value_and_a_node_may_hold_it():
    again = Work(Merge(SOURCE, TARGET), WorkDone())
    assert (deepcopy(MERGE), fingerprint(MERGE), hash(MERGE)) == (again, fingerprint(again), hash(again))
    assert fingerprint(MERGE) != fingerprint(Work(Merge(SOURCE, TARGET, 1), WorkDone()))
    assert effect_digests([MERGE, holding(1)]) == effect_digests([again, holding(1)])
    assert effect_digests([holding(1)]) != effect_digests([holding(2)])


@message
class Holds:
    """Holds columns."""

    column: Any

    def run(self, files: FileAccess) -> None:
        pass


def holding(number: int) -> Work:
    return Work(Holds(array("q", (number,))), WorkDone())


# Crashes ----------------------------------------------------------------------------------------------------------------


def beginnings() -> list[dict[FileName, bytes]]:
    """What the disk holds after each number of file operations."""
    disk = disk_with_source()
    found = [disk.contents()]
    for operation in file_operations(disk, MERGE):
        disk.perform(operation)
        found.append(disk.contents())
    return found


def test_a_crash_in_the_middle_leaves_any_beginning():
    wholes, found, halves = beginnings(), [], 0
    for seed in range(300):
        disk = disk_with_source()
        disk.dice = Prng(seed)
        disk.perform_partly(MERGE)
        contents = disk.contents()
        if contents in wholes:
            found.append(wholes.index(contents))
        else:
            halves += 1
            target = contents[TARGET]
            assert any(whole.get(TARGET, b"")[8 : len(target)] == target[8:] for whole in wholes)
    assert set(found) == {wholes.index(contents) for contents in wholes}
    assert found.count(0) > 50
    assert found.count(wholes.index(wholes[-1])) > 50
    assert halves > 10


@pytest.mark.parametrize("moment", Moment)
def test_every_file_operation_is_a_crash_point(moment: Moment):
    wholes = beginnings()
    total = len(wholes) - 1
    for number in range(total):
        disk = disk_with_source()
        trap = crash_at(disk, number, moment)
        with pytest.raises(Crashed):
            disk.perform(MERGE)
        assert trap.is_sprung
        contents = disk.contents()
        if moment is not Moment.DURING:
            assert contents == wholes[number + (moment is Moment.AFTER)]
        disk.power_cut(Prng(number), Survival.NOTHING)
        assert disk.contents().get(TARGET) in (None, DURABLE)
    disk = disk_with_source()
    trap = crash_at(disk, total, moment)
    assert disk.perform(MERGE) == WorkDone((3000, 3))
    assert not trap.skip


# In a simulation --------------------------------------------------------------------------------------------------------


@message
class WorkerConfig:
    """What the node does when it begins."""

    begins: tuple[Effect, ...]
    listeners: tuple[()] = ()


class Worker(Node):
    """Asks for everything at once and notes when it hears of what."""

    ROUTES = {Started: "on_started", WorkDone: "on_heard", Ticked: "on_heard", DiskFailed: "on_heard", Drained: "on_drained"}

    def __init__(self, config: WorkerConfig) -> None:
        super().__init__()
        self.begins = config.begins
        self.heard: list[tuple[int, Event]] = []

    def on_started(self, turn: Turn, _: Started) -> None:
        self.born = turn.now
        for effect in self.begins:
            turn.do(effect)

    def on_heard(self, turn: Turn, event: Event) -> None:
        self.heard.append((turn.now - self.born, event))

    def on_drained(self, _: Turn, __: Drained) -> None:
        pass


class Shop:
    """One worker on a disk that holds the source."""

    def __init__(self, *begins: Effect, seed: int = 1, size: int = 3000, speed: DiskSpeed | None = None) -> None:
        self.simulation = Simulation(seed, {WorkerConfig: Worker})
        self.disk = disk_with_source(size)
        self.disk.dice = Prng(seed)
        self.host = self.simulation.add_host("worker", WorkerConfig(begins), self.disk, disk_speed=speed or DiskSpeed())

    def start(self) -> "Shop":
        self.host.start()
        return self

    def run(self, microseconds: int = SECOND) -> list[tuple[int, Event]]:
        self.simulation.run(self.simulation.agenda.now + microseconds)
        return [] if self.host.life is None else list(self.heard)

    @property
    def heard(self) -> list[tuple[int, Event]]:
        assert self.host.life is not None
        heard: list[tuple[int, Event]] = self.host.life.node.heard  # type: ignore[attr-defined]
        return heard

    def events(self) -> list[Event]:
        return [event for _, event in self.run()]


LOG = FileName("log")
TICKS = [effect for number in range(20) for effect in (Write(LOG, number, (b"t",)), Sync(LOG, Ticked(number)))]


def test_work_holds_up_nothing_and_waits_for_nothing():
    """Twenty syncs of at most 3 ms are done when the work, which takes 45 ms or more, still is not."""
    shop = Shop(MERGE, Create(LOG), *TICKS, speed=DiskSpeed(sync_max=2_000, work_min=45_000)).start()
    heard = shop.run()
    assert [event for _, event in heard] == [*[Ticked(number) for number in range(20)], WorkDone((3000, 3))]
    quiet = Shop(Create(LOG), *TICKS, speed=DiskSpeed(sync_max=2_000)).start().run()
    assert heard[19][0] < 45_000
    assert heard[20][0] - 50_000 < 5_000
    assert [event for _, event in quiet] == [Ticked(number) for number in range(20)]


def test_work_does_not_wait_for_a_queue_that_is_full():
    shop = Shop(Create(LOG), *TICKS, MERGE, speed=DiskSpeed(sync_min=10_000, sync_max=10_000, work_max=2_000)).start()
    assert shop.events()[0] == WorkDone((3000, 3))


def test_many_bytes_take_longer():
    def took(size: int) -> int:
        ((when, event),) = Shop(Work(Merge(SOURCE, TARGET, 1 << 20), WorkDone()), size=size, speed=DiskSpeed(work_max=1_000)).start().run()
        assert isinstance(event, WorkDone)
        return when

    assert took(5_000_000) - took(0) in range(30_000, 31_000)


def test_a_slow_disk_and_a_stalled_one_take_longer():
    plain = Shop(MERGE).start().run()[0][0]
    slow = Shop(MERGE)
    assert SlowDisk("worker", 10, SECOND).begin(slow.simulation, Prng(1))
    assert slow.start().run()[0][0] > 8 * plain
    stalled = Shop(MERGE).start()
    assert DiskStall("worker", 200 * MILLISECOND).begin(stalled.simulation, Prng(1))
    assert stalled.run()[0][0] >= 199 * MILLISECOND


def test_equal_seeds_make_equal_work():
    def run(seed: int) -> tuple[Any, dict[FileName, bytes], str]:
        shop = Shop(MERGE, Create(LOG), *TICKS, seed=seed).start()
        shop.run(12 * MILLISECOND)
        shop.host.kill()
        shop.host.start()
        return shop.run(), shop.disk.contents(), shop.simulation.trace.hexdigest()

    assert run(3) == run(3)
    assert run(3) != run(4)


def test_a_kill_leaves_some_beginning_and_nothing_comes_after_it():
    lengths = set()
    for seed in range(60):
        shop = Shop(MERGE, seed=seed, speed=DiskSpeed(work_min=50_000)).start()
        shop.run(10 * MILLISECOND)
        shop.host.kill()
        left = shop.disk.contents()
        lengths.add(len(left.get(TARGET, b"")))
        assert shop.run() == []
        assert shop.disk.contents() == left
    assert {0, 1008, 2008, 3008} < lengths


def test_a_power_cut_undoes_what_was_not_synced():
    outcomes = set()
    for seed in range(60):
        shop = Shop(MERGE, seed=seed, speed=DiskSpeed(work_min=50_000)).start()
        shop.run(10 * MILLISECOND)
        shop.host.cut_power(Survival.NOTHING)
        outcomes.add(shop.disk.contents().get(TARGET))
    assert outcomes == {None, DURABLE}


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize(("operation", "skip"), [("create", 0), ("read", 3), ("write", 1), ("sync", 0), ("syncdirectory", 0)])
def test_a_trap_springs_within_work(operation: str, skip: int, moment: Moment):
    for fault in (
        KillAt("worker", operation, skip, moment, reborn=False, lasts=SECOND),
        PowerCutAt("worker", operation, skip, moment, Survival.EVERYTHING, Survival.EVERYTHING, reborn=False, lasts=SECOND),
    ):
        shop = Shop(MERGE).start()
        assert fault.begin(shop.simulation, Prng(1))
        assert shop.run() == []
        assert shop.host.life is None
        assert shop.simulation.failures == []
        count = [type(effect).__name__.lower() for effect in file_operations(disk_with_source(), MERGE)]
        place = [at for at, kind in enumerate(count) if kind == operation][skip]
        wholes = beginnings()
        if moment is not Moment.DURING:
            assert shop.disk.contents() == wholes[place + (moment is Moment.AFTER)]
        fault.end(shop.simulation)
        assert shop.host.life is not None


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (DiskError("worker", "sync", "EIO", 0, 1, SECOND), ("sync", TARGET, "EIO")),
        (DiskError("worker", "syncdirectory", "EROFS", 0, 1, SECOND), ("syncdirectory", "", "EROFS")),
        (DiskError("worker", "read", "EIO", 2, 1, SECOND), ("read", SOURCE, "EIO")),
        (DiskError("worker", "write", "EIO", 1, 1, SECOND), ("write", TARGET, "EIO")),
        (DiskError("worker", "create", "EIO", 0, 1, SECOND), ("create", TARGET, "EIO")),
        (ShortWrite("worker", 1, 5, SECOND), ("write", TARGET, "EIO")),
        (ShortRead("worker", 1, SECOND), ("read", SOURCE, "EIO")),
        (FullDisk("worker", 100, SECOND), ("write", TARGET, "ENOSPC")),
    ],
    ids=repr,
)
def test_faults_of_disks_befall_work(fault: Any, expected: tuple[str, str, str]):
    shop = Shop(MERGE)
    assert fault.begin(shop.simulation, Prng(1))
    (failed,) = shop.start().events()
    assert isinstance(failed, DiskFailed)
    assert (failed.operation, failed.file, failed.error) == expected
    assert failed.then == WorkDone()
    assert shop.disk.injuries


def test_a_mistake_in_a_task_fails_the_run():
    shop = Shop(Work(Stumble(), WorkDone())).start()
    shop.run()
    (failure,) = shop.simulation.failures
    assert "worker asked for Stumble, which raised ZeroDivisionError" in str(failure)


def test_a_node_that_ends_its_own_life_takes_its_work_with_it():
    shop = Shop(MERGE, Halt(), speed=DiskSpeed(work_min=50_000)).start()
    shop.run()
    assert shop.host.life is None
    assert shop.simulation.failures == []
    assert shop.disk.contents().get(TARGET, b"")[8:] in [(whole.get(TARGET, b"")[8:]) for whole in beginnings()]
