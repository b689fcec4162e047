"""Crashes at every operation of the manifest: what comes back is what was said after some edit, not before what was told durable."""

import pytest
from manifest_life import ManifestLife, essence, fresh, recovered, table

from streambus.kernel import Prng
from streambus.sim.disk import SimulatedDisk, Survival
from streambus.storage.manifest import CURRENT, ManifestSettled
from streambus.storage.manifest_edits import Edit
from streambus.storage.manifest_frames import PAGE_BYTES

EDITS_BYTES = 3 * PAGE_BYTES
"""So few that the workload makes several snapshots."""


def workload(rounds: int = 14) -> list[Edit]:
    """Tables come and go; files are deleted two edits after their tables. Once a lot of them: frames of many pages."""
    edits = []
    next_table = 0
    removed: list[tuple[int, ...]] = [(), ()]
    for number in range(rounds):
        count = 300 if number == 4 else 2
        added = tuple(table(next_table + index, level=number % 3) for index in range(count))
        removed.append({2: (0, 1), 3: (2,), 9: tuple(range(20, 280))}.get(number, ()))
        next_table += count
        edits.append(Edit(added, removed[-1], removed[-3], wal_segment=number, wal_start=100 * number, next_table=next_table))
    return edits


class Story:
    """A life that remembers what the manifest said after each edit."""

    def __init__(self, life: ManifestLife) -> None:
        self.life = life
        self.said = [essence(life.manifest.contents)]

    def tell(self, edit: Edit) -> None:
        number = self.life.commit(edit)
        assert number == len(self.said)
        self.said.append(essence(self.life.manifest.contents))

    def judge(self, after: ManifestLife, durable: int) -> None:
        """`after` is this story up to some edit, not before `durable`."""
        last = after.manifest.last_edit
        assert durable <= last < len(self.said), f"edits {last}..{durable} were durable and are lost"
        assert essence(after.manifest.contents) == self.said[last]
        assert after.manifest.confirmed_edit == last


def outcomes(life: ManifestLife, dice: Prng) -> list[SimulatedDisk]:
    """The disks that a crash may leave here: between operations, and within the next one."""
    disks = []
    for is_partly in (False, True):
        if is_partly and not life.queue:
            continue
        for survival in (None, Survival.NOTHING, Survival.EVERYTHING, *[Survival.SOMETHING] * 4):
            disk = life.disk.copy()
            disk.dice = Prng(dice.below(1 << 30))
            if is_partly:
                disk.perform_partly(life.queue[0])
            if survival is None:
                disk.crash_process()
            else:
                disk.power_cut(dice, survival)
            disks.append(disk)
    return disks


def judge_every_outcome(story: Story, dice: Prng) -> int:
    """Crash here in many ways. How many were judged."""
    disks = outcomes(story.life, dice)
    durable = story.life.manifest.durable_edit
    for disk in disks:
        again = recovered(disk, EDITS_BYTES)
        story.judge(again, durable)
        # And what was recovered stays, whatever happens now.
        disk.power_cut(dice, Survival.NOTHING)
        third = recovered(disk, EDITS_BYTES)
        story.judge(third, again.manifest.last_edit)
        assert third.facts == [ManifestSettled(len(third.manifest.tables), 0)]
    return len(disks)


@pytest.mark.parametrize(("operations", "rounds"), [(20, 14), (2, 26), (1, 40)], ids=["disk keeps up", "disk lags", "disk lags far behind"])
def test_no_crash_at_any_operation_loses_a_durable_edit_or_brings_another(operations: int, rounds: int):
    story = Story(fresh(EDITS_BYTES))
    dice = Prng(2026 + rounds)
    judged = 0
    for edit in workload(rounds):
        story.tell(edit)
        for _ in range(operations):
            judged += judge_every_outcome(story, dice)
            if not story.life.queue:
                break
            story.life.perform_one()
    while story.life.queue:
        judged += judge_every_outcome(story, dice)
        story.life.perform_one()
    assert story.life.manifest.confirmed_edit == len(story.said) - 1
    assert story.life.manifest.replacements >= 2
    assert judged > 300


