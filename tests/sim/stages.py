"""A small stage: one broker and the clients that a test asks for, moved by hand."""

from typing import Any

from streambus import client
from streambus.broker import BrokerConfig, Listener, Ready
from streambus.kernel import MILLISECOND, Event
from streambus.sim import FACTORIES, DiskSpeed, LinkSpeed, SimulatedDisk, Simulation
from streambus.sim.host import Host
from streambus.sim.story import Storyteller
from streambus.wire import messages

BOOTSTRAP = (("broker-1", 9092),)


class BrokerStage:
    """A broker with a topic of one partition, and clients as they are asked for. Disk and links always take the same time."""

    def __init__(self) -> None:
        self.simulation = Simulation(1, FACTORIES, LinkSpeed(latency_min=100, latency_max=100, tail=1))
        self.results: dict[int, Any] = {}
        self.broker = self.add("broker-1", BrokerConfig(listeners=(Listener("PLAINTEXT", "broker-1", 9092),)))
        topic = messages.CreateTopicsRequest.CreatableTopic(name="story", num_partitions=1, replication_factor=1)
        self.ask(self.add("admin", client.AdminConfig(BOOTSTRAP)), client.Ask(1, messages.CreateTopicsRequest(topics=[topic])))

    def add(self, name: str, config: Any) -> Host:
        """A host that lives until it has settled down."""
        disk = SimulatedDisk(self.simulation.streams.stream(name, "disk"))
        speed = DiskSpeed(sync_min=1_000, sync_max=1_000, other_min=20, other_max=20)
        host = self.simulation.add_host(name, config, disk, speed, {Ready: lambda _: None, client.Complete: self.on_complete})
        host.start()
        self.run(100 * MILLISECOND)
        return host

    def producer(self) -> Host:
        """A producer that has written its first record, so that it knows its way."""
        host = self.add("producer", client.ProducerConfig(BOOTSTRAP, linger=0))
        self.ask(host, client.Produce(2, "story", 0, None, b"first"))
        return host

    def consumer(self) -> Host:
        """A consumer that waits behind the last record."""
        host = self.add("consumer", client.ConsumerConfig(BOOTSTRAP))
        self.ask(host, client.Assign(3, (("story", 0, client.LATEST),)))
        return host

    def on_complete(self, complete: client.Complete) -> None:
        self.results[complete.ticket] = complete.result

    def ask(self, host: Host, event: Event) -> None:
        host.tell(event)
        self.run(100 * MILLISECOND)

    def run(self, microseconds: int) -> None:
        self.simulation.run(self.simulation.agenda.now + microseconds)
        assert self.simulation.failures == []

    def tell(self, *hosts: str) -> Storyteller:
        """Begin the story of `hosts`."""
        story = Storyteller(*hosts)
        self.simulation.observers.append(story)
        return story
