"""Whoever asks the broker this and that, makes topics and deletes them. What it is told is judged by those who look at the broker."""

from collections.abc import Callable
from typing import Any

from streambus import checkers, client
from streambus.kernel import Prng
from streambus.sim.agenda import Agenda
from streambus.sim.chores import SIDE_TOPICS, Chore, CreateTopic, DeleteTopic, Describe, LookUp, Question
from streambus.sim.host import WALL_ORIGIN
from streambus.sim.users.administration import ADMINISTRATION
from streambus.sim.users.questions import LONELY_TOPIC, QUESTIONS, Knowledge, learn
from streambus.sim.users.user import User
from streambus.wire import messages

UNANSWERED_MAX = 8
ALL_QUESTIONS = {**QUESTIONS, **ADMINISTRATION}


class Inquirer(User):
    """Has an admin client. What it is told of topics helps it to ask more."""

    def __init__(self, name: str, agenda: Agenda, history: checkers.History, dice: Prng, *, topics: tuple[str, ...]) -> None:
        super().__init__(name, agenda, history, dice)
        self.known = Knowledge(topics, (*SIDE_TOPICS, LONELY_TOPIC))

    def take_up(self, chore: Chore) -> None:
        """Ask."""
        if len(self.waiting) >= UNANSWERED_MAX:
            return
        version = None
        if isinstance(chore, Question):
            dice = Prng(chore.luck)
            body = ALL_QUESTIONS[chore.kind](self.known, dice)
            if dice.chance(1, 2):
                version = body.VERSIONS[dice.below(len(body.VERSIONS))]
        else:
            body = _BODIES[type(chore)](chore)
        self.wish(lambda ticket: client.Ask(ticket, body, version=version), self._hear)

    def _hear(self, result: Any) -> None:
        """An error is an answer, too."""
        if isinstance(result, client.Answered):
            learn(self.known, result.body)


def _look_up(chore: LookUp) -> Any:
    request = messages.ListOffsetsRequest
    timestamp = chore.milliseconds if chore.milliseconds < 0 else WALL_ORIGIN // 1_000 + chore.milliseconds
    partition = request.ListOffsetsPartition(partition_index=chore.partition, timestamp=timestamp)
    return request(topics=[request.ListOffsetsTopic(name=chore.topic, partitions=[partition])])


def _create(chore: CreateTopic) -> Any:
    request = messages.CreateTopicsRequest
    return request(
        topics=[request.CreatableTopic(name=chore.topic, num_partitions=chore.partitions, replication_factor=1)], timeout_ms=5_000
    )


def _delete(chore: DeleteTopic) -> Any:
    return messages.DeleteTopicsRequest(
        topics=[messages.DeleteTopicsRequest.DeleteTopicState(name=chore.topic)], topic_names=[chore.topic], timeout_ms=5_000
    )


def _describe(chore: Describe) -> Any:
    return _DESCRIPTIONS[chore.what](chore.topic)


def _metadata(topic: str) -> Any:
    return messages.MetadataRequest(topics=[messages.MetadataRequest.MetadataRequestTopic(name=topic)], allow_auto_topic_creation=False)


def _partitions(topic: str) -> Any:
    request = messages.DescribeTopicPartitionsRequest
    return request(topics=[request.TopicRequest(name=topic)])


def _cluster(_topic: str) -> Any:
    return messages.DescribeClusterRequest()


def _configs(topic: str) -> Any:
    request = messages.DescribeConfigsRequest
    return request(resources=[request.DescribeConfigsResource(resource_type=2, resource_name=topic)])


_DESCRIPTIONS: dict[str, Callable[[str], Any]] = {
    "metadata": _metadata,
    "partitions": _partitions,
    "cluster": _cluster,
    "configs": _configs,
}

_BODIES: dict[type, Callable[[Any], Any]] = {LookUp: _look_up, CreateTopic: _create, DeleteTopic: _delete, Describe: _describe}
