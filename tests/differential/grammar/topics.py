"""Requests that make, change, delete and describe topics."""

from __future__ import annotations

from ..symbols import TopicId
from .configs import topic_config
from .model import ODD_NAMES, Body, Model


def create_topics(model: Model) -> Body:
    """Mostly one or two new topics."""
    dice = model.dice
    validate_only = dice.chance(12)
    topics = []
    for _ in range(dice.mostly(1, 0, 2, 2, percent=75)):
        name = dice.one(ODD_NAMES) if dice.chance(6) else model.new_topic()
        topic: Body = {"name": name, "num_partitions": 0, "replication_factor": 0}
        if dice.chance(12):
            topic |= {"num_partitions": -1, "replication_factor": -1, "assignments": _assignments(model)}
            count = len(topic["assignments"])
        else:
            count = dice.mostly(dice.number(1, 3), -1, 0, -2, percent=88)
            topic |= {"num_partitions": count, "replication_factor": dice.mostly(1, -1, 0, 2, -2, percent=85)}
        topic["configs"] = [
            dict(zip(("name", "value"), topic_config(dice), strict=True)) for _ in range(dice.mostly(0, 1, 2, 3, percent=55))
        ]
        topics.append(topic)
        if not validate_only and name not in model.topics and name.startswith("$"):
            model.topics[name] = max(count, 1)
    return {"topics": topics, "timeout_ms": dice.mostly(10_000, 1000, percent=95), "validate_only": validate_only}


def _assignments(model: Model) -> list[Body]:
    dice = model.dice
    return [
        {"partition_index": dice.mostly(at, at + 1, -1, percent=94), "broker_ids": dice.mostly([1], [], [2], [1, 1], [1, 2], percent=90)}
        for at in range(dice.number(1, 2))
    ]


def delete_topics(model: Model) -> Body:
    """By name or, if the version can, by id."""
    dice = model.dice
    names = model.some_topics()
    for name in names:
        if name in model.topics:
            del model.topics[name]
            model.deleted.append(name)
            model.ends = {place: end for place, end in model.ends.items() if place[0] != name}
    states: list[Body] = []
    for name in names:
        states.append({"name": None, "topic_id": TopicId(name)} if dice.chance(50) else {"name": name})
        if dice.chance(4):
            states[-1] |= {"name": name, "topic_id": TopicId(name)}
        if dice.chance(2):
            states[-1] = {"name": None}
    return {"topics": states, "topic_names": names, "timeout_ms": 10_000}


def create_partitions(model: Model) -> Body:
    """More of them, and sometimes not."""
    dice = model.dice
    topics = []
    validate_only = dice.chance(15)
    for name in model.some_topics():
        have = model.topics.get(name, 1)
        count = dice.mostly(have + 1, have, have - 1, 0, -1, have + 2, percent=60)
        assignments = None
        if dice.chance(25):
            more = max(count - have, 0) if dice.chance(80) else 1
            assignments = [{"broker_ids": dice.mostly([1], [], [2], [1, 1], [1, 2], percent=70)} for _ in range(more)]
        topics.append({"name": name, "count": count, "assignments": assignments})
        if name in model.topics and not validate_only and have < count < 9:
            model.topics[name] = count
    return {"topics": topics, "timeout_ms": 10_000, "validate_only": validate_only}


def metadata(model: Model) -> Body:
    """Of some topics, of all, of none; by name or id."""
    dice = model.dice
    topics: list[Body] | None = []
    if dice.chance(12):
        topics = None if model.version >= 1 else []
    elif dice.chance(94):
        assert topics is not None
        for name in model.some_topics(3):
            by_id = model.version >= 12 and dice.chance(40)
            topics.append({"name": None, "topic_id": TopicId(name)} if by_id else {"name": name})
    return {
        "topics": topics,
        "allow_auto_topic_creation": dice.chance(10),
        "include_cluster_authorized_operations": dice.chance(30),
        "include_topic_authorized_operations": dice.chance(30),
    }


def describe_topic_partitions(model: Model) -> Body:
    """Page by page."""
    dice = model.dice
    names = model.some_topics(3)
    cursor = None
    if dice.chance(35):
        cursor = {"topic_name": model.topic(), "partition_index": dice.mostly(0, 1, 2, -1, percent=60)}
    limit = dice.mostly(2000, 1, 2, 0, -1, percent=55)
    return {"topics": [{"name": name} for name in names], "response_partition_limit": limit, "cursor": cursor}


def elect_leaders(model: Model) -> Body:
    """Preferred and unclean ones."""
    dice = model.dice
    topics = [{"topic": name, "partitions": model.partitions(name)} for name in model.some_topics()]
    return {"election_type": dice.mostly(0, 1, 2, percent=70), "topic_partitions": topics, "timeout_ms": 5000}


def alter_partition_reassignments(model: Model) -> Body:
    """To where they are already, to nowhere, or back."""
    dice = model.dice
    topics = [
        {
            "name": name,
            "partitions": [
                {"partition_index": partition, "replicas": dice.mostly([1], None, [], [2], [1, 1], [1, 2], [-1], percent=45)}
                for partition in model.partitions(name)
            ],
        }
        for name in model.some_topics()
    ]
    return {"timeout_ms": 5000, "topics": topics, "allow_replication_factor_change": dice.chance(75)}


def list_partition_reassignments(model: Model) -> Body:
    """There never are any on one broker."""
    dice = model.dice
    if dice.chance(20):
        return {"topics": None}
    return {"topics": [{"name": name, "partition_indexes": model.partitions(name)} for name in model.some_topics()]}
