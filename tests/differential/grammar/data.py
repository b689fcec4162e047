"""Requests about records: produce, fetch, offsets, epochs, deletion."""

from __future__ import annotations

from ..symbols import Batch, Now, ProducerId, SessionId, TopicId
from .model import Body, Model, Producer, Session

HOUR = 3_600_000

SPOILS: tuple[Body, ...] = (
    {"wrong_sum": True},
    {"cut": 40},
    {"cut": 61},
    {"cut": 0},
    {"cut": -1},
    {"times": 2},
    {"patches": ((16, b"\x01"),)},
    {"patches": ((16, b"\x00"),)},
    {"patches": ((16, b"\x03"),)},
    {"patches": ((21, b"\x00\x07"),)},
    {"patches": ((21, b"\x00\x05"),)},
    {"patches": ((21, b"\x00\x08"),)},
    {"patches": ((21, b"\x00\x40"),)},
    {"patches": ((21, b"\x00\x80"),)},
    {"patches": ((21, b"\x00\x01"),)},
    {"patches": ((23, b"\x00\x00\x00\x09"),)},
    {"patches": ((23, b"\xff\xff\xff\xff"),)},
    {"patches": ((57, b"\x00\x00\x00\x09"),)},
    {"patches": ((57, b"\x00\x00\x00\x00"),)},
    {"patches": ((57, b"\xff\xff\xff\xff"),)},
    {"patches": ((8, b"\x00\x00\x00\x00"),)},
    {"patches": ((8, b"\x7f\xff\xff\xff"),)},
    {"patches": ((8, b"\xff\xff\xff\xff"),)},
    {"patches": ((12, b"\x00\x00\x00\x09"),)},
    {"patches": ((35, b"\x00" * 8),)},
    {"patches": ((35, b"\xff" * 8),)},
    {"patches": ((27, b"\xff" * 8),)},
    {"patches": ((61, b"\x02"),)},
    {"patches": ((61, b"\x7f"),)},
    {"patches": ((65, b"\x05"),)},
    {"base_offset": 7},
    {"is_control": True},
    {"is_transactional": True},
    {"producer_id": 5},
    {"producer_id": 5, "producer_epoch": 0},
    {"producer_epoch": 3},
    {"base_sequence": 0},
)


def produce(model: Model) -> Body:
    """Mostly good batches to partitions that exist."""
    dice = model.dice
    acks = dice.mostly(-1, 1, 0, 2, -2, percent=72)
    topics = []
    for name in model.some_topics():
        partitions = []
        for partition in model.partitions(name, 2):
            batch = _batch(model, name, partition)
            partitions.append({"index": partition, "records": dice.mostly(dice.mostly(batch, b"", percent=98), None, percent=99.8)})
        topics.append({"name": name, "topic_id": TopicId(name), "partition_data": partitions})
    return {"transactional_id": None, "acks": acks, "timeout_ms": 5000, "topic_data": topics}


def _batch(model: Model, name: str, partition: int) -> Batch:
    dice = model.dice
    values = tuple(dice.some(lambda: dice.one((b"a", b"", None, b"b" * 300, b"c" * 20)), 1, 4))
    keys = dice.mostly((b"k1", b"k2", b"k3"), (None,), (b"",), (None, b"k"), percent=60)
    given: Body = {"values": values, "keys": keys}
    given["timestamps"] = dice.mostly(
        (Now(dice.number(-50, 0)), Now(dice.number(-50, 0))),
        (Now(-48 * HOUR),),
        (Now(2 * HOUR),),
        (-1,),
        (0,),
        (Now(), -1),
        (1000, 500, 2000),
        percent=80,
    )
    given["codec"] = dice.mostly(0, 1, 2, 3, 4, percent=50)
    if dice.chance(15):
        given["headers"] = (("h", b"1"), ("", None))
    if model.producers and dice.chance(40):
        given |= _numbered(model, dice.one(model.producers), name, partition, len(values))
    if dice.chance(12):
        given |= dice.one(SPOILS)
    else:
        place = (name, partition)
        model.ends[place] = model.ends.get(place, 0) + len(values)
    return Batch(**given)


def _numbered(model: Model, producer: Producer, name: str, partition: int, count: int) -> Body:
    """The next batch of a producer, or one before, or one too far."""
    dice = model.dice
    place = (name, partition)
    expected = producer.sequences.get(place, 0)
    sequence = dice.mostly(expected, max(expected - count, 0), 0, expected + 1, -1, 2**31 - 1, percent=75)
    epoch = dice.mostly(producer.epoch, producer.epoch + 1, producer.epoch - 1, -1, percent=92)
    if sequence == expected:
        producer.sequences[place] = expected + count
    return {"producer_id": ProducerId(producer.nth), "producer_epoch": epoch, "base_sequence": sequence}


