"""Circumstances: what must be so about a request, beside what differs, for a known difference to explain it."""

from __future__ import annotations

from streambus.metadata.foreign_configs import FOREIGN_CONFIGS

from .compare import Difference
from .script import Step
from .symbols import Batch

BROKER = 4
MAX_TIMESTAMP = -3
FUTURE_REPLICA = -3


def batches_of(step: Step) -> list[Batch]:
    """The batches of a Produce."""
    partitions = [partition for topic in step.body.get("topic_data", ()) for partition in topic.get("partition_data", ())]
    return [partition["records"] for partition in partitions if isinstance(partition.get("records"), Batch)]


def has_a_broken_batch(step: Step, _difference: Difference) -> bool:
    """Whether a batch is not what its producer meant."""
    return any(batch.patches or batch.cut is not None or batch.times > 1 for batch in batches_of(step))


def has_an_odd_producer(step: Step, _difference: Difference) -> bool:
    """Whether a batch has a producer without an epoch, or a transaction without a producer."""
    return any(
        batch.is_transactional or (batch.producer_id != -1 and (batch.producer_epoch < 0 or batch.base_sequence < 0))
        for batch in batches_of(step)
    )


def names_a_partition_twice(step: Step, _difference: Difference) -> bool:
    """Whether a Produce has two batches for one partition."""
    named = [
        ((step.version >= 13 and str(topic.get("topic_id"))) or topic.get("name"), partition.get("index", 0))
        for topic in step.body.get("topic_data", ())
        for partition in topic.get("partition_data", ())
    ]
    return len(set(named)) < len(named)


def has_several_configs(step: Step, _difference: Difference) -> bool:
    """Whether a topic or resource of the request has more than one config."""
    return any(len(one.get("configs", ())) > 1 for one in (*step.body.get("topics", ()), *step.body.get("resources", ())))


def has_several_quotas(step: Step, _difference: Difference) -> bool:
    """Whether a request sets more than one quota of somebody."""
    return any(len(entry.get("ops", ())) > 1 for entry in step.body["entries"])


def names_a_resource_twice(step: Step, _difference: Difference) -> bool:
    """Whether the request is about the same resource more than once."""
    resources = [(one.get("resource_type"), one.get("resource_name")) for one in step.body["resources"]]
    return len(set(resources)) < len(resources)


def is_about_brokers(step: Step, _difference: Difference) -> bool:
    """Whether a request alters configs of brokers."""
    return any(one.get("resource_type") == BROKER for one in step.body["resources"])


def has_an_unnamed_resource(step: Step, _difference: Difference) -> bool:
    """Whether a request alters something without a name that must have one."""
    return any(one.get("resource_type") != BROKER and not one.get("resource_name") for one in step.body["resources"])


def is_replica(step: Step, _difference: Difference) -> bool:
    """Whether a Fetch says that it comes from a broker."""
    return step.body.get("replica_id", -1) >= 0 or step.body.get("replica_state", {}).get("replica_id", -1) >= 0


def has_no_known_isolation(step: Step, _difference: Difference) -> bool:
    """Whether a request wants to read in a way that there is not."""
    return step.body.get("isolation_level", 0) not in (0, 1)


def is_in_a_session(step: Step, _difference: Difference) -> bool:
    """Whether a Fetch goes on with a session, by ids."""
    return step.version >= 13 and step.body.get("session_id", 0) != 0


def asks_for_the_newest_time(step: Step, _difference: Difference) -> bool:
    """Whether a ListOffsets asks for the record with the newest timestamp."""
    return any(one.get("timestamp") == MAX_TIMESTAMP for topic in step.body["topics"] for one in topic["partitions"])


def has_several_updates(step: Step, _difference: Difference) -> bool:
    """Whether a request updates more than one feature."""
    return len(step.body["feature_updates"]) > 1


def forgets_what_it_asks_for(step: Step, _difference: Difference) -> bool:
    """Whether a Fetch adds a partition to its session and takes it out again."""
    asked, forgotten = step.body.get("topics", ()), step.body.get("forgotten_topics_data", ())
    return any(one.get("topic_id") == other.get("topic_id") for one in asked for other in forgotten)


def is_future_replica(step: Step, _difference: Difference) -> bool:
    """Whether a Fetch says that it comes from a replica on another disk."""
    return FUTURE_REPLICA in (step.body.get("replica_id"), step.body.get("replica_state", {}).get("replica_id"))


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
