"""What becomes of a batch: who may append, what is refused and why, and what an acknowledgement must say."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import attrs
import pytest

from streambus.records import Record, crc32c, encode_batch
from streambus.sim.oracles import produce_law
from streambus.sim.oracles.broker_model import BrokerModel
from streambus.sim.oracles.cluster_model import PartitionFacts, TopicFacts
from streambus.sim.oracles.door import Asked
from streambus.wire import ErrorCode

TOPIC_ID = UUID(int=9)
NOW_MS = 1_000_000


def batch(value: bytes = b"v", timestamp: int = NOW_MS, producer: int = -1, epoch: int = -1, sequence: int = -1) -> bytes:
    return encode_batch(
        [Record(None, value, (), timestamp)], base_offset=0, producer_id=producer, producer_epoch=epoch, base_sequence=sequence
    )


def changed(position: int, byte: int, *, resealed: bool = True) -> bytes:
    """A batch with another byte somewhere, and a checksum that knows of it unless not `resealed`."""
    data = bytearray(batch())
    data[position] = byte
    if resealed:
        data[17:21] = crc32c(bytes(data[21:])).to_bytes(4, "big")
    return bytes(data)


def a_model(**settings: str) -> BrokerModel:
    """A broker that leads topic-0 in leader epoch 3, alone."""
    model = BrokerModel(pytest.fail)
    model.node_id = 1
    model.step, model.now = 5, NOW_MS * 1_000
    facts = PartitionFacts([1], [1], 1, 3, 0, "log")
    names = {name.replace("_", "."): value for name, value in settings.items()}
    topic = model.cluster.topics["t"] = model.cluster.topics_by_id[TOPIC_ID] = TopicFacts("t", TOPIC_ID, {0: facts}, names)
    assert topic.partitions
    return model


def ask(model: BrokerModel, data: bytes | None, *, acks: int = -1, index: int = 0, version: int = 9, timeout_ms: int = 100) -> Asked:
    topic = SimpleNamespace(name="t", topic_id=TOPIC_ID, partition_data=[SimpleNamespace(index=index, records=data)])
    asked = Asked(0, version, 1, SimpleNamespace(transactional_id=None, acks=acks, timeout_ms=timeout_ms, topic_data=[topic]))
    asked.arrived_at = model.now
    produce_law.ask(model, asked)
    return asked


def answer(error: ErrorCode = ErrorCode.NONE, offset: int = 0, **more: Any) -> Any:
    fields = {"index": 0, "error_code": int(error), "base_offset": offset, "log_append_time_ms": -1, "log_start_offset": 0, **more}
    return SimpleNamespace(responses=[SimpleNamespace(partition_responses=[SimpleNamespace(**fields)])])


def judged(model: BrokerModel, asked: Asked, body: Any) -> str:
    return produce_law.judge(model, asked, body) or ""


def durable(model: BrokerModel, end: int = 1) -> None:
    model.written.log("log").become_durable(end, model.step)


# What is refused -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "acks", "settings", "code"),
    [
        (None, -1, {}, ErrorCode.INVALID_RECORD),
        (b"short", -1, {}, ErrorCode.CORRUPT_MESSAGE),
        (batch() + b"more" * 3, -1, {}, ErrorCode.CORRUPT_MESSAGE),
        (changed(7, 1, resealed=False), -1, {}, ErrorCode.INVALID_RECORD),
        (changed(66, 1, resealed=False), -1, {}, ErrorCode.CORRUPT_MESSAGE),
        (changed(60, 2), -1, {}, ErrorCode.INVALID_RECORD),
        (changed(22, 7), -1, {}, ErrorCode.INVALID_RECORD),
        (changed(22, 0x20), -1, {}, ErrorCode.INVALID_RECORD),
        (changed(22, 0x10), -1, {}, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED),
        (batch(producer=7), -1, {}, ErrorCode.INVALID_RECORD),
        (batch(), 7, {}, ErrorCode.INVALID_REQUIRED_ACKS),
        (batch(b"v" * 200), -1, {"max_message_bytes": "200"}, ErrorCode.MESSAGE_TOO_LARGE),
        (batch(timestamp=NOW_MS + 3_600_001), -1, {}, ErrorCode.INVALID_TIMESTAMP),
        (batch(timestamp=NOW_MS - 11), -1, {"message_timestamp_before_max_ms": "10"}, ErrorCode.INVALID_TIMESTAMP),
    ],
    ids=lambda value: "" if isinstance(value, bytes | dict | None) else str(value),
)
def test_a_batch_is_refused_for_a_reason_that_is_true(data: bytes | None, acks: int, settings: dict[str, str], code: ErrorCode):
    model = a_model(**settings)
    asked = ask(model, data, acks=acks)
    assert produce_law.is_refused(asked)
    assert judged(model, asked, answer(code, -1)) == ""
    assert "base_offset is 4" in judged(model, asked, answer(code, 4))
    assert "answered with NONE" in judged(model, asked, answer())
    assert "answered with UNKNOWN_SERVER_ERROR" in judged(model, asked, answer(ErrorCode.UNKNOWN_SERVER_ERROR, -1))
    assert produce_law.due(model, asked), "there is nothing to wait for"
    assert model.written.log("log").end_offset == 0


def test_a_partition_needs_no_more_replicas_than_it_has():
    model = a_model(min_insync_replicas="2")
    assert not produce_law.is_refused(ask(model, batch()))


def test_fewer_replicas_than_wanted_matter_to_those_only_who_want_all():
    model = a_model(min_insync_replicas="2")
    for topic in model.cluster.topics.values():
        for partition in topic.partitions.values():
            partition.replicas = [1, 2, 3]
    asked = ask(model, batch())
    assert judged(model, asked, answer(ErrorCode.NOT_ENOUGH_REPLICAS, -1)) == ""
    assert not produce_law.is_refused(ask(model, batch(), acks=1))


def test_a_few_bytes_behind_a_batch_are_ignored():
    assert not produce_law.is_refused(ask(a_model(), batch() + b"more"))


def test_what_is_not_led_here_is_not_known():
    model = a_model()
    asked = ask(model, batch(), index=4)
    assert judged(model, asked, answer(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, index=4)) == ""


def test_after_a_failure_of_the_disk_nothing_is_taken():
    model = a_model()
    model.written.is_failed = True
    assert judged(model, ask(model, batch()), answer(ErrorCode.KAFKA_STORAGE_ERROR, -1)) == ""


@pytest.mark.parametrize(
    ("epoch", "sequence", "code"),
    [
        (0, 0, ErrorCode.INVALID_PRODUCER_EPOCH),
        (1, 9, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER),
        (2, 1, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER),
        (1, 0, ErrorCode.DUPLICATE_SEQUENCE_NUMBER),
    ],
)
def test_a_producer_numbers_its_batches(epoch: int, sequence: int, code: ErrorCode):
    model = a_model()
    for number in range(6):
        assert not produce_law.is_refused(ask(model, batch(producer=7, epoch=1, sequence=number)))
    assert judged(model, ask(model, batch(producer=7, epoch=epoch, sequence=sequence)), answer(code, -1)) == ""


# What is acknowledged --------------------------------------------------------------------------------------------------


def test_a_batch_has_the_next_offset_and_the_leader_epoch():
    model = a_model()
    ask(model, batch())
    ask(model, batch(b"other"))
    second = model.written.log("log").batches[1].header
    assert (second.base_offset, second.leader_epoch) == (1, 3)


def test_an_acknowledgement_tells_the_truth():
    model = a_model()
    asked = ask(model, batch())
    assert produce_law.due(model, asked) is None, "it waits for the disk"
    assert "acknowledged is durable: offsets 0 to 0 are acknowledged" in judged(model, asked, answer())
    durable(model)
    assert produce_law.due(model, asked)
    assert judged(model, asked, answer()) == ""
    assert "base_offset is 5, expected 0" in judged(model, asked, answer(offset=5))
    assert "log_append_time_ms is 7, expected -1" in judged(model, asked, answer(log_append_time_ms=7))
    assert "log_start_offset is 3, expected 0" in judged(model, asked, answer(log_start_offset=3))
    assert "the partition is 2, expected 0" in judged(model, asked, answer(index=2))
    assert "there are 0 results for 1 batches" in judged(model, asked, SimpleNamespace(responses=[]))


def test_versions_before_the_fifth_do_not_tell_where_a_log_starts():
    model = a_model()
    asked = ask(model, batch(), version=4)
    durable(model)
    assert judged(model, asked, answer(log_start_offset=-1)) == ""


def test_a_broker_that_stamps_tells_its_time_again_for_a_repetition():
    model = a_model(message_timestamp_type="LogAppendTime")
    numbered = batch(timestamp=5, producer=7, epoch=1, sequence=0)
    asked = ask(model, numbered)
    durable(model)
    assert judged(model, asked, answer(log_append_time_ms=NOW_MS)) == ""
    model.now += 9_000
    again = ask(model, numbered)
    assert judged(model, again, answer(log_append_time_ms=NOW_MS)) == ""
    stored = model.written.log("log").batches
    assert len(stored) == 1
    assert stored[0].header.max_timestamp == NOW_MS


def test_nobody_answers_who_was_told_not_to():
    model = a_model()
    assert "has no answer" in judged(model, ask(model, batch(), acks=0), answer())


# What may fail later ---------------------------------------------------------------------------------------------------


def failed(model: BrokerModel, asked: Asked, error: ErrorCode, offset: int = -1) -> str:
    return judged(model, asked, answer(error, offset))


def test_time_is_up_when_it_is_up():
    model = a_model()
    asked = ask(model, batch())
    assert "that is under way is answered with REQUEST_TIMED_OUT" in failed(model, asked, ErrorCode.REQUEST_TIMED_OUT)
    model.now += 100_000
    assert failed(model, asked, ErrorCode.REQUEST_TIMED_OUT) == ""
    assert "base_offset beside an error is 0" in failed(model, asked, ErrorCode.REQUEST_TIMED_OUT, 0)
    durable(model)
    model.step += 1
    assert "that is durable is answered with REQUEST_TIMED_OUT" in failed(model, asked, ErrorCode.REQUEST_TIMED_OUT)
    asked.is_old = True
    assert failed(model, asked, ErrorCode.REQUEST_TIMED_OUT) == "", "it may have been said long ago"


def test_a_disk_fails_when_it_has_failed():
    model = a_model()
    asked = ask(model, batch())
    assert "KAFKA_STORAGE_ERROR" in failed(model, asked, ErrorCode.KAFKA_STORAGE_ERROR)
    model.written.is_failed = True
    assert produce_law.due(model, asked), "nothing will become durable"
    assert failed(model, asked, ErrorCode.KAFKA_STORAGE_ERROR) == ""


def test_a_broker_that_leads_does_not_deny_it():
    model = a_model()
    asked = ask(model, batch())
    assert "NOT_LEADER_OR_FOLLOWER" in failed(model, asked, ErrorCode.NOT_LEADER_OR_FOLLOWER)
    topic = model.cluster.topics["t"]
    topic.partitions[0] = attrs.evolve(topic.partitions[0], leader_epoch=4)
    assert failed(model, asked, ErrorCode.NOT_LEADER_OR_FOLLOWER) == ""


def test_codes_are_shown_as_people_know_them():
    assert produce_law.shown((ErrorCode.NONE, ErrorCode.REQUEST_TIMED_OUT)) == "NONE or REQUEST_TIMED_OUT"
