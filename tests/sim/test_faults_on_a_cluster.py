"""A cluster and its clients under every kind of fault of networks, processes and clocks, one at a time; and what only a cluster shows."""

import attrs
import pytest

from streambus import broker
from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import FACTORIES, FaultMix, Load, Outcome, Scenario, drawn_tape, run
from streambus.sim.cluster import Cluster
from streambus.sim.faults import BEYOND_THE_BUDGET, FAULTS, WildBit
from streambus.sim.faults.deed import snake, words

FAMILIES = ("network", "weather", "connections", "process", "restart", "clock")

KINDS = [kind for kind in FAULTS if kind.__module__.rpartition(".")[2] in FAMILIES and kind not in BEYOND_THE_BUDGET]

LITTLE = Scenario(
    "a little of one kind",
    duration=SECOND // 2,
    load=Load(writers=2, readers=1, partitions=2, inquirers=1, pause=100 * MILLISECOND, request_timeout=300 * MILLISECOND),
)
MILD = FaultMix(down_max=100 * MILLISECOND, partition_max=SECOND // 2, bad_weather_max=SECOND // 2, pause_max=SECOND // 2)


def little(seed: int = 1, **how_often: int) -> Outcome:
    return run(attrs.evolve(LITTLE, faults=attrs.evolve(MILD, **how_often)), seed)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_cluster_survives_it(kind: type):
    outcome = little(**{f"{snake(kind)}_every": 60 * MILLISECOND})
    assert outcome.violations == ()
    assert {fault.name for fault in outcome.history.faults} == {words(kind)}


def test_nothing_of_any_fault_is_left_when_all_have_healed():
    everything = attrs.evolve(MILD, **{f"{snake(kind)}_every": 300 * MILLISECOND for kind in KINDS})
    cluster = Cluster(drawn_tape(attrs.evolve(LITTLE, duration=SECOND, faults=everything), 1), FACTORIES)
    assert cluster.play() == ()
    simulation = cluster.simulation
    assert len({fault.name for fault in cluster.history.faults}) > len(KINDS) // 2
    assert simulation.afflictions == {}
    assert simulation.network.doors == {}
    for link in simulation.network.links.values():
        assert (link.blocked, link.clogs, link.dials, link.weather) == (0, 0, [], None)
    for host in simulation.hosts.values():
        life = host.life
        assert life is not None
        assert (host.downs, host.slowness, host.clock.is_true) == (0, 1, True)
        assert (life.stops, life.is_frozen, life.socket_stops, life.slowness, life.has_true_clock) == (0, False, 0, 1, True)
        assert not any(endpoint.stops or endpoint.held for endpoint in life.endpoints.values())


def test_a_client_that_was_killed_is_another_process_in_the_history():
    outcome = little(client_crash_every=40 * MILLISECOND)
    processes = {operation.process for operation in outcome.history.operations}
    assert {"writer-0", "writer-0/2", "reader-0/2"} <= processes
    for operation in outcome.history.operations:
        if operation.error == "never answered":
            assert operation.completed_at is None


def test_a_broker_that_looks_at_no_checksum_is_found_out_by_a_flipped_bit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(broker.produce_checks, "check_batch", lambda _batch, _header: None)
    outcomes = [little(seed, flipped_bit_every=20 * MILLISECOND) for seed in (1, 2)]
    assert any(outcome.violations for outcome in outcomes)


def test_wild_bits_end_no_node():
    scenario = attrs.evolve(LITTLE, faults=FaultMix(wild_bit_every=15 * MILLISECOND, bad_weather_max=15 * MILLISECOND), safety_only=True)
    outcome = run(scenario, 1)
    assert outcome.violations == ()
    assert outcome.simulated_microseconds < 10 * SECOND, "somebody was never served again"
    assert any(isinstance(planned.deed, WildBit) for planned in outcome.tape.faults)
    assert sum("1 bits flipped" in fault.details for fault in outcome.history.faults) > 5
