"""Deleting topics, by name or by id."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from streambus.metadata.decision import Decision
from streambus.metadata.image import Image
from streambus.wire import ZERO_UUID, ErrorCode, messages

_UNKNOWN_NAME = "This server does not host this topic-partition."
_UNKNOWN_ID = "This server does not host this topic ID."


def delete_topics(image: Image, request: messages.DeleteTopicsRequest, api_version: int) -> Decision[messages.DeleteTopicsResponse]:
    """Remove the topics of `request`, whatever is in them; results in the order of the request."""
    wanted = (
        [(topic.name, topic.topic_id) for topic in request.topics]
        if api_version >= 6
        else [(name, ZERO_UUID) for name in request.topic_names]
    )
    if not image.properties.delete_topic_enable:
        error = ErrorCode.INVALID_REQUEST if api_version < 3 else ErrorCode.TOPIC_DELETION_DISABLED
        return Decision((), _response([_result(name, topic_id, error, "Topic deletion is disabled.") for name, topic_id in wanted]))
    times = Counter(wanted)
    results = [_delete_topic(image, name, topic_id, times) for name, topic_id in times]
    records = [messages.RemoveTopicRecord(topic_id=result.topic_id) for result in results if result.error_code == ErrorCode.NONE]
    return Decision(tuple(records), _response(results))


def _delete_topic(
    image: Image, name: str | None, topic_id: UUID, times: Counter[tuple[str | None, UUID]]
) -> messages.DeleteTopicsResponse.DeletableTopicResult:
    """The result for one topic, asked for so many `times` in all the ways in which it can be."""
    if name is None and topic_id == ZERO_UUID:
        return _result(name, topic_id, ErrorCode.INVALID_REQUEST, "Neither topic name nor id were specified.")
    if name is not None and topic_id != ZERO_UUID:
        return _result(name, topic_id, ErrorCode.INVALID_REQUEST, "You may not specify both topic name and topic id.")
    if times[name, topic_id] > 1:
        return _result(name, topic_id, ErrorCode.INVALID_REQUEST, "Duplicate topic name." if name is not None else "Duplicate topic id.")
    topic = image.topics.get(name) if name is not None else image.topics_by_id.get(topic_id)
    if topic is None:
        if name is None:
            return _result(name, topic_id, ErrorCode.UNKNOWN_TOPIC_ID, _UNKNOWN_ID)
        return _result(name, topic_id, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, _UNKNOWN_NAME)
    if ((None, topic.topic_id) if name is not None else (topic.name, ZERO_UUID)) in times:
        # As in Kafka, a topic supplied in both ways stays: whoever asks like that may not know what is about to go.
        text = "The provided topic name maps to an ID that was already supplied."
        return _result(topic.name, topic.topic_id, ErrorCode.INVALID_REQUEST, text)
    return _result(topic.name, topic.topic_id, ErrorCode.NONE, None)


def _result(
    name: str | None, topic_id: UUID, error_code: ErrorCode, text: str | None
) -> messages.DeleteTopicsResponse.DeletableTopicResult:
    return messages.DeleteTopicsResponse.DeletableTopicResult(name=name, topic_id=topic_id, error_code=error_code, error_message=text)


def _response(results: list[messages.DeleteTopicsResponse.DeletableTopicResult]) -> messages.DeleteTopicsResponse:
    return messages.DeleteTopicsResponse(responses=results)
