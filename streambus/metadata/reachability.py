"""Reachability: which brokers and replicas the clients of one listener can use."""

from collections.abc import Iterable, Iterator

from streambus.metadata.image import Image
from streambus.metadata.registrations import BrokerRegistration, Endpoint, PartitionRegistration


def reachable_brokers(image: Image, listener: str) -> Iterator[tuple[BrokerRegistration, Endpoint]]:
    """The brokers that serve and have `listener`, with what they advertise on it, in the order of their ids."""
    for broker in image.brokers.values():
        endpoint = None if broker.fenced else broker.endpoint(listener)
        if endpoint is not None:
            yield broker, endpoint


def is_reachable(image: Image, broker_id: int, listener: str) -> bool:
    """True if the broker serves and has `listener`."""
    broker = image.brokers.get(broker_id)
    return broker is not None and not broker.fenced and broker.endpoint(listener) is not None


def reachable(image: Image, brokers: Iterable[int], listener: str) -> list[int]:
    """Those of `brokers` that are reachable, in their order."""
    return [broker_id for broker_id in brokers if is_reachable(image, broker_id, listener)]


def offline_replicas(image: Image, partition: PartitionRegistration, listener: str) -> list[int]:
    """The replicas of `partition` that are not."""
    return [broker_id for broker_id in partition.replicas if not is_reachable(image, broker_id, listener)]
