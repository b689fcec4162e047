"""Bugs in what administrators change: configs, partitions, quotas, credentials, replicas, and what batches become because of it."""

from importlib import import_module
from typing import Any

import attrs

from streambus.broker import Broker, decisions, leader_epochs, produce_checks, startup
from streambus.broker.connections import Answer
from streambus.kernel import Turn
from streambus.metadata import Image
from streambus.records import conversion
from streambus.sim.mutation import Patch, mutant

altering = import_module("streambus.metadata.alter_configs")
quotas = import_module("streambus.metadata.alter_client_quotas")
credentials = import_module("streambus.metadata.alter_scram_credentials")
reassigning = import_module("streambus.metadata.reassignments")
growing = import_module("streambus.metadata.create_partitions")
controlling = import_module("streambus.metadata.controller")


@mutant("A01", breaks="what is answered as done is durable", needs="a config that is altered")
def answers_decisions_before_they_are_durable(patch: Patch) -> None:
    """Whoever alters something is answered when it is decided."""

    def decide(_original: Any, broker: Broker, turn: Turn, call: Any, decision: Any, *_more: Any, **_named: Any) -> None:
        broker.commit(turn, decision.records)
        broker.answer(turn, call, decision.reply)

    for module in ("configs", "partitions", "quotas", "scram", "feature_updates"):
        patch.wrap(import_module(f"streambus.broker.{module}"), "decide", decide)


@mutant("A02", breaks="validate_only changes nothing", needs="a config that is only to be looked at")
def writes_configs_that_are_only_validated(patch: Patch) -> None:
    """Altering configs does not look at `validate_only`."""
    patch.rewrite(altering, "_decided", "() if validate_only else records", "records")


@mutant("A03", breaks="validate_only changes nothing", needs="partitions that are only to be looked at")
def writes_partitions_that_are_only_validated(patch: Patch) -> None:
    """CreatePartitions does not look at `validate_only`."""
    patch.rewrite(growing, "create_partitions", "() if request.validate_only else tuple(records)", "tuple(records)")


@mutant("A04", breaks="what a description shows is obeyed", needs="a config that is set on all brokers")
def ignores_dynamic_defaults(patch: Patch) -> None:
    """What is set on all brokers is described, but topics do not follow."""
    patch.rewrite(Image, "_derive_properties", "changed not in TOPIC_SYNONYMS", "changed")


@mutant("A05", breaks="a converted batch holds the same records", needs="a topic with a codec of its own")
def conversion_forgets_the_producer(patch: Patch) -> None:
    """A batch that is written by another codec loses who sent it."""

    def encode(original: Any, header: Any, *more: Any, **named: Any) -> bytes:
        converted: bytes = original(attrs.evolve(header, producer_id=-1, producer_epoch=-1, base_sequence=-1), *more, **named)
        return converted

    patch.wrap(produce_checks, "encode_converted", encode)


@mutant(
    "A06",
    breaks="a converted batch holds the same records",
    needs="a topic with a codec of its own, and records that were sent at several times",
)
def conversion_takes_the_first_timestamp_for_the_latest(patch: Patch) -> None:
    """A batch that is written by another codec says that its first timestamp is the latest."""
    patch.rewrite(conversion, "encode_converted", "header.base_timestamp, max_timestamp", "header.base_timestamp, header.base_timestamp")


@mutant("A07", breaks="the stored codec is the one that the config says", needs="a topic with a codec of its own")
def conversion_keeps_the_codec(patch: Patch) -> None:
    """`compression.type` is only looked at for batches that are not compressed."""
    patch.rewrite(produce_checks, "checked_batch", "!= header.codec:", "!= header.codec and not header.codec:")


@mutant("A08", breaks="partitions that were added are there after a restart", needs="a restart after partitions were added")
def opens_one_partition_less_after_a_restart(patch: Patch) -> None:
    """Of partitions that were added to a topic, the last is not led until it changes."""

    def follow(original: Any, broker: Broker, turn: Turn, delta: Any) -> None:
        grown = [topic for topic in broker.image.topics.values() if topic.name.startswith("side-") and len(topic) > 3]
        for topic in grown if not broker.is_serving else ():
            delta.partitions_changed.pop((topic.topic_id, len(topic) - 1), None)
        original(broker, turn, delta)

    patch.wrap(startup, "follow", follow)


