"""Fixed scripts: a story per subject, and for every API a sweep over all its versions."""

from __future__ import annotations

from .grammar import REQUESTS
from .grammar.model import Dice, Model
from .grammar.requests import Versions, request
from .script import Script, Spoil, Step
from .symbols import Batch, Now, ProducerId, SessionId, TopicId


def _topic(name: str, partitions: int = 1, **configs: str) -> Step:
    given = [{"name": config.replace("_", "."), "value": value} for config, value in configs.items()]
    topic = {"name": name, "num_partitions": partitions, "replication_factor": 1, "configs": given}
    return Step("CreateTopics", 7, {"topics": [topic], "timeout_ms": 10_000})


def _produced(batch: Batch, name: str = "$a", partition: int = 0, acks: int = -1, version: int = 13) -> Step:
    data = {"name": name, "topic_id": TopicId(name), "partition_data": [{"index": partition, "records": batch}]}
    return Step("Produce", version, {"acks": acks, "timeout_ms": 5000, "topic_data": [data]})


def _fetched(offset: int, name: str = "$a", version: int = 18, **body: object) -> Step:
    partitions = [{"partition": 0, "fetch_offset": offset, "partition_max_bytes": 1 << 20}]
    return Step("Fetch", version, {"topics": [{"topic": name, "topic_id": TopicId(name), "partitions": partitions}], **body})


def _listed(timestamp: Now | int, version: int = 11) -> Step:
    partitions = [{"partition_index": 0, "timestamp": timestamp}]
    return Step("ListOffsets", version, {"replica_id": -1, "topics": [{"name": "$a", "partitions": partitions}]})


