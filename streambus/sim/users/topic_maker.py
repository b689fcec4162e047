"""Whoever makes the topics."""

from collections.abc import Callable
from typing import Any

from streambus import client
from streambus.sim.users.user import RETRY_AFTER, User
from streambus.wire import ErrorCode, messages

FOR_EVER = (("cleanup.policy", "delete"), ("retention.ms", "-1"), ("retention.bytes", "-1"))
"""What becomes of records in topics whose histories are judged, whatever the broker does with those of others."""


class TopicMaker(User):
    """Creates topics whose records stay for ever, through an admin client, then calls `then`."""

    ask: Callable[[], None] | None = None
    """What is left to do."""

    def begin_anew(self) -> None:
        """Ask again."""
        if self.ask is not None:
            self.ask()

    def create(self, topics: tuple[str, ...], partitions: int, then: Callable[[], None]) -> None:
        """Ask, and ask again, until every topic exists."""
        creatable, setting = messages.CreateTopicsRequest.CreatableTopic, messages.CreateTopicsRequest.CreatableTopicConfig
        body = messages.CreateTopicsRequest(
            topics=[
                creatable(name=topic, num_partitions=partitions, replication_factor=1, configs=[setting(*pair) for pair in FOR_EVER])
                for topic in topics
            ],
            timeout_ms=5_000,
        )

        def answered(result: Any) -> None:
            if isinstance(result, client.Answered) and _all_exist(result.body):
                self.ask = None
                then()
            else:
                self.after(RETRY_AFTER, ask)

        def ask() -> None:
            self.wish(lambda ticket: client.Ask(ticket, body), answered)

        self.ask = ask
        ask()


def _all_exist(body: Any) -> bool:
    return all(topic.error_code in (ErrorCode.NONE, ErrorCode.TOPIC_ALREADY_EXISTS) for topic in body.topics)