@mutant("A09", breaks="a config that is taken away does not hold any more", needs="a config that is deleted")
def deleted_configs_stay_in_force(patch: Patch) -> None:
    """The value of a config that is taken away is described no more, but still obeyed."""

    def derive(original: Any, image: Image, topic: str) -> None:
        if image.topic_settings(topic):
            original(image, topic)

    patch.wrap(Image, "_derive_topic_config", derive)


@mutant("A10", breaks="a filter lets through what fits", needs="quotas for a user and for a user with a client")
def strict_filters_are_not_strict(patch: Patch) -> None:
    """DescribeClientQuotas tells a strict filter more than it asks for."""
    patch.rewrite(import_module("streambus.metadata.describe_client_quotas"), "_fits", "if strict and", "if not strict and")


@mutant("A11", breaks="replicas are on brokers that exist", needs="a reassignment")
def moves_replicas_to_unknown_brokers(patch: Patch) -> None:
    """AlterPartitionReassignments does not look whether there are such brokers."""
    patch.replace(reassigning, "check_replicas", lambda _image, _replicas: None)
    patch.replace(reassigning, "_directory", lambda _image, partition, _broker: partition.directories[0])


@mutant("A12", breaks="nothing is in a log that nobody can read", needs="a batch that is broken inside")
def lets_broken_insides_in(patch: Patch) -> None:
    """A batch whose records are not what its header says is appended."""

    def inspected(original: Any, header: Any, batch: Any) -> Any:
        try:
            return original(header, batch)
        except produce_checks.ProduceRefused:
            return b"", header.max_timestamp, False

    patch.wrap(produce_checks, "_inspected", inspected)


@mutant("A13", breaks="an epoch ends where the next one begins", needs="a restart and somebody who asks")
def epochs_end_one_too_late(patch: Patch) -> None:
    """OffsetForLeaderEpoch tells the first record of the next epoch as the last of the one before."""

    def end(original: Any, partition: Any, leader_epoch: int) -> tuple[int, int]:
        epoch, offset = original(partition, leader_epoch)
        return epoch, offset + 1 if 0 <= offset < partition.log.log_end_offset else offset

    patch.wrap(leader_epochs, "end_of_epoch", end)


@mutant("A14", breaks="a decision is wholly there or not at all", needs="a request for several configs, or a power cut in the middle")
def writes_decisions_record_by_record(patch: Patch) -> None:
    """Every record of a decision is a batch of its own."""

    def commit(original: Any, broker: Broker, turn: Turn, records: Any) -> int:
        end = broker.metadata_log.log_end_offset
        for record in records:
            end = original(broker, turn, (record,))
        return end

    patch.wrap(Broker, "commit", commit)


@mutant("A15", breaks="who is refused has changed nothing", needs="a user with two wishes in one request")
def grants_the_first_of_two_wishes(patch: Patch) -> None:
    """A user who is named twice is refused, and gets the first wish all the same."""
    patch.rewrite(credentials, "_take", "wishes.pop(user, None) is not None", "user in wishes")


@mutant("A16", breaks="a refused entity keeps its quotas", needs="a quota with a key that nobody knows")
def quotas_are_changed_before_they_are_checked(patch: Patch) -> None:
    """The changes of an entity are written although one of them is refused."""
    patch.rewrite(quotas, "alter_client_quotas", "if complaint is None:", "if entity in changes:")


@mutant("A17", breaks="a doubtful decision is told as doubtful", needs="a disk that fails while a config is altered")
def doubts_nothing(patch: Patch) -> None:
    """When the log fails, decisions that are not durable are told as done."""
    patch.replace(decisions.DelayedDecision, "doubted", lambda self, *_: Answer(self.call, self.reply))


@mutant("A18", breaks="timestamps are what the config says", needs="message.timestamp.type changed at run time")
def append_time_is_only_told(patch: Patch) -> None:
    """The time of appending is answered but not written into the batch."""
    produce = import_module("streambus.broker.produce")
    patch.replace(produce, "with_log_append_time", lambda batch, _header, _timestamp: bytes(batch))


@mutant("A19", breaks="a replacement takes away what it does not name", needs="AlterConfigs on a topic with settings")
def replacements_only_add(patch: Patch) -> None:
    """AlterConfigs sets what it is given, and leaves the rest as it was."""
    patch.rewrite(altering, "_changed", "{} if wanted.replaces else dict(before)", "dict(before)")


@mutant("A20", breaks="more partitions than before", needs="a request for fewer partitions")
def counts_partitions_to_add(patch: Patch) -> None:
    """CreatePartitions takes the count for a number of partitions to be added."""
    patch.rewrite(growing, "_create_partitions", "asked.count - len(topic)", "asked.count")