def init_producer_id(model: Model) -> Body:
    """Without transactions."""
    dice = model.dice
    body: Body = {"transactional_id": None, "transaction_timeout_ms": dice.mostly(60_000, 0, -1, 2**31 - 1, percent=70)}
    if model.producers and dice.chance(25):
        old = dice.one(model.producers)
        body |= {"producer_id": ProducerId(old.nth), "producer_epoch": dice.mostly(old.epoch, 5, -1, percent=60)}
    elif dice.chance(8):
        body |= {"producer_id": dice.one((-1, 5, -2)), "producer_epoch": dice.one((0, -1, 3))}
    else:
        model.producers.append(Producer(len(model.producers)))
    return body


def fetch(model: Model) -> Body:
    """With and without sessions."""
    dice = model.dice
    body: Body = {
        "max_wait_ms": dice.mostly(0, 10, 30, percent=60),
        "min_bytes": dice.mostly(0, 1, 100, percent=50),
        "max_bytes": dice.mostly(1 << 20, 0, 1, 150, -1, percent=85),
        "isolation_level": dice.mostly(0, 1, 2, percent=55),
        "rack_id": dice.mostly("", "r", percent=80),
        "topics": [_fetched(model, name) for name in model.some_topics()],
    }
    if dice.chance(6):
        body["replica_id"] = dice.one((-2, -3, 1, 7))
        body["replica_state"] = {"replica_id": body["replica_id"], "replica_epoch": dice.one((-1, 0, 99))}
    if model.version >= 7 and dice.chance(55):
        body |= _in_session(model, body["topics"])
    return body


def _fetched(model: Model, name: str) -> Body:
    dice = model.dice
    partitions = [
        {
            "partition": partition,
            "current_leader_epoch": dice.mostly(-1, 0, 1, -2, percent=70),
            "fetch_offset": model.offset(name, partition),
            "last_fetched_epoch": dice.mostly(-1, 0, 3, percent=92),
            "log_start_offset": dice.mostly(-1, 0, percent=95),
            "partition_max_bytes": dice.mostly(1 << 20, 0, 1, 120, -1, percent=85),
        }
        for partition in model.partitions(name)
    ]
    return {"topic": name, "topic_id": TopicId(name), "partitions": partitions}


def _in_session(model: Model, topics: list[Body]) -> Body:
    dice = model.dice
    fitting = [session for session in model.sessions if (session.version >= 13) == (model.version >= 13) or dice.chance(10)]
    if not fitting or dice.chance(25):
        model.sessions.append(Session(len(model.sessions), model.version))
        return {"session_id": 0, "session_epoch": 0}
    session = dice.one(fitting)
    epoch = dice.mostly(session.epoch, 0, -1, session.epoch + 1, -2, percent=88)
    if epoch == session.epoch:
        session.epoch += 1
    body: Body = {"session_id": SessionId(session.nth), "session_epoch": epoch}
    if dice.chance(50):
        topics.clear()
    if dice.chance(25):
        name = model.topic()
        body["forgotten_topics_data"] = [{"topic": name, "topic_id": TopicId(name), "partitions": model.partitions(name)}]
    return body


def list_offsets(model: Model) -> Body:
    """By time, and by the names of special places."""
    dice = model.dice
    topics = [
        {
            "name": name,
            "partitions": [
                {
                    "partition_index": partition,
                    "current_leader_epoch": dice.mostly(-1, 0, 1, -2, percent=80),
                    "timestamp": dice.mostly(
                        dice.one((-1, -2, -3)), -4, -5, -6, -7, -100, 0, 1, 600, Now(-20), Now(-48 * HOUR), Now(1), 2**62, percent=50
                    ),
                }
                for partition in model.partitions(name)
            ],
        }
        for name in model.some_topics()
    ]
    return {
        "replica_id": dice.mostly(-1, -2, 1, percent=90),
        "isolation_level": dice.mostly(0, 1, 2, percent=60),
        "topics": topics,
        "timeout_ms": dice.mostly(1000, 0, -1, percent=80),
    }


def delete_records(model: Model) -> Body:
    """Up to somewhere."""
    topics = [
        {
            "name": name,
            "partitions": [{"partition_index": partition, "offset": model.offset(name, partition)} for partition in model.partitions(name)],
        }
        for name in model.some_topics()
    ]
    return {"topics": topics, "timeout_ms": 5000}


def offset_for_leader_epoch(model: Model) -> Body:
    """Where an epoch ends."""
    dice = model.dice
    topics = [
        {
            "topic": name,
            "partitions": [
                {
                    "partition": partition,
                    "current_leader_epoch": dice.mostly(-1, 0, 1, -2, percent=70),
                    "leader_epoch": dice.mostly(0, -1, 1, -2, 99, percent=60),
                }
                for partition in model.partitions(name)
            ],
        }
        for name in model.some_topics()
    ]
    return {"replica_id": dice.mostly(-1, -2, 1, percent=80), "topics": topics}


def describe_producers(model: Model) -> Body:
    """Who writes to a partition."""
    return {"topics": [{"name": name, "partition_indexes": model.partitions(name)} for name in model.some_topics()]}
