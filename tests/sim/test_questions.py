"""What inquirers ask: whatever the dice say, it is a request that can be sent, and answers make them know more."""

from uuid import UUID

import pytest

from streambus.kernel import Prng
from streambus.sim import chores
from streambus.sim.users.administration import ADMINISTRATION
from streambus.sim.users.questions import LONELY_TOPIC, QUESTIONS, Knowledge, learn
from streambus.wire import messages


def knowledge() -> Knowledge:
    """Of somebody who has been told this and that."""
    known = Knowledge(("topic-0",), ("side-a", LONELY_TOPIC), {"topic-0": UUID(int=5), "side-a": UUID(int=6)}, [100], [7], [4])
    assert known.ids
    return known


def test_chores_and_users_know_the_same_questions():
    assert tuple(QUESTIONS) == chores.QUESTIONS


@pytest.mark.parametrize("kind", QUESTIONS)
def test_whatever_is_asked_has_a_form_in_the_newest_version(kind: str):
    for luck in range(100):
        body = QUESTIONS[kind](knowledge(), Prng(luck))
        pieces: list[object] = []
        body.encode_into(pieces, body.VERSIONS[-1])
        assert pieces


@pytest.mark.parametrize("luck", range(40))
def test_only_topics_that_come_and_go_are_made_or_deleted_or_written_to(luck: int):
    known = knowledge()
    for topic in QUESTIONS["creation"](known, Prng(luck)).topics:
        assert topic.name not in known.lasting
    for topic in QUESTIONS["deletion"](known, Prng(luck)).topics:
        assert topic.name not in known.lasting
        assert topic.topic_id != known.ids["topic-0"]
    for topic in QUESTIONS["produce"](known, Prng(luck)).topic_data:
        assert topic.name in known.passing


@pytest.mark.parametrize("kind", tuple(ADMINISTRATION))
def test_whatever_an_administrator_asks_can_be_sent(kind: str):
    for luck in range(40):
        body = ADMINISTRATION[kind](knowledge(), Prng(luck))
        pieces: list[object] = []
        body.encode_into(pieces, body.VERSIONS[-1])
        assert pieces


def test_administrators_ask_everything_that_there_is_to_ask():
    assert set(chores.ADMINISTRATION) == {*ADMINISTRATION, "produce", "fetch", "creation", "offsets"}


def test_answers_tell_ids_sizes_offsets_and_numbers():
    known = Knowledge((), ())
    response = messages.MetadataResponse
    learn(known, response(topics=[response.MetadataResponseTopic(name="side-a", topic_id=UUID(int=9))]))
    fetched = messages.FetchResponse
    data = fetched.PartitionData(partition_index=0, high_watermark=12, records=b"12345")
    learn(known, fetched(responses=[fetched.FetchableTopicResponse(topic="side-a", partitions=[data])]))
    learn(known, messages.InitProducerIdResponse(producer_id=3))
    learn(known, fetched(session_id=4, responses=[]))
    assert known == Knowledge((), (), {"side-a": UUID(int=9)}, [5], [12], [3], [4])