def test_no_crash_at_any_operation_of_a_recovery_harms():
    story = Story(fresh(EDITS_BYTES))
    for edit in workload():
        story.tell(edit)
        if story.life.manifest.last_edit < 11:
            story.life.settle()
    dice = Prng(7)
    judged = 0
    while story.life.queue:
        story.life.perform_one()
        durable = story.life.manifest.durable_edit
        for disk in outcomes(story.life, dice)[::9]:
            again = ManifestLife(disk, EDITS_BYTES)
            again.start()
            while again.queue:
                again.perform_one()
                for second in outcomes(again, dice):
                    story.judge(recovered(second, EDITS_BYTES), durable)
                    judged += 1
    assert judged > 500


def test_a_failed_sync_loses_nothing_that_later_lives_build_on():
    """The system forgot that pages were dirty: the next life reads them, and must not take them for durable."""
    for seed in range(30):
        for skip in range(6):
            story = Story(fresh(EDITS_BYTES))
            life = story.life
            life.disk.dice = Prng(seed)
            for number, edit in enumerate(workload(6)):
                if number == 2:
                    life.disk.fail("sync", skip=skip)
                story.tell(edit)
                life.settle()
                if life.facts[-1] != ManifestSettled(0, 0):
                    break
            durable = life.manifest.durable_edit
            life.disk.crash_process()
            second = recovered(life.disk, EDITS_BYTES)
            story.judge(second, durable)
            found = second.manifest.last_edit
            life.disk.power_cut(Prng(seed), Survival.NOTHING)
            story.judge(recovered(life.disk, EDITS_BYTES), found)


@pytest.mark.parametrize("operation", ["create", "write", "sync", "syncdirectory", "rename", "delete", "truncate", "read"])
def test_a_failure_at_any_operation_leaves_a_manifest_that_recovers(operation):
    for skip in range(12):
        story = Story(fresh(EDITS_BYTES))
        life = story.life
        life.disk.fail(operation, skip=skip)
        for edit in workload():
            story.tell(edit)
            life.settle()
            if life.facts[-1] != ManifestSettled(0, 0):
                break
        life.disk.crash_process()
        story.judge(recovered(life.disk, EDITS_BYTES), life.manifest.durable_edit)


def test_a_full_disk_leaves_a_manifest_that_recovers_and_goes_on_when_there_is_room():
    for capacity in range(0, 12 * PAGE_BYTES, 1_500):
        story = Story(fresh(EDITS_BYTES))
        life = story.life
        life.disk.capacity = capacity
        for edit in workload():
            story.tell(edit)
            life.settle()
            if life.facts[-1] != ManifestSettled(0, 0):
                break
        life.disk.capacity = None
        again = recovered(life.disk, EDITS_BYTES)
        story.judge(again, life.manifest.durable_edit)
        del story.said[again.manifest.last_edit + 1 :]
        story.life = again
        story.tell(Edit(next_table=10_000))
        again.settle()
        story.judge(recovered(life.disk, EDITS_BYTES), again.manifest.last_edit)


def test_after_a_deletion_of_files_damage_to_any_page_is_detected_or_harmless():
    """The promise that the store deletes files by: once an edit is confirmed, it is never taken for a torn tail."""
    story = Story(fresh(EDITS_BYTES))
    life = story.life
    checked = 0
    for edit in workload(8):
        story.tell(edit)
        while life.queue:
            life.perform_one()
            confirmed = life.manifest.confirmed_edit
            content = life.disk.contents().get(CURRENT, b"")
            for page in range(0, len(content), PAGE_BYTES):
                disk = SimulatedDisk(Prng(1))
                disk.put({CURRENT: content[:page] + bytes(PAGE_BYTES) + content[page + PAGE_BYTES :]})
                again = ManifestLife(disk, EDITS_BYTES).recover()
                if again.manifest.damage is None:
                    story.judge(again, confirmed)
                checked += 1
    assert checked > 100
