"""One cluster in the simulator: a broker, its clients and their users, and the faults that befall them, as a tape says.

The story of a run:

1. A broker starts, an admin client creates topics.
2. **Load**: users do their chores while the faults of the plan happen.
3. **Rest**: after `duration` nobody begins anything more, everything heals, and all that is under way has to be answered.
4. **Final reading**: a reader who was never there before reads every partition from its first record to its last.

A run that does not come to rest within a limit of simulated time says what still waits.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar

import attrs

from streambus import checkers, client
from streambus.broker import BrokerConfig, Listener, Ready
from streambus.kernel import SECOND
from streambus.records import Codec
from streambus.sim.agenda import Occurrence
from streambus.sim.chores import Chore, topic_names
from streambus.sim.disk import SimulatedDisk
from streambus.sim.faults import FaultInjector, WildBit
from streambus.sim.host import Host
from streambus.sim.oracles import explain_waits, oracles
from streambus.sim.releases import client_versions
from streambus.sim.simulation import Factories, Simulation
from streambus.sim.supervisor import Supervisor
from streambus.sim.tape import ADMIN, BROKER, FINAL_READER, Tape
from streambus.sim.users import FinalReader, Inquirer, Place, Reader, TopicMaker, User, VandalOwner, Writer
from streambus.sim.vandal import VandalConfig
from streambus.storage import StoreConfig

PORT = 9092

ANSWERS_MAX = 45 * SECOND
"""Simulated time in which a healed cluster must answer every request: less than the patience of most clients."""

REST_MAX = 180 * SECOND
"""Simulated time in which it must also be read to its end."""

UNSAFE_ANSWERS_MAX = 5 * SECOND
UNSAFE_REST_MAX = 15 * SECOND
"""If only safety counts, nobody waits for answers and for the final reading longer than this."""


WILD = checkers.Contract("wild bits", "A client may be told anything: only the nodes themselves are looked at.", tuple(checkers.Kind))
"""What is left to promise when bits flip on the wire where no checksum tells."""

UserT = TypeVar("UserT", bound=User)


class Cluster:
    """What a tape describes, ready to `play`."""

    def __init__(self, tape: Tape, factories: Factories) -> None:
        self.tape = tape
        self.scenario = tape.scenario
        self.simulation = Simulation(tape.schedule.seed, factories, self.scenario.link, tape.schedule.calm)
        self.simulation.is_mischievous = self.scenario.mischief
        self.history = checkers.History()
        self.users: dict[str, User] = {}
        self.is_loaded = False
        self.is_done = False
        self.rest_began_at = 0
        self.topics = topic_names(self.scenario.load)
        self.places: list[Place] = [(topic, partition) for topic in self.topics for partition in range(self.scenario.load.partitions)]
        self.broker = self._add_broker()
        self.topic_maker = self._add(TopicMaker, ADMIN, self._admin_config())
        for name in tape.users:
            _CALLINGS[name.partition("-")[0]](self, name)
        self.final_reader = self._add_reader(FINAL_READER, FinalReader)
        self.oracles = oracles(self.simulation, BROKER, is_budgeted=not self.scenario.safety_only)
        self.supervisor = self._add_supervisor()
        self.simulation.observers.extend((*self.oracles, self.supervisor))
        self.injector = FaultInjector(self.simulation, tape.faults, self.history)

    def play(self) -> tuple[str, ...]:
        """Let it all happen. The answer is what went wrong, in sentences."""
        simulation, duration = self.simulation, self.scenario.duration
        for branch in self.tape.schedule.branches:
            simulation.agenda.at(branch.at, self._branch, branch.seed)
        simulation.agenda.at(duration, self._rest)
        for host in simulation.hosts.values():
            host.start()
        self.topic_maker.create(self.topics, self.scenario.load.partitions, self._load)
        simulation.run(duration + (REST_MAX if not self.scenario.safety_only else UNSAFE_REST_MAX))
        for user in self.users.values():
            user.note_unanswered()
        if not simulation.failures and not self.is_done and not self.scenario.safety_only:
            simulation.fail(f"not at rest {REST_MAX // SECOND} s after everything healed: {self._what_waits()}")
        if not simulation.failures:
            for oracle in self.oracles:
                oracle.on_end()
        return tuple(simulation.failures)

    def contract(self) -> checkers.Contract:
        """What the history is held to. If it ended before the final reading, nobody can have seen everything."""
        if any(isinstance(planned.deed, WildBit) for planned in self.tape.faults):
            return WILD
        if self.scenario.safety_only:
            return checkers.SAFETY_ONLY
        contract = checkers.DURABLE_LOG if self._is_idempotent() else checkers.AT_LEAST_ONCE
        return contract if self.is_done else attrs.evolve(contract, allowed=(*contract.allowed, checkers.Kind.UNSEEN))  # type: ignore[misc]

    # The story ---------------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        self.is_loaded = True
        chores: dict[str, list[Chore]] = {}
        for chore in sorted(self.tape.chores, key=attrgetter("at")):
            chores.setdefault(chore.user, []).append(chore)
        for name in self.tape.users:
            self.users[name].begin(chores[name])
        if self.simulation.agenda.now >= self.scenario.duration:
            self._rest_begins()

    def _on_ready(self, _ready: Ready) -> None:
        """The broker serves again. If its disk may have forgotten the topics, they are made again."""
        if self.scenario.safety_only and self.is_loaded:
            self.topic_maker.create(self.topics, self.scenario.load.partitions, _nothing)

    def _branch(self, occurrence: Occurrence) -> None:
        self.simulation.streams.branch(occurrence.subject)

    def _rest(self, _occurrence: Occurrence) -> None:
        self.injector.heal()
        if self.is_loaded:
            self._rest_begins()

    def _rest_begins(self) -> None:
        self.rest_began_at = self.simulation.agenda.now
        for name in self.tape.users:
            self.users[name].stop()
        self._await_answers()

    def _await_answers(self, _occurrence: Occurrence | None = None) -> None:
        simulation = self.simulation
        if not any(self.users[name].waiting for name in self.tape.users):
            self.final_reader.read_all(self._done)
        elif simulation.agenda.now < self.rest_began_at + (ANSWERS_MAX if not self.scenario.safety_only else UNSAFE_ANSWERS_MAX):
            simulation.agenda.after(SECOND // 10, self._await_answers)
        elif self.scenario.safety_only:
            self.final_reader.read_all(self._done)
        else:
            simulation.fail(f"no answer within {ANSWERS_MAX // SECOND} s after everything healed: {self._what_waits()}")

    def _done(self) -> None:
        self.is_done = True
        self.simulation.stop()

    def _what_waits(self) -> str:
        waits = explain_waits(self.simulation, list(self.users.values()))
        more = f" and {len(waits) - 8} more" if len(waits) > 8 else ""
        return "; ".join(waits[:8]) + more or "nobody waits, and yet it is not over"

    # Who takes part ----------------------------------------------------------------------------------------------------

    def _add_broker(self) -> Host:
        scenario = self.scenario
        store: StoreConfig = attrs.evolve(  # type: ignore[misc]
            scenario.store,
            segment_bytes=scenario.segment_bytes,
            recovery_chunk_bytes=scenario.recovery_chunk_bytes,
            recent_bytes=scenario.recent_bytes,
        )
        config = BrokerConfig(
            node_id=1, listeners=(Listener("PLAINTEXT", BROKER, PORT),), store=store, limits=scenario.limits, properties=scenario.properties
        )
        host = self.simulation.add_host(BROKER, config, self._disk(BROKER), scenario.disk, {Ready: self._on_ready})
        self._set_clock(host)
        return host

    def _add_supervisor(self) -> Supervisor:
        simulation, disk = self.simulation, self.broker.disk
        assert isinstance(disk, SimulatedDisk)
        dice = simulation.streams.stream(BROKER, "supervision")
        supervisor = Supervisor(simulation, self.broker, disk, dice, replaces_disks=self.scenario.safety_only)
        simulation.supervisors[BROKER] = supervisor.excuses
        return supervisor

    def add_writer(self, name: str) -> User:
        """One who writes."""
        load = self.scenario.load
        return self._add(Writer, name, self._producer_config(name), unanswered_max=load.unanswered_max)

    def add_reader(self, name: str) -> User:
        """One who reads."""
        return self._add_reader(name, Reader)

    def add_inquirer(self, name: str) -> User:
        """One who asks."""
        return self._add(Inquirer, name, self._admin_config(), topics=self.topics)

    def add_vandal(self, name: str) -> User:
        """One who does damage."""
        return self._add(VandalOwner, name, VandalConfig(BROKER, PORT))

    def _add_reader(self, name: str, kind: Callable[..., UserT]) -> UserT:
        return self._add(kind, name, self._consumer_config(), places=self.places, poll_records=self.scenario.load.poll_records)

    def _add(self, kind: Callable[..., UserT], name: str, config: Any, **settings: Any) -> UserT:
        simulation = self.simulation
        config = self._older(name, config)
        user = kind(name, simulation.agenda, self.history, simulation.streams.stream(name, "user"), **settings)
        user.host = simulation.add_host(name, config, self._disk(name), performers={client.Complete: user.on_complete})
        user.host.owner = user
        self._set_clock(user.host)
        self.users[name] = user
        return user

    def _disk(self, host: str) -> SimulatedDisk:
        return SimulatedDisk(self.simulation.streams.stream(host, "disk"))

    def _is_idempotent(self) -> bool:
        load = self.scenario.load
        return bool(load.idempotent) and load.acks == client.Acks.ALL

    def _admin_config(self) -> client.AdminConfig:
        return client.AdminConfig(((BROKER, PORT),), client_id="admin", network=self._network())

    def _producer_config(self, name: str) -> client.ProducerConfig:
        load = self.scenario.load
        codecs = tuple(Codec)
        codec = load.codec
        if codec is None:
            codec = codecs[self.simulation.streams.stream(name, "codec").below(len(codecs))]
        idempotent = self._is_idempotent()
        return client.ProducerConfig(
            ((BROKER, PORT),),
            client_id=name,
            acks=load.acks,
            idempotent=idempotent,
            codec=codec,
            linger=load.linger,
            batch_bytes_max=load.batch_bytes,
            first_sequence=load.first_sequence,
            in_flight_max=5 if idempotent else 1,
            delivery_timeout=load.delivery_timeout,
            network=self._network(),
        )

    def _consumer_config(self) -> client.ConsumerConfig:
        load = self.scenario.load
        return client.ConsumerConfig(
            ((BROKER, PORT),),
            client_id="reader",
            isolation=load.isolation,
            partition_fetch_bytes_max=load.fetch_bytes,
            network=self._network(),
        )

    def _older(self, name: str, config: Any) -> Any:
        """The config of the same client in an older release, if the scenario has such."""
        less = self.scenario.load.versions_less
        if not less or isinstance(config, VandalConfig):
            return config
        dice = self.simulation.streams.stream(name, "versions")
        return attrs.evolve(config, network=attrs.evolve(config.network, latest_versions=client_versions(dice, less)))

    def _set_clock(self, host: Host) -> None:
        error = self.scenario.wall_error_max
        if error:
            host.step_clock(self.simulation.streams.stream(host.name, "wall error").between(-error, error))

    def _network(self) -> client.NetworkConfig:
        return client.NetworkConfig(connect_timeout=2 * SECOND, request_timeout=self.scenario.load.request_timeout)


_CALLINGS: dict[str, Callable[[Cluster, str], User]] = {
    "writer": Cluster.add_writer,
    "reader": Cluster.add_reader,
    "inquirer": Cluster.add_inquirer,
    "administrator": Cluster.add_inquirer,
    "vandal": Cluster.add_vandal,
}
"""What a user is, by the first word of its name."""


def _nothing() -> None:
    """All is as it should be, and nothing follows."""
