"""Fetch: exactly the log's bytes from the fetch offset to the high watermark, within the limits, and within its session only what is news.

An answer states a high watermark; everything else in it must follow from that one. When the answer was surely made in this step, the
watermark is known too, except that within a step in which logs became durable it may still be the one before.
"""

from typing import Any

import attrs

from streambus.sim.oracles.broker_model import BrokerModel
from streambus.sim.oracles.door import Asked, error_name
from streambus.sim.oracles.fetch_answer import TOPIC_IDS_SINCE, Reader, is_compacted, is_loading, news_of
from streambus.sim.oracles.fetch_sessions import CLOSE, OPEN, Place, Session, Sessions, Want, shown, step, tell, wanted_by
from streambus.sim.oracles.law import Law, differs, is_too_late, wait_at_most
from streambus.wire import ErrorCode

ABSENCES = (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_ID)


@attrs.define(eq=False)
class Expected:
    """What an answer will be about: an error of the session, or everything that is wanted. A session `is_fresh` if it was used so lately
    that it cannot have made room for another."""

    error: ErrorCode = ErrorCode.NONE
    session: Session | None = None
    is_full: bool = True
    wanted: tuple[Want, ...] = ()
    is_fresh: bool = False


class FetchLaw:
    """The law of Fetch, with the sessions of one life."""

    def __init__(self, model: BrokerModel) -> None:
        limits = model.config.limits
        self.sessions = Sessions(limits.fetch_sessions_max)
        self.eviction_age = limits.fetch_session_eviction
        self.bytes_max = limits.fetch_bytes_max
        self.delayed_max = limits.delayed_requests_max

    @property
    def law(self) -> Law:
        """As a law among others."""
        return Law(self.ask, self.judge, self.due, self.is_loading)

    # Asking ------------------------------------------------------------------------------------------------------------

    def ask(self, model: BrokerModel, asked: Asked) -> None:
        """Step the session."""
        request = asked.body
        wait_at_most(asked, request.max_wait_ms)
        wanted = wanted_by(request)
        by_id = asked.version >= TOPIC_IDS_SINCE
        by_number = self.sessions.by_number
        if request.session_epoch in (CLOSE, OPEN):
            by_number.pop(request.session_id, None)
            session = None
            if request.session_epoch == OPEN:
                session = Session(model.now, by_id=by_id)
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
            is_fresh = model.now - session.used_at < self.eviction_age
            step(session, request, wanted)
            session.used_at = model.now
            if not session.wanted:
                del by_number[request.session_id]
                asked.expected = Expected()
                return
            asked.expected = Expected(session=session, is_full=False, wanted=tuple(session.wanted.values()), is_fresh=is_fresh)

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
        missing = {place for place, data in answered.items() if data.error_code in ABSENCES}
        places = sorted([want.place for want in expected.wanted], key=missing.__contains__)
        order = iter(places)
        for place in answered:
            if place not in order:
                return (
                    f"partitions are answered in the order in which they are wanted, missing ones last: {shown(place)} is not wanted there"
                )
        session = expected.session
        if session is not None:
            session.is_unsure |= session.under_way > 0 or asked.is_old
        return self._judge_partitions(model, asked, expected, answered)

    def _judge_refusal(self, expected: Expected, body: Any) -> str | None:
        if self.sessions.overflowed and body.error_code == ErrorCode.FETCH_SESSION_ID_NOT_FOUND:
            return "a session that was used lately makes no room for another, but it is gone" if expected.is_fresh else None
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
                complaint = reader.judge_silence(None if expected.is_full else expected.session)
            else:
                complaint = reader.judge_data(data)
                size = len(data.records) if data.records is not None else 0
                budget, is_empty = max(budget - size, 0), is_empty and not size
                has_reason |= data.error_code != 0 or data.diverging_epoch.end_offset >= 0
                tell(expected.session, want, data, is_full=expected.is_full)
            if complaint is not None:
                return f"{shown(want.place)} from {want.offset} on: {complaint}"
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
            total += news_of(model, asked, want, enough - total)
            if total >= enough:
                return int(enough)
        return total

    def is_loading(self, model: BrokerModel, asked: Asked) -> bool:
        """Something that is wanted has to be read from the disk first."""
        return any(is_loading(model, asked, want) for want in asked.expected.wanted)

    def due(self, model: BrokerModel, asked: Asked) -> str | None:
        """Enough to say is said at once, but for what must be loaded."""
        if self.is_loading(model, asked) or any(is_compacted(model, asked, want) for want in asked.expected.wanted):
            return None
        if asked.expected.error is not ErrorCode.NONE or not asked.expected.wanted or asked.body.max_wait_ms <= 0:
            return "nothing has to be waited for"
        if model.is_settled and self.available(model, asked) >= asked.body.min_bytes:
            return f"there are the {asked.body.min_bytes} bytes that it waits for, or something that must be said"
        return None
