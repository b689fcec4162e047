"""The models themselves: small, independent, and right."""

from uuid import UUID

import pytest

from streambus.kernel import DiskFailed, Event, FileName, Sync, Write
from streambus.records import Record, encode_batch, parse_header
from streambus.sim.oracles.cluster_model import ClusterModel
from streambus.sim.oracles.log_model import EPOCH_TOO_OLD, OUT_OF_ORDER, TOO_OLD, LogModel
from streambus.sim.oracles.wal_document import BATCH, OPEN_LOG, file_of, frames_in, frames_on, start_of
from streambus.sim.oracles.written import METADATA_LOG, Written
from streambus.storage import frames as storage_frames
from streambus.wire import Message, encode_record, messages

TOPIC_ID = UUID(int=7)


def batch(base_offset: int, count: int = 2, leader_epoch: int = 0, sequence: int = -1, producer: int = -1, epoch: int = -1) -> bytes:
    return encode_batch(
        [Record(None, b"%d" % number, (), 1_000 + base_offset + number) for number in range(count)],
        base_offset=base_offset,
        leader_epoch=leader_epoch,
        producer_id=producer,
        producer_epoch=epoch,
        base_sequence=sequence,
    )


def log_of(*batches: bytes) -> LogModel:
    log = LogModel("log")
    for data in batches:
        log.append(data, 0)
    return log


def frame(kind: int, keyspace: int, position: int, payload: bytes) -> bytes:
    summed = payload[:21] if kind == BATCH else payload
    return storage_frames.frame_header(kind, keyspace, position, 0, len(payload), summed) + payload


def a_log_on_disk(*payloads: bytes) -> bytes:
    data = frame(OPEN_LOG, 1, 0, METADATA_LOG.encode())
    for payload in payloads:
        data += frame(BATCH, 1, len(data), payload)
    return data


# The document ----------------------------------------------------------------------------------------------------------


def test_frames_are_read_up_to_the_first_broken_byte():
    data = a_log_on_disk(batch(0), batch(2))
    assert [found.kind for found in frames_in(data, 0)] == [OPEN_LOG, BATCH, BATCH]
    assert len(list(frames_in(data[:-1], 0))) == 2
    assert len(list(frames_in(data[:-3] + b"???", 0))) == 2
    assert not list(frames_in(data, 1)), "a frame elsewhere is no frame"


def test_segments_are_read_one_after_the_other():
    first = a_log_on_disk(batch(0))
    second = frame(BATCH, 1, len(first), batch(2))
    assert len(list(frames_on({file_of(0): first, file_of(len(first)): second}))) == 3
    assert len(list(frames_on({file_of(0): first + b"torn", file_of(len(first) + 4): second}))) == 2
    assert start_of("elsewhere/1") is None


# What was written ------------------------------------------------------------------------------------------------------


def wrote(complaints: list[str]) -> Written:
    written = Written(complaints.append)
    written.read({}, 0, 0)
    return written


def test_what_is_synced_is_durable_and_nothing_after_a_failure():
    complaints: list[str] = []
    written, then = wrote(complaints), Event()
    data = a_log_on_disk(batch(0), batch(2))
    written.on_effect(Write(FileName(file_of(0)), 0, (data,)), 0)
    written.on_effect(Sync(FileName(file_of(0)), then), 0)
    log = written.log(METADATA_LOG)
    assert (log.end_offset, log.durable_end) == (4, 0)
    assert len(written.on_event(then, 1)) == 2
    assert log.durable_end == 4
    assert (log.committed_at_least(1), log.committed_at_least(2)) == (0, 4)
    more, later = frame(BATCH, 1, len(data), batch(4)), Event()
    written.on_effect(Write(FileName(file_of(0)), len(data), (more,)), 0)
    written.on_effect(Sync(FileName(file_of(0)), later), 0)
    written.on_event(DiskFailed(FileName(file_of(0)), "sync", "EIO", later), 2)
    assert not written.on_event(later, 3)
    assert log.durable_end == 4
    assert complaints == []


@pytest.mark.parametrize(
    ("position", "data", "words"),
    [
        (9, b"x" * 99, "is continuous"),
        (0, b"x" * 99, "whole frames"),
        (0, frame(BATCH, 5, 0, batch(0)), "names an open keyspace"),
        (0, a_log_on_disk(batch(3)), "offsets have no gaps"),
        (0, a_log_on_disk() + frame(OPEN_LOG, 1, len(a_log_on_disk()), b"other"), "numbers are given once"),
    ],
)
def test_what_cannot_be_written_is_told(position: int, data: bytes, words: str):
    complaints: list[str] = []
    wrote(complaints).on_effect(Write(FileName(file_of(0)), position, (data,)), 0)
    assert any(words in complaint for complaint in complaints), complaints


def test_what_is_written_is_what_was_accepted():
    complaints: list[str] = []
    written = wrote(complaints)
    written.log(METADATA_LOG).append(batch(0, 1), 0)
    written.on_effect(Write(FileName(file_of(0)), 0, (a_log_on_disk(batch(0, 2)),)), 0)
    assert "what is written is what was accepted" in complaints[0]


