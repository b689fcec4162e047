"""Crashes to the point: between which two disk operations it happens, and what is left, is as the fault says."""

from typing import Any

import pytest
from toy_nodes import BOOK, Client, ClientConfig, Notary, NotaryConfig, Said

from streambus.kernel import MILLISECOND, SECOND, Create, FileName, Prng, Write
from streambus.sim import SimulatedDisk, Simulation
from streambus.sim.disk import Survival
from streambus.sim.faults import DiskLoss, DiskStall, KillAt, Moment, PowerCutAt, PowerCutLeaving

READ_TIME = 3 * SECOND
"""A notary asks for a gigabyte, however small its book is."""

NOTHING, EVERYTHING = Survival.NOTHING, Survival.EVERYTHING


class Office:
    """A notary with a disk, and a client who says its lines one by one."""

    def __init__(self, lines: int = 3) -> None:
        self.simulation = Simulation(1, {NotaryConfig: Notary, ClientConfig: Client})
        self.disk = SimulatedDisk(Prng(1))
        self.notary = self.simulation.add_host("notary", NotaryConfig(), self.disk)
        self.said: list[bytes] = []
        self.client = self.simulation.add_host(
            "client", ClientConfig(lines), SimulatedDisk(Prng(2)), performers={Said: lambda said: self.said.append(said.line)}
        )
        self.notary.start()
        self.run(READ_TIME)

    def run(self, microseconds: int) -> None:
        self.simulation.run(self.simulation.agenda.now + microseconds)
        assert self.simulation.failures == []

    def book(self) -> bytes:
        return self.disk.contents().get(BOOK, b"none")


def crashed(fault: Any) -> Office:
    """An office in which `fault` has happened while the first line was written down."""
    office = Office(lines=1)
    assert fault.begin(office.simulation, Prng(1))
    office.client.start()
    office.run(100 * MILLISECOND)
    return office


@pytest.mark.parametrize(
    ("operation", "moment", "left"),
    [
        ("write", Moment.BEFORE, {b""}),
        ("write", Moment.DURING, {b"line 0\n"[:length] for length in range(8)}),
        ("write", Moment.AFTER, {b"line 0\n"}),
        ("sync", Moment.BEFORE, {b"line 0\n"}),
    ],
)
def test_a_kill_hits_the_operation_it_is_for(operation: str, moment: Moment, left: set[bytes]):
    office = crashed(KillAt("notary", operation, 0, moment, reborn=False, lasts=SECOND))
    assert office.notary.life is None
    assert office.book() in left
    assert office.said == []


@pytest.mark.parametrize(
    ("operation", "moment", "left"),
    [
        ("write", Moment.AFTER, b""),
        ("sync", Moment.BEFORE, b""),
        ("sync", Moment.AFTER, b"line 0\n"),
    ],
)
def test_a_power_cut_leaves_what_the_sync_before_it_made_durable(operation: str, moment: Moment, left: bytes):
    office = crashed(PowerCutAt("notary", operation, 0, moment, NOTHING, NOTHING, reborn=False, lasts=SECOND))
    assert office.notary.life is None
    assert office.book() == left
    assert office.said == []


def test_a_power_cut_in_the_middle_of_a_sync_leaves_any_part():
    left = set()
    for seed in range(40):
        disk = SimulatedDisk(Prng(seed))
        simulation = Simulation(seed, {NotaryConfig: Notary})
        host = simulation.add_host("notary", NotaryConfig(), disk)
        host.start()
        simulation.run(READ_TIME)
        fault = PowerCutAt("notary", "sync", 0, Moment.DURING, NOTHING, NOTHING, reborn=False, lasts=SECOND)
        assert fault.begin(simulation, Prng(1))
        assert host.life is not None
        host.life.node.unwritten.append(b"line\n")  # type: ignore[attr-defined]
        host.life.node.end = 5  # type: ignore[attr-defined]
        host.step_clock(1)
        simulation.run(READ_TIME + 100 * MILLISECOND)
        assert host.life is None
        left.add(disk.contents()[BOOK])
    assert left == {b"", b"line\n", bytes(5)}


def test_the_trap_counts_and_is_taken_away_when_the_fault_ends():
    office = Office()
    fault = PowerCutAt("notary", "sync", 1, Moment.AFTER, EVERYTHING, EVERYTHING, reborn=False, lasts=SECOND)
    assert fault.begin(office.simulation, Prng(1))
    assert not fault.begin(office.simulation, Prng(1))
    office.client.start()
    office.run(400 * MILLISECOND)
    assert office.said == [b"line 0\n"]
    assert office.disk.operations["sync"] == 2
    fault.end(office.simulation)
    office.run(20 * SECOND)
    assert office.said == [b"line 0\n", b"line 1\n", b"line 2\n"]
    assert office.notary.lives == 2
    assert not office.disk.quirks


def test_a_trap_that_was_never_sprung_does_nothing():
    office = Office()
    fault = KillAt("notary", "rename", 0, Moment.BEFORE, reborn=False, lasts=SECOND)
    assert fault.begin(office.simulation, Prng(1))
    office.client.start()
    office.run(SECOND)
    fault.end(office.simulation)
    assert len(office.said) == 3
    assert office.notary.lives == 1


def test_a_recovery_can_be_hit():
    office = Office()
    fault = KillAt("notary", "read", 0, Moment.AFTER, reborn=True, lasts=SECOND)
    assert fault.begin(office.simulation, Prng(1))
    office.run(READ_TIME)
    assert office.notary.lives == 2
    assert office.notary.life is None
    assert not fault.begin(office.simulation, Prng(1))
    fault.end(office.simulation)
    assert office.notary.lives == 3


def test_names_are_lost_apart_from_bytes():
    for names, expected in ((NOTHING, {}), (EVERYTHING, {FileName("new"): b"bytes"})):
        office = Office()
        office.disk.put({})
        office.disk.perform(Create(FileName("new")))
        office.disk.perform(Write(FileName("new"), 0, (b"bytes",)))
        assert PowerCutLeaving("notary", EVERYTHING, names, SECOND).begin(office.simulation, Prng(1))
        assert office.disk.contents() == expected


def test_a_lost_disk_is_an_empty_one_and_the_node_begins_anew():
    office = Office()
    office.client.start()
    office.run(SECOND)
    assert office.book() == b"line 0\nline 1\nline 2\n"
    fault = DiskLoss("notary", SECOND)
    assert fault.begin(office.simulation, Prng(1))
    assert office.disk.contents() == {}
    assert not fault.begin(office.simulation, Prng(1))
    fault.end(office.simulation)
    office.run(READ_TIME)
    assert office.book() == b""


def test_a_stalled_disk_does_nothing_new_for_a_while():
    office = Office(lines=1)
    assert DiskStall("notary", 700 * MILLISECOND).begin(office.simulation, Prng(1))
    office.client.start()
    office.run(600 * MILLISECOND)
    assert office.said == []
    office.run(200 * MILLISECOND)
    assert office.said == [b"line 0\n"]
    office.notary.kill()
    assert not DiskStall("notary", SECOND).begin(office.simulation, Prng(1))
