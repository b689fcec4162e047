"""Known differences: what StreamBus answers otherwise than Kafka, and why. The list is docs/differences.md, in another form.

A difference is explained by the first entry that fits; each fits as little as it can.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import attrs

from .compare import ABSENT, Difference
from .script import Step

ANYTHING = object()
"""Fits every value."""


@attrs.frozen
class Text:
    """Fits texts that fit the pattern as a whole."""

    pattern: str


@attrs.frozen
class Known:
    """A difference with its reason. `path` is a pattern of `compare`'s paths; values are given as they are, as a `Text`, or left open."""

    title: str
    api: str
    path: str
    kafka: Any
    streambus: Any
    reason: str
    when: Callable[[Step], bool] | None = None
    """What must be so about the request."""
    parts: bool = False
    """Whether the sides go different ways from here on, so that the rest of a script says nothing."""


UNKNOWN_SERVER_ERROR = -1
UNKNOWN_TOPIC = 3
INVALID_RECORD = 87

GROUPS = (8, 9, 11, 12, 13, 14, 15, 16, 42, 47, 68, 69)
TRANSACTIONS = (24, 25, 26, 27, 28, 65, 66)
SHARES = (76, 77, 78, 79, 83, 84, 85, 86, 87, 90, 91, 92)
STREAMS = (88, 89)
SASL = (17, 36)

NOT_SPOKEN = (
    ("groups", GROUPS, "consumer groups are not there yet"),
    ("transactions", TRANSACTIONS, "transactions are not there yet"),
    ("shares", SHARES, "share groups are not there yet"),
    ("streams", STREAMS, "streams groups are not there yet"),
    ("SASL", SASL, "there is no authentication yet, and a broker that does not authenticate need not offer it"),
)


def has_several_configs(step: Step) -> bool:
    """Whether a topic or resource of the request has more than one config."""
    return any(len(one.get("configs", ())) > 1 for one in (*step.body.get("topics", ()), *step.body.get("resources", ())))


