"""Leader election: who leads a partition after something happened to a broker."""

from streambus.metadata.image import Image
from streambus.metadata.registrations import NO_LEADER
from streambus.wire import Message, messages


def elect_after_restart(image: Image, broker_id: int) -> list[Message]:
    """Let the restarted `broker_id` lead what it led, and what nobody leads and it is in sync with, in a new leader epoch.

    The epoch is a new one although the leader is the same: between its lives the broker may have lost records that it had shown to
    nobody, and whoever compares logs by (offset, leader epoch) must be able to tell the records written there afterwards from those.
    Kafka comes to the same by fencing the broker (no leader) and electing it again, in two changes where this is one.
    """
    return [
        messages.PartitionChangeRecord(topic_id=topic.topic_id, partition_id=index, leader=broker_id)
        for topic in image.topics.values()
        for index, partition in topic.partitions.items()
        if partition.leader == broker_id or (partition.leader == NO_LEADER and broker_id in partition.isr)
    ]
