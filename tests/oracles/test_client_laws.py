"""The laws of clients, each broken by hand: a life that did what no client may do."""

from typing import Any

import attrs

from streambus.client import (
    Acknowledged,
    Assign,
    Complete,
    ConsumerConfig,
    Failed,
    Fetched,
    Flush,
    Flushed,
    Poll,
    Positioned,
    Produce,
    Seek,
)
from streambus.client.outbox import Batch, Outbox
from streambus.kernel import Effect, Event, Instant
from streambus.records import Record, encode_batch
from streambus.sim.cluster import Cluster
from streambus.sim.oracles import explain_waits
from streambus.sim.oracles.cluster_model import PartitionFacts, TopicFacts
from streambus.sim.oracles.consumer_law import ConsumerLaw
from streambus.sim.oracles.producer_law import ProducerLaw, _complaint_about_flight
from streambus.sim.oracles.reference_model import ReferenceModel
from streambus.sim.oracles.replay_law import ReplayLaw
from streambus.sim.oracles.ticket_law import TicketLaw
from streambus.sim.registry import FACTORIES
from streambus.sim.scenario import Load, Scenario
from streambus.sim.tape import drawn_tape
from streambus.wire import ZERO_UUID


@attrs.define
class Stage:
    """A simulation that only listens to complaints, and a life that has a name."""

    failures: list[str] = attrs.field(factory=list)
    hosts: dict[str, Any] = attrs.field(factory=dict)
    name: str = "client"
    node: Any = None

    def fail(self, reason: str) -> None:
        self.failures.append(reason)


def watched(law: Any, stage: Stage, *steps: tuple[Event, tuple[Effect, ...]]) -> list[str]:
    law.on_birth(stage)
    for event, effects in steps:
        law.on_step(stage, Instant(0), event, list(effects))
    law.on_end()
    return stage.failures


def a_model(stage: Stage, values: int = 4, durable: int = 4) -> ReferenceModel:
    """A broker with one partition whose records are 0, 1, 2 …"""
    reference = ReferenceModel(stage, "broker")  # type: ignore[arg-type]
    model = reference.model
    facts = TopicFacts("t", ZERO_UUID, {0: PartitionFacts([1], [1], 1, 0, 0, "log")})
    model.cluster.topics["t"] = facts
    model.cluster.made["t"] = 1
    log = model.written.log("log")
    log.append(encode_batch([Record(None, b"%d" % number, (), 5) for number in range(values)]), 0)
    log.durable_end = durable
    return reference


def answered(ticket: int, result: object) -> tuple[Effect, ...]:
    return (Complete(ticket, result),)


# Tickets ---------------------------------------------------------------------------------------------------------------


def test_a_ticket_is_answered_once():
    stage = Stage()
    poll = Poll(1, 5, 0)
    assert (
        "answered once"
        in watched(TicketLaw(stage, ("client",)), stage, (poll, answered(1, Fetched(()))), (Event(), answered(1, Fetched(()))))[0]
    )  # type: ignore[arg-type]


def test_a_flush_waits_for_all_before_it():
    stage = Stage()
    assert "a flush waits" in watched(TicketLaw(stage, ("client",)), stage, (Produce(1, "t"), ()), (Flush(2), answered(2, Flushed())))[0]  # type: ignore[arg-type]


# Producers -------------------------------------------------------------------------------------------------------------


def producer_hears(result: object, *, value: bytes = b"2", durable: int = 4, times: int = 4) -> list[str]:
    from streambus.client import Producer, ProducerConfig

    stage = Stage(node=Producer(ProducerConfig((("broker", 1),))))
    law = ProducerLaw(stage, ("client",), a_model(stage, durable=durable))  # type: ignore[arg-type]
    steps = [(Produce(ticket, "t", 0, None, value), answered(ticket, result)) for ticket in range(times)]
    return watched(law, stage, *steps)


def test_an_acknowledged_record_is_where_its_acknowledgement_says():
    assert producer_hears(Acknowledged("t", 0, 2, 5)) == []
    assert "is where its acknowledgement says" in producer_hears(Acknowledged("t", 0, 1, 5))[0]
    assert "acknowledged is durable" in producer_hears(Acknowledged("t", 0, 2, 5), durable=2)[0]
    assert "goes where it was sent to" in producer_hears(Acknowledged("t", 1, 2, 5))[0]


def test_what_surely_failed_is_not_in_the_log():
    assert "what surely failed" in producer_hears(Failed(None, "no", definite=True), times=1)[0]
    assert producer_hears(Failed(None, "no", definite=False), times=1) == []
    assert producer_hears(Failed(None, "no", definite=True), value=b"unheard of", times=1) == []


