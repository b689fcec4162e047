"""A metadata log without a disk: what the specifications of this package play with."""

from collections.abc import Sequence
from typing import TypeVar

from streambus.kernel import Prng
from streambus.metadata import BrokerProperties, Controller, Decision, Delta, Endpoint, Image, register_broker
from streambus.wire import Message, messages

ReplyT = TypeVar("ReplyT")

Topic = messages.CreateTopicsRequest.CreatableTopic


class Cluster:
    """A controller, some registered brokers, and the log of everything decided so far."""

    def __init__(self, *, brokers: int = 1, seed: int = 1, properties: Sequence[tuple[str, str]] = ()) -> None:
        self.controller = Controller(1, BrokerProperties(properties))
        self.dice = Prng(seed)
        self.log: list[Message] = []
        self.carry_out(self.controller.bootstrap())
        for broker_id in range(1, brokers + 1):
            self.register(broker_id)

    @property
    def image(self) -> Image:
        return self.controller.image

    def carry_out(self, decision: Decision[ReplyT]) -> ReplyT:
        self.append(*decision.records)
        return decision.reply

    def append(self, *records: Message) -> Delta:
        delta = self.controller.apply(records, len(self.log))
        self.log.extend(records)
        return delta

    def register(self, broker_id: int, *endpoints: Endpoint, rack: str | None = None) -> int:
        at = endpoints or (Endpoint("PLAINTEXT", f"host-{broker_id}", 9092),)
        return self.carry_out(register_broker(self.image, broker_id, at, len(self.log), self.dice, rack))

    def fence(self, broker_id: int) -> None:
        self.append(messages.FenceBrokerRecord(id=broker_id, epoch=self.image.brokers[broker_id].broker_epoch))

    def create(self, *topics: Topic, validate_only: bool = False) -> list[messages.CreateTopicsResponse.CreatableTopicResult]:
        request = messages.CreateTopicsRequest(topics=list(topics), validate_only=validate_only)
        return self.carry_out(self.controller.create_topics(request, self.dice)).topics

    def replayed(self) -> Image:
        """What another node makes of the log."""
        return image_of(self.log, self.image.properties)


def image_of(records: Sequence[Message], properties: BrokerProperties | None = None) -> Image:
    """The image that `records` lead to."""
    image = Image(properties)
    for record in records:
        image.apply(record, Delta())
    return image


def topic(name: str, partitions: int = -1, factor: int = -1, **settings: str | None) -> Topic:
    """A topic as it is asked for; settings with underscores for dots."""
    config = messages.CreateTopicsRequest.CreatableTopicConfig
    configs = [config(name=key.replace("_", "."), value=value) for key, value in settings.items()]
    return Topic(name=name, num_partitions=partitions, replication_factor=factor, configs=configs)


def assigned(name: str, *partitions: tuple[int, Sequence[int]], number: int = -1, factor: int = -1) -> Topic:
    """A topic asked for with a manual assignment: (partition, brokers) pairs."""
    assignment = messages.CreateTopicsRequest.CreatableReplicaAssignment
    return Topic(
        name=name,
        num_partitions=number,
        replication_factor=factor,
        assignments=[assignment(partition_index=index, broker_ids=list(brokers)) for index, brokers in partitions],
    )
