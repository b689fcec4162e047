"""Known differences: what StreamBus answers otherwise than Kafka, and why. The list is docs/differences.md, in another form.

A difference is explained by the first entry that fits.
"""

from __future__ import annotations

from .circumstances import (
    asks_for_the_newest_time,
    forgets_what_it_asks_for,
    has_a_broken_batch,
    has_an_odd_producer,
    has_an_unnamed_resource,
    has_no_known_isolation,
    has_several_configs,
    has_several_quotas,
    has_several_updates,
    is_about_brokers,
    is_future_replica,
    is_in_a_session,
    is_replica,
    names_a_partition_twice,
    names_a_resource_twice,
    sets_foreign_configs,
    tells_a_foreign_config,
)
from .compare import ABSENT, Difference
from .explain import ANYTHING, Known, Number, Text, fits
from .script import Step

UNKNOWN_SERVER_ERROR = -1
UNKNOWN_TOPIC = 3
NOT_LEADER_OR_FOLLOWER = 6
NOT_COORDINATOR = 16
INVALID_CONFIG = 40
INVALID_REQUEST = 42
OUT_OF_ORDER_SEQUENCE_NUMBER = 45
DUPLICATE_SEQUENCE_NUMBER = 46
INVALID_PRODUCER_ID_MAPPING = 49
UNKNOWN_LEADER_EPOCH = 75
INVALID_RECORD = 87
UNKNOWN_TOPIC_ID = 100
DUPLICATE_RESOURCE = 92
UNACCEPTABLE_CREDENTIAL = 93
TRANSACTIONAL_ID_NOT_FOUND = 105


GROUPS = (8, 9, 11, 12, 13, 14, 15, 16, 42, 47, 68, 69)
TRANSACTIONS = (24, 25, 26, 27, 28)
SHARES = (76, 77, 78, 79, 83, 84, 85, 86, 87, 90, 91, 92)
STREAMS = (88, 89)
VOTERS = (80, 81)

NO_ANSWER = "there is no answer"

