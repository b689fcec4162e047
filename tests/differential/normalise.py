"""Normalisation: an answer as plain data, in which only that is left which must be the same on both sides.

`RULES` says what is rewritten besides, and why. What is always rewritten: the prefix of the run in texts becomes `$`, ids of topics become
the name they belong to, and what the version does not have is left out.
"""

from __future__ import annotations

import base64
import re
import time
import uuid
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import attrs

from streambus.records import BadBatch, decode_batch, split_batches
from streambus.wire import ZERO_UUID
from streambus.wire.definition import Message, Struct

from .client import Answer, Closed, Seen, Silence, Unreadable
from .script import defined
from .symbols import Memory

STARTED_BEFORE_MS = 60_000
"""A script's `Now()` is so long ago, so that times that brokers take from their clocks differ from all that clients send."""

Treatment = Callable[[Any, Memory], Any]


class _Dropped:
    """Stands for a field that is not compared."""


DROPPED = _Dropped()


def ignored(_value: Any, _memory: Memory) -> Any:
    """Not compared at all."""
    return DROPPED


def unordered(value: Any, _memory: Memory) -> Any:
    """Sorted by the contents, because the order says nothing."""
    return None if value is None else sorted(value, key=_place)


def merged(value: Any, _memory: Memory) -> Any:
    """Each topic once, with all its partitions, sorted."""
    topics: dict[str, Any] = {}
    for item in value:
        inner = next(name for name in ("partitions", "partition_responses") if name in item)
        known = topics.setdefault(str(item.get("topic_id") or item.get("topic") or item.get("name")), item | {inner: []})
        known[inner] = sorted(known[inner] + item[inner], key=_place)
    return [topics[name] for name in sorted(topics)]


def clock(value: Any, memory: Memory) -> Any:
    """A time that the broker took from its clock is `now`; one that a client gave stays."""
    return "now" if memory.now_ms + STARTED_BEFORE_MS // 2 < value <= time.time() * 1000 + 5000 else value


def producer(value: Any, memory: Memory) -> Any:
    """Which of the producer ids that were given out it is."""
    if value in memory.producer_ids:
        return f"producer {memory.producer_ids.index(value)}"
    return value


def session(value: Any, memory: Memory) -> Any:
    """Which of the fetch sessions that were opened it is."""
    return f"session {memory.session_ids.index(value)}" if value in memory.session_ids else value


def of_this_run(value: Any, _memory: Memory) -> Any:
    """Without what other runs, and the broker itself, keep."""
    if value is None:
        return None
    return [item for item in value if _name_of(item).startswith("$")]


def sign(value: Any, _memory: Memory) -> Any:
    """Only whether it is there."""
    return value if value <= 0 else "some"


def batches(value: Any, memory: Memory) -> Any:
    """The whole batches in it, opened; how well each broker compresses is its own affair."""
    if value is None:
        return None
    try:
        return [_opened(header, batch, memory) for header, batch in split_batches(bytes(value), partial_last=True)]
    except BadBatch as bad:
        return f"{bad.reason}: {bytes(value).hex()}"


@attrs.frozen
class Rule:
    """What happens to the fields whose `API.field.field` fits the pattern."""

    pattern: str
    treatment: Treatment
    reason: str


