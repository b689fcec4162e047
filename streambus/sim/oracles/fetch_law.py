"""Fetch: exactly the log's bytes from the fetch offset to the high watermark, within the limits, and within its session only what is news.

An answer states a high watermark; everything else in it must follow from that one. When the answer was surely made in this step, the
watermark is known too, except that within a step in which logs became durable it may still be the one before.
"""

from typing import Any
from uuid import UUID

import attrs

from streambus.sim.oracles.broker_model import BrokerModel
from streambus.sim.oracles.cluster_model import PartitionFacts, TopicFacts
from streambus.sim.oracles.door import Asked, error_name
from streambus.sim.oracles.law import Law, differs, is_too_late, wait_at_most
from streambus.sim.oracles.log_model import LogModel
from streambus.wire import ErrorCode

LOG_START_SINCE, TOPIC_IDS_SINCE = 5, 13
CLOSE, OPEN = -1, 0
EPOCH_MAX = 2**31 - 1
PARTS_MAX = 1_000
"""An answer may end after so many batches of one partition, whatever the limits are."""

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

    __slots__ = ("by_id", "epoch", "is_unsure", "told", "under_way", "wanted")

    def __init__(self, *, by_id: bool) -> None:
        self.by_id = by_id
        self.epoch = 1
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


@attrs.define(eq=False)
class Expected:
    """What an answer will be about: an error of the session, or everything that is wanted."""

    error: ErrorCode = ErrorCode.NONE
    session: Session | None = None
    is_full: bool = True
    wanted: tuple[Want, ...] = ()


