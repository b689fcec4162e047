"""The broker's image is a replay of its metadata log, and what it does follows from its image.

Compared whenever the metadata log became durable further, with a cluster that was replayed independently (`cluster_model`):
topics, ids, partitions with their leaders and epochs, settings, features, producer ids; the partitions that are led, under which epoch,
and what their high watermark is: with one replica, the durable end of the log.
"""

from typing import Any

from streambus.broker import Broker
from streambus.kernel import Closed, Connected, Drained, Effect, Event, Instant, Received, Woken
from streambus.sim.life import Life
from streambus.sim.oracles.broker_model import BrokerModel
from streambus.sim.oracles.law import differs
from streambus.sim.oracles.reference_model import ReferenceModel
from streambus.sim.simulation import Simulation

CHECK_EVERY = 4
"""So many changes of the image go by between two looks at everything that it holds."""


class MetadataLaw:
    """Looks at the images of the broker on `host`."""

    def __init__(self, simulation: Simulation, host: str, reference: ReferenceModel) -> None:
        self.simulation = simulation
        self.host = host
        self.hosts = (host,)
        self.unmoved_by = (Drained, Received, Woken, Connected, Closed)
        self.reference = reference
        self.moves = 0

    def on_birth(self, life: Life) -> None:
        """Nothing is known yet."""

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """The simulation knows already."""

    def on_end(self) -> None:
        """Look once more."""
        life = self.simulation.hosts[self.host].life
        if life is not None and self.reference.model.is_serving:
            self._compare(life.node)
            self._check(life.node)

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """Look when something has become durable."""
        model = self.reference.model
        if not model.is_serving:
            return
        if model.cluster_moved_in == model.step:
            self._compare(life.node)
            self.moves += 1
            if self.moves % CHECK_EVERY == 0:
                self._check(life.node)
        elif model.written.has_moved_in(model.step):
            self._compare_watermarks(life.node)

    def _compare(self, broker: Any) -> None:
        if not isinstance(broker, Broker):
            return
        complaint = image_difference(broker, self.reference.model) or leadership_difference(broker, self.reference.model)
        if complaint is not None:
            self.simulation.fail(f"{self.host}: the image is a replay of the metadata log: {complaint}")
        self._compare_watermarks(broker)

    def _check(self, broker: Any) -> None:
        try:
            broker.image.check()
        except AssertionError as error:
            self.simulation.fail(f"{self.host}: the image agrees with itself: {error}")

    def _compare_watermarks(self, broker: Any) -> None:
        logs = self.reference.model.written.logs
        for partition in broker.partitions.values():
            log = logs.get(partition.log.log_id)
            end = log.durable_end if log is not None else 0
            if partition.high_watermark != end:
                self.simulation.fail(
                    f"{self.host}: the high watermark is what is durable at every in-sync replica: that of {partition.topic}-"
                    f"{partition.index} is {partition.high_watermark}, but the log is durable up to {end}"
                )
                return


def image_difference(broker: Broker, model: BrokerModel) -> str | None:
    """What of the broker's image is not in the log, or the other way round."""
    image, cluster = broker.image, model.cluster
    complaint = (
        differs("the topics", sorted(cluster.topics), list(image.topics))
        or differs("image_offset", cluster.end_offset, broker.image_offset)
        or differs("next_producer_id", cluster.next_producer_id, image.next_producer_id)
        or differs("the features", {name: level for name, level in sorted(cluster.features.items()) if level}, dict(image.features))
        or differs("what is set on brokers and other things", *_settings(broker, model))
        or differs("the quotas", *_quotas(broker, model))
        or differs("the credentials", *_credentials(broker, model))
        or differs("the controller's end", broker.metadata_log.log_end_offset, broker.controller.end_offset)
    )
    for name, facts in cluster.topics.items():
        if complaint is not None:
            return complaint
        topic = image.topics[name]
        expected = {
            index: (part.leader, part.leader_epoch, part.partition_epoch, tuple(part.isr), tuple(part.replicas))
            for index, part in facts.partitions.items()
        }
        seen = {
            index: (part.leader, part.leader_epoch, part.partition_epoch, part.isr, part.replicas)
            for index, part in topic.partitions.items()
        }
        complaint = (
            differs(f"the id of {name}", facts.topic_id, topic.topic_id)
            or differs(f"the partitions of {name}", expected, seen)
            or differs(f"the settings of {name}", dict(sorted(facts.settings.items())), dict(image.topic_settings(name)))
        )
    return complaint


def _settings(broker: Broker, model: BrokerModel) -> tuple[object, object]:
    expected = {(key[1], key[2], key[3]): value for key, value in model.cluster.of_kind("config").items()}
    seen = {(kind, name, key): value for (kind, name), found in broker.image.configs.items() for key, value in found.items()}
    return dict(sorted(expected.items())), dict(sorted(seen.items()))


def _quotas(broker: Broker, model: BrokerModel) -> tuple[object, object]:
    expected = {(key[1], key[2]): value for key, value in model.cluster.of_kind("quota").items()}
    quotas = broker.image.client_quotas
    seen = {(tuple(sorted(entity.parts)), key): float(quotas[entity][key]) for entity in quotas for key in quotas[entity]}
    return sorted(expected.items(), key=repr), sorted(seen.items(), key=repr)


def _credentials(broker: Broker, model: BrokerModel) -> tuple[object, object]:
    expected = {(key[1], key[2]): value for key, value in model.cluster.of_kind("scram").items()}
    seen = {place: (found.salt, found.iterations) for place, found in broker.image.scram_credentials.items()}
    return dict(sorted(expected.items())), dict(sorted(seen.items()))


def leadership_difference(broker: Broker, model: BrokerModel) -> str | None:
    """What the broker leads, beside what its metadata says that it leads."""
    expected = {
        (name, index): (facts.topic_id, part.leader_epoch)
        for name, facts in model.cluster.topics.items()
        for index, part in facts.partitions.items()
        if part.leader == model.node_id
    }
    seen = {place: (partition.topic_id, partition.leader_epoch) for place, partition in broker.partitions.items()}
    wrong = [place for place in {**expected, **seen} if expected.get(place) != seen.get(place)]
    if not wrong:
        return None
    place = wrong[0]
    return f"{place[0]}-{place[1]} is led as {seen.get(place)}, expected {expected.get(place)} (topic id, leader epoch)"