RULES = (
    Rule("*.throttle_time_ms", ignored, "it says how busy a broker is"),
    Rule("*.host", ignored, "the two listen elsewhere"),
    Rule("*.port", ignored, "the two listen elsewhere"),
    Rule("*.cluster_id", ignored, "each cluster has its own"),
    Rule("*.producer_id", producer, "each broker gives out its own"),
    Rule("Fetch.session_id", session, "Kafka throws dice"),
    Rule("Fetch.responses.partitions.records", batches, "compressed bytes may differ, and a last batch may be cut anywhere"),
    Rule("Produce.responses.partition_responses.log_append_time_ms", clock, "the broker's clock"),
    Rule("ListOffsets.topics.partitions.timestamp", clock, "the broker's clock, in topics that stamp records themselves"),
    Rule("DescribeProducers.topics.partitions.active_producers.last_timestamp", clock, "the broker's clock"),
    Rule("DescribeProducers.topics.partitions.active_producers", unordered, "Kafka keeps them in a hash map"),
    Rule("Metadata.topics", of_this_run, "others are on the same Kafka"),
    Rule("Metadata.topics", unordered, "Kafka asks a hash set for all topics"),
    Rule("Metadata.topics.partitions", unordered, "Kafka keeps them in a hash map"),
    Rule("DescribeTopicPartitions.topics", of_this_run, "others are on the same Kafka"),
    Rule("DescribeConfigs.results.configs", unordered, "Kafka keeps them in a hash map"),
    Rule("CreateTopics.topics.configs", unordered, "Kafka keeps them in a hash map"),
    Rule("CreateTopics.topics", unordered, "Kafka keeps them in a hash map"),
    Rule("DeleteTopics.responses", unordered, "Kafka shuffles them on purpose"),
    Rule("DeleteRecords.topics", unordered, "Kafka keeps them in a hash map"),
    Rule("DeleteRecords.topics.partitions", unordered, "Kafka keeps them in a hash map"),
    Rule("Produce.responses", merged, "Kafka keeps partitions in a hash map"),
    Rule("Fetch.responses", merged, "Kafka answers what is wrong first, and may name a topic twice for it"),
    Rule("ListOffsets.topics", unordered, "Kafka groups them in a hash map"),
    Rule("ListOffsets.topics.partitions", unordered, "Kafka groups them in a hash map"),
    Rule("OffsetForLeaderEpoch.topics", unordered, "Kafka groups them in a hash map"),
    Rule("OffsetForLeaderEpoch.topics.partitions", unordered, "Kafka groups them in a hash map"),
    Rule("CreatePartitions.results", unordered, "Kafka keeps them in a hash map"),
    Rule("AlterConfigs.responses", unordered, "Kafka keeps them in a hash map"),
    Rule("IncrementalAlterConfigs.responses", unordered, "Kafka keeps them in a hash map"),
    Rule("DescribeConfigs.results", unordered, "Kafka answers topics that it may not show at the end"),
    Rule("ElectLeaders.replica_election_results", unordered, "Kafka keeps them in a hash map"),
    Rule("ElectLeaders.replica_election_results.partition_result", unordered, "Kafka keeps them in a hash map"),
    Rule("ElectLeaders.replica_election_results", of_this_run, "others are on the same Kafka"),
    Rule("DescribeLogDirs.results.log_dir", ignored, "each broker has its own"),
    Rule("DescribeLogDirs.results.total_bytes", sign, "the disk's"),
    Rule("DescribeLogDirs.results.usable_bytes", sign, "the disk's"),
    Rule("DescribeLogDirs.results.topics.partitions.partition_size", sign, "each has its own file format"),
    Rule("DescribeLogDirs.results.topics", of_this_run, "others are on the same Kafka"),
    Rule("DescribeLogDirs.results.topics", unordered, "Kafka keeps them in a hash map"),
    Rule("DescribeLogDirs.results.topics.partitions", unordered, "Kafka keeps them in a hash map"),
    Rule("AlterReplicaLogDirs.results", unordered, "Kafka keeps them in a hash map"),
    Rule("AlterReplicaLogDirs.results.partitions", unordered, "Kafka keeps them in a hash map"),
    Rule("DescribeClientQuotas.entries", unordered, "Kafka keeps them in a hash map"),
    Rule("DescribeClientQuotas.entries.entity", unordered, "Kafka keeps them in a hash map"),
    Rule("DescribeClientQuotas.entries.values", unordered, "Kafka keeps them in a hash map"),
    Rule("AlterClientQuotas.entries", unordered, "Kafka keeps them in a hash map"),
    Rule("AlterClientQuotas.entries.entity", unordered, "Kafka keeps them in a hash map"),
    Rule("DescribeUserScramCredentials.results", unordered, "Kafka keeps them in a hash map"),
    Rule("DescribeUserScramCredentials.results.credential_infos", unordered, "Kafka keeps them in a hash map"),
    Rule("AlterUserScramCredentials.results", unordered, "Kafka keeps them in a hash map"),
    Rule("ListConfigResources.config_resources", unordered, "Kafka asks a hash set"),
    Rule("ListConfigResources.config_resources", of_this_run, "others are on the same Kafka"),
    Rule("ApiVersions.api_keys", unordered, "a set"),
    Rule("ApiVersions.supported_features", unordered, "a set"),
    Rule("ApiVersions.finalized_features", unordered, "a set"),
    Rule("ApiVersions.finalized_features_epoch", sign, "an offset of the metadata log"),
    Rule("UpdateFeatures.results", unordered, "Kafka keeps them in a hash map"),
    Rule("DescribeQuorum.topics.partitions.leader_epoch", sign, "each quorum has its own history"),
    Rule("DescribeQuorum.topics.partitions.high_watermark", sign, "each quorum has its own history"),
    Rule("DescribeQuorum.topics.partitions.current_voters.log_end_offset", sign, "each quorum has its own history"),
    Rule("DescribeQuorum.topics.partitions.current_voters.last_fetch_timestamp", clock, "the broker's clock"),
    Rule("DescribeQuorum.topics.partitions.current_voters.last_caught_up_timestamp", clock, "the broker's clock"),
    Rule("*.replica_directory_id", ignored, "each disk has its own"),
)


