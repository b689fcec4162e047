"""Crashes: whatever is lost, the store comes back as it was after some prefix of what it was asked for, not before what was durable.

A witness stands in front of the disk. At every operation, of the store or of its long work, it takes what the disk would be if the life
ended there, before the operation or in the middle of it, by a kill or by a power cut; a new life begins with that, and is judged.
"""

from collections.abc import Callable

import attrs
import pytest
from store_life import Life, fresh, make_batch, recovered
from stories import EAGER, Story, everything, finish

from streambus.kernel import Effect, Event, Prng, Read, Sync
from streambus.sim.crash_points import MOMENTS, Crashed, Moment, crash_at
from streambus.sim.disk import SimulatedDisk, Survival
from streambus.sim.disk_quirk import SOUND, Sound
from streambus.storage import LogId, StoreUnavailable, TableId

A = LogId("a")
T = TableId("t")

ENDS: tuple[tuple[Moment, Survival | None], ...] = tuple(
    (moment, survival)
    for survival in (None, Survival.NOTHING, Survival.EVERYTHING, Survival.SOMETHING, Survival.SOMETHING)
    for moment in (Moment.BEFORE, Moment.DURING)
)
"""How a life can end: at which moment of an operation, and what of the unsynced survives; None: it is only killed."""


@attrs.define(eq=False)
class Witness:
    """Ends the life at every operation, in other worlds: `judge` is told of each disk that is left."""

    judge: Callable[[SimulatedDisk], None]
    is_thorough: bool
    dice: Prng = attrs.Factory(lambda: Prng(2026))
    seen: dict[str, int] = attrs.Factory(dict)
    outcomes: int = 0
    is_asleep: bool = False

    def interfere(self, disk: SimulatedDisk, effect: Effect) -> Event | Sound | None:
        if isinstance(effect, Read):
            return SOUND
        kind = ("work: " if disk.working else "") + type(effect).__name__.lower()
        number = sum(self.seen.values())
        self.seen[kind] = self.seen.get(kind, 0) + 1
        for moment, survival in ENDS if self.is_thorough else (ENDS[number % len(ENDS)],):
            left = disk.copy()
            if moment is Moment.DURING:
                left.perform_partly(effect)
            end_life(left, self.dice, survival)
            self.outcomes += 1
            self.judge(left)
        return SOUND


def end_life(disk: SimulatedDisk, dice: Prng, survival: Survival | None) -> None:
    if survival is None:
        disk.crash_process()
    else:
        disk.power_cut(dice, survival)


def judge_what_is_left(story: Story, disk: SimulatedDisk, dice: Prng) -> None:
    """What comes back is right; it stays right when all long work is done; and it is durable."""
    durable = story.life.store.wal.durable
    again = recovered(disk, EAGER)
    story.judge(again, durable)
    end = again.store.wal.end
    finish(again)
    story.judge(again, end)
    disk.power_cut(dice, Survival.NOTHING)
    third = recovered(disk, EAGER)
    assert third.store.wal.end == end
    story.judge(third, end)


def witnessed(is_thorough: bool, tell: Callable[[Story], None]) -> Witness:
    story = Story(fresh(EAGER))
    witness = Witness(lambda disk: judge_what_is_left(story, disk, witness.dice), is_thorough)
    story.life.disk.quirks[witness] = witness
    tell(story)
    return witness


def test_no_crash_at_any_operation_loses_a_durable_byte_or_brings_garbage(request: pytest.FixtureRequest):
    is_long = request.config.getoption("--long")
    witness = witnessed(is_long, lambda story: everything(story, rounds=9))
    assert sum(witness.seen.values()) > 600, witness.seen
    assert witness.outcomes == sum(witness.seen.values()) * (len(ENDS) if is_long else 1)
    for kind in ("write", "sync", "create", "delete", "rename", "syncdirectory", "work: write", "work: sync", "work: create"):
        assert witness.seen[kind] >= 10, witness.seen


def test_no_crash_at_any_operation_of_a_recovery_harms(request: pytest.FixtureRequest):
    """A recovery, and the long work that it finds left, is itself interrupted at every operation, also at reads."""
    story = Story(fresh(EAGER))
    everything(story, rounds=4)
    for number in range(14):
        story.append(A, size=150)
        story.put(T, b"%d" % number, b"late")
    story.life.call("flush")
    while not isinstance(story.life.queue[0], Sync) or story.life.store.wal.end - story.life.store.wal.syncing > 500:
        story.life.perform_one()
    durable = story.life.store.wal.durable
    dice = Prng(7)
    points = 0
    for seed in range(8 if request.config.getoption("--long") else 1):
        torn = story.life.disk.copy()
        torn.power_cut(Prng(seed), Survival.SOMETHING)
        for moment in MOMENTS:
            number, is_over = 0, False
            while not is_over:
                disk = torn.copy()
                trap = crash_at(disk, number, moment)
                try:
                    finish(Life(disk, EAGER).recover())
                    is_over = True
                except Crashed:
                    points += 1
                disk.quirks.clear()
                end_life(disk, dice, (None, *Survival)[number % 4])
                story.judge(recovered(disk, EAGER), durable)
                assert is_over is not trap.is_sprung
                number += 1
    assert points > 150


def test_a_failed_sync_loses_nothing_that_later_lives_build_on():
    """The system forgot that pages were dirty: the next life reads them, and must not take them for durable."""
    for seed in range(20):
        story = Story(fresh(seed=seed))
        story.open(A)
        story.append(A)
        story.settle()
        durable = story.life.store.wal.durable
        story.life.disk.fail("sync")
        story.append(A, size=300)
        story.append(A, size=300)
        story.settle()
        assert story.life.store.failed is not None
        story.life.disk.crash_process()
        second = recovered(story.life.disk)
        story.judge(second, durable)
        second.append(second.store.logs[A], make_batch(fill=b"4"), 1)
        second.flush()
        end, whole = second.store.wal.durable, second.read_all(second.store.logs[A])
        story.life.disk.power_cut(Prng(seed), Survival.NOTHING)
        third = recovered(story.life.disk)
        assert third.store.wal.end == end
        assert third.read_all(third.store.logs[A]) == whole


def test_a_full_disk_leaves_a_store_that_recovers_and_goes_on_when_there_is_room():
    story = Story(fresh(EAGER))
    story.life.disk.capacity = 6_000
    story.open(A)
    while story.life.store.failed is None:
        story.append(A, size=200)
        story.settle()
    assert "ENOSPC" in story.life.store.failed
    again = recovered(story.life.disk, EAGER)
    story.judge(again, story.life.store.wal.durable)
    story.life.disk.capacity = None
    again.append(again.store.logs[A], make_batch(), 9)
    finish(again)
    assert recovered(story.life.disk, EAGER).store.logs[A].log_end_offset == again.store.logs[A].log_end_offset


@pytest.mark.parametrize("capacity", range(2_000, 14_000, 600))
def test_wherever_the_disk_is_full_nothing_durable_is_lost(capacity: int):
    story = Story(fresh(EAGER))
    story.life.disk.capacity = capacity
    try:
        everything(story)
    except StoreUnavailable:
        assert story.life.store.failed is not None
    durable = story.life.store.wal.durable
    story.life.disk.capacity = None
    story.life.disk.power_cut(Prng(capacity))
    story.judge(recovered(story.life.disk, EAGER), durable)
