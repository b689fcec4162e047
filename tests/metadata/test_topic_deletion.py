"""DeleteTopics: by name in older versions, by name or id in newer ones."""

from uuid import UUID

import pytest
from metadata_cluster import Cluster, topic

from streambus.metadata import deletion_timed_out
from streambus.wire import ErrorCode, messages

State = messages.DeleteTopicsRequest.DeleteTopicState
Answers = list[tuple[str | None, ErrorCode, str | None]]

NOBODY = UUID(int=12345)


def delete(cluster: Cluster, *states: State) -> Answers:
    return answers(cluster, messages.DeleteTopicsRequest(topics=list(states)), 6)


def answers(cluster: Cluster, request: messages.DeleteTopicsRequest, api_version: int) -> Answers:
    response = cluster.carry_out(cluster.controller.delete_topics(request, api_version))
    return [(result.name, ErrorCode(result.error_code), result.error_message) for result in response.responses]


@pytest.fixture
def cluster() -> Cluster:
    cluster = Cluster()
    cluster.create(topic("a", 2), topic("b"))
    return cluster


def test_a_topic_goes_by_its_name(cluster: Cluster):
    assert delete(cluster, State(name="a")) == [("a", ErrorCode.NONE, None)]
    assert list(cluster.image.topics) == ["b"]


def test_a_topic_goes_by_its_id_and_the_answer_tells_its_name(cluster: Cluster):
    assert delete(cluster, State(name=None, topic_id=cluster.image.topics["a"].topic_id)) == [("a", ErrorCode.NONE, None)]
    assert list(cluster.image.topics) == ["b"]


def test_older_versions_say_names(cluster: Cluster):
    request = messages.DeleteTopicsRequest(topic_names=["b", "c"])
    assert [answer[:2] for answer in answers(cluster, request, 5)] == [
        ("b", ErrorCode.NONE),
        ("c", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
    ]


def test_what_does_not_exist_cannot_be_deleted(cluster: Cluster):
    assert delete(cluster, State(name="c"), State(name=None, topic_id=NOBODY)) == [
        ("c", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "This server does not host this topic-partition."),
        (None, ErrorCode.UNKNOWN_TOPIC_ID, "This server does not host this topic ID."),
    ]


def test_a_topic_is_named_in_one_way(cluster: Cluster):
    assert delete(cluster, State(name=None), State(name="a", topic_id=NOBODY)) == [
        (None, ErrorCode.INVALID_REQUEST, "Neither topic name nor id were specified."),
        ("a", ErrorCode.INVALID_REQUEST, "You may not specify both topic name and topic id."),
    ]


def test_a_topic_is_named_once(cluster: Cluster):
    assert delete(cluster, State(name="a"), State(name="a"), State(name=None, topic_id=NOBODY), State(name=None, topic_id=NOBODY)) == [
        ("a", ErrorCode.INVALID_REQUEST, "Duplicate topic name."),
        (None, ErrorCode.INVALID_REQUEST, "Duplicate topic id."),
    ]
    assert list(cluster.image.topics) == ["a", "b"]


def test_a_topic_supplied_by_its_name_and_by_its_id_stays(cluster: Cluster):
    a_id = cluster.image.topics["a"].topic_id
    text = "The provided topic name maps to an ID that was already supplied."
    assert delete(cluster, State(name="a"), State(name=None, topic_id=a_id)) == [("a", ErrorCode.INVALID_REQUEST, text)]
    assert delete(cluster, State(name=None, topic_id=a_id), State(name="a")) == [("a", ErrorCode.INVALID_REQUEST, text)]
    assert list(cluster.image.topics) == ["a", "b"]


def test_what_is_refused_before_does_not_count_as_the_other_way(cluster: Cluster):
    a_id = cluster.image.topics["a"].topic_id
    assert [answer[1] for answer in delete(cluster, State(name="a"), State(name="a"), State(name=None, topic_id=a_id))] == [
        ErrorCode.INVALID_REQUEST,
        ErrorCode.NONE,
    ]


def test_what_is_named_in_no_way_or_in_two_is_refused_as_often_as_it_is_asked(cluster: Cluster):
    both = State(name="a", topic_id=cluster.image.topics["a"].topic_id)
    neither = State(name=None)
    answers = delete(cluster, both, neither, both, neither, State(name="a"))
    assert [(name, error) for name, error, _ in answers] == [
        ("a", ErrorCode.INVALID_REQUEST),
        (None, ErrorCode.INVALID_REQUEST),
        ("a", ErrorCode.INVALID_REQUEST),
        (None, ErrorCode.INVALID_REQUEST),
        ("a", ErrorCode.NONE),
    ]


def test_in_no_time_nothing_is_deleted_unless_there_is_nothing_to_do():
    timed_out = deletion_timed_out(messages.DeleteTopicsRequest(topics=[State(name="a"), State(name=None), State(name="b")]), 6)
    assert timed_out is not None
    assert [(result.name, result.error_code) for result in timed_out.responses] == [
        (name, ErrorCode.REQUEST_TIMED_OUT) for name in ("a", None, "b")
    ]
    assert deletion_timed_out(messages.DeleteTopicsRequest(topic_names=["a", "a"]), 5) is None


@pytest.mark.parametrize(("api_version", "error"), [(1, ErrorCode.INVALID_REQUEST), (5, ErrorCode.TOPIC_DELETION_DISABLED)])
def test_a_broker_may_be_told_to_delete_nothing(api_version: int, error: ErrorCode):
    cluster = Cluster(properties=[("delete.topic.enable", "false")])
    cluster.create(topic("a"))
    assert answers(cluster, messages.DeleteTopicsRequest(topic_names=["a"]), api_version) == [("a", error, "Topic deletion is disabled.")]
    assert list(cluster.image.topics) == ["a"]
