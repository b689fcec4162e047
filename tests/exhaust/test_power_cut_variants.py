"""What a power cut leaves: every way in which it may, and no other."""

from streambus.kernel import Create, Effect, Event, FileName, Sync, SyncDirectory, Write, message
from streambus.sim.exhaust.disks import Disks

LOG = FileName("log")
OTHER = FileName("other")


@message
class Done(Event):
    """A sync is complete."""


def disk_after(disks: Disks, *effects: Effect) -> int:
    number = disks.empty()
    for effect in effects:
        number, _ = disks.perform(number, effect)
    return number


def outcomes(*effects: Effect) -> dict[str, dict[str, bytes]]:
    disks = Disks()
    number = disk_after(disks, Create(LOG), SyncDirectory(), *effects)
    return {label: dict(disks.disk(left).contents()) for label, left in disks.after_power_cut(number)}


def test_what_is_synced_is_there_and_nothing_else_is_tried():
    assert outcomes(Write(LOG, 0, (b"abc",)), Sync(LOG, Done())) == {"everything": {"log": b"abc"}}


def test_one_small_write_is_there_or_not_or_only_its_length():
    assert outcomes(Write(LOG, 0, (b"abc",))) == {"everything": {"log": b"abc"}, "nothing": {"log": b""}, "grown": {"log": b"\0\0\0"}}


def test_a_write_over_two_sectors_may_be_torn_between_them():
    data = b"a" * 512 + b"b" * 10
    left = outcomes(Write(LOG, 0, (data,)))
    assert left["pieces 1 of 2"] == {"log": b"a" * 512}
    assert left["pieces 2 of 2"] == {"log": bytes(512) + b"b" * 10}
    assert left["grown"] == {"log": bytes(522)}
    assert len(left) == 5


def test_of_many_pieces_every_prefix_and_every_single_loss_is_tried():
    left = outcomes(Write(LOG, 0, (bytes(range(1, 5)) * 640,)))
    assert "pieces 1,2,3 of 5" in left
    assert "pieces 1,2,4,5 of 5" in left
    assert len(left) == 2 + 4 + 4 + 1


def test_a_name_may_be_lost_with_its_data():
    left = outcomes(Create(OTHER), Write(OTHER, 0, (b"x",)))
    assert left["everything"] == {"log": b"", "other": b"x"}
    assert left["nothing"] == {"log": b""}
    assert {"log": b"", "other": b""} in left.values()
    assert {"log": b"", "other": b"\0"} in left.values()


def test_equal_disks_have_one_number_and_an_operation_is_done_once():
    disks = Disks()
    first = disk_after(disks, Create(LOG), Write(LOG, 0, (b"ab",)))
    assert disk_after(disks, Create(LOG), Write(LOG, 0, (b"ab",))) == first
    assert disk_after(disks, Create(LOG), Write(LOG, 0, (b"ac",))) != first
    synced, completion = disks.perform(first, Sync(LOG, Done()))
    assert completion == Done()
    assert disks.disk(first).unsynced_changes() == 2
    assert disks.disk(synced).unsynced_changes() == 1
