"""Crashes: whatever is lost, the store comes back as it was after some prefix of what it was asked for, not before what was durable."""

from bisect import bisect_right
from copy import deepcopy
from typing import Any

import pytest
from store_life import SMALL, Life, essence, fresh, make_batch, recovered

from streambus.kernel import Create, Prng, Sync, SyncDirectory, Truncate, Write
from streambus.sim.disk import SimulatedDisk, Survival
from streambus.storage import LogId, Store, StoreConfig, TableId

A, B = LogId("a"), LogId("b")
T = TableId("t")


def workload() -> list[tuple[Any, ...]]:
    """Everything a store can be asked for, with flushes in between, over several segments."""
    steps: list[tuple[Any, ...]] = [("open_log", A), ("open_log", B)]
    for round_ in range(8):
        steps += [
            ("append", A, make_batch(records=3, size=40 + 60 * round_, producer=(5, 0, 3 * round_), fill=bytes([65 + round_])), round_),
            ("put", T, b"k%d" % (round_ % 3), b"v" * (round_ * 9)),
            ("append", B, make_batch(size=700 if round_ == 4 else 30, timestamp=1_000 - round_, fill=b"b"), 0),
            ("flush",),
        ]
        if round_ % 3 == 2:
            steps += [("truncate", A, 3 * round_), ("delete", T, b"k0"), ("flush",), ("trim", B, round_ - 1)]
        if round_ == 5:
            steps += [("drop_log", B), ("open_log", B), ("flush",)]
    return steps