KNOWN: tuple[Known, ...] = (
    # What is not spoken yet --------------------------------------------------------------------------------------------------
    *(
        Known(f"No {what}", ("ApiVersions",), tuple((f"api_keys/{key}", ANYTHING, ABSENT) for key in keys), why)
        for what, keys, why in (
            ("groups", GROUPS, "Consumer groups are not there yet."),
            ("transactions", TRANSACTIONS, "Transactions are not there yet."),
            ("share groups", SHARES, "Share groups are not there yet."),
            ("streams groups", STREAMS, "Streams groups are not there yet."),
            ("voters that come and go", VOTERS, "The quorum is one controller, and stays so."),
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
            ("kraft.version", "The quorum is one controller, and stays so."),
        )
    ),
    Known(
        "One metadata.version",
        ("ApiVersions", "UpdateFeatures"),
        (
            ("supported_features/metadata.version/min_version", 7, 30),
            ("error_message", Text(".* only supports versions 7-30"), Text(".* only supports versions 30")),
            ("results/*/error_message", Text(".* only supports versions 7-30"), Text(".* only supports versions 30")),
        ),
        "There is no older cluster to come from.",
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
            ("responses/*/partition_responses/*/base_offset", -1, ANYTHING),
            ("responses/*/partition_responses/*/log_start_offset", -1, ANYTHING),
            ("responses/*/partition_responses/*/log_append_time_ms", -1, ANYTHING),
            ("responses/*/partition_responses/*/record_errors/*", ABSENT, ANYTHING),
        ),
        "A codec that does not exist, records that cannot be decompressed, lengths beyond all bounds: Kafka meets an exception that nobody "
        "foresaw and says that it does not know what is wrong, with every batch of the request. StreamBus knows, and takes the others.",
        when=has_a_broken_batch,
        parts=True,
    ),
    Known(
        "A batch that is broken inside is told how",
        ("Produce",),
        (("responses/*/partition_responses/*/error_message", None, Text(".+")),),
        "Kafka says nothing but that a record is invalid.",
        when=has_a_broken_batch,
    ),
    Known(
        "A batch that no consumer can read is refused",
        ("Produce",),
        (
            ("responses/*/partition_responses/*/error_code", 0, INVALID_RECORD),
            ("responses/*/partition_responses/*/base_offset", ANYTHING, -1),
            ("responses/*/partition_responses/*/log_start_offset", ANYTHING, -1),
            ("responses/*/partition_responses/*/log_append_time_ms", ANYTHING, -1),
            ("responses/*/partition_responses/*/error_message", None, Text(".+")),
        ),
        "Kafka takes records whose offsets have gaps, whose lengths are below -1, or which are longer or shorter than they say; consumers "
        "stumble over them.",
        when=has_a_broken_batch,
        parts=True,
    ),
    Known(
        "A producer needs an epoch, a transaction a producer",
        ("Produce",),
        (
            ("responses/*/partition_responses/*/error_code", ANYTHING, Number(INVALID_RECORD, INVALID_PRODUCER_ID_MAPPING)),
            ("responses/*/partition_responses/*/base_offset", ANYTHING, -1),
            ("responses/*/partition_responses/*/log_start_offset", ANYTHING, -1),
            ("responses/*/partition_responses/*/log_append_time_ms", ANYTHING, -1),
            ("responses/*/partition_responses/*/error_message", ANYTHING, ANYTHING),
            ("responses/*/partition_responses/*/record_errors/*", ANYTHING, ABSENT),
        ),
        "Kafka takes a batch whose producer has the epoch -1, and keeps that as if it were one.",
        when=has_an_odd_producer,
        parts=True,
    ),
    Known(
        "A batch from before the last five is a duplicate",
        ("Produce",),
        (("responses/*/partition_responses/*/error_code", OUT_OF_ORDER_SEQUENCE_NUMBER, DUPLICATE_SEQUENCE_NUMBER),),
        "Kafka tells of a gap; producers begin anew then, and write it twice.",
    ),
    Known(
        "Two batches for one partition are two",
        ("Produce",),
        (("responses/*", ANYTHING, ANYTHING),),
        "Kafka keeps one answer per partition, in a map. No client sends two in one request.",
        when=names_a_partition_twice,
        parts=True,
    ),
    Known(
        "A Produce without records is answered",
        ("Produce",),
        (("", NO_ANSWER, ANYTHING),),
        "Kafka never answers a partition whose records are null, nor anything behind it on the connection.",
        parts=True,
    ),
    Known(
        "A follower that is none is told that it asks the wrong one",
        ("Fetch",),
        (
            ("responses/*/partitions/*/error_code", UNKNOWN_LEADER_EPOCH, NOT_LEADER_OR_FOLLOWER),
            ("responses/*/partitions/*/current_leader/*", -1, ANYTHING),
            ("node_endpoints/*", ABSENT, ANYTHING),
        ),
        "If it names an epoch, Kafka says that this epoch is not known, though it is. There are no followers on one broker.",
        when=is_replica,
    ),
    Known(
        "A partition that is asked for and forgotten at once is forgotten",
        ("Fetch",),
        (("responses/*", ANYTHING, ABSENT),),
        "Kafka keeps some of them in the session. No client forgets what it asks for.",
        when=forgets_what_it_asks_for,
        parts=True,
    ),
    Known(
        "What was deleted has no newest record",
        ("ListOffsets",),
        (("topics/*/partitions/*/offset", ANYTHING, -1), ("topics/*/partitions/*/leader_epoch", 0, -1)),
        "When a log was deleted up to its end, Kafka still tells of a record below its start.",
        when=asks_for_the_newest_time,
    ),
    Known(
        "A Fetch goes on behind the end of a file",
        ("Fetch",),
        (("responses/*/partitions/*/records/*", ABSENT, ANYTHING),),
        "Kafka answers from one segment at a time; StreamBus does not let files be seen.",
    ),
    Known(
        "A future replica reads like everybody",
        ("Fetch",),
        (("responses/*/partitions/*/aborted_transactions", None, ANYTHING),),
        "Kafka's own brokers call themselves -3 when they move a replica from disk to disk. Here nobody does.",
        when=is_future_replica,
    ),
    Known(
        "A topic that is deleted while a session reads it is an unknown id",
        ("Fetch",),
        (("responses/*/partitions/*/error_code", UNKNOWN_TOPIC, UNKNOWN_TOPIC_ID),),
        "Kafka keeps the name in the session, and says that it does not know the topic. Clients do the same about both.",
        when=is_in_a_session,
    ),
    Known(
        "A topic without partitions is not told, however it is to be read",
        ("ListOffsets",),
        (("topics/*", ANYTHING, ABSENT),),
        "With an isolation level that does not exist Kafka meets an exception, and repeats the request.",
        when=has_no_known_isolation,
    ),
    Known(
        "A partition that is named twice is told once, whatever else is wrong",
        ("ListOffsets", "Fetch"),
        (
            ("topics/*/partitions/*/error_code", UNKNOWN_SERVER_ERROR, INVALID_REQUEST),
            ("topics/*/partitions/*#[23]", ANYTHING, ABSENT),
            ("responses/*/partitions/*#[23]", ANYTHING, ABSENT),
        ),
        "With an isolation level that does not exist Kafka meets an exception first.",
        when=has_no_known_isolation,
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
        "min.insync.replicas is not guarded",
        ("AlterConfigs", "IncrementalAlterConfigs"),
        (
            ("responses/*/error_code", INVALID_CONFIG, 0),
            ("responses/*/error_message", Text(".* while ELR is enabled."), None),
        ),
        "The same: with eligible leader replicas it may not be taken away from the whole cluster, nor set for one broker.",
        when=is_about_brokers,
        parts=True,
    ),
    Known(
        "Of two mistakes the first is told",
        ("IncrementalAlterConfigs",),
        (("responses/*/error_code", ANYTHING, ANYTHING), ("responses/*/error_message", ANYTHING, ANYTHING)),
        "A resource that cannot be, and configs of it that cannot be either: the two look at them in another order.",
        when=has_an_unnamed_resource,
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
            ("responses/8:*/error_code", ANYTHING, INVALID_CONFIG),
            ("responses/8:*/error_message", ANYTHING, Text("Logger .* does not exist!")),
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
    Known(
        "Of several wrong updates of features the first is told",
        ("UpdateFeatures",),
        (("error_message", ANYTHING, ANYTHING), ("error_code", ANYTHING, ANYTHING), ("results/*", ANYTHING, ANYTHING)),
        "Kafka looks at them in the order of a hash map, StreamBus in the order of the request.",
        when=has_several_updates,
    ),
    Known(
        "A password that is missing is told",
        ("AlterUserScramCredentials",),
        (
            ("results/*/error_code", Number(UNKNOWN_SERVER_ERROR, DUPLICATE_RESOURCE), UNACCEPTABLE_CREDENTIAL),
            ("results/*/error_message", ANYTHING, Text("Salted password must not be empty")),
        ),
        "Kafka meets an exception, and does not say what is wrong.",
    ),
    Known(
        "Of several wrong quotas the first is named",
        ("AlterClientQuotas",),
        (("entries/*/error_message", ANYTHING, ANYTHING),),
        "Kafka looks at them in the order of a hash map, StreamBus in the order of the request.",
        when=has_several_quotas,
    ),
    Known(
        "A transaction is not known, rather than somewhere else",
        ("DescribeTransactions",),
        (("transaction_states/*/error_code", NOT_COORDINATOR, TRANSACTIONAL_ID_NOT_FOUND),),
        "Kafka says that it is not the coordinator until somebody has asked for one; then it says the same as StreamBus.",
    ),
    # The cluster -------------------------------------------------------------------------------------------------------------
    Known(
        "What was deleted has no size",
        ("DescribeLogDirs",),
        (("results/*/topics/*/partitions/*/partition_size", "some", 0),),
        "Kafka counts whole files, and the last one stays while the log is there. StreamBus counts the batches that are live.",
    ),
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
    (
        "Fetch answers whole batches",
        "Kafka fills an answer up to its limit with a last batch that is cut off, which clients drop. Ours ends with the last whole one.",
    ),
    ("Bombs", "More than 128 MiB decompressed in one batch is MESSAGE_TOO_LARGE here; Kafka goes through it piece by piece."),
    ("Many bad records", "At most 10,000 of them are named in an answer to a Produce."),
    ("Coordinators", "FindCoordinator answers COORDINATOR_NOT_AVAILABLE: there are no groups and no transactions yet."),
    (
        "More partitions than a request should make",
        "Above 10,000 CreatePartitions refuses with POLICY_VIOLATION and makes none; Kafka fails, and has made 10,000.",
    ),
    (
        "Sums and names beyond all bounds",
        "CreateTopics whose partitions together are more than an int32, a name of 32,767 letters: POLICY_VIOLATION and INVALID_TOPIC here, "
        "UNKNOWN_SERVER_ERROR there.",
    ),
    ("An entity twice in AlterClientQuotas", "Both refuse it with the same words; Kafka does what the first entry asks all the same."),
    (
        "Quotas for addresses",
        "Names of hosts other than `localhost` are refused, as nothing here asks a name server. No quota is enforced.",
    ),
    ("A token for an owner without a type", "CreateDelegationToken says REQUEST_NOT_ALLOWED; Kafka meets an exception."),
    ("Unregistering a broker that is alive", "It is refused, and the broker stays."),
    ("Kafka's internal test configs", "`internal.segment.bytes` and its like are unknown here."),
)
"""What differs, but is not asked for in scripts."""


def explained(step: Step, difference: Difference) -> Known | None:
    """The entry that explains a difference, if there is one."""
    return next((known for known in KNOWN if fits(known, step, difference)), None)