def normalised(api: str, seen: Seen, memory: Memory) -> Any:
    """What was seen, as plain data; a text if it was no answer."""
    if isinstance(seen, Closed):
        return "the connection is closed"
    if isinstance(seen, Silence):
        return "there is no answer"
    if isinstance(seen, Unreadable):
        return f"the answer cannot be read: {seen.reason}"
    return _struct(defined(f"{api}Response"), None, seen.body, version_answered(api, seen), api, memory)


def version_answered(api: str, seen: Answer) -> int:
    """A version of ApiVersions that is not known is answered in version 0."""
    return 0 if api == "ApiVersions" and seen.body.error_code == 35 else seen.version


def _struct(message: Message, struct: Struct | None, value: Any, version: int, path: str, memory: Memory) -> Any:
    out = {}
    for field in (struct or message.body).fields:
        if version not in field.versions:
            continue
        inside = f"{path}.{field.name}"
        inner = message.structs.get(field.type)
        item = getattr(value, field.name)
        if inner is not None and item is not None:
            if field.is_array:
                item = [_struct(message, inner, one, version, inside, memory) for one in item]
            else:
                item = _struct(message, inner, item, version, inside, memory)
        elif field.is_array and item is not None:
            item = [_leaf(one, memory) for one in item]
        elif field.type != "records":
            item = _leaf(item, memory)
        for rule in RULES:
            if item is not DROPPED and fnmatchcase(inside, rule.pattern):
                item = rule.treatment(item, memory)
        if item is not DROPPED:
            out[field.name] = item
    return out


def _leaf(value: Any, memory: Memory) -> Any:
    if isinstance(value, uuid.UUID):
        return _id(value, memory)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, str):
        return _text(value, memory)
    return value


def _id(value: uuid.UUID, memory: Memory) -> str:
    if value == ZERO_UUID:
        return "no id"
    for name, ids in memory.topic_ids.items():
        if value in ids:
            return f"id {ids.index(value)} of {name.replace(memory.prefix, '$')}"
    return f"id {value}" if value.version == 5 else "an id that no topic has"


def _text(value: str, memory: Memory) -> str:
    for ids in memory.topic_ids.values():
        for one in ids:
            written = base64.urlsafe_b64encode(one.bytes).decode().rstrip("=")
            value = value.replace(written, f"<{_id(one, memory)}>")
    for told, name in ((memory.prefix, "$"), (memory.log_dir, "<log dir>"), (memory.cluster_id, "<cluster id>")):
        if told:
            value = value.replace(told, name)
    value = re.sub(r"within \[-?\d+, \d+\]", "within [<times around now>]", value)
    value = re.sub(r"127\.0\.0\.1:\d+", "<address>", value)
    return re.sub(r"\b\d+\b", lambda number: _number(int(number[0]), memory), value) if " " in value else value


def _number(number: int, memory: Memory) -> str:
    return f"<producer {memory.producer_ids.index(number)}>" if number > 9 and number in memory.producer_ids else str(number)


NUMBERS = ("topic_id", "resource_type", "index", "partition", "partition_index", "partition_id", "api_key")
NAMES = ("name", "topic", "topic_name", "resource_name", "user")


def _place(item: Any) -> tuple[str, str]:
    """What an element is sorted by: what names it, before what it says."""
    names = [item.get(name) for name in (*NAMES, *NUMBERS)] if isinstance(item, dict) else []
    return repr(names), repr(item)


def _name_of(item: Any) -> str:
    return next((str(item[name]) for name in NAMES if item.get(name)), "$")


def _opened(header: Any, batch: memoryview, memory: Memory) -> Any:
    opened = {
        "base_offset": header.base_offset,
        "leader_epoch": header.leader_epoch,
        "attributes": header.attributes,
        "last_offset_delta": header.last_offset_delta,
        "base_timestamp": clock(header.base_timestamp, memory),
        "max_timestamp": clock(header.max_timestamp, memory),
        "producer_id": producer(header.producer_id, memory),
        "producer_epoch": header.producer_epoch,
        "base_sequence": header.base_sequence,
        "record_count": header.record_count,
    }
    try:
        opened["records"] = [
            (one.offset, one.key, _short(one.value), one.headers, clock(one.timestamp, memory)) for one in decode_batch(header, batch)
        ]
    except BadBatch as bad:
        opened["records"] = bad.reason
    return opened


def _short(value: bytes | None) -> bytes | None:
    return value if value is None or len(value) < 64 else value[:16] + b"..." + str(len(value)).encode()
