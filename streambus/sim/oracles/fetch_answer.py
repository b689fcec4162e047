"""What a fetch answer says of one partition, beside what the log has: its bytes, watermarks and epochs, or an error that is true."""

from typing import Any

from streambus.sim.oracles.broker_model import BrokerModel
from streambus.sim.oracles.cleaning_law import cleaned_difference
from streambus.sim.oracles.cluster_model import PartitionFacts, TopicFacts
from streambus.sim.oracles.door import Asked, error_name
from streambus.sim.oracles.fetch_sessions import NOBODY, Session, Want
from streambus.sim.oracles.law import differs
from streambus.sim.oracles.log_model import LogModel
from streambus.wire import ErrorCode

LOG_START_SINCE, TOPIC_IDS_SINCE = 5, 13
PARTS_MAX = 1_000
"""An answer may end after so many batches of one partition, whatever the limits are."""


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

    def _starts(self, log: LogModel) -> tuple[int, int]:
        """Between which offsets the log began when the answer was made."""
        return (0 if self.asked.is_old else log.start_at_least(self.model.step)), log.start_offset

    def _owed(self, log: LogModel, high_watermark: int) -> bytes:
        if not self.may_read:
            return b""
        run, _ = log.run_from(self.want.offset, high_watermark, self.bytes_max, at_least_one=self.at_least_one)
        return b"".join([batch.data for batch in run])

    def judge_silence(self, session: Session | None) -> str | None:
        """The answer does not mention the partition: there must be no news of it in its session. None: everything has to be told."""
        if session is None:
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
        if start not in self._starts(log) or told not in (least, most):
            return f"it is left out as unchanged, but {(told, start)} was told and {(most, log.start_offset)} is true now"
        owed = self._owed(log, told)
        if self.model.is_loading(log) or self._is_unsure(log) or self.is_compacted:
            return None
        return f"it is left out, though there are {len(owed)} bytes to read" if owed else None

    def judge_data(self, data: Any) -> str | None:
        """What is said of the partition."""
        if not self.model.is_settled or (self.asked.is_old and data.error_code):
            return None
        if self.found is None:
            known = (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_ID, ErrorCode.NOT_LEADER_OR_FOLLOWER)
            return (
                None
                if data.error_code in known or self.asked.is_old
                else f"it is not here, but is answered with {error_name(data.error_code)}"
            )
        _, facts, log = self.found
        if self._is_unsure(log):
            return None
        refusal = _refusal(facts, log, self.want)
        expected_error = refusal if refusal is not None else ErrorCode.NONE
        if data.error_code == ErrorCode.KAFKA_STORAGE_ERROR and self.model.has_read_error:
            return None
        if data.error_code == ErrorCode.UNKNOWN_SERVER_ERROR and self.want.bytes_max < 0:
            return differs("high_watermark beside an error", -1, data.high_watermark)
        if data.error_code != expected_error:
            return f"it is answered with {error_name(data.error_code)}, expected {expected_error.name}"
        if refusal is not None:
            return differs("high_watermark beside an error", -1, data.high_watermark) or (
                "records come with an error" if data.records else None
            )
        return self._judge_marks(facts, log, data) or self._judge_records(facts, log, data)

    def _judge_marks(self, facts: PartitionFacts, log: LogModel, data: Any) -> str | None:
        least, most = self._watermarks(log)
        if data.high_watermark not in (least, most) and not (self.asked.is_old and least <= data.high_watermark <= most):
            return f"high_watermark is {data.high_watermark}, expected {_range(least, most)}"
        parts = _diverging(facts, log, self.want) is not None
        aborted: list[Any] | None = [] if self.asked.body.isolation_level == 1 and not parts else None
        return (
            differs("last_stable_offset", data.high_watermark, data.last_stable_offset)
            or self._judge_start(log, data.log_start_offset)
            or differs("aborted_transactions", aborted, data.aborted_transactions)
        )

    def _judge_start(self, log: LogModel, seen: int) -> str | None:
        if self.asked.version < LOG_START_SINCE:
            return differs("log_start_offset", -1, seen)
        least, most = self._starts(log)
        return None if least <= seen <= most else f"log_start_offset is {seen}, expected {_range(least, most)}"

    def _is_unsure(self, log: LogModel) -> bool:
        """What is wanted is gone, but may have been there when the answer was made."""
        least, most = self._starts(log)
        return least <= self.want.offset < most

    @property
    def is_compacted(self) -> bool:
        """Whether some of what was written may be missing."""
        return self.found is not None and self.model.was_compacted(self.found[0])

    def _judge_records(self, facts: PartitionFacts, log: LogModel, data: Any) -> str | None:
        seen = b"" if data.records is None else bytes(data.records)
        diverging = _diverging(facts, log, self.want)
        said = (data.diverging_epoch.epoch, data.diverging_epoch.end_offset)
        if diverging is not None or said != NOBODY:
            return differs("diverging_epoch", diverging or NOBODY, said) or ("records of a log that diverges are sent" if seen else None)
        if self.is_compacted:
            is_all = not seen and self.may_read and not self.model.is_loading(log)
            return cleaned_difference(log, self.want.offset, data.high_watermark, seen, is_all=is_all)
        owed = self._owed(log, data.high_watermark)
        if seen == owed or ((self.asked.is_old or self.model.is_loading(log)) and owed.startswith(seen)):
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


