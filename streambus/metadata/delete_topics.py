"""Deleting topics, by name or by id."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from streambus.metadata.decision import Decision
from streambus.metadata.image import Image
from streambus.wire import ZERO_UUID, ErrorCode, messages

Wanted = tuple[str | None, UUID]
"""How a topic is named: by its name, or with None by its id."""

_UNKNOWN_NAME = "This server does not host this topic-partition."
_UNKNOWN_ID = "This server does not host this topic ID."


def delete_topics(image: Image, request: messages.DeleteTopicsRequest, api_version: int) -> Decision[messages.DeleteTopicsResponse]:
    """Remove the topics of `request`, whatever is in them; results in the order of the request."""
    wanted = _wanted(request, api_version)
    if not image.properties.delete_topic_enable:
        error = ErrorCode.INVALID_REQUEST if api_version < 3 else ErrorCode.TOPIC_DELETION_DISABLED
        return Decision((), _response([_result(name, topic_id, error, "Topic deletion is disabled.") for name, topic_id in wanted]))
    times = Counter(wanted)
    results = [result for asked in _once(wanted) if (result := _delete_topic(image, *asked, times)) is not None]
    records = [messages.RemoveTopicRecord(topic_id=result.topic_id) for result in results if result.error_code == ErrorCode.NONE]
    return Decision(tuple(records), _response(results))


def deletion_timed_out(request: messages.DeleteTopicsRequest, api_version: int) -> messages.DeleteTopicsResponse | None:
    """The answer to a request that may not take any time: nothing is done, unless there is nothing to do anyway."""
    wanted = _wanted(request, api_version)
    times = Counter(wanted)
    if all(_misplaced(name, topic_id, times) is not None for name, topic_id in wanted):
        return None
    return _response([_result(name, topic_id, ErrorCode.REQUEST_TIMED_OUT, None) for name, topic_id in wanted])


def _wanted(request: messages.DeleteTopicsRequest, api_version: int) -> list[Wanted]:
    if api_version >= 6:
        return [(topic.name, topic.topic_id) for topic in request.topics]
    return [(name, ZERO_UUID) for name in request.topic_names]


def _once(wanted: list[Wanted]) -> list[Wanted]:
    """`wanted` with everything that names one topic in one way told once; what names it in no way or in two is told as often as asked."""
    seen: set[Wanted] = set()
    told = []
    for asked in wanted:
        if asked not in seen or _is_ambiguous(*asked):
            told.append(asked)
        seen.add(asked)
    return told


def _is_ambiguous(name: str | None, topic_id: UUID) -> bool:
    return (name is None) == (topic_id == ZERO_UUID)


def _misplaced(name: str | None, topic_id: UUID, times: Counter[Wanted]) -> str | None:
    """Why this is not even looked at, or None."""
    if _is_ambiguous(name, topic_id):
        return "Neither topic name nor id were specified." if name is None else "You may not specify both topic name and topic id."
    if times[name, topic_id] > 1:
        return "Duplicate topic name." if name is not None else "Duplicate topic id."
    return None


def _delete_topic(
    image: Image, name: str | None, topic_id: UUID, times: Counter[Wanted]
) -> messages.DeleteTopicsResponse.DeletableTopicResult | None:
    """The result for one topic, asked for so many `times` in all the ways in which it can be; None if another result speaks for it."""
    complaint = _misplaced(name, topic_id, times)
    if complaint is not None:
        return _result(name, topic_id, ErrorCode.INVALID_REQUEST, complaint)
    topic = image.topics.get(name) if name is not None else image.topics_by_id.get(topic_id)
    if topic is None:
        if name is None:
            return _result(name, topic_id, ErrorCode.UNKNOWN_TOPIC_ID, _UNKNOWN_ID)
        return _result(name, topic_id, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, _UNKNOWN_NAME)
    if times[topic.name, ZERO_UUID] == times[None, topic.topic_id] == 1:
        # As in Kafka, a topic supplied in both ways stays: whoever asks like that may not know what is about to go.
        text = "The provided topic name maps to an ID that was already supplied."
        return _result(topic.name, topic.topic_id, ErrorCode.INVALID_REQUEST, text) if name is not None else None
    return _result(topic.name, topic.topic_id, ErrorCode.NONE, None)


def _result(
    name: str | None, topic_id: UUID, error_code: ErrorCode, text: str | None
) -> messages.DeleteTopicsResponse.DeletableTopicResult:
    return messages.DeleteTopicsResponse.DeletableTopicResult(name=name, topic_id=topic_id, error_code=error_code, error_message=text)


def _response(results: list[messages.DeleteTopicsResponse.DeletableTopicResult]) -> messages.DeleteTopicsResponse:
    return messages.DeleteTopicsResponse(responses=results)