STORIES: dict[str, Script] = {
    "a topic is made, described, grown and deleted": (
        _topic("$a", 2),
        Step("Metadata", 13, {"topics": [{"name": "$a"}]}),
        Step("DescribeTopicPartitions", 0, {"topics": [{"name": "$a"}], "response_partition_limit": 1}),
        Step("CreatePartitions", 3, {"topics": [{"name": "$a", "count": 3, "assignments": None}], "timeout_ms": 5000}),
        Step("Metadata", 12, {"topics": [{"name": None, "topic_id": TopicId("$a")}]}),
        _topic("$a"),
        Step("DeleteTopics", 6, {"topics": [{"name": None, "topic_id": TopicId("$a")}], "timeout_ms": 5000}),
        Step("Metadata", 12, {"topics": [{"name": None, "topic_id": TopicId("$a")}]}),
        _topic("$a"),
        Step("Metadata", 12, {"topics": [{"name": None, "topic_id": TopicId("$a", 0)}]}),
    ),
    "records in every codec come back": (
        _topic("$a"),
        *(_produced(Batch((b"x" * 100, None), (b"k",), codec=codec)) for codec in range(5)),
        _fetched(0),
        _fetched(5, version=4),
        _fetched(99),
        _listed(-1),
        _listed(-3),
        _listed(Now()),
    ),
    "a topic that stamps and compresses by itself": (
        _topic("$a", message_timestamp_type="LogAppendTime", compression_type="zstd"),
        _produced(Batch((b"x" * 100,))),
        _produced(Batch((b"x" * 100,), codec=1)),
        _fetched(0),
        _listed(-3),
    ),
    "an idempotent producer repeats, skips and comes back": (
        _topic("$a"),
        Step("InitProducerId", 5, {"transactional_id": None, "transaction_timeout_ms": 1000}),
        _produced(Batch(producer_id=ProducerId(0), producer_epoch=0, base_sequence=0)),
        _produced(Batch(producer_id=ProducerId(0), producer_epoch=0, base_sequence=0)),
        _produced(Batch(producer_id=ProducerId(0), producer_epoch=0, base_sequence=2)),
        _produced(Batch(producer_id=ProducerId(0), producer_epoch=1, base_sequence=1)),
        _produced(Batch(producer_id=ProducerId(0), producer_epoch=1, base_sequence=0)),
        _produced(Batch(producer_id=ProducerId(0), producer_epoch=0, base_sequence=1)),
        Step("DescribeProducers", 0, {"topics": [{"name": "$a", "partition_indexes": [0, 1]}]}),
    ),
    "a fetch session is opened, continued and closed": (
        _topic("$a"),
        _fetched(0, session_id=0, session_epoch=0),
        _produced(Batch()),
        Step("Fetch", 18, {"session_id": SessionId(0), "session_epoch": 1}),
        Step("Fetch", 18, {"session_id": SessionId(0), "session_epoch": 1}),
        Step("Fetch", 18, {"session_id": SessionId(0), "session_epoch": 2}),
        Step("Fetch", 18, {"session_id": SessionId(0), "session_epoch": -1}),
        Step("Fetch", 18, {"session_id": SessionId(0), "session_epoch": 3}),
    ),
    "records are deleted": (
        _topic("$a"),
        _produced(Batch((b"a", b"b", b"c"))),
        Step("DeleteRecords", 2, {"topics": [{"name": "$a", "partitions": [{"partition_index": 0, "offset": 2}]}], "timeout_ms": 5000}),
        _fetched(0),
        _fetched(2),
        _listed(-2),
        Step("DeleteRecords", 2, {"topics": [{"name": "$a", "partitions": [{"partition_index": 0, "offset": 9}]}], "timeout_ms": 5000}),
        Step("DeleteRecords", 2, {"topics": [{"name": "$a", "partitions": [{"partition_index": 0, "offset": -1}]}], "timeout_ms": 5000}),
        Step("OffsetForLeaderEpoch", 4, {"topics": [{"topic": "$a", "partitions": [{"partition": 0, "leader_epoch": 0}]}]}),
    ),
    "configs are set, appended to, taken back": (
        _topic("$a", retention_ms="1000"),
        *(
            Step(
                "IncrementalAlterConfigs",
                1,
                {
                    "resources": [
                        {
                            "resource_type": 2,
                            "resource_name": "$a",
                            "configs": [{"name": name, "config_operation": operation, "value": value}],
                        }
                    ]
                },
            )
            for name, operation, value in (
                ("cleanup.policy", 2, "compact"),
                ("cleanup.policy", 3, "delete"),
                ("retention.ms", 1, None),
                ("retention.ms", 2, "5"),
                ("retention.ms", 0, "soon"),
            )
        ),
        Step(
            "DescribeConfigs",
            4,
            {"resources": [{"resource_type": 2, "resource_name": "$a", "configuration_keys": None}], "include_synonyms": True},
        ),
    ),
    "requests that are none": (
        _topic("$a"),
        Step("Metadata", 13, {"topics": [{"name": "$a"}]}, spoil=Spoil(cut=30)),
        Step("Metadata", 99, raw=b"\x00\x00"),
        Step("ApiVersions", 99, raw=b"\x00"),
        Step("Produce", 13, raw=b""),
        Step("Produce", 2, raw=bytes(10)),
        Step("Metadata", 12, {"topics": [{"name": "$a"}]}, spoil=Spoil(more=b"\x00\x01")),
    ),
}
"""By what they are about."""


def speakable(script: Script, versions: Versions) -> Script:
    """Without the steps that one of the sides cannot understand, unless that is what they are about."""
    return tuple(step for step in script if step.raw is not None or _is_spoken(step, versions))


def _is_spoken(step: Step, versions: Versions) -> bool:
    first, last = versions.get(str(step.api), (0, -1))
    return first <= step.version <= last


def sweep(api: str, versions: Versions) -> Script:
    """Three requests in every version of an API, about a topic with some records."""
    dice = Dice(REQUESTS[api][0] + len(api))
    model = Model(dice, topics={"$a": 2})
    model.ends["$a", 0] = 2
    steps = [_topic("$a", 2), _produced(Batch((b"a", b"b"), (b"k",)))]
    first, last = versions[api]
    for version in range(first, last + 1):
        steps += [request(model, api, version) for _ in range(3)]
    return tuple(steps)
