"""Upkeep: what a broker does to its logs of its own accord.

*Retention* (`cleanup.policy` has `delete`): every `log.retention.check.interval.ms` each partition is trimmed to its limits; the space
comes back when the store drops the tables of which nothing is in use. Now and then the oldest index block is loaded and looked into, for
a log that is seldom written to.

*Cleaning* (`cleanup.policy` has `compact`): every `log.cleaner.backoff.ms` each partition is appraised, and the store is asked to clean
the dirtiest of those that are due, beside everything else. Only what is sealed is cleaned: when records of a compacted topic have been
live for longer than its `segment.ms` or `max.compaction.lag.ms`, all that is live is sealed.

A round goes over all partitions in portions, one a turn, so that nobody waits for it however many there are.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from streambus.kernel import MILLISECOND, SECOND, Event, Instant, Turn, message, sometimes
from streambus.metadata import TopicConfig
from streambus.replication import Partition
from streambus.storage import LogId, NotLoaded, overdue, retention_start, start_within_block
from streambus.storage.cleaning import CleaningPolicy, bytes_between, dirty_millionths, dirty_range, is_due
from streambus.storage.pieces import sealed_pieces

if TYPE_CHECKING:
    from streambus.broker.broker import Broker

PORTION = 200
"""Partitions that are looked at in one turn: about a millisecond, if there is nothing to do."""

FIRST_CHECK_DELAY = 30 * SECOND
"""How long after the start the first round of retention is: Kafka's `log.initial.task.delay.ms`."""

PAUSE_MIN = 100 * MILLISECOND
"""Rounds do not follow each other faster than this, whatever the settings say."""

CLEANINGS_MAX = 8
"""How many logs are waiting to be cleaned at most. By the time that these are, others may be dirtier."""


@message
class RetentionDue(Event):
    """Time to drop records that are past their topic's limits, or to go on with it."""


@message
class CleaningDue(Event):
    """Time to look for logs that are worth cleaning, or to go on with it."""


@message
class Appraised:
    """A log that is due to be cleaned up to `end_offset`: how dirty it is, and how to clean it."""

    dirty_millionths: int
    log_id: LogId
    policy: CleaningPolicy
    end_offset: int


class Upkeep:
    """How far the rounds have come."""

    def __init__(self, retention_interval: int, cleaning_interval: int) -> None:
        self.retention_interval = max(retention_interval, PAUSE_MIN)
        self.cleaning_interval = max(cleaning_interval, PAUSE_MIN)
        self.to_trim: deque[LogId] = deque()
        self.looked_into: dict[LogId, Instant] = {}
        """When the oldest index block of a log was looked into for single batches."""
        self.loading: dict[LogId, None] = {}
        """Logs whose oldest index block must be loaded for that."""
        self.to_appraise: deque[LogId] = deque()
        self.appraised: list[Appraised] = []
        self.has_stale = False
        """Whether this round came upon records that have been live for too long."""

    def clean_every(self, cleaning_interval: int) -> None:
        """From the next round on, look for logs that are worth cleaning every `cleaning_interval`."""
        self.cleaning_interval = max(cleaning_interval, PAUSE_MIN)

    def start(self, turn: Turn) -> None:
        """The broker serves: rounds begin."""
        turn.wake_after(min(self.retention_interval, FIRST_CHECK_DELAY), RetentionDue())
        turn.wake_after(self.cleaning_interval, CleaningDue())

    def on_retention_due(self, turn: Turn, broker: Broker) -> None:
        """Trim a portion of the partitions."""
        if broker.store.failed is not None:
            return
        if not self.to_trim:
            self.to_trim.extend(broker.partitions_by_log)
            self.looked_into = {log_id: when for log_id, when in self.looked_into.items() if log_id in broker.partitions_by_log}
        for partition in _portion(broker, self.to_trim):
            if self._trim_expired(turn, broker, partition):
                self.to_trim.append(partition.log.log_id)  # There may be more than one look went over.
        turn.wake_after(0 if self.to_trim else self.retention_interval, RetentionDue())

    def on_log_loaded(self, turn: Turn, broker: Broker, log_id: LogId) -> None:
        """A block came that it may have been put off for to look into."""
        if log_id in self.loading and broker.store.failed is None:
            del self.loading[log_id]
            partition = broker.partitions_by_log.get(log_id)
            if partition is not None:
                self._trim_expired(turn, broker, partition)

    def _trim_expired(self, turn: Turn, broker: Broker, partition: Partition) -> bool:
        """Drop what a partition has past its limits. Whether there was anything."""
        config, log = broker.image.topic_config(partition.topic), partition.log
        if not config.is_deleted:
            return False
        high_watermark, now_ms, retention_ms = partition.high_watermark, turn.wall_ms, config.retention_ms
        start_offset = retention_start(
            log, high_watermark=high_watermark, now_ms=now_ms, retention_ms=retention_ms, retention_bytes=config.retention_bytes
        )
        if retention_ms is not None and self._may_look_into(turn, log.log_id, retention_ms):
            try:
                start_offset = start_within_block(
                    log, start_offset, high_watermark=high_watermark, now_ms=now_ms, retention_ms=retention_ms
                )
                self.looked_into[log.log_id] = turn.now
            except NotLoaded:
                sometimes("broker: a block is loaded to find what is past its retention")
                self.loading[log.log_id] = None
        if start_offset <= log.log_start_offset:
            return False
        sometimes("broker: records are past their retention")
        trim(broker, turn, partition, start_offset, is_unwanted=False)
        return True

    def _may_look_into(self, turn: Turn, log_id: LogId, retention_ms: int) -> bool:
        when = self.looked_into.get(log_id)
        return when is None or turn.now - when >= overdue(retention_ms) * MILLISECOND

    def on_cleaning_due(self, turn: Turn, broker: Broker) -> None:
        """Appraise a portion of the partitions; at the end of a round, have the dirtiest cleaned."""
        if broker.store.failed is not None:
            return
        if not self.to_appraise:
            self.to_appraise.extend(broker.partitions_by_log)
        for partition in _portion(broker, self.to_appraise):
            self.has_stale = self.has_stale or is_stale(broker, turn.wall_ms, partition)
            appraised = appraise(broker, turn.wall_ms, partition)
            if appraised is not None:
                self.appraised.append(appraised)
        if self.to_appraise:
            turn.wake_after(0, CleaningDue())
            return
        self._clean(turn, broker)
        if self.has_stale:
            sometimes("broker: live records of a compacted topic are old enough to be cleaned")
            self.has_stale = False
            broker.store.seal(turn)
        turn.wake_after(self.cleaning_interval, CleaningDue())

    def _clean(self, turn: Turn, broker: Broker) -> None:
        dirtiest_first = sorted(self.appraised, key=lambda appraised: -appraised.dirty_millionths)
        self.appraised = []
        for appraised in dirtiest_first[:CLEANINGS_MAX]:
            if appraised.log_id in broker.partitions_by_log:
                sometimes("broker: a log is to be cleaned")
                broker.store.clean(turn, appraised.log_id, appraised.policy, appraised.end_offset)