class Story:
    """A life that remembers, for every WAL position, what the store was like there."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.positions = [life.store.wal.end]
        self.essences = [essence(life.store)]

    def tell(self, step: tuple[Any, ...]) -> None:
        name, *arguments = step
        store = self.life.store
        if name == "append":
            log_id, batch, leader_epoch = arguments
            self.life.append(store.logs[log_id], batch, leader_epoch)
        elif name in ("truncate", "trim"):
            self.life.call(name, store.logs[arguments[0]], arguments[1])
        else:
            self.life.call(name, *arguments)
        if store.wal.end != self.positions[-1]:
            self.positions.append(store.wal.end)
            self.essences.append(deepcopy(essence(store)))

    def judge(self, after: Store, durable: int) -> None:
        """`after` is this story up to some point, not before `durable`."""
        end = after.wal.end
        assert end >= durable, f"synced bytes {end}..{durable} are lost"
        chapter = bisect_right(self.positions, end) - 1
        assert essence(after) == self.essences[chapter], f"recovered up to {end} is not what was there"


BOUNDARIES = (Create, Write, Sync, SyncDirectory, Truncate)


def killed_within_a_write(life: Life) -> list[SimulatedDisk]:
    """The disks of processes that were killed when a part of their next write was done."""
    if not life.queue or not isinstance(life.queue[0], Write):
        return []
    write, disks = life.queue[0], []
    data = b"".join(write.parts)
    for length in (1, len(data) // 2, len(data) - 1):
        disk = life.disk.copy()
        disk.perform(Write(write.file, write.position, (data[:length],)))
        disk.crash_process()
        disks.append(disk)
    return disks


def judge_every_outcome(story: Story, config: StoreConfig, dice: Prng) -> int:
    """Pull the plug and kill the process here, with several outcomes each. How many were judged."""
    life, durable = story.life, story.life.store.wal.durable
    disk = life.disk.copy()
    disk.crash_process()
    outcomes = [disk]
    for survival in (Survival.NOTHING, Survival.EVERYTHING, Survival.SOMETHING, Survival.SOMETHING, Survival.SOMETHING):
        disk = life.disk.copy()
        disk.power_cut(dice, survival)
        outcomes.append(disk)
    outcomes += killed_within_a_write(life)
    for disk in outcomes:
        again = recovered(disk, config)
        story.judge(again.store, durable)
        # And what was recovered stays, whatever happens now.
        disk.power_cut(dice, Survival.NOTHING)
        story.judge(recovered(disk, config).store, again.store.wal.end)
    return len(outcomes)


@pytest.mark.parametrize("eager", [True, False], ids=["disk keeps up", "disk lags"])
def test_no_crash_at_any_boundary_of_a_workload_loses_a_synced_byte_or_brings_garbage(eager: bool):
    story = Story(fresh())
    dice = Prng(2026)
    judged = 0
    for step in workload():
        story.tell(step)
        while story.life.queue and (eager or len(story.life.queue) > 3):
            if isinstance(story.life.queue[0], BOUNDARIES):
                judged += judge_every_outcome(story, SMALL, dice)
            story.life.perform_one()
    while story.life.queue:
        judged += judge_every_outcome(story, SMALL, dice)
        story.life.perform_one()
    assert judged >= 80
    assert len(story.life.store.wal.segments.starts) > 2


def test_no_crash_at_any_boundary_of_a_recovery_harms():
    story = Story(fresh())
    for step in workload():
        story.tell(step)
        story.life.settle()
    for step in (("append", A, make_batch(size=3_000), 9), ("append", A, make_batch(size=3_000), 9), ("flush",)):
        story.tell(step)
    dice = Prng(7)
    while not isinstance(story.life.queue[0], Sync):
        story.life.perform_one()
    durable = story.life.store.wal.durable
    for _ in range(6):
        torn = story.life.disk.copy()
        torn.power_cut(dice, Survival.SOMETHING)
        again = Life(torn, SMALL)
        again.call("start")
        while again.queue:
            again.perform_one()
            for survival in Survival:
                disk = again.disk.copy()
                disk.power_cut(dice, survival)
                story.judge(recovered(disk).store, durable)
        assert again.store.is_ready


def test_a_failed_sync_loses_nothing_that_later_lives_build_on():
    """The system forgot that pages were dirty: the next life reads them, and must not take them for durable."""
    for seed in range(20):
        story = Story(fresh(seed=seed))
        life = story.life
        for step in (("open_log", A), ("append", A, make_batch(fill=b"1"), 0), ("flush",)):
            story.tell(step)
        life.settle()
        durable = life.store.wal.durable
        life.disk.fail("sync")
        for step in (("append", A, make_batch(fill=b"2", size=300), 0), ("append", A, make_batch(fill=b"3", size=300), 0), ("flush",)):
            story.tell(step)
        life.settle()
        assert life.store.failed is not None
        life.disk.crash_process()
        second = Story(recovered(life.disk))
        story.judge(second.life.store, durable)
        second.tell(("append", A, make_batch(fill=b"4"), 1))
        second.tell(("flush",))
        second.life.settle()
        life.disk.power_cut(Prng(seed), Survival.NOTHING)
        second.judge(recovered(life.disk).store, second.life.store.wal.durable)


def test_stale_frames_behind_a_cut_are_never_seen_again():
    """Two lives write frames of equal sizes to the same places; what the first one's lost tail left must not follow the second one's."""
    life = fresh()
    log = life.call("open_log", A)
    for fill in (b"1", b"2", b"3"):
        life.append(log, make_batch(fill=fill))
    life.flush()
    frame = len(make_batch()) + 40
    start = life.store.wal.end - 2 * frame
    file = life.disk.files[life.disk.names["wal/00000000000000000000.wal"]]
    for content in (file.cached, file.durable):
        content[start : start + 40] = bytes(40)
    second = recovered(life.disk)
    assert second.store.logs[A].log_end_offset == 1
    second.append(second.store.logs[A], make_batch(fill=b"x"))
    second.flush()
    assert recovered(life.disk).store.logs[A].log_end_offset == 2


def test_a_full_disk_leaves_a_store_that_recovers_and_goes_on_when_there_is_room():
    story = Story(fresh())
    life = story.life
    life.disk.capacity = 3_000
    story.tell(("open_log", A))
    while life.store.failed is None:
        story.tell(("append", A, make_batch(size=200), 0))
        story.tell(("flush",))
        life.settle()
    assert "ENOSPC" in life.store.failed
    again = Life(life.disk).recover()
    story.judge(again.store, life.store.wal.durable)
    life.disk.capacity = None
    third = recovered(life.disk)
    third.append(third.store.logs[A], make_batch())
    third.flush()
    assert recovered(life.disk).store.logs[A].log_end_offset == third.store.logs[A].log_end_offset
