"""Metadata: the view of the cluster that every client begins with, in all its versions."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from streambus.metadata.authorized_operations import ALL_CLUSTER_OPERATIONS, ALL_TOPIC_OPERATIONS, NOT_ASKED_FOR
from streambus.metadata.image import Image
from streambus.metadata.reachability import is_reachable, offline_replicas, reachable, reachable_brokers
from streambus.metadata.registrations import NO_LEADER, PartitionRegistration, TopicImage
from streambus.metadata.topic_names import is_internal, why_unknown
from streambus.wire import ZERO_UUID, ErrorCode, messages


def topic_metadata(
    image: Image, request: messages.MetadataRequest, api_version: int, *, listener: str, cluster_id: str, controller_id: int
) -> messages.MetadataResponse:
    """What a broker answers on `listener`: its brokers, and the topics asked for in the order of names, unknown ones last.

    `controller_id` is the broker that requests for the controller shall go to. Topics are not created here: whoever wants that decides it
    first, with `missing_topics`, and asks again.
    """
    refusal = metadata_refusal(request, api_version)
    if refusal is not None:
        return refusal
    operations = topic_operations(request)
    topics = [describe_topic(image, topic, api_version, listener, operations) for topic in known_topics(image, request, api_version)]
    topics += unknown_topics(image, request, api_version)
    return cluster_metadata(image, request, api_version, topics, listener=listener, cluster_id=cluster_id, controller_id=controller_id)


def metadata_refusal(request: messages.MetadataRequest, api_version: int) -> messages.MetadataResponse | None:
    """The answer to a request that nobody can answer."""
    topics = request.topics or ()
    if api_version < 12 and not _asks_for_all(request, api_version) and not all(_is_by_name(topic) for topic in topics):
        # Versions 10 and 11 have the fields but were never meant to be asked that way (KIP-516).
        error = ErrorCode.INVALID_REQUEST
        return messages.MetadataResponse(topics=[_unknown(topic.name or "", topic.topic_id, error) for topic in topics])
    if not _ids(request) and not all(topic.name is not None for topic in topics):
        # Neither a name nor an id, when all others are asked for by name: Kafka does not know what to do either.
        error = ErrorCode.UNKNOWN_SERVER_ERROR
        unknown = [_unknown(topic.name or "", topic.topic_id, error) for topic in topics]
        return messages.MetadataResponse(error_code=error, topics=unknown)
    return None


def cluster_metadata(
    image: Image,
    request: messages.MetadataRequest,
    api_version: int,
    topics: list[messages.MetadataResponse.MetadataResponseTopic],
    *,
    listener: str,
    cluster_id: str,
    controller_id: int,
) -> messages.MetadataResponse:
    """The answer about `topics`: with the brokers, and whatever else is said of the cluster."""
    asks_for_operations = 8 <= api_version <= 10 and request.include_cluster_authorized_operations
    broker = messages.MetadataResponse.MetadataResponseBroker
    return messages.MetadataResponse(
        brokers=[
            broker(node_id=registration.broker_id, host=endpoint.host, port=endpoint.port, rack=registration.rack)
            for registration, endpoint in reachable_brokers(image, listener)
        ],
        cluster_id=cluster_id,
        controller_id=controller_id,
        topics=topics,
        cluster_authorized_operations=ALL_CLUSTER_OPERATIONS if asks_for_operations else NOT_ASKED_FOR,
    )


def topic_operations(request: messages.MetadataRequest) -> int:
    """What the asker may do with topics, if it wants to know."""
    return ALL_TOPIC_OPERATIONS if request.include_topic_authorized_operations else NOT_ASKED_FOR


def missing_topics(image: Image, request: messages.MetadataRequest, api_version: int) -> list[str]:
    """The names asked for that do not exist and that the asker allows to be created, each once, in the order of names."""
    if not request.allow_auto_topic_creation or _asks_for_all(request, api_version):
        return []
    return [name for name in _names(request) if name not in image.topics]


def _asks_for_all(request: messages.MetadataRequest, api_version: int) -> bool:
    """Version 0 asks for all topics with an empty list; later ones with null, and with an empty list for none."""
    return request.topics is None or (api_version == 0 and not request.topics)


def _is_by_name(topic: messages.MetadataRequest.MetadataRequestTopic) -> bool:
    return topic.name is not None and topic.topic_id == ZERO_UUID


def _ids(request: messages.MetadataRequest) -> list[UUID]:
    return sorted({topic.topic_id for topic in request.topics or () if topic.topic_id != ZERO_UUID})


def _names(request: messages.MetadataRequest) -> list[str]:
    """The names asked for. As in Kafka, one id in a request makes all of it a request by ids."""
    if _ids(request):
        return []
    return sorted({topic.name for topic in request.topics or () if topic.name is not None})


def known_topics(image: Image, request: messages.MetadataRequest, api_version: int) -> Iterable[TopicImage]:
    """The topics asked for that exist, in the order of names."""
    if _asks_for_all(request, api_version):
        return list(image.topics.values())
    found = [image.topics_by_id[topic_id].name for topic_id in _ids(request) if topic_id in image.topics_by_id]
    found += [name for name in _names(request) if name in image.topics]
    return [image.topics[name] for name in sorted(found)]


def unknown_topics(
    image: Image, request: messages.MetadataRequest, api_version: int
) -> list[messages.MetadataResponse.MetadataResponseTopic]:
    """What is said of the topics asked for that do not exist."""
    if _asks_for_all(request, api_version):
        return []
    operations = topic_operations(request)
    unknown = [_unknown(name, ZERO_UUID, why_unknown(name), operations) for name in _names(request) if name not in image.topics]
    unknown += [_unknown(None, topic_id, ErrorCode.UNKNOWN_TOPIC_ID) for topic_id in _ids(request) if topic_id not in image.topics_by_id]
    return unknown


def _unknown(
    name: str | None, topic_id: UUID, error_code: ErrorCode, operations: int = NOT_ASKED_FOR
) -> messages.MetadataResponse.MetadataResponseTopic:
    return messages.MetadataResponse.MetadataResponseTopic(
        error_code=error_code,
        name=name,
        topic_id=topic_id,
        is_internal=error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION and is_internal(name or ""),
        partitions=[],
        topic_authorized_operations=operations,
    )


def describe_topic(
    image: Image, topic: TopicImage, api_version: int, listener: str, operations: int
) -> messages.MetadataResponse.MetadataResponseTopic:
    """What is said of a topic."""
    return messages.MetadataResponse.MetadataResponseTopic(
        error_code=ErrorCode.NONE,
        name=topic.name,
        topic_id=topic.topic_id,
        is_internal=is_internal(topic.name),
        partitions=[describe_partition(image, index, partition, api_version, listener) for index, partition in topic.partitions.items()],
        topic_authorized_operations=operations,
    )


def describe_partition(
    image: Image, index: int, partition: PartitionRegistration, api_version: int, listener: str
) -> messages.MetadataResponse.MetadataResponsePartition:
    """A partition as clients of `listener` can use it. Only version 0 hides replicas that cannot be reached, and says so."""
    replicas, isr = list(partition.replicas), list(partition.isr)
    if api_version == 0:
        replicas, isr = reachable(image, replicas, listener), reachable(image, isr, listener)
    has_leader = is_reachable(image, partition.leader, listener)
    return messages.MetadataResponse.MetadataResponsePartition(
        error_code=_partition_error(image, partition, api_version, has_leader=has_leader, hides=len(replicas) < len(partition.replicas)),
        partition_index=index,
        leader_id=partition.leader if has_leader else NO_LEADER,
        leader_epoch=partition.leader_epoch,
        replica_nodes=replicas,
        isr_nodes=isr,
        offline_replicas=offline_replicas(image, partition, listener),
    )


def _partition_error(image: Image, partition: PartitionRegistration, api_version: int, *, has_leader: bool, hides: bool) -> ErrorCode:
    if not has_leader:
        is_other_listener = partition.leader in image.brokers and api_version >= 6
        return ErrorCode.LISTENER_NOT_FOUND if is_other_listener else ErrorCode.LEADER_NOT_AVAILABLE
    return ErrorCode.REPLICA_NOT_AVAILABLE if hides else ErrorCode.NONE
