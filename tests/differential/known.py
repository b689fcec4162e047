"""Known differences: what StreamBus answers otherwise than Kafka, and why. The list is docs/differences.md, in another form.

A difference is explained by the first entry that fits.
"""

from __future__ import annotations

from streambus.metadata.foreign_configs import FOREIGN_CONFIGS

from .compare import ABSENT, Difference
from .explain import ANYTHING, Known, Text, fits
from .script import Step
from .symbols import Batch

UNKNOWN_SERVER_ERROR = -1
UNKNOWN_TOPIC = 3
INVALID_CONFIG = 40
INVALID_REQUEST = 42

BROKER = 4

CODEC_AT, ZSTD = 21, 4

GROUPS = (8, 9, 11, 12, 13, 14, 15, 16, 42, 47, 68, 69)
TRANSACTIONS = (24, 25, 26, 27, 28, 65, 66)
SHARES = (76, 77, 78, 79, 83, 84, 85, 86, 87, 90, 91, 92)
STREAMS = (88, 89)
SASL = (17, 36)

NO_ANSWER = "there is no answer"


def has_an_impossible_batch(step: Step, _difference: Difference) -> bool:
    """Whether a batch has a codec that does not exist, or a length beyond all bounds."""
    found = [
        patch
        for topic in step.body.get("topic_data", ())
        for partition in topic.get("partition_data", ())
        if isinstance(partition.get("records"), Batch)
        for patch in partition["records"].patches
    ]
    return (8, b"\x7f\xff\xff\xff") in found or any(at == CODEC_AT and value[1] & 7 > ZSTD for at, value in found)


def has_several_configs(step: Step, _difference: Difference) -> bool:
    """Whether a topic or resource of the request has more than one config."""
    return any(len(one.get("configs", ())) > 1 for one in (*step.body.get("topics", ()), *step.body.get("resources", ())))


def names_a_resource_twice(step: Step, _difference: Difference) -> bool:
    """Whether the request is about the same resource more than once."""
    resources = [(one.get("resource_type"), one.get("resource_name")) for one in step.body["resources"]]
    return len(set(resources)) < len(resources)


def is_foreign(name: str) -> bool:
    """Whether a broker config is one that nothing here would act upon."""
    return name in FOREIGN_CONFIGS or name.startswith("listener.name.") or name == "listeners"


def sets_foreign_configs(step: Step, _difference: Difference) -> bool:
    """Whether the request sets a broker config that nothing here would act upon."""
    brokers = [one for one in step.body["resources"] if one.get("resource_type") == BROKER]
    return any(is_foreign(config["name"]) for one in brokers for config in one.get("configs", ()) if "name" in config)


def tells_a_foreign_config(_step: Step, difference: Difference) -> bool:
    """Whether it is about a broker config that nothing here would act upon."""
    return is_foreign(difference.path.split("/")[3])


