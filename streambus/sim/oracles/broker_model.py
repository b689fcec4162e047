"""The model of a broker over all its lives: what it wrote, what its metadata says, and what was promised."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import attrs

from streambus.kernel import ClockAdjusted, DiskFailed, Effect, Event, Received, Started
from streambus.records import Codec
from streambus.sim.life import Life
from streambus.sim.oracles.cluster_model import ClusterModel, PartitionFacts, TopicFacts
from streambus.sim.oracles.log_model import LogModel
from streambus.sim.oracles.wishes import Wish, Wishes
from streambus.sim.oracles.written import METADATA_LOG, Written

SETTINGS: Mapping[str, tuple[str, str]] = {
    "max.message.bytes": ("message.max.bytes", "1048588"),
    "message.timestamp.type": ("log.message.timestamp.type", "CreateTime"),
    "message.timestamp.after.max.ms": ("log.message.timestamp.after.max.ms", "3600000"),
    "message.timestamp.before.max.ms": ("log.message.timestamp.before.max.ms", "9223372036854775807"),
    "min.insync.replicas": ("min.insync.replicas", "1"),
    "compression.type": ("compression.type", "producer"),
    "compression.gzip.level": ("compression.gzip.level", "-1"),
    "compression.lz4.level": ("compression.lz4.level", "9"),
    "compression.zstd.level": ("compression.zstd.level", "3"),
    "cleanup.policy": ("log.cleanup.policy", "delete"),
    "retention.ms": ("log.retention.ms", "604800000"),
    "retention.bytes": ("log.retention.bytes", "-1"),
}
"""Of the topic settings that decide about batches and how long they stay: the broker's setting behind it, and Kafka's default."""


CODECS = {"uncompressed": Codec.NONE, "gzip": Codec.GZIP, "snappy": Codec.SNAPPY, "lz4": Codec.LZ4, "zstd": Codec.ZSTD}
"""What `compression.type` says, but for `producer`, which leaves batches as they are."""


@attrs.frozen
class BatchRules:
    """What the settings of a topic say about its batches."""

    bytes_max: int
    is_append_time: bool
    after_max_ms: int
    before_max_ms: int
    isr_min: int
    codec: Codec | None
    level: int | None


class BrokerModel:
    """Dicts and lists. `fail` is told when what the broker writes, or has after a crash, cannot be.

    A crash is the one thing that a model cannot predict: of what was not durable any prefix may have survived. It is not guessed but
    looked up, on the disk with which the next life begins, and must hold at least everything that was durable or acknowledged.
    """

    def __init__(self, fail: Callable[[str], None]) -> None:
        self.fail = fail
        self.written = Written(fail)
        self.cluster = ClusterModel()
        self.cluster_moved_in = -1
        self.step = 0
        self.now = 0
        self.wall_offset = 0
        self.is_serving = False
        self.has_read_error = False
        """The disk has refused a read in this life."""
        self.node: Any = None
        """Looked at for three things only: whether it has decided more than is durable, what it must load from the disk, and where logs
        begin that retention may trim."""
        self.is_deciding = self.was_deciding = False
        """Whether it has, since this step, and before it: then nobody outside knows what it will say about topics."""
        self.config: Any = None
        self.properties: dict[str, str] = {}
        """The broker's settings, as it was given them."""
        self.rules: dict[UUID, BatchRules] = {}
        """Of topics by id, as long as nothing becomes known about the cluster."""
        self.node_id = 0
        self.cluster_id: str | None = None
        """Of all lives: it is given once."""
        self.producer_ids: set[int] = set()
        """Handed out so far, in all lives."""
        self.spoken: dict[tuple[tuple[int, int], ...], dict[int, tuple[int, int]]] = {}
        """What the broker said it speaks, by API key, as each release: by the `latest_versions` of its config."""
        self.wishes = Wishes()
        """What was asked to be changed, in all lives."""
        self.asked_in = -1
        """The last step in which somebody asked for a change."""
        self.names_under_way: dict[str, None] = {}
        """Topics that may be about to be made or removed."""

    # What happens ------------------------------------------------------------------------------------------------------

    def begin_life(self, life: Life) -> None:
        """The broker is born beside what is on its disk."""
        before, self.written = self.written, Written(self.fail)
        self.is_serving = self.has_read_error = self.is_deciding = False
        self.node = life.node
        self.config = life.host.config
        self.properties = dict(self.config.properties)
        self.rules.clear()
        self.node_id = self.config.node_id
        self.names_under_way.clear()
        self.now = self.wall_offset = 0
        self.cluster = ClusterModel()
        born_at_ms = (life.agenda.now + life.shift) // 1_000
        for batch in self.written.read(_files_of(life), born_at_ms, before):
            self._take_in(batch)
        self._judge_survival(before)
        self._judge_metadata()

    def on_event(self, now: int, event: Event) -> None:
        """Something happens to the node."""
        self.step += 1
        self.now = now
        self.was_deciding, self.is_deciding = self.is_deciding, bool(getattr(self.node, "uncommitted", ()))
        kind = type(event)
        if kind is Received:
            return
        if kind is Started or kind is ClockAdjusted:
            self.wall_offset = event.wall_offset  # type: ignore[attr-defined]
        elif kind is DiskFailed:
            self.has_read_error |= event.operation == "read"  # type: ignore[attr-defined]
        durable = self.written.on_event(event, self.step)
        if durable:
            self._apply(durable)

    def on_effect(self, effect: Effect) -> None:
        """The node asks the world for something."""
        self.written.on_effect(effect, self.now_ms)

    def _apply(self, batches: list[bytes]) -> None:
        for batch in batches:
            self._take_in(batch)
        self.cluster_moved_in = self.step
        self.rules.clear()
        if not self.is_deciding:
            self.names_under_way.clear()
        self._judge_metadata()

    def _take_in(self, batch: bytes) -> None:
        self.cluster.apply(batch)
        for topic in self.cluster.topics.values():
            topic.was_compacted = topic.was_compacted or self.is_compacted(topic)
        complaint = self.wishes.judge(self.cluster)
        if complaint is not None:
            self.fail(complaint)

    def _judge_metadata(self) -> None:
        for complaint in self.cluster.complaints:
            self.fail(f"the metadata log makes sense: {complaint}")
        self.cluster.complaints.clear()

    def _judge_survival(self, before: Written) -> None:
        """What was durable in the life before is there, batch by batch."""
        if self.written.end < before.durable:
            self.fail(f"what was durable survives: the log was durable up to byte {before.durable}, but only {self.written.end} are found")
            return
        for log_id, log in before.logs.items():
            after = self.written.logs.get(log_id)
            if after is None:
                if log.durable_end > 0:
                    self.fail(f"what was durable survives: {log_id} was durable up to offset {log.durable_end}, and is gone")
                continue
            self._judge_log(log, after)

    def _judge_log(self, log: LogModel, after: LogModel) -> None:
        if after.end_offset < log.durable_end:
            self.fail(f"what was durable survives: {log.log_id} was durable up to offset {log.durable_end}, and ends at {after.end_offset}")
            return
        found = {batch.base_offset: batch for batch in after.batches}
        for ours in log.batches[: log.written]:
            theirs = found.get(ours.base_offset)
            if theirs is not None and ours.data != theirs.data:
                self.fail(
                    f"the map (offset, leader epoch) to batch is written once: {log.log_id} had CRC {ours.header.crc:08x} at offset "
                    f"{ours.base_offset} in leader epoch {ours.header.leader_epoch}, and has CRC {theirs.header.crc:08x} at "
                    f"{theirs.base_offset} in leader epoch {theirs.header.leader_epoch} after a crash"
                )
                return

    # Questions ---------------------------------------------------------------------------------------------------------

    @property
    def now_ms(self) -> int:
        """Milliseconds of the clock that never jumps."""
        return self.now // 1_000

    @property
    def wall_ms(self) -> int:
        """Milliseconds of the wall clock as the node has it."""
        return (self.now + self.wall_offset) // 1_000

    @property
    def is_settled(self) -> bool:
        """Whether nothing became known about the cluster in this step: else an answer may know of it or not."""
        return self.cluster_moved_in != self.step

    @property
    def is_settled_for_decisions(self) -> bool:
        """Whether all that was decided before this step is known: else nobody outside knows what the broker decides by."""
        return not self.was_deciding and not self.names_under_way and self.asked_in != self.step

    def want(self, wish: Wish, *, is_meant: bool = True) -> Wish:
        """Somebody asks for a change, or only whether it could be."""
        if is_meant:
            self.asked_in = self.step
            self.wishes.add(self.cluster, wish)
        return wish

    def partition(self, name: str, topic_id: Any, index: int, *, by_id: bool) -> tuple[TopicFacts, PartitionFacts, LogModel] | None:
        """A partition that this broker leads, as it was asked for."""
        topic = self.cluster.topics_by_id.get(topic_id) if by_id else self.cluster.topics.get(name)
        if topic is None or (facts := topic.partitions.get(index)) is None or facts.leader != self.node_id:
            return None
        return topic, facts, self.written.log(facts.log_id)

    def setting(self, topic: TopicFacts, name: str) -> str:
        """What a topic is configured to."""
        broker_name, default = SETTINGS[name]
        own = topic.settings.get(name)
        if own is not None:
            return own.strip()
        return self.cluster.broker_setting(self.node_id, broker_name) or self.properties.get(broker_name, default)

    def rules_of(self, topic: TopicFacts) -> BatchRules:
        """What the batches of a topic must keep to."""
        rules = self.rules.get(topic.topic_id)
        if rules is None:
            codec = CODECS.get(self.setting(topic, "compression.type"))
            has_level = codec in (Codec.GZIP, Codec.LZ4, Codec.ZSTD)
            rules = self.rules[topic.topic_id] = BatchRules(
                int(self.setting(topic, "max.message.bytes")),
                self.setting(topic, "message.timestamp.type") == "LogAppendTime",
                int(self.setting(topic, "message.timestamp.after.max.ms")),
                int(self.setting(topic, "message.timestamp.before.max.ms")),
                int(self.setting(topic, "min.insync.replicas")),
                codec,
                int(self.setting(topic, f"compression.{codec.name.lower()}.level")) if codec is not None and has_level else None,
            )
        return rules

    def is_loading(self, log: LogModel) -> bool:
        """Whether the broker has to read from the disk where batches of this log lie: until then it cannot say all that there is."""
        store: Any = getattr(self.node, "store", None)
        return store is not None and any(log.log_id in logs for logs in store.shelf.wanted.values())

    def is_compacted(self, topic: TopicFacts) -> bool:
        """Whether of this topic only the newest record of each key has to stay."""
        return "compact" in self.setting(topic, "cleanup.policy")

    def was_compacted(self, topic: TopicFacts) -> bool:
        """Whether that is so, or was so once: then there may be gaps."""
        return topic.was_compacted or self.is_compacted(topic)

    def compacted_logs(self) -> set[str]:
        """The logs of such topics."""
        topics = [topic for topic in self.cluster.topics.values() if self.was_compacted(topic)]
        return {partition.log_id for topic in topics for partition in topic.partitions.values()}

    def take_note_of_retention(self) -> None:
        """Retention may have moved the beginnings of logs: what is gone was allowed to go."""
        for topic in self.cluster.topics.values():
            for facts in topic.partitions.values():
                self.take_note_of_beginning(topic, facts)

    def take_note_of_beginning(self, topic: TopicFacts, facts: PartitionFacts, asked_for: int = 0) -> None:
        """The beginning of a log may have moved, by retention, or because somebody asked for that."""
        store: Any = getattr(self.node, "store", None)
        found = store.logs.get(facts.log_id) if store is not None else None
        log = self.written.logs.get(facts.log_id)
        if found is None or log is None or found.log_start_offset <= log.start_offset:
            return
        start_offset = found.log_start_offset
        if start_offset > asked_for:
            complaint = self._retention_complaint(topic, log, start_offset)
            if complaint is not None:
                self.fail(f"what is deleted was allowed to go: {topic.name}, {log.log_id}: {complaint}")
        log.trim(start_offset, self.step)

    def _retention_complaint(self, topic: TopicFacts, log: LogModel, start_offset: int) -> str | None:
        if "delete" not in self.setting(topic, "cleanup.policy"):
            return f"it begins at {start_offset} now, though nothing of it is ever to be deleted"
        if start_offset > log.durable_end:
            return f"it begins at {start_offset} now, though only what is below {log.durable_end} is durable"
        retention_ms, retention_bytes = int(self.setting(topic, "retention.ms")), int(self.setting(topic, "retention.bytes"))
        left = sum([len(batch.data) for batch in log.batches if batch.end_offset > start_offset])
        for batch in reversed([batch for batch in log.batches if batch.end_offset <= start_offset]):
            if 0 <= retention_bytes <= left:
                return None
            if retention_ms < 0 or batch.header.max_timestamp >= self.wall_ms - retention_ms:
                age = self.wall_ms - batch.header.max_timestamp
                return (
                    f"it begins at {start_offset} now, but without the batch at {batch.base_offset}, {age} ms old (of {retention_ms}), "
                    f"only {left} bytes (of {retention_bytes}) are left"
                )
            left += len(batch.data)
        return None

    def metadata_log(self) -> LogModel:
        """The log of the metadata records."""
        return self.written.log(METADATA_LOG)


def _files_of(life: Life) -> Mapping[str, bytes]:
    contents: Any = getattr(life.host.disk, "contents", None)
    found: Mapping[str, bytes] = contents() if contents is not None else {}
    return found
