"""Fetch sessions: what a consumer wants of a broker and what it was told, step by step, so that an answer may leave out what is no news."""

from typing import Any
from uuid import UUID

import attrs

CLOSE, OPEN = -1, 0
EPOCH_MAX = 2**31 - 1
NOBODY = (-1, -1)

Place = tuple[str, UUID, int]


@attrs.frozen(eq=False)
class Want:
    """One partition that is wanted."""

    place: Place
    offset: int
    bytes_max: int
    leader_epoch: int
    last_fetched_epoch: int


class Session:
    """What a consumer wants and was told. `is_unsure`: an answer was made that never left, or several at once."""

    __slots__ = ("by_id", "epoch", "is_unsure", "told", "under_way", "used_at", "wanted")

    def __init__(self, now: int, *, by_id: bool) -> None:
        self.by_id = by_id
        self.epoch = 1
        self.used_at = now
        self.wanted: dict[Place, Want] = {}
        self.told: dict[Place, tuple[int, int]] = {}
        self.is_unsure = False
        self.under_way = 0


class Sessions:
    """The sessions of one life. Once there were too many, any of them may be gone."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.by_number: dict[int, Session] = {}
        self.opened = 0
        """Ever, be it that we never heard under which number."""

    @property
    def overflowed(self) -> bool:
        """Whether there may have been more than there is room for."""
        return self.opened > self.capacity


def step(session: Session, request: Any, wanted: tuple[Want, ...]) -> None:
    """A request of the session: its number is counted, and what it says is wanted from now on."""
    session.epoch = 1 if session.epoch == EPOCH_MAX else session.epoch + 1
    session.under_way += 1
    for want in wanted:
        session.wanted[want.place] = want
    for topic in request.forgotten_topics_data:
        for index in topic.partitions:
            session.wanted.pop((topic.topic, topic.topic_id, index), None)
            session.told.pop((topic.topic, topic.topic_id, index), None)


def tell(session: Session | None, want: Want, data: Any, *, is_full: bool) -> None:
    """The consumer knows this now; who had records in an incremental answer goes to the back of the line."""
    if session is None or want.place not in session.wanted:
        return
    session.told[want.place] = NOBODY if data.error_code else (data.high_watermark, data.log_start_offset)
    if data.records and not is_full:
        session.wanted[want.place] = session.wanted.pop(want.place)


def wanted_by(request: Any) -> tuple[Want, ...]:
    """What a request names, each partition once: what is said of it last counts."""
    wanted: dict[Place, Want] = {}
    for topic in request.topics:
        for data in topic.partitions:
            place = (topic.topic, topic.topic_id, data.partition)
            bytes_max, epochs = data.partition_max_bytes, (data.current_leader_epoch, data.last_fetched_epoch)
            wanted[place] = Want(place, data.fetch_offset, bytes_max, *epochs)
    return tuple(wanted.values())


def shown(place: Place) -> str:
    """A partition as people know it."""
    return f"{place[0] or place[1]}-{place[2]}"
