"""Where a client does not do what the others do, whoever the broker is: what is different, and how a test fails because of it."""

import re

from attrs import frozen


@frozen
class Difference:
    """`note` is for people, in docs/clients.md; `failure` is found in what the test of the row fails with."""

    note: str
    failure: str

    def explains(self, failure: Exception) -> bool:
        """Whether this is the failure that was expected."""
        return re.search(self.failure, str(failure)) is not None


WORDS = "the command line tells people in words, not by code"
ITSELF = "it refuses by itself, without asking the broker"
TEXT_ONLY = "it tells only the broker's text, not the code"

DIFFERENCES: dict[tuple[str, str], Difference] = {
    ("confluent-kafka", "OFFSET_OUT_OF_RANGE"): Difference(
        "its consumer has an error of its own for it, `_AUTO_OFFSET_RESET`", "_AUTO_OFFSET_RESET"
    ),
    ("confluent-kafka", "describe_acls: SECURITY_DISABLED"): Difference(
        "it tells an empty list instead of the error", "it was not refused by"
    ),
    ("aiokafka", "describe_topic: UNKNOWN_TOPIC_OR_PARTITION"): Difference(
        "asking has the topic made: StreamBus shows it at once, Kafka says UNKNOWN_TOPIC_OR_PARTITION until it is there",
        "it was not refused by",
    ),
    ("confluent-javascript", "OFFSET_OUT_OF_RANGE"): Difference("its consumer has an error of its own for it", "AUTO_OFFSET_RESET"),
    ("kafka-python", "describe_configs: UNKNOWN_TOPIC_OR_PARTITION"): Difference(
        "it tells no configs instead of the error", "it was not refused by"
    ),
    ("kafka-python", "SCRAM: RESOURCE_NOT_FOUND"): Difference(TEXT_ONLY, "a user credential that does not exist"),
    ("kafka-python", "SCRAM: UNACCEPTABLE_CREDENTIAL"): Difference(TEXT_ONLY, "Too few iterations"),
    ("confluent-javascript", "empty keys and values"): Difference("it reads what is empty as null", "None"),
    ("franz-go", "SCRAM: UNACCEPTABLE_CREDENTIAL"): Difference(ITSELF, "is outside the allowed 4096 to 16384 range"),
    ("sarama", "quotas: INVALID_REQUEST"): Difference(ITSELF, "Invalid configuration key no_such_rate"),
    ("kafka-tools", "create_topic: INVALID_PARTITIONS"): Difference(WORDS, "The partitions must be greater than 0"),
    ("kafka-tools", "delete_topic: UNKNOWN_TOPIC_OR_PARTITION"): Difference(WORDS, "does not exist as expected"),
    ("kafka-tools", "describe_topic: UNKNOWN_TOPIC_OR_PARTITION"): Difference(WORDS, "does not exist as expected"),
    ("kafka-tools", "create_partitions: UNKNOWN_TOPIC_OR_PARTITION"): Difference(WORDS, "does not exist as expected"),
    ("kafka-tools", "alter_configs: broker_logger, INVALID_CONFIG"): Difference(WORDS, "Invalid broker logger.s.: no.such.logger"),
    ("kafka-tools", "reassign: INVALID_REPLICA_ASSIGNMENT"): Difference(WORDS, "Unknown broker id 99"),
    ("kafka-tools", "update_feature: INVALID_UPDATE_VERSION"): Difference(WORDS, "Could not upgrade metadata.version to 99"),
    ("kafka-tools", "quotas: INVALID_REQUEST"): Difference(WORDS, "Unexpected config names: Set.no_such_rate"),
    ("kafka-tools", "SCRAM: UNACCEPTABLE_CREDENTIAL"): Difference(WORDS, "less than the minimum 4096"),
}
"""By family and row."""
