"""Config values: what is one, what is not, and which of several holds."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metadata_cluster import Cluster, topic

from streambus.metadata import BROKER_CONFIGS, TOPIC_CONFIGS, BrokerProperties, ConfigDefinition, ConfigType, InvalidConfig, TopicConfig
from streambus.metadata.effective_configs import effective_text
from streambus.wire import messages

EVERYTHING = {**BROKER_CONFIGS, **TOPIC_CONFIGS}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("retention.ms", " 42 ", 42),
        ("retention.ms", "-1", -1),
        ("retention.ms", "+１", 1),
        ("retention.bytes", "-9223372036854775808", -(2**63)),
        ("preallocate", "TRUE", True),
        ("preallocate", "false", False),
        ("min.cleanable.dirty.ratio", "0.25", Decimal("0.25")),
        ("cleanup.policy", "compact, delete", ("compact", "delete")),
        ("cleanup.policy", "", ()),
        ("cleanup.policy", "delete, delete", ("delete",)),
        ("leader.replication.throttled.replicas", ",", ("", "")),
        ("compression.gzip.level", "-1", -1),
        ("compression.gzip.level", "9", 9),
        ("leader.replication.throttled.replicas", "*", ("*",)),
        ("leader.replication.throttled.replicas", "0:1,10:2", ("0:1", "10:2")),
    ],
)
def test_a_text_says_a_value(name: str, text: str, value: Any):
    assert EVERYTHING[name].parse(text) == value


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("retention.ms", "", "Not a number of type LONG"),
        ("retention.ms", "1.5", "Not a number of type LONG"),
        ("retention.ms", "1_0", "Not a number of type LONG"),
        ("retention.ms", "9223372036854775808", "Not a number of type LONG"),
        ("retention.ms", "9" * 5000, "Not a number of type LONG"),
        ("retention.ms", "-2", "Value must be at least -1"),
        ("max.message.bytes", "2147483648", "Not a number of type INT"),
        ("preallocate", "yes", "Expected value to be either true or false"),
        ("min.cleanable.dirty.ratio", "half", "Not a number of type DOUBLE"),
        ("min.cleanable.dirty.ratio", "NaN", "Not a number of type DOUBLE"),
        ("min.cleanable.dirty.ratio", "1.1", "Value must be no more than 1"),
        ("min.cleanable.dirty.ratio", "-0.1", "Value must be at least 0"),
        ("compression.gzip.level", "0", "Value must be between 1 and 9 or equal to -1"),
        ("compression.type", "brotli", "String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer"),
        ("cleanup.policy", "shred", "String must be one of: compact, delete"),
    ],
)
def test_a_text_that_says_none_is_refused_in_words(name: str, text: str, complaint: str):
    with pytest.raises(InvalidConfig) as caught:
        EVERYTHING[name].parse(text)
    assert str(caught.value) == f"Invalid value {text} for configuration {name}: {complaint}"


def test_a_list_is_refused_in_words_of_its_own():
    with pytest.raises(InvalidConfig, match=r"^Configuration 'cleanup.policy' values must not be empty.$"):
        EVERYTHING["cleanup.policy"].parse("delete,")
    name = "leader.replication.throttled.replicas"
    with pytest.raises(InvalidConfig) as caught:
        EVERYTHING[name].parse("0-1, 2")
    assert str(caught.value).startswith(f"Invalid value [0-1, 2] for configuration {name}: {name} must be the literal '*' or a list")


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("retention.ms", " +5 ", "5"),
        ("preallocate", "TRUE", "true"),
        ("preallocate", "false", "false"),
        ("min.cleanable.dirty.ratio", "1e-1", "0.1"),
        ("min.cleanable.dirty.ratio", "1", "1.0"),
        ("min.cleanable.dirty.ratio", "0.000125", "1.25E-4"),
        ("min.cleanable.dirty.ratio", "1e-5", "1.0E-5"),
        ("cleanup.policy", " delete , compact,delete", "delete,compact"),
        ("compression.type", "gzip ", "gzip"),
    ],
)
def test_a_value_is_shown_without_the_ways_to_spell_it(name: str, text: str, shown: str):
    assert EVERYTHING[name].canonical(text) == shown


@pytest.mark.parametrize(("text", "shown"), [("Infinity", "Infinity"), ("-1e999", "-Infinity"), ("12345678", "1.2345678E7")])
def test_large_numbers_are_shown_as_java_does(text: str, shown: str):
    with pytest.raises(InvalidConfig, match=f"Invalid value {shown} for"):
        EVERYTHING["min.cleanable.dirty.ratio"].parse(text)


@given(definition=st.sampled_from(list(EVERYTHING.values())), text=st.text())
def test_any_text_is_a_value_or_refused(definition: ConfigDefinition, text: str):
    with suppress(InvalidConfig):
        definition.parse(text)


def test_every_default_is_a_value_that_could_be_set():
    for definition in EVERYTHING.values():
        if definition.default is not None:
            definition.parse(definition.default)


def test_every_config_is_documented_and_in_the_order_of_names():
    for table in (TOPIC_CONFIGS, BROKER_CONFIGS):
        assert list(table) == sorted(table)
        assert all(definition.documentation.endswith(".") for definition in table.values())


def test_every_topic_config_has_kafka_s_default():
    defaults = {name: definition.default for name, definition in TOPIC_CONFIGS.items()}
    assert len(defaults) == 33
    assert defaults["max.message.bytes"] == "1048588"
    assert defaults["retention.ms"] == "604800000"
    assert defaults["flush.messages"] == "9223372036854775807"
    assert defaults["message.timestamp.after.max.ms"] == "3600000"


def test_only_a_password_is_kept_from_view():
    assert not any(definition.is_sensitive for definition in EVERYTHING.values())
    assert ConfigDefinition("nobody.knows", ConfigType.UNKNOWN, None, None, "").is_sensitive
    assert ConfigDefinition("secret", ConfigType.PASSWORD, None, None, "").is_sensitive


# Which of several holds ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "properties", "value"),
    [
        ({}, [], "604800000"),
        ({}, [("log.retention.hours", "1")], "3600000"),
        ({}, [("log.retention.hours", "-1")], "-1"),
        ({}, [("log.retention.ms", "-5")], "-1"),
        ({}, [("log.retention.hours", "1"), ("log.retention.minutes", "1")], "60000"),
        ({}, [("log.retention.hours", "1"), ("log.retention.ms", "7")], "7"),
        ({"retention.ms": "5"}, [("log.retention.ms", "7")], "5"),
    ],
)
def test_the_topic_s_own_setting_holds_before_the_broker_s_and_fine_units_before_coarse(
    settings: dict[str, str], properties: list[tuple[str, str]], value: str
):
    assert effective_text(TOPIC_CONFIGS["retention.ms"], settings, BrokerProperties(properties)) == value


def test_what_governs_a_topic_follows_its_settings():
    cluster = Cluster(properties=[("message.max.bytes", "500"), ("log.message.timestamp.type", "LogAppendTime")])
    cluster.create(topic("plain"), topic("own", max_message_bytes="100", retention_ms="-1", cleanup_policy="compact,delete"))
    assert cluster.image.topic_config("plain").max_message_bytes == 500
    assert cluster.image.topic_config("plain").is_log_append_time
    own = cluster.image.topic_config("own")
    assert (own.max_message_bytes, own.retention_ms, own.cleanup_policy) == (100, None, ("compact", "delete"))
    change = messages.ConfigRecord(resource_type=2, resource_name="own", name="max.message.bytes", value="99")
    assert list(cluster.append(change).configs_changed) == [(2, "own")]
    assert cluster.image.topic_config("own").max_message_bytes == 99


def test_a_topic_whose_last_setting_goes_is_like_any_other():
    cluster = Cluster()
    cluster.create(topic("a", max_message_bytes="100"))
    for _ in range(2):
        cluster.append(messages.ConfigRecord(resource_type=2, resource_name="a", name="max.message.bytes", value=None))
        assert cluster.image.topic_config("a") is cluster.image.topic_defaults
        cluster.image.check()


def test_defaults_are_what_kafka_s_are():
    assert TopicConfig.of({}, BrokerProperties()) == TopicConfig(
        max_message_bytes=1_048_588,
        min_insync_replicas=1,
        is_log_append_time=False,
        message_timestamp_before_max_ms=2**63 - 1,
        message_timestamp_after_max_ms=3_600_000,
        compression_type="producer",
        compression_gzip_level=-1,
        compression_lz4_level=9,
        compression_zstd_level=3,
        cleanup_policy=("delete",),
        retention_ms=604_800_000,
        retention_bytes=None,
        segment_bytes=2**30,
        segment_ms=604_800_000,
        delete_retention_ms=86_400_000,
        min_compaction_lag_ms=0,
        max_compaction_lag_ms=2**63 - 1,
        min_cleanable_dirty_millionths=500_000,
    )


# A broker's own --------------------------------------------------------------------------------------------------------


def test_a_broker_s_properties_are_checked_when_it_starts():
    with pytest.raises(InvalidConfig, match="Unknown broker config name"):
        BrokerProperties([("no.such", "1")])
    with pytest.raises(InvalidConfig, match="Value must be at least 1"):
        BrokerProperties([("num.partitions", "0")])
    with pytest.raises(InvalidConfig, match=r"log\.retention\.hours must be unlimited"):
        BrokerProperties([("log.retention.hours", "0")])


def test_a_broker_s_properties_are_equal_whatever_their_order():
    one = BrokerProperties([("num.partitions", "2"), ("log.retention.ms", "1")])
    other = BrokerProperties([("log.retention.ms", "1"), ("num.partitions", "2")])
    assert one == other != BrokerProperties()
    assert BrokerProperties() != BrokerProperties(node_id=2)
    assert repr(one) == "BrokerProperties((('log.retention.ms', '1'), ('num.partitions', '2')), node_id=1)"
    assert (one.num_partitions, one.auto_create_topics_enable, one.text("node.id")) == (2, True, None)
