"""A broker whose disk fails says so, is restarted, and has lost nothing; one whose disk rots invents nothing."""

import attrs
import pytest

from streambus import sim
from streambus.broker import Broker, BrokerConfig
from streambus.checkers import Outcome, Sent
from streambus.client import position
from streambus.kernel import MILLISECOND, SECOND, DiskFailed, Effect, Event, Halt, Instant, Started, Turn
from streambus.sim import FACTORIES, FaultMix, Load, Planned, Scenario, find_scenario, run
from streambus.sim.cluster import Cluster
from streambus.sim.faults import BEYOND_THE_BUDGET, FAULTS, DeadDisk, DiskError, DiskLoss, FullDisk
from streambus.sim.faults.deed import snake
from streambus.sim.life import Life
from streambus.sim.tape import drawn_tape
from streambus.storage import Store, WalSynced

HOST = "broker-1"
LOAD = Load(writers=2, readers=1, inquirers=1, request_timeout=SECOND)


def one_fault(fault: object, *, safety_only: bool = False) -> Scenario:
    """A scenario in which one thing goes wrong."""
    plan = (Planned(500 * MILLISECOND, fault),)  # type: ignore[arg-type]
    return Scenario("one fault", duration=2 * SECOND, load=LOAD, plan=plan, safety_only=safety_only)


def played(scenario: Scenario, seed: int = 1) -> Cluster:
    """What is left of a run without violations."""
    cluster = Cluster(drawn_tape(scenario, seed), FACTORIES)
    assert cluster.play() == ()
    return cluster


class Witness:
    """Notes what the broker hears of its disk, and how its lives end."""

    def __init__(self) -> None:
        self.failures: list[DiskFailed] = []
        self.halts: list[str | None] = []
        self.births = 0

    def on_birth(self, life: Life) -> None:
        self.births += life.name == HOST

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        pass

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        if life.name == HOST:
            if isinstance(event, DiskFailed):
                self.failures.append(event)
            self.halts += [effect.error for effect in effects if isinstance(effect, Halt)]


def witnessed(scenario: Scenario, seed: int = 1) -> tuple[sim.Outcome, Witness]:
    """A run, and what its broker went through."""
    witness = Witness()
    return run(scenario, seed, observers=(witness,)), witness


@pytest.mark.parametrize("operation", ["write", "sync", "read"])
def test_a_broker_whose_disk_fails_once_is_back_with_everything(operation: str):
    outcome, witness = witnessed(one_fault(DiskError(HOST, operation, "EIO", 0, 1, SECOND)))
    assert outcome.violations == ()
    if operation != "read":
        assert [failed.operation for failed in witness.failures] == [operation]
        assert witness.births == 2


def test_a_full_disk_stops_a_broker_until_there_is_room_again():
    outcome, witness = witnessed(one_fault(FullDisk(HOST, 100, SECOND)))
    assert outcome.violations == ()
    assert {failed.error for failed in witness.failures} == {"ENOSPC"}
    assert witness.births >= 2


def test_while_the_disk_still_fails_the_broker_is_started_again_and_again_and_says_why():
    plan = (
        Planned(500 * MILLISECOND, DiskError(HOST, "sync", "EIO", 0, 1_000, 5 * SECOND)),
        Planned(510 * MILLISECOND, DiskError(HOST, "read", "EIO", 0, 1_000, 5 * SECOND)),
    )
    outcome, witness = witnessed(Scenario("a long illness", duration=6 * SECOND, load=LOAD, plan=plan))
    assert outcome.violations == ()
    assert witness.births > 4
    errors = [error for error in witness.halts if error is not None]
    assert errors
    assert all("failed during start-up" in error and "EIO" in error for error in errors)


class Moody(Broker):
    """Halts with an error, for no reason."""

    def on_started(self, turn: Turn, event: Started) -> None:
        turn.do(Halt("not today"))


def test_a_broker_that_halts_with_an_error_beside_a_sound_disk_is_a_violation():
    scenario = Scenario("calm", duration=SECOND, load=LOAD)
    assert run(scenario, 1, factories={**FACTORIES, BrokerConfig: Moody}).violations[0] == "broker-1 halted: not today"


# Beyond the budget -----------------------------------------------------------------------------------------------------


def test_a_replaced_disk_makes_an_empty_broker_that_serves():
    for fault in (DiskLoss(HOST, 100 * MILLISECOND), DeadDisk(HOST, 500 * MILLISECOND)):
        cluster = played(one_fault(fault, safety_only=True))
        broker = cluster.broker.life
        assert broker is not None
        assert isinstance(broker.node, Broker)
        assert broker.node.is_serving
        assert set(cluster.topics) <= set(broker.node.image.topics)
        kept = sum([partition.log.log_end_offset for partition in broker.node.partitions.values()])
        acknowledged = [operation for operation in cluster.history.operations if operation.outcome is Outcome.OK]
        assert 0 < kept < len([action for operation in acknowledged for action in operation.actions if isinstance(action, Sent)])


def test_safety_only_need_not_come_to_rest():
    never = DiskError(HOST, "read", "EIO", 0, 1_000_000, 2 * SECOND)
    scenario = attrs.evolve(one_fault(DeadDisk(HOST, 2 * SECOND), safety_only=True), faults=FaultMix(process_kill_every=300 * MILLISECOND))
    assert run(attrs.evolve(scenario, plan=(*scenario.plan, Planned(0, never))), 1).violations == ()


@pytest.mark.parametrize("name", ["rotten_disk", "swapped_disk", "anything_goes"])
def test_nothing_is_invented_whatever_the_disk_does(name: str):
    scenario = find_scenario(name)[1]
    for seed in (1, 2):
        assert run(scenario, seed).violations == ()


@pytest.mark.parametrize("name", ["failing_disk", "full_disk", "fsyncgate", "power_cut_at_every_boundary"])
def test_nothing_is_lost_within_the_budget(name: str):
    assert run(find_scenario(name)[1], 1).violations == ()


def test_random_has_every_budgeted_fault_of_disks_and_anything_goes_all_of_them():
    every = [kind for kind in FAULTS if "disk" in kind.__module__ or "power" in kind.__module__]
    assert len(every) == 18
    for name, kinds in (("random", [kind for kind in every if kind not in BEYOND_THE_BUDGET]), ("anything_goes", every)):
        scenario = find_scenario(name)[1]
        assert [snake(kind) for kind in kinds if getattr(scenario.faults, f"{snake(kind)}_every") == 0] == []
        assert scenario.safety_only is (name == "anything_goes")


# The checks have teeth -------------------------------------------------------------------------------------------------


def test_a_consumer_that_does_not_look_at_checksums_is_found(monkeypatch: pytest.MonkeyPatch):
    scenario = find_scenario("rotten_disk")[1]
    monkeypatch.setattr(position, "check_batch", lambda *_, **__: None)
    assert any("phantom" in violation for seed in range(1, 13) for violation in run(scenario, seed).violations)


def test_a_store_that_takes_a_failed_sync_for_done_is_found(monkeypatch: pytest.MonkeyPatch):
    refuses = Store.on_disk_failed

    def believes(store: Store, turn: Turn, event: DiskFailed) -> None:
        if isinstance(event.then, WalSynced):
            store.on_wal_synced(turn, event.then)
        else:
            refuses(store, turn, event)

    monkeypatch.setattr(Store, "on_disk_failed", believes)
    scenario = find_scenario("fsyncgate")[1]
    assert any(run(scenario, seed).violations for seed in range(1, 4))