KNOWN: tuple[Known, ...] = (
    # What is not spoken yet --------------------------------------------------------------------------------------------------
    *(
        Known(f"No {what}", ("ApiVersions",), tuple((f"api_keys/{key}", ANYTHING, ABSENT) for key in keys), why)
        for what, keys, why in (
            ("groups", GROUPS, "Consumer groups are not there yet."),
            ("transactions", TRANSACTIONS, "Transactions are not there yet."),
            ("share groups", SHARES, "Share groups are not there yet."),
            ("streams groups", STREAMS, "Streams groups are not there yet."),
            ("SASL", SASL, "A broker that does not authenticate need not offer to."),
        )
    ),
    *(
        Known(f"No feature {feature}", ("ApiVersions",), ((f"*_features/{feature}", ANYTHING, ABSENT),), why)
        for feature, why in (
            ("group.version", "Consumer groups are not there yet."),
            ("share.version", "Share groups are not there yet."),
            ("streams.version", "Streams groups are not there yet."),
            ("transaction.version", "Transactions are not there yet."),
            ("eligible.leader.replicas.version", "There is one broker, whose replicas are the only ones."),
        )
    ),
    # Topics ------------------------------------------------------------------------------------------------------------------
    Known(
        "A topic that is made by asking for it is there at once",
        ("Metadata",),
        (
            ("topics/*/error_code", UNKNOWN_TOPIC, 0),
            ("topics/*/topic_id", "no id", Text("id . of .+")),
            ("topics/*/partitions/*", ABSENT, ANYTHING),
        ),
        "Kafka answers that it does not know the topic, and begins to make it; the client has to ask again. "
        "StreamBus answers when it is made.",
        parts=True,
    ),
    # Records -----------------------------------------------------------------------------------------------------------------
    Known(
        "A batch that Kafka has an exception about is invalid",
        ("Produce",),
        (
            ("responses/*/partition_responses/*/error_code", UNKNOWN_SERVER_ERROR, ANYTHING),
            ("responses/*/partition_responses/*/log_start_offset", -1, ANYTHING),
            ("responses/*/partition_responses/*/base_offset", -1, ANYTHING),
        ),
        "A codec that does not exist, a length beyond all bounds: Kafka meets an exception that nobody foresaw and says that it does not "
        "know what is wrong. StreamBus knows.",
        when=has_an_impossible_batch,
    ),
    Known(
        "A Produce without records is answered",
        ("Produce",),
        (("", NO_ANSWER, ANYTHING),),
        "Kafka never answers a partition whose records are null, nor anything behind it on the connection.",
        parts=True,
    ),
    # Configs -----------------------------------------------------------------------------------------------------------------
    Known(
        "min.insync.replicas is not set for the whole cluster",
        ("*",),
        (
            ("*/configs/min.insync.replicas/config_source", 3, 5),
            ("results/*/configs/min.insync.replicas/synonyms/min.insync.replicas/source", 3, 5),
            ("results/*/configs/min.insync.replicas/synonyms/min.insync.replicas#2/source", 3, 5),
            (
                "results/*/configs/min.insync.replicas/synonyms/min.insync.replicas#[23]",
                {"name": "min.insync.replicas", "value": "1", "source": 5},
                ABSENT,
            ),
            ("results/*/configs/min.insync.replicas", ANYTHING, ABSENT),
        ),
        "A Kafka with eligible leader replicas (KIP-966) has this setting from its birth on, with the value of the default. "
        "One broker has no eligible leader replicas.",
    ),
    Known(
        "Settings that nothing here would act upon are refused",
        ("AlterConfigs", "IncrementalAlterConfigs"),
        (
            ("responses/*/error_code", ANYTHING, INVALID_REQUEST),
            ("responses/*/error_message", ANYTHING, Text("Cannot update these configs dynamically: .*")),
        ),
        "243 broker configs of Kafka speak of threads, TLS, remote storage, quorums of several machines. Whoever sets one should not "
        "believe that it does something.",
        when=sets_foreign_configs,
    ),
    Known(
        "Settings that nothing here would act upon are not described",
        ("DescribeConfigs",),
        (("results/4:*/configs/*", ANYTHING, ABSENT), ("results/[0-9]/configs/*", ANYTHING, ABSENT)),
        "The same.",
        when=tells_a_foreign_config,
    ),
    Known(
        "Where a broker listens, and where its files are, is not among its configs",
        ("DescribeConfigs",),
        (
            *((f"results/*/configs/{name}/value", ANYTHING, None) for name in ("listeners", "log.dirs")),
            *((f"results/*/configs/{name}/config_source", 4, 5) for name in ("listeners", "log.dirs")),
            *((f"results/*/configs/{name}/synonyms/*", ANYTHING, ABSENT) for name in ("listeners", "log.dirs")),
            ("results/*/configs/listeners/read_only", False, True),
            ("results/*/configs/advertised.listeners/value", ANYTHING, "PLAINTEXT://<address>"),
            ("results/*/configs/advertised.listeners/synonyms/advertised.listeners/value", ANYTHING, "PLAINTEXT://<address>"),
        ),
        "A broker knows what clients are told, not where it is bound; Kafka has a second listener for its controllers.",
    ),
    Known(
        "There are no loggers",
        ("DescribeConfigs", "AlterConfigs", "IncrementalAlterConfigs"),
        (
            ("results/8:*/configs/*", ANYTHING, ABSENT),
            ("responses/8:*/error_code", 0, INVALID_CONFIG),
            ("responses/8:*/error_message", None, Text("Logger .* does not exist!")),
        ),
        "What a broker says is chosen when it is started.",
    ),
    Known(
        "Documentation is in our own words",
        ("DescribeConfigs",),
        (("results/*/configs/*/documentation", Text(".+"), Text(".+")),),
        "What a config is for is said by whoever wrote the broker.",
    ),
    Known(
        "Of several wrong configs the first is named",
        ("CreateTopics", "AlterConfigs", "IncrementalAlterConfigs"),
        (("topics/*/error_message", ANYTHING, ANYTHING), ("responses/*/error_message", ANYTHING, ANYTHING)),
        "Kafka looks at them in the order of a hash map, StreamBus in the order of the request.",
        when=has_several_configs,
    ),
    Known(
        "A resource that is named twice is an invalid request",
        ("AlterConfigs",),
        (("", NO_ANSWER, ANYTHING),),
        "Kafka's broker meets an exception, and never answers.",
        when=names_a_resource_twice,
        parts=True,
    ),
    # The cluster -------------------------------------------------------------------------------------------------------------
    Known(
        "The quorum has had no election",
        ("DescribeQuorum",),
        (("topics/*/partitions/0/leader_epoch", "some", 0),),
        "The only controller leads from its birth on.",
    ),
    Known(
        "There is one listener, for clients and controllers",
        ("DescribeQuorum",),
        (("nodes/1/listeners/CONTROLLER", ANYTHING, ABSENT), ("nodes/1/listeners/PLAINTEXT", ABSENT, ANYTHING)),
        "Kafka keeps a second listener for its controllers.",
    ),
)

BESIDES = (
    (
        "A request that has no time",
        "StreamBus acknowledges what is durable. A Produce, or a change of topics or configs, with a `timeout_ms` of nearly nothing is "
        "answered REQUEST_TIMED_OUT before the disk has it. Kafka acknowledges from memory, so one broker is always in time.",
    ),
    ("The broker named `01`", "Kafka keeps its configs under `01`, where nothing acts upon them; here they are broker 1's."),
    ("Numbers in Java's notation", "`NaN`, `0.5f` and `0x1p-1` are numbers to Java, and are refused as values of configs here."),
    ("Patterns in client metrics subscriptions", "They are checked as Python's regular expressions, not Java's."),
    (
        "Throttling of replication",
        "`*.replication.throttled.rate` is checked and kept, and makes no difference: there is nobody to replicate to.",
    ),
    ("Kafka's internal test configs", "`internal.segment.bytes` and its like are unknown here."),
)
"""What differs, but is not asked for in scripts."""


def explained(step: Step, difference: Difference) -> Known | None:
    """The entry that explains a difference, if there is one."""
    return next((known for known in KNOWN if fits(known, step, difference)), None)