def test_what_a_life_finds_is_durable_when_its_recovery_has_synced_it():
    complaints: list[str] = []
    written, data = Written(complaints.append), a_log_on_disk(batch(0), batch(2))
    promised = len(a_log_on_disk(batch(0)))
    assert len(written.read({file_of(0): data}, 0, promised)) == 2
    assert written.log(METADATA_LOG).durable_end == 2
    settled = Event()
    written.on_effect(Sync(FileName(file_of(0)), settled), 0)
    assert written.on_event(settled, 1) == [], "it was taken in already"
    assert written.log(METADATA_LOG).durable_end == 4


# A log -----------------------------------------------------------------------------------------------------------------


def test_a_reader_is_owed_whole_batches_within_the_limits():
    log = log_of(batch(0), batch(2), batch(4))
    size = len(batch(0))
    assert [found.base_offset for found in log.run_from(3, 6, 10**6, at_least_one=False)[0]] == [2, 4]
    assert log.run_from(0, 6, 1, at_least_one=False) == ([], False)
    assert len(log.run_from(0, 6, 1, at_least_one=True)[0]) == 1
    assert len(log.run_from(0, 4, 10**6, at_least_one=False)[0]) == 2
    assert log.run_from(6, 6, 10**6, at_least_one=True) == ([], True)
    assert log.bytes_between(0, 6, 10**6) == 3 * size
    assert log.bytes_between(0, 6, 1) == size


def test_epochs_end_where_the_next_one_begins():
    log = log_of(batch(0, leader_epoch=1), batch(2, leader_epoch=1), batch(4, leader_epoch=3))
    assert [log.end_of_epoch(epoch) for epoch in (0, 1, 2, 3, 4)] == [(0, 0), (1, 4), (1, 4), (3, 6), (-1, -1)]
    assert [log.epoch_of(offset) for offset in (0, 3, 4, 6)] == [1, 1, 3, 3]
    assert LogModel("empty").epoch_of(0) == -1


def test_a_log_may_be_cut_at_both_ends():
    log = log_of(batch(0), batch(2), batch(4))
    log.truncate(5)
    assert log.end_offset == 4
    log.trim(3)
    assert (log.start_offset, log.end_offset, log.bases) == (3, 4, [2])


def test_sequences_are_judged_as_kafka_judges_them():
    log = log_of(*[batch(2 * number, sequence=2 * number, producer=5, epoch=1) for number in range(7)])

    def judged(sequence: int, epoch: int = 1, count: int = 2) -> object:
        return log.judge(parse_header(batch(0, count, sequence=sequence, producer=5, epoch=epoch)), 0, 1_000)

    assert judged(14) is None
    assert judged(12) is log.batches[-1]
    assert judged(16) == OUT_OF_ORDER
    assert judged(0) == TOO_OLD
    assert judged(0, epoch=0) == EPOCH_TOO_OLD
    assert judged(0, epoch=2) is None
    assert judged(1, epoch=2) == OUT_OF_ORDER
    assert log.judge(parse_header(batch(0, 2, sequence=99, producer=5, epoch=1)), 1_000, 1_000) is None, "forgotten by now"


# The cluster -----------------------------------------------------------------------------------------------------------


def told(*records: Message) -> ClusterModel:
    cluster = ClusterModel()
    for offset, record in enumerate(records):
        cluster.apply(encode_batch([Record(None, encode_record(record))], base_offset=offset))
    return cluster


MADE = messages.TopicRecord(name="t", topic_id=TOPIC_ID)
GONE = messages.RemoveTopicRecord(topic_id=TOPIC_ID)


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ((MADE, GONE, MADE), "was given before"),
        ((MADE, messages.TopicRecord(name="t", topic_id=UUID(int=8))), "but exists"),
        ((GONE,), "but there is none"),
        ((messages.ProducerIdsRecord(next_producer_id=9), messages.ProducerIdsRecord(next_producer_id=9)), "are given away"),
        ((messages.RegisterBrokerRecord(broker_id=1, broker_epoch=3), messages.RegisterBrokerRecord(broker_id=1, broker_epoch=3)), "again"),
    ],
)
def test_a_metadata_log_that_makes_no_sense_is_told(records: tuple[Message, ...], words: str):
    assert any(words in complaint for complaint in told(*records).complaints)


def test_settings_and_leaders_follow_the_records():
    cluster = told(
        MADE,
        messages.PartitionRecord(partition_id=0, topic_id=TOPIC_ID, replicas=[1], isr=[1], leader=1, leader_epoch=0, partition_epoch=0),
        messages.ConfigRecord(resource_type=2, resource_name="t", name="max.message.bytes", value="9"),
        messages.PartitionChangeRecord(partition_id=0, topic_id=TOPIC_ID, leader=1),
        messages.PartitionChangeRecord(partition_id=0, topic_id=TOPIC_ID, isr=[1, 2], replicas=[1, 2]),
    )
    facts = cluster.topics["t"]
    assert facts.settings == {"max.message.bytes": "9"}
    assert (facts.partitions[0].leader_epoch, facts.partitions[0].partition_epoch, facts.partitions[0].isr) == (1, 2, [1, 2])
    assert cluster.existed("t")
    assert cluster.complaints == []