class FetchLaw:
    """The law of Fetch, with the sessions of one life."""

    def __init__(self, model: BrokerModel) -> None:
        limits = model.config.limits
        self.sessions = Sessions(limits.fetch_sessions_max)
        self.bytes_max = limits.fetch_bytes_max
        self.delayed_max = limits.delayed_requests_max

    @property
    def law(self) -> Law:
        """As a law among others."""
        return Law(self.ask, self.judge, self.due)

    # Asking ------------------------------------------------------------------------------------------------------------

    def ask(self, model: BrokerModel, asked: Asked) -> None:
        """Step the session."""
        request = asked.body
        wait_at_most(asked, request.max_wait_ms)
        wanted = _wanted_by(request)
        by_id = asked.version >= TOPIC_IDS_SINCE
        by_number = self.sessions.by_number
        if request.session_epoch in (CLOSE, OPEN):
            by_number.pop(request.session_id, None)
            session = None
            if request.session_epoch == OPEN and wanted:
                session = Session(by_id=by_id)
                session.wanted = {want.place: want for want in wanted}
                session.under_way = 1
                self.sessions.opened += 1
            asked.expected = Expected(session=session, wanted=wanted)
            return
        session = by_number.get(request.session_id)
        if session is None:
            asked.expected = Expected(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
        elif request.session_epoch != session.epoch:
            asked.expected = Expected(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
        elif by_id != session.by_id:
            asked.expected = Expected(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
        else:
            _step(session, request, wanted)
            asked.expected = Expected(session=session, is_full=False, wanted=tuple(session.wanted.values()))

    def lost(self, asked: Asked) -> None:
        """The answer will never be seen."""
        session = asked.expected.session
        if session is not None:
            session.under_way -= 1
            session.is_unsure = True

    # Judging -----------------------------------------------------------------------------------------------------------

    def judge(self, model: BrokerModel, asked: Asked, body: Any) -> str | None:
        """Field by field, what can be known."""
        expected: Expected = asked.expected
        if body.error_code or expected.error is not ErrorCode.NONE:
            return self._judge_refusal(expected, body)
        complaint = self._judge_session(asked, expected, body)
        if complaint is not None:
            return complaint
        answered = {(topic.topic, topic.topic_id, data.partition_index): data for topic in body.responses for data in topic.partitions}
        places = [want.place for want in expected.wanted]
        order = iter(places)
        for place in answered:
            if place not in order:
                return f"partitions are answered in the order in which they are wanted: {_shown(place)} is not wanted there"
        session = expected.session
        if session is not None:
            session.is_unsure |= session.under_way > 0 or asked.is_old
        return self._judge_partitions(model, asked, expected, answered)

    def _judge_refusal(self, expected: Expected, body: Any) -> str | None:
        if self.sessions.overflowed and body.error_code == ErrorCode.FETCH_SESSION_ID_NOT_FOUND:
            return None
        if body.error_code != expected.error:
            return f"the request as a whole is answered with {error_name(body.error_code)}, expected {expected.error.name}"
        return "partitions come with an error of the whole request" if body.responses else None

    def _judge_session(self, asked: Asked, expected: Expected, body: Any) -> str | None:
        session, sessions = expected.session, self.sessions
        if session is None:
            return differs("session_id", 0, body.session_id)
        session.under_way -= 1
        if not expected.is_full:
            return differs("session_id", asked.body.session_id, body.session_id)
        if body.session_id == 0:
            expected.session = None
            return None if sessions.overflowed else "there is room for a session, but none is opened"
        if body.session_id in sessions.by_number:
            return f"session {body.session_id} is opened for two consumers"
        sessions.by_number[body.session_id] = session
        return None

    def _judge_partitions(self, model: BrokerModel, asked: Asked, expected: Expected, answered: dict[Place, Any]) -> str | None:
        request = asked.body
        budget, is_empty, has_reason = min(request.max_bytes, self.bytes_max), True, False
        for want in expected.wanted:
            data = answered.get(want.place)
            reader = Reader(model, asked, want, budget, is_empty=is_empty)
            if data is None:
                complaint = reader.judge_silence(expected)
            else:
                complaint = reader.judge_data(data)
                size = len(data.records) if data.records is not None else 0
                budget, is_empty = max(budget - size, 0), is_empty and not size
                has_reason |= data.error_code != 0 or data.diverging_epoch.end_offset >= 0
                _tell(expected.session, want, data)
            if complaint is not None:
                return f"{_shown(want.place)} from {want.offset} on: {complaint}"
        if has_reason or not expected.wanted or request.max_wait_ms <= 0 or asked.is_old or is_too_late(model, asked):
            return None
        if self.available(model, asked) < request.min_bytes and model.is_settled:
            waited = (model.now - asked.arrived_at) // 1_000
            return f"a long poll is not answered early without a reason: {request.max_wait_ms} ms may be waited, but {waited} were"
        return None

    def available(self, model: BrokerModel, asked: Asked) -> int:
        """How much an answer made now would carry, counted up to `min_bytes`; whatever must be said at once counts as enough."""
        enough = asked.body.min_bytes
        total = 0
        for want in asked.expected.wanted:
            found = _find(model, asked, want)
            if found is None:
                return int(enough)
            _, facts, log = found
            if _refusal(facts, log, want) is not None or _diverging(log, want) is not None:
                return int(enough)
            total += log.bytes_between(want.offset, log.durable_end, enough - total)
            if total >= enough:
                return int(enough)
        return total

    def due(self, model: BrokerModel, asked: Asked) -> str | None:
        """Enough to say is said at once."""
        if asked.expected.error is not ErrorCode.NONE or not asked.expected.wanted or asked.body.max_wait_ms <= 0:
            return "nothing has to be waited for"
        if model.is_settled and self.available(model, asked) >= asked.body.min_bytes:
            return f"there are the {asked.body.min_bytes} bytes that it waits for, or something that must be said"
        return None


class Reader:
    """One partition of one answer."""

    def __init__(self, model: BrokerModel, asked: Asked, want: Want, budget: int, *, is_empty: bool) -> None:
        self.model = model
        self.asked = asked
        self.want = want
        self.bytes_max = min(want.bytes_max, budget)
        self.at_least_one = is_empty
        self.may_read = budget > 0 or is_empty
        self.found = _find(model, asked, want)

    def _watermarks(self, log: LogModel) -> tuple[int, int]:
        """Between which values the high watermark was when the answer was made."""
        return (0 if self.asked.is_old else log.committed_at_least(self.model.step)), log.durable_end

    def _owed(self, log: LogModel, high_watermark: int) -> bytes:
        if not self.may_read:
            return b""
        run, _ = log.run_from(self.want.offset, high_watermark, self.bytes_max, at_least_one=self.at_least_one)
        return b"".join([batch.data for batch in run])

    def judge_silence(self, expected: Expected) -> str | None:
        """The answer does not mention the partition: there must be no news of it."""
        session = expected.session
        if expected.is_full or session is None:
            return "a full answer leaves it out"
        if session.is_unsure or not self.model.is_settled or self.asked.is_old:
            return None
        if self.found is None:
            return "it is left out, though it cannot be read here"
        _, facts, log = self.found
        refusal = _refusal(facts, log, self.want)
        if refusal is not None:
            return f"it is left out, though there is an error to tell: {refusal.name}"
        least, most = self._watermarks(log)
        told, start = session.told.get(self.want.place, NOBODY)
        if start != log.start_offset or told not in (least, most):
            return f"it is left out as unchanged, but {(told, start)} was told and {(most, log.start_offset)} is true now"
        owed = self._owed(log, told)
        return f"it is left out, though there are {len(owed)} bytes to read" if owed else None

    def judge_data(self, data: Any) -> str | None:
        """What is said of the partition."""
        if not self.model.is_settled or (self.asked.is_old and data.error_code):
            return None
        if self.found is None:
            known = (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_ID, ErrorCode.NOT_LEADER_OR_FOLLOWER)
            return None if data.error_code in known else f"it is not here, but is answered with {error_name(data.error_code)}"
        _, facts, log = self.found
        refusal = _refusal(facts, log, self.want)
        expected_error = refusal if refusal is not None else ErrorCode.NONE
        if data.error_code != expected_error:
            return f"it is answered with {error_name(data.error_code)}, expected {expected_error.name}"
        if refusal is not None:
            return differs("high_watermark beside an error", -1, data.high_watermark) or (
                "records come with an error" if data.records else None
            )
        return self._judge_marks(log, data) or self._judge_records(log, data)

    def _judge_marks(self, log: LogModel, data: Any) -> str | None:
        least, most = self._watermarks(log)
        if data.high_watermark not in (least, most) and not (self.asked.is_old and least <= data.high_watermark <= most):
            return f"high_watermark is {data.high_watermark}, expected {_range(least, most)}"
        aborted: list[Any] | None = [] if self.asked.body.isolation_level == 1 else None
        return (
            differs("last_stable_offset", data.high_watermark, data.last_stable_offset)
            or differs("log_start_offset", log.start_offset if self.asked.version >= LOG_START_SINCE else -1, data.log_start_offset)
            or differs("aborted_transactions", aborted, data.aborted_transactions)
        )

    def _judge_records(self, log: LogModel, data: Any) -> str | None:
        seen = b"" if data.records is None else bytes(data.records)
        diverging = _diverging(log, self.want)
        said = (data.diverging_epoch.epoch, data.diverging_epoch.end_offset)
        if diverging is not None or said != NOBODY:
            return differs("diverging_epoch", diverging or NOBODY, said) or ("records of a log that diverges are sent" if seen else None)
        owed = self._owed(log, data.high_watermark)
        if seen == owed or (self.asked.is_old and owed.startswith(seen)):
            return None
        run, _ = log.run_from(self.want.offset, data.high_watermark, self.bytes_max, at_least_one=self.at_least_one)
        if (
            len(run) > PARTS_MAX
            and seen == b"".join([batch.data for batch in run[: seen_batches(seen)]])
            and seen_batches(seen) >= PARTS_MAX
        ):
            return None
        first = next((place for place, (one, other) in enumerate(zip(seen, owed, strict=False)) if one != other), min(len(seen), len(owed)))
        return (
            f"the answer is the log's own bytes: {len(owed)} bytes in {len(run)} batches are owed below the high watermark "
            f"{data.high_watermark}, but {len(seen)} are sent, and they differ from byte {first} on"
        )


def seen_batches(data: bytes) -> int:
    """How many batches these bytes are."""
    count = at = 0
    while at + 12 <= len(data):
        at += 12 + int.from_bytes(data[at + 8 : at + 12], "big")
        count += 1
    return count


def _step(session: Session, request: Any, wanted: tuple[Want, ...]) -> None:
    session.epoch = 1 if session.epoch == EPOCH_MAX else session.epoch + 1
    session.under_way += 1
    for want in wanted:
        session.wanted[want.place] = want
    for topic in request.forgotten_topics_data:
        for index in topic.partitions:
            session.wanted.pop((topic.topic, topic.topic_id, index), None)
            session.told.pop((topic.topic, topic.topic_id, index), None)


def _tell(session: Session | None, want: Want, data: Any) -> None:
    """The consumer knows this now; who had records goes to the back of the line."""
    if session is None or want.place not in session.wanted:
        return
    session.told[want.place] = NOBODY if data.error_code else (data.high_watermark, data.log_start_offset)
    if data.records:
        session.wanted[want.place] = session.wanted.pop(want.place)


def _wanted_by(request: Any) -> tuple[Want, ...]:
    return tuple(
        [
            Want(
                (topic.topic, topic.topic_id, data.partition),
                data.fetch_offset,
                data.partition_max_bytes,
                data.current_leader_epoch,
                data.last_fetched_epoch,
            )
            for topic in request.topics
            for data in topic.partitions
        ]
    )


def _find(model: BrokerModel, asked: Asked, want: Want) -> tuple[TopicFacts, PartitionFacts, LogModel] | None:
    name, topic_id, index = want.place
    return model.partition(name, topic_id, index, by_id=asked.version >= TOPIC_IDS_SINCE)


def _refusal(facts: PartitionFacts, log: LogModel, want: Want) -> ErrorCode | None:
    if want.leader_epoch >= 0 and want.leader_epoch != facts.leader_epoch:
        return ErrorCode.FENCED_LEADER_EPOCH if want.leader_epoch < facts.leader_epoch else ErrorCode.UNKNOWN_LEADER_EPOCH
    return None if log.start_offset <= want.offset <= log.end_offset else ErrorCode.OFFSET_OUT_OF_RANGE


def _diverging(log: LogModel, want: Want) -> tuple[int, int] | None:
    if want.last_fetched_epoch < 0:
        return None
    epoch, end = log.end_of_epoch(want.last_fetched_epoch)
    return None if epoch == want.last_fetched_epoch and end >= want.offset else (epoch, end)


def _shown(place: Place) -> str:
    return f"{place[0] or place[1]}-{place[2]}"


def _range(least: int, most: int) -> str:
    return str(most) if least == most else f"{least} or {most}"