def _find(model: BrokerModel, asked: Asked, want: Want) -> tuple[TopicFacts, PartitionFacts, LogModel] | None:
    name, topic_id, index = want.place
    return model.partition(name, topic_id, index, by_id=asked.version >= TOPIC_IDS_SINCE)


def _refusal(facts: PartitionFacts, log: LogModel, want: Want) -> ErrorCode | None:
    if want.leader_epoch >= 0 and want.leader_epoch != facts.leader_epoch:
        return ErrorCode.FENCED_LEADER_EPOCH if want.leader_epoch < facts.leader_epoch else ErrorCode.UNKNOWN_LEADER_EPOCH
    if want.last_fetched_epoch > facts.leader_epoch:
        return ErrorCode.OFFSET_OUT_OF_RANGE
    if _diverging(facts, log, want) is not None:
        return None
    return None if log.start_offset <= want.offset <= log.end_offset else ErrorCode.OFFSET_OUT_OF_RANGE


def _diverging(facts: PartitionFacts, log: LogModel, want: Want) -> tuple[int, int] | None:
    if not 0 <= want.last_fetched_epoch <= facts.leader_epoch:
        return None
    epoch, end = end_of_epoch(facts, log, want.last_fetched_epoch)
    return None if epoch == want.last_fetched_epoch and end >= want.offset else (epoch, end)


def end_of_epoch(facts: PartitionFacts, log: LogModel, leader_epoch: int) -> tuple[int, int]:
    """As the log has it; the epoch of a leader that has not written yet begins where the log ends."""
    if leader_epoch == facts.leader_epoch or log.start_offset == log.end_offset:
        return leader_epoch, log.end_offset
    found = log.end_of_epoch(leader_epoch)
    return found if found != NOBODY else (log.epoch_of(log.end_offset - 1), log.end_offset)


def _range(least: int, most: int) -> str:
    return str(most) if least == most else f"{least} or {most}"


def is_loading(model: BrokerModel, asked: Asked, want: Want) -> bool:
    """Whether the broker must read from the disk where batches of this partition lie."""
    found = _find(model, asked, want)
    return found is not None and model.is_loading(found[2])


def is_compacted(model: BrokerModel, asked: Asked, want: Want) -> bool:
    """Whether nobody outside knows how much there is of this partition."""
    found = _find(model, asked, want)
    return found is not None and model.was_compacted(found[0])


def news_of(model: BrokerModel, asked: Asked, want: Want, enough: int) -> int:
    """How many bytes an answer made now would carry of this partition, counted up to `enough`; what must be said at once is enough."""
    found = _find(model, asked, want)
    if found is None:
        return enough
    _, facts, log = found
    if _refusal(facts, log, want) is not None or _diverging(facts, log, want) is not None:
        return enough
    return log.bytes_between(want.offset, log.durable_end, enough)