def test_batches_of_a_partition_travel_in_sequence():
    outbox = Outbox("t", 0)
    for ordinal, sequence in ((1, 0), (2, 1), (3, 5)):
        batch = Batch(ordinal, Instant(0))
        batch.sequence, batch.records = sequence, [Record(None, b"")]
        outbox.in_flight.append(batch)
    assert "sequence 5 follows 1" in str(_complaint_about_flight(outbox))
    outbox.in_flight[0], outbox.in_flight[1] = outbox.in_flight[1], outbox.in_flight[0]
    assert "was sent after" in str(_complaint_about_flight(outbox))


# Consumers -------------------------------------------------------------------------------------------------------------


def consumer_hears(*steps: tuple[Event, tuple[Effect, ...]], durable: int = 4) -> list[str]:
    from streambus.client import Consumer

    stage = Stage(node=Consumer(ConsumerConfig((("broker", 1),))))
    return watched(ConsumerLaw(stage, ("client",), "broker", a_model(stage, durable=durable)), stage, *steps)  # type: ignore[arg-type]


def fetched(*offsets: int) -> tuple[Effect, ...]:
    return answered(2, Fetched(tuple(("t", 0, Record(None, b"%d" % offset, (), 5, offset)) for offset in offsets)))


ASSIGNED = (Assign(1, (("t", 0, 0),)), answered(1, Positioned((("t", 0, 0),))))
POLL = Poll(2, 9, 0)


def test_records_come_in_order_each_once():
    assert consumer_hears(ASSIGNED, (POLL, fetched(0, 1)), (POLL, fetched(2, 3))) == []
    assert "nothing is skipped" in consumer_hears(ASSIGNED, (POLL, fetched(0, 2)))[0]
    assert "never goes back" in consumer_hears(ASSIGNED, (POLL, fetched(0, 1, 1)))[0]
    assert "nobody reads what is not durable" in consumer_hears(ASSIGNED, (POLL, fetched(0, 1, 2, 3)), durable=2)[0]


def test_only_what_is_assigned_is_read_and_a_seek_goes_where_it_says():
    assert "only what is assigned" in consumer_hears((POLL, fetched(0)))[0]
    assert consumer_hears(ASSIGNED, (Seek(3, "t", 0, 2), answered(3, Positioned((("t", 0, 2),)))), (POLL, fetched(2))) == []
    assert "where the user put it" in consumer_hears(ASSIGNED, (Seek(3, "t", 0, 2), answered(3, Positioned((("t", 0, 1),)))))[0]


# Waiting, and recovering -----------------------------------------------------------------------------------------------


SMALL = Scenario("a short run", duration=600_000, load=Load(writers=1, readers=1, inquirers=1, inquire_every=20_000))


def played_until(at: int, deed: Any) -> Cluster:
    """A cluster to which `deed` is done at a date."""
    cluster = Cluster(drawn_tape(SMALL, 3), FACTORIES)
    cluster.simulation.agenda.at(at, lambda _: deed(cluster))
    cluster.play()
    return cluster


def test_a_chain_of_waits_ends_where_something_is_missing():
    heard: list[str] = []

    def cut(cluster: Cluster) -> None:
        cluster.simulation.network.block("writer-0", "broker-1")
        cluster.broker.slow_disk(1_000_000)
        cluster.simulation.agenda.after(300_000, lambda _: listen(cluster))

    def listen(cluster: Cluster) -> None:
        heard.extend(explain_waits(cluster.simulation, cluster.users.values()))
        cluster.simulation.network.unblock("writer-0", "broker-1")
        cluster.simulation.fail("enough")

    played_until(200_000, cut)
    assert any("writer-0 waits for Produce" in chain and "lets nothing through" in chain for chain in heard), heard
    assert all("which waits for" in chain for chain in heard)


def test_without_a_broker_everybody_waits_for_it():
    heard: list[str] = []

    def kill(cluster: Cluster) -> None:
        cluster.broker.cut_power()
        cluster.simulation.agenda.after(100_000, lambda _: listen(cluster))

    def listen(cluster: Cluster) -> None:
        heard.extend(explain_waits(cluster.simulation, cluster.users.values()))
        cluster.simulation.fail("enough")

    played_until(200_000, kill)
    assert any("broker-1 is down" in chain for chain in heard), heard


def test_a_replay_notices_a_log_that_recovers_to_something_else():
    complaints: list[str] = []

    def tamper(cluster: Cluster) -> None:
        law = next(oracle for oracle in cluster.oracles if isinstance(oracle, ReplayLaw))
        for is_power_cut in (True, False):
            law.replay(is_power_cut=is_power_cut)
        assert cluster.simulation.failures == []
        broker = cluster.broker.life.node  # type: ignore[union-attr]
        broker.image.next_producer_id += 1
        law.replay(is_power_cut=False)
        for log in law.reference.model.written.logs.values():
            log.durable_end += 1
        law.replay(is_power_cut=True)
        complaints.extend(cluster.simulation.failures)

    played_until(400_000, tamper)
    assert any("is not the live one" in complaint or "durable up to" in complaint for complaint in complaints), complaints
    assert any("though it is durable up to" in complaint for complaint in complaints), complaints
