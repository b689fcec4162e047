"""A fetch session: what one broker remembers of our fetches, so that only changes are said again (KIP-227)."""

from uuid import UUID

from streambus.kernel import Instant, message
from streambus.wire import ErrorCode, messages

INITIAL_EPOCH = 0
EPOCH_MAX = 0x7FFF_FFFF
NO_SESSION = 0
TopicPartition = tuple[str, int]

SESSION_ERRORS = frozenset(
    (
        ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
        ErrorCode.INVALID_FETCH_SESSION_EPOCH,
        ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
        ErrorCode.UNKNOWN_TOPIC_ID,
        ErrorCode.INCONSISTENT_TOPIC_ID,
    )
)
"""The broker and we remember different things: begin anew."""


@message
class Wanted:
    """What is fetched of a partition."""

    topic_id: UUID
    offset: int
    leader_epoch: int


class FetchSession:
    """One broker's session. At most one fetch is under way, so both sides agree on the order of changes.

    `said`: what the broker knows we want. Epoch 0 says everything and opens a session; a broker without room for it answers with id 0,
    and we go on saying everything.
    """

    __slots__ = ("epoch", "failures", "retry_at", "said", "session_id", "under_way")

    def __init__(self) -> None:
        self.session_id = NO_SESSION
        self.epoch = INITIAL_EPOCH
        self.said: dict[TopicPartition, Wanted] = {}
        self.under_way = False
        self.failures = 0
        self.retry_at = Instant(0)

    def reset(self) -> None:
        """Say everything next time. The id is still given, so that the broker can let the old session go."""
        self.epoch = INITIAL_EPOCH
        self.said = {}

    def next_request(self, wanted: dict[TopicPartition, Wanted], partition_bytes_max: int) -> messages.FetchRequest:
        """The fetch that lets the broker know `wanted`: all of it, or what changed. Limits on time and size are the caller's."""
        if any(name in self.said and self.said[name].topic_id.int != want.topic_id.int for name, want in wanted.items()):
            self.reset()
        said_before = self.said
        changed = {name: want for name, want in wanted.items() if said_before.get(name) != want}
        forgotten = {name: said for name, said in said_before.items() if name not in wanted}
        self.said = dict(wanted)
        return messages.FetchRequest(
            session_id=self.session_id,
            session_epoch=self.epoch,
            topics=_fetch_topics(changed, partition_bytes_max),
            forgotten_topics_data=_forgotten_topics(forgotten),
        )

    def on_response(self, session_id: int) -> None:
        """The broker took our changes in."""
        if session_id == NO_SESSION:
            self.session_id = NO_SESSION
            self.reset()
            return
        self.session_id = session_id
        self.epoch = 1 if self.epoch == EPOCH_MAX else self.epoch + 1


def _fetch_topics(changed: dict[TopicPartition, Wanted], partition_bytes_max: int) -> list[messages.FetchRequest.FetchTopic]:
    topics: dict[str, messages.FetchRequest.FetchTopic] = {}
    for (name, partition), want in changed.items():
        if name not in topics:
            topics[name] = messages.FetchRequest.FetchTopic(name, want.topic_id)
        topics[name].partitions.append(
            messages.FetchRequest.FetchPartition(
                partition=partition,
                current_leader_epoch=want.leader_epoch,
                fetch_offset=want.offset,
                partition_max_bytes=partition_bytes_max,
            )
        )
    return list(topics.values())


def _forgotten_topics(forgotten: dict[TopicPartition, Wanted]) -> list[messages.FetchRequest.ForgottenTopic]:
    topics: dict[str, messages.FetchRequest.ForgottenTopic] = {}
    for (name, partition), said in forgotten.items():
        if name not in topics:
            topics[name] = messages.FetchRequest.ForgottenTopic(name, said.topic_id)
        topics[name].partitions.append(partition)
    return list(topics.values())