KNOWN: tuple[Known, ...] = (
    Known(
        "A batch that Kafka has an exception about is invalid",
        "Produce",
        "responses/*/partition_responses/*/error_code",
        UNKNOWN_SERVER_ERROR,
        INVALID_RECORD,
        "A codec that does not exist, a length beyond all bounds: Kafka meets an exception that nobody foresaw and says that it does not "
        "know what is wrong. StreamBus knows.",
    ),
    Known(
        "Documentation is in our own words",
        "DescribeConfigs",
        "results/*/configs/*/documentation",
        Text(".+"),
        Text(".+"),
        "What a config is for is said by whoever wrote the broker.",
    ),
    Known(
        "The quorum has had no election",
        "DescribeQuorum",
        "topics/*/partitions/0/leader_epoch",
        "some",
        0,
        "The only controller leads from its birth on.",
    ),
    *(
        Known(
            "There is one listener, for clients and controllers",
            "DescribeQuorum",
            f"nodes/1/listeners/{listener}",
            ANYTHING,
            ANYTHING,
            "Kafka keeps a second listener for its controllers.",
        )
        for listener in ("CONTROLLER", "PLAINTEXT")
    ),
    Known(
        "A Produce without records is answered",
        "Produce",
        "",
        "there is no answer",
        ANYTHING,
        "Kafka never answers a partition whose records are null, nor anything behind it on the connection.",
        parts=True,
    ),
    *(
        Known(
            "An operation on configs that does not exist is an invalid request",
            "IncrementalAlterConfigs",
            path,
            kafka,
            streambus,
            "In Kafka it is an exception that makes the controller resign, so that nothing can be changed for two seconds.",
        )
        for path, kafka, streambus in (
            ("responses/*/error_code", UNKNOWN_SERVER_ERROR, ANYTHING),
            ("responses/*/error_message", None, ANYTHING),
        )
    ),
    *(
        Known(
            "Of several wrong configs the first is named",
            api,
            path,
            ANYTHING,
            ANYTHING,
            "Kafka looks at them in the order of a hash map, StreamBus in the order of the request.",
            when=has_several_configs,
        )
        for api, path in (
            ("CreateTopics", "topics/*/error_message"),
            ("AlterConfigs", "responses/*/error_message"),
            ("IncrementalAlterConfigs", "responses/*/error_message"),
        )
    ),
    *(
        Known(f"ApiVersions does not offer {what}", "ApiVersions", f"api_keys/{key}", ANYTHING, ABSENT, why)
        for what, keys, why in NOT_SPOKEN
        for key in keys
    ),
    Known(
        "min.insync.replicas has another source",
        "*",
        "*/configs/min.insync.replicas/config_source",
        3,
        5,
        "A Kafka with eligible leader replicas (KIP-966) has a setting for the whole cluster from its birth on; its value is the default. "
        "With one broker there are no eligible leader replicas, so the setting is not made.",
    ),
    *(
        Known(
            "There is no setting min.insync.replicas for the whole cluster",
            "DescribeConfigs",
            path,
            kafka,
            streambus,
            "The same: Kafka makes it when eligible leader replicas are switched on.",
        )
        for path, kafka, streambus in (
            ("results/*/configs/min.insync.replicas/synonyms/min.insync.replicas/source", 3, 5),
            ("results/*/configs/min.insync.replicas/synonyms/min.insync.replicas#2/source", 3, 5),
            (
                "results/*/configs/min.insync.replicas/synonyms/min.insync.replicas#[23]",
                {"name": "min.insync.replicas", "value": "1", "source": 5},
                ABSENT,
            ),
            ("results/*/configs/min.insync.replicas", ANYTHING, ABSENT),
        )
    ),
    *(
        Known(
            f"The feature {feature} is not there",
            "ApiVersions",
            f"*_features/{feature}",
            ANYTHING,
            ABSENT,
            why,
        )
        for feature, why in (
            ("group.version", "consumer groups are not there yet"),
            ("share.version", "share groups are not there yet"),
            ("streams.version", "streams groups are not there yet"),
            ("transaction.version", "transactions are not there yet"),
            ("eligible.leader.replicas.version", "there is one broker, whose replicas are the only ones"),
        )
    ),
    Known(
        "A topic that is made by asking for it is there at once",
        "Metadata",
        "topics/*/error_code",
        UNKNOWN_TOPIC,
        0,
        "Kafka answers that it does not know the topic, and begins to make it; the client has to ask again. "
        "StreamBus answers when it is made.",
        parts=True,
    ),
    Known(
        "A topic that is made by asking for it is there at once, with its id",
        "Metadata",
        "topics/*/topic_id",
        "no id",
        Text("id . of .+"),
        "As above.",
        parts=True,
    ),
    Known(
        "A topic that is made by asking for it is there at once, with its partitions",
        "Metadata",
        "topics/*/partitions/*",
        ABSENT,
        ANYTHING,
        "As above.",
        parts=True,
    ),
)


def explained(step: Step, difference: Difference) -> Known | None:
    """The entry that explains a difference, if there is one."""
    return next((known for known in KNOWN if fits(known, step, difference)), None)


def fits(known: Known, step: Step, difference: Difference) -> bool:
    """Whether an entry is about this difference."""
    return (
        fnmatchcase(str(step.api), known.api)
        and fnmatchcase(difference.path, known.path)
        and (known.when is None or known.when(step))
        and _is(known.kafka, difference.kafka)
        and _is(known.streambus, difference.streambus)
    )


def _is(expected: Any, value: Any) -> bool:
    if expected is ANYTHING:
        return True
    if isinstance(expected, Text):
        return isinstance(value, str) and re.fullmatch(expected.pattern, value, re.DOTALL) is not None
    return bool(expected == value)
