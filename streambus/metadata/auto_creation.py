"""Auto-creation: a client asked for a topic that does not exist, and the broker is configured to make it."""

from __future__ import annotations

from collections.abc import Iterable

from streambus.kernel import Prng
from streambus.metadata.create_topics import create_topics
from streambus.metadata.decision import Decision
from streambus.metadata.image import Image
from streambus.metadata.topic_names import CLUSTER_METADATA_TOPIC, is_internal, name_complaint
from streambus.wire import messages


def may_auto_create(image: Image, name: str) -> bool:
    """True if a client's asking for `name` is reason enough to make it.

    Internal topics are made by the coordinators they belong to, which know how.
    """
    return (
        image.properties.auto_create_topics_enable
        and name not in image.topics
        and name_complaint(name) is None
        and not is_internal(name)
        and name != CLUSTER_METADATA_TOPIC
    )


def auto_create(image: Image, names: Iterable[str], dice: Prng) -> Decision[messages.CreateTopicsResponse]:
    """Make those of `names` that may be made, with the broker's own numbers of partitions and replicas."""
    creatable = messages.CreateTopicsRequest.CreatableTopic
    topics = [
        creatable(name=name, num_partitions=-1, replication_factor=-1) for name in dict.fromkeys(names) if may_auto_create(image, name)
    ]
    return create_topics(image, messages.CreateTopicsRequest(topics=topics), dice)
