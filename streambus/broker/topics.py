"""Topics and what is known of them: made and removed by the controller's decisions, described from the broker's image.

Descriptions show only what is durable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streambus import metadata as md
from streambus.broker.connections import Answer, Call
from streambus.broker.decisions import DelayedDecision, asked_timeout, decide
from streambus.kernel import Instant, Turn, message
from streambus.storage import StoreUnavailable
from streambus.wire import ErrorCode, messages

if TYPE_CHECKING:
    from streambus.broker.broker import Broker


@message
class DelayedTopics(DelayedDecision):
    """Topics that are made or removed, on their way."""

    def is_settled(self, node: Broker, result: Any) -> bool:
        """What is said of the existence of a topic may rest on a decision that is not durable."""
        code = result.error_code
        if code == ErrorCode.TOPIC_ALREADY_EXISTS:
            return result.name in node.image.topics
        if code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
            return result.name not in node.image.topics
        if code == ErrorCode.UNKNOWN_TOPIC_ID:
            return result.topic_id not in node.image.topics_by_id
        return DelayedDecision.is_settled(self, node, result)


@message
class DelayedMetadata:
    """A Metadata request that had topics made, and waits to show them."""

    call: Call
    end_offset: int

    def try_complete(self, node: Broker) -> Answer | None:
        """What the image shows once the topics are in it."""
        if node.image_offset >= self.end_offset or node.store.failed is not None:
            return self.expire(node)
        return None

    def expire(self, node: Broker) -> Answer:
        """What the image shows now: a topic that is not there yet is unknown, and the client asks again."""
        return Answer(self.call, _metadata_body(node, self.call))


def create_topics(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a CreateTopics request (versions 2-7)."""
    request: messages.CreateTopicsRequest = call.request.body
    timed_out = md.creation_timed_out(request) if request.timeout_ms <= 0 else None
    if timed_out is not None:
        broker.answer(turn, call, timed_out)
        return
    decision = broker.controller.create_topics(request, turn.dice)
    decide(broker, turn, call, decision, asked_timeout(request.timeout_ms), DelayedTopics)


def delete_topics(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a DeleteTopics request (versions 1-6)."""
    request: messages.DeleteTopicsRequest = call.request.body
    timed_out = md.deletion_timed_out(request, call.request.api_version) if request.timeout_ms <= 0 else None
    if timed_out is not None:
        broker.answer(turn, call, timed_out)
        return
    decision = broker.controller.delete_topics(request, call.request.api_version)
    decide(broker, turn, call, decision, asked_timeout(request.timeout_ms), DelayedTopics)


def metadata(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a Metadata request (versions 0-13): on the way, make the topics that it asks for and that may be made."""
    missing = md.missing_topics(broker.image, call.request.body, call.request.api_version)
    end_offset = _auto_create(broker, turn, missing) if missing else broker.image_offset
    deadline = Instant(turn.now + broker.REQUEST_TIMEOUT)
    broker.delay(turn, DelayedMetadata(call, end_offset), (broker.METADATA_LOG,), deadline)


def describe_cluster(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a DescribeCluster request (versions 0-2)."""
    body = md.describe_cluster(
        broker.image,
        call.request.body,
        listener=_listener(broker, call),
        cluster_id=broker.cluster_id,
        controller_id=broker.config.node_id,
    )
    broker.answer(turn, call, body)


def describe_topic_partitions(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a DescribeTopicPartitions request (version 0)."""
    broker.answer(turn, call, md.describe_topic_partitions(broker.image, call.request.body, listener=_listener(broker, call)))


def _auto_create(broker: Broker, turn: Turn, names: list[str]) -> int:
    """Make those of `names` that may be made; return the offset at which they are durable."""
    try:
        return broker.commit(turn, broker.controller.auto_create(names, turn.dice).records)
    except StoreUnavailable:
        return broker.image_offset


def _metadata_body(broker: Broker, call: Call) -> messages.MetadataResponse | md.EncodedMetadata:
    return md.encoded_metadata(
        broker.encoded_topics,
        broker.image,
        call.request.body,
        call.request.api_version,
        listener=_listener(broker, call),
        cluster_id=broker.cluster_id,
        controller_id=broker.config.node_id,
    )


def _listener(broker: Broker, call: Call) -> str:
    """On which listener the client asked: that is the one whose address it is told."""
    connection = broker.connections.get(call.connection)
    return connection.listener if connection is not None else ""
