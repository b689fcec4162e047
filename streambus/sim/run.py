"""One run: a scenario and a seed, played to the end and judged.

1. The seed settles what the scenario leaves open. A broker starts, an admin client creates topics.
2. **Load**: writers write and readers read while the faults of the plan happen.
3. **Rest**: after `duration` the writers stop, everything heals, and every record that is still under way has to be answered.
4. **Final reading**: a reader who was never there before reads every partition from its first record to its last.
5. The history goes to the checker. A run that does not come to rest within a limit of simulated time is a violation too, and says
what still waits.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Any, TextIO, TypeVar

import attrs

from streambus import checkers, client
from streambus.broker import BrokerConfig, Listener, Ready
from streambus.kernel import SECOND, Effect
from streambus.records import Codec
from streambus.sim.agenda import Occurrence
from streambus.sim.disk import SimulatedDisk
from streambus.sim.faults import FaultInjector, drawn_plan
from streambus.sim.host import Host
from streambus.sim.journal import JournalWriter
from streambus.sim.knobs import settled
from streambus.sim.oracles import oracles
from streambus.sim.registry import FACTORIES
from streambus.sim.scenario import Scenario
from streambus.sim.simulation import Factories, Observer, Simulation
from streambus.sim.users import FinalReader, Place, Reader, TopicMaker, User, Writer
from streambus.storage import StoreConfig

BROKER = "broker-1"
PORT = 9092

ANSWERS_MAX = 45 * SECOND
"""Simulated time in which a healed cluster must answer every request: less than the patience of most clients."""

REST_MAX = 180 * SECOND
"""Simulated time in which it must also be read to its end."""

UserT = TypeVar("UserT", bound=User)


@attrs.frozen
class Outcome:
    """What became of a run. `violations` are sentences: what the checker or an invariant found, or what never came to rest; none
    means clean."""

    scenario: str
    seed: int
    violations: tuple[str, ...]
    verdict: checkers.Verdict
    history: checkers.History
    events: int
    simulated_microseconds: int
    wall_seconds: float
    trace_hash: str
    settled: Scenario

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.violations

    def to_json(self) -> dict[str, Any]:
        """The outcome as plain values, without the history."""
        return {
            "scenario": self.scenario,
            "seed": self.seed,
            "verdict": "clean" if self.is_clean else "violation",
            "anomalies": list(self.violations),
            "events": self.events,
            "operations": len(self.history),
            "faults": len(self.history.faults),
            "simulated_seconds": self.simulated_microseconds / SECOND,
            "wall_seconds": round(self.wall_seconds, 3),
            "trace_hash": self.trace_hash,
        }


def run(
    scenario: Scenario,
    seed: int,
    *,
    name: str = "",
    factories: Factories = FACTORIES,
    journal: TextIO | None = None,
    observers: tuple[Observer, ...] = (),
) -> Outcome:
    """Play `scenario` with `seed`. Equal arguments give equal outcomes, `wall_seconds` excepted."""
    began = perf_counter()
    cluster = Cluster(scenario, seed, factories)
    cluster.simulation.observers.extend(observers)
    if journal is not None:
        cluster.simulation.observers.append(JournalWriter(journal, name or scenario.title, seed))
    violations = cluster.play()
    verdict = checkers.check(cluster.history, cluster.contract())
    simulation = cluster.simulation
    return Outcome(
        name or scenario.title,
        seed,
        (*violations, *[_sentence(anomaly) for anomaly in verdict.anomalies if anomaly.severity is not checkers.Severity.ALLOWED]),
        verdict,
        cluster.history,
        simulation.events,
        simulation.agenda.now,
        perf_counter() - began,
        simulation.trace.hexdigest(),
        cluster.scenario,
    )


class Cluster:
    """One broker, its clients and their users, and the faults that befall them."""

    def __init__(self, scenario: Scenario, seed: int, factories: Factories) -> None:
        self.simulation = Simulation(seed, factories)
        self.scenario = settled(scenario, self.simulation.streams, "scenario")
        self.simulation.network.speed = self.scenario.link
        self.history = checkers.History()
        self.acknowledged: dict[Place, int] = {}
        self.users: list[User] = []
        self.is_loaded = False
        self.rest_began_at = 0
        self.is_done = False
        load = self.scenario.load
        self.topics = [f"topic-{number}" for number in range(load.topics)]
        self.places: list[Place] = [(topic, partition) for topic in self.topics for partition in range(load.partitions)]
        self.broker = self._add_broker()
        self.topic_maker = self._add_user(TopicMaker, "admin", self._admin_config())
        self.writers = [self._add_user(Writer, f"writer-{number}", self._producer_config(number)) for number in range(load.writers)]
        self.readers = [self._add_user(Reader, f"reader-{number}", self._consumer_config()) for number in range(load.readers)]
        self.final_reader = self._add_user(FinalReader, "final-reader", self._consumer_config())
        self.oracles = oracles(self.simulation, BROKER, self.acknowledged)
        self.simulation.observers.extend(self.oracles)
        clients = [user.name for user in self.users]
        plan = self.scenario.plan + drawn_plan(self.scenario.faults, [BROKER], clients, self.scenario.duration, self.simulation.streams)
        self.injector = FaultInjector(self.simulation, plan, self.history)

    def play(self) -> tuple[str, ...]:
        """Let it all happen. The answer is what went wrong, in sentences."""
        simulation, duration = self.simulation, self.scenario.duration
        simulation.agenda.at(duration, self._rest)
        for host in simulation.hosts.values():
            host.start()
        self.topic_maker.create(self.topics, self.scenario.load.partitions, self._load)
        simulation.run(duration + REST_MAX)
        for user in self.users:
            user.note_unanswered()
        if simulation.failures or self.is_done:
            return tuple(simulation.failures)
        return (f"not at rest {REST_MAX // SECOND} s after everything healed: {self._what_waits()}",)

    def _what_waits(self) -> str:
        waits = [phrase for user in self.users for phrase in user.what_waits()]
        more = f" and {len(waits) - 8} more" if len(waits) > 8 else ""
        return "; ".join(waits[:8]) + more or "nobody waits, and yet it is not over"

    def contract(self) -> checkers.Contract:
        """What the history is held to. If it ended before the final reading, nobody can have seen everything."""
        contract = checkers.DURABLE_LOG if self.scenario.load.idempotent else checkers.AT_LEAST_ONCE
        return contract if self.is_done else checkers.Contract(contract.name, contract.promise, (*contract.allowed, checkers.Kind.UNSEEN))

    # The story ---------------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        self.is_loaded = True
        for writer in self.writers:
            writer.begin(self.places, self.scenario.load, self.acknowledged)
        for reader in self.readers:
            reader.begin(self.places, self.scenario.load)
        if self.simulation.agenda.now >= self.scenario.duration:
            self._rest_begins()

    def _rest(self, _occurrence: Occurrence) -> None:
        self.injector.heal()
        if self.is_loaded:
            self._rest_begins()

    def _rest_begins(self) -> None:
        self.rest_began_at = self.simulation.agenda.now
        for writer in self.writers:
            writer.stop()
        for reader in self.readers:
            reader.stop()
        self._await_answers()

    def _await_answers(self, _occurrence: Occurrence | None = None) -> None:
        simulation = self.simulation
        if not any(user.waiting for user in (*self.writers, *self.readers)):
            self.final_reader.read_all(self.places, self.scenario.load, self._done)
        elif simulation.agenda.now < self.rest_began_at + ANSWERS_MAX:
            simulation.agenda.after(SECOND // 10, self._await_answers)
        else:
            simulation.fail(f"no answer within {ANSWERS_MAX // SECOND} s after everything healed: {self._what_waits()}")

    def _done(self) -> None:
        self.is_done = True
        self.simulation.stop()

    # Who takes part ----------------------------------------------------------------------------------------------------

    def _add_broker(self) -> Host:
        scenario = self.scenario
        store = StoreConfig(
            segment_bytes=scenario.segment_bytes,
            recovery_chunk_bytes=scenario.recovery_chunk_bytes,
            recent_bytes=scenario.recent_bytes,
        )
        config = BrokerConfig(node_id=1, listeners=(Listener("PLAINTEXT", BROKER, PORT),), store=store)
        return self.simulation.add_host(BROKER, config, self._disk(BROKER), scenario.disk, {Ready: _nothing})

    def _add_user(self, kind: Callable[..., UserT], name: str, config: Any) -> UserT:
        simulation = self.simulation
        user = kind(name, simulation.agenda, self.history, simulation.streams.stream(name, "user"))
        user.host = simulation.add_host(name, config, self._disk(name), performers={client.Complete: user.on_complete})
        self.users.append(user)
        return user

    def _disk(self, host: str) -> SimulatedDisk:
        return SimulatedDisk(self.simulation.streams.stream(host, "disk"))

    def _admin_config(self) -> client.AdminConfig:
        return client.AdminConfig(((BROKER, PORT),), client_id="admin", network=self._network())

    def _producer_config(self, number: int) -> client.ProducerConfig:
        load = self.scenario.load
        codecs = tuple(Codec)
        codec = load.codec
        if codec is None:
            codec = codecs[self.simulation.streams.stream(f"writer-{number}", "codec").below(len(codecs))]
        return client.ProducerConfig(
            ((BROKER, PORT),),
            client_id=f"writer-{number}",
            idempotent=load.idempotent,
            codec=codec,
            linger=load.linger,
            batch_bytes_max=load.batch_bytes,
            in_flight_max=5 if load.idempotent else 1,
            delivery_timeout=load.delivery_timeout,
            network=self._network(),
        )

    def _consumer_config(self) -> client.ConsumerConfig:
        return client.ConsumerConfig(((BROKER, PORT),), client_id="reader", network=self._network())

    def _network(self) -> client.NetworkConfig:
        return client.NetworkConfig(connect_timeout=2 * SECOND, request_timeout=self.scenario.load.request_timeout)


def _sentence(anomaly: checkers.Anomaly) -> str:
    return f"{anomaly.kind.value} in {anomaly.topic}-{anomaly.partition}: {anomaly.witness}"


def _nothing(_effect: Effect) -> None:
    """Nobody but the invariants cares."""