def trim(broker: Broker, turn: Turn, partition: Partition, start_offset: int, *, is_unwanted: bool) -> None:
    """Have a partition begin at `start_offset`, and tell those who wait for what was below it. Raises `StoreUnavailable`.

    `is_unwanted`: somebody asked for it, and wants the space back soon.
    """
    broker.counters.offsets_dropped += start_offset - partition.log.log_start_offset
    broker.store.trim(turn, partition.log, start_offset, is_unwanted=is_unwanted)
    broker.complete(turn, partition.log.log_id)


def is_stale(broker: Broker, now_ms: int, partition: Partition) -> bool:
    """Whether a compacted log has live records that are older than its topic lets them stay out of reach of the cleaner."""
    config, log = broker.image.topic_config(partition.topic), partition.log
    if not config.is_compacted or not len(log.index):
        return False
    return 0 < log.index.max_timestamps[0] < now_ms - min(config.segment_ms, config.max_compaction_lag_ms)


def appraise(broker: Broker, now_ms: int, partition: Partition) -> Appraised | None:
    """How a partition is to be cleaned, if it is due."""
    config, log = broker.image.topic_config(partition.topic), partition.log
    if not config.is_compacted or broker.store.is_cleaning(log.log_id):
        return None
    if log.blocks.end_offset <= log.cleaned_end:
        return None
    policy = cleaning_policy(config)
    pieces = list(sealed_pieces(log))
    dirty = dirty_range(
        pieces,
        cleaned_end=log.cleaned_end,
        log_start_offset=log.log_start_offset,
        last_stable_offset=partition.last_stable_offset,
        now_ms=now_ms,
        policy=policy,
    )
    if dirty.is_empty:
        return None
    clean_bytes = bytes_between(pieces, log.log_start_offset, dirty.first_offset)
    dirty_bytes = bytes_between(pieces, dirty.first_offset, dirty.end_offset)
    timestamps = [piece.max_timestamp for piece in pieces if piece.end_offset > dirty.first_offset and piece.max_timestamp > 0]
    if not is_due(clean_bytes, dirty_bytes, min(timestamps, default=0), now_ms, policy):
        return None
    return Appraised(dirty_millionths(clean_bytes, dirty_bytes), log.log_id, policy, dirty.end_offset)


def cleaning_policy(config: TopicConfig) -> CleaningPolicy:
    """What a topic's settings say about cleaning."""
    return CleaningPolicy(
        delete_retention_ms=config.delete_retention_ms,
        min_lag_ms=config.min_compaction_lag_ms,
        max_lag_ms=config.max_compaction_lag_ms,
        min_dirty_millionths=config.min_cleanable_dirty_millionths,
        also_delete=config.is_deleted,
    )


def _portion(broker: Broker, waiting: deque[LogId]) -> list[Partition]:
    """The next partitions of a round, taken out of `waiting`. Those that are gone meanwhile are passed over."""
    log_ids = [waiting.popleft() for _ in range(min(PORTION, len(waiting)))]
    return [partition for log_id in log_ids if (partition := broker.partitions_by_log.get(log_id)) is not None]
