"""The models themselves: small, independent, and right."""

from collections.abc import Callable
from uuid import UUID

import pytest

from streambus.kernel import Delete, DiskFailed, Event, FileName, Sync, Work, Write
from streambus.records import Record, crc32c, encode_batch, parse_header
from streambus.sim.oracles.cluster_model import ClusterModel
from streambus.sim.oracles.log_model import EPOCH_TOO_OLD, OUT_OF_ORDER, TOO_OLD, LogModel
from streambus.sim.oracles.wal_document import (
    BATCH,
    DELETE_RANGE,
    OPEN_LOG,
    OPEN_TABLE,
    PUTS,
    TRIM,
    TRUNCATE,
    file_of,
    number_of,
    puts_in,
    range_in,
    records_in,
)
from streambus.sim.oracles.written import METADATA_LOG, Written
from streambus.storage.keyspaces import encode_puts, encode_range
from streambus.storage.wal_records import pack_entry, record_header
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


Said = tuple[int, int, bytes]
"""Kind, keyspace, body."""


def record(position: int, *entries: Said) -> bytes:
    """One record that lies at a WAL position."""
    directory = b"".join(
        [pack_entry(kind, 0, keyspace, len(body), 0, crc32c(body[:21] if kind == BATCH else body)) for kind, keyspace, body in entries]
    )
    bodies = b"".join([body for _, _, body in entries])
    return record_header(directory, len(bodies), position, 0) + bodies + directory


def records(*records_said: tuple[Said, ...], position: int = 0) -> bytes:
    """Records one behind the other; an empty one is an end record."""
    data = b""
    for said in records_said:
        data += record(position + len(data), *said)
    return data


OPENED: tuple[Said, ...] = ((OPEN_LOG, 16, METADATA_LOG.encode()),)


def a_log_on_disk(*payloads: bytes) -> bytes:
    """A log, and each batch in a record of its own."""
    return records(OPENED, *[((BATCH, 16, payload),) for payload in payloads])


# The document ----------------------------------------------------------------------------------------------------------


def test_records_are_read_up_to_the_first_broken_byte():
    data = a_log_on_disk(batch(0), batch(2))
    assert [[entry.kind for entry in found.entries] for found in records_in(data, 0)] == [[OPEN_LOG], [BATCH], [BATCH]]
    assert len(list(records_in(data[:-1], 0))) == 2
    assert len(list(records_in(data[:-3] + b"???", 0))) == 2, "the directory is damaged"
    assert len(list(records_in(data[:-30] + b"???" + data[-27:], 0))) == 2, "a body is damaged"
    assert not list(records_in(data, 1)), "a record elsewhere is no record"


def test_a_record_is_all_of_its_entries():
    data = record(5, *OPENED, (BATCH, 16, batch(0)), (BATCH, 16, batch(2)))
    (found,) = records_in(data, 5)
    assert (found.start, found.end) == (5, 5 + len(data))
    assert [entry.body for entry in found.entries] == [METADATA_LOG.encode(), batch(0), batch(2)]
    assert [data[entry.position - 5 :][: len(entry.body)] for entry in found.entries] == [entry.body for entry in found.entries]


def test_nothing_behind_an_end_record_is_read():
    data = records(OPENED, (), ((BATCH, 16, batch(0)),))
    assert [len(found.entries) for found in records_in(data, 0)] == [1, 0]


def test_files_of_segments_have_numbers():
    assert file_of(7) == "wal/00000000000000000007.wal"
    assert number_of(file_of(7)) == 7
    assert number_of("tables/00000000000000000007.table") is None


def test_puts_and_ranges_are_read():
    pairs = [(b"a", b"1"), (b"", None), (b"c", b"")]
    assert list(puts_in(encode_puts(pairs))) == pairs
    assert range_in(encode_range(b"a", b"c")) == (b"a", b"c")
    assert range_in(encode_range(b"a", b"")) == (b"a", None)


# What was written ------------------------------------------------------------------------------------------------------


def wrote(complaints: list[str]) -> Written:
    written = Written(complaints.append)
    written.read({}, 0)
    return written


def write(written: Written, data: bytes, number: int = 0, position: int = 0) -> None:
    written.on_effect(Write(FileName(file_of(number)), position, (data,)), 0)


def sync(written: Written, number: int = 0) -> Event:
    then = Event()
    written.on_effect(Sync(FileName(file_of(number)), then), 0)
    return then


def test_what_is_synced_is_durable_and_nothing_after_a_failure():
    complaints: list[str] = []
    written = wrote(complaints)
    data = a_log_on_disk(batch(0), batch(2))
    write(written, data)
    then = sync(written)
    log = written.log(METADATA_LOG)
    assert (log.end_offset, log.durable_end) == (4, 0)
    assert len(written.on_event(then, 1)) == 2
    assert log.durable_end == 4
    assert (log.committed_at_least(1), log.committed_at_least(2)) == (0, 4)
    write(written, record(len(data), (BATCH, 16, batch(4))), position=len(data))
    later = sync(written)
    written.on_event(DiskFailed(FileName(file_of(0)), "sync", "EIO", later), 2)
    assert not written.on_event(later, 3)
    assert log.durable_end == 4
    assert complaints == []


def test_a_sync_of_another_file_makes_nothing_durable():
    complaints: list[str] = []
    written = wrote(complaints)
    first = records(OPENED, ())
    write(written, first)
    written.on_event(sync(written), 1)
    write(written, record(len(first), (BATCH, 16, batch(0))), number=1)
    manifest = Event()
    written.on_effect(Sync(FileName("manifest/current"), manifest), 0)
    written.on_event(manifest, 2)
    written.on_event(sync(written, number=0), 3)
    assert written.log(METADATA_LOG).durable_end == 0
    written.on_event(sync(written, number=1), 4)
    assert written.log(METADATA_LOG).durable_end == 2
    assert complaints == []


def test_long_work_that_fails_may_be_tried_again_unless_a_sync_was_lost():
    for operation, is_failed in (("write", False), ("read", False), ("create", False), ("sync", True), ("syncdirectory", True)):
        written, then = wrote([]), Event()
        written.on_effect(Work(None, then), 0)  # type: ignore[arg-type]
        written.on_event(DiskFailed(FileName("tables/1.table"), operation, "ENOSPC", then), 1)
        assert written.is_failed is is_failed, operation
    written = wrote([])
    written.on_event(DiskFailed(FileName(file_of(0)), "write", "ENOSPC"), 1)
    assert written.is_failed


@pytest.mark.parametrize(
    ("number", "position", "data", "words"),
    [
        (0, 9, b"x" * 99, "is continuous"),
        (1, 0, b"x" * 99, "is continuous"),
        (0, 0, b"x" * 99, "whole records"),
        (0, 0, record(0, (BATCH, 17, batch(0))), "names an open keyspace"),
        (0, 0, a_log_on_disk(batch(3)), "offsets have no gaps"),
        (0, 0, records(OPENED, ((OPEN_LOG, 16, b"other"),)), "numbers are given once"),
    ],
)
def test_what_cannot_be_written_is_told(number: int, position: int, data: bytes, words: str):
    complaints: list[str] = []
    write(wrote(complaints), data, number, position)
    assert any(words in complaint for complaint in complaints), complaints


def test_what_is_written_is_what_was_accepted():
    complaints: list[str] = []
    written = wrote(complaints)
    written.log(METADATA_LOG).append(batch(0, 1), 0)
    write(written, a_log_on_disk(batch(0, 2)))
    assert "what is written is what was accepted" in complaints[0]


def test_tables_are_what_was_put_and_not_deleted():
    written = wrote([])
    table = (OPEN_TABLE, 17, b"table")
    puts = (PUTS, 17, encode_puts([(b"a", b"1"), (b"b", b"2"), (b"c", b"3"), (b"d", b"4")]))
    write(written, record(0, table, puts, (PUTS, 17, encode_puts([(b"a", None)])), (DELETE_RANGE, 17, encode_range(b"b", b"c"))))
    assert written.tables == {"table": {b"c": b"3", b"d": b"4"}}
    write(written, record(written.end, (DELETE_RANGE, 17, encode_range(b"d", b""))), position=written.end)
    assert written.tables == {"table": {b"c": b"3"}}


def test_logs_are_cut_at_both_ends_and_what_is_not_written_yet_stays_so():
    written, data = wrote([]), a_log_on_disk(batch(0), batch(2), batch(4), batch(6))
    write(written, data)
    log = written.log(METADATA_LOG)
    log.append(batch(8), 0)
    more = record(len(data), (TRIM, 16, (3).to_bytes(8, "big")))
    write(written, more, position=len(data))
    assert (log.start_offset, log.bases, log.written) == (3, [2, 4, 6, 8], 3)
    write(written, record(written.end, (TRUNCATE, 16, (6).to_bytes(8, "big") + b"more")), position=written.end)
    assert (log.start_offset, log.end_offset, log.written) == (3, 6, 2)


# A life after another --------------------------------------------------------------------------------------------------


def a_life_before(complaints: list[str], *durable: bytes, more: bytes = b"") -> tuple[Written, bytes]:
    """What was written, of which only the batches `durable` are; and all of it."""
    written, data = wrote(complaints), a_log_on_disk(*durable)
    write(written, data)
    written.on_event(sync(written), 1)
    if more:
        write(written, record(len(data), (BATCH, 16, more)), position=len(data))
        data += record(len(data), (BATCH, 16, more))
    return written, data


def test_what_a_life_finds_is_durable_when_its_recovery_has_synced_it():
    complaints: list[str] = []
    before, data = a_life_before(complaints, batch(0), more=batch(2))
    written = Written(complaints.append)
    assert len(written.read({file_of(0): data}, 0, before)) == 2
    assert written.log(METADATA_LOG).durable_end == 2
    assert written.on_event(sync(written), 1) == [], "it was taken in already"
    assert written.log(METADATA_LOG).durable_end == 4
    assert complaints == []


def test_what_was_not_durable_need_not_be_found():
    complaints: list[str] = []
    before, data = a_life_before(complaints, batch(0), more=batch(2))
    written = Written(complaints.append)
    written.read({file_of(0): data[:-1]}, 0, before)
    assert (written.log(METADATA_LOG).end_offset, written.log(METADATA_LOG).durable_end) == (2, 2)
    assert complaints == []


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:60] + b"?" + data[61:], lambda _data: None])
def test_what_was_durable_must_be_found(damage: Callable[[bytes], bytes | None]):
    complaints: list[str] = []
    before, data = a_life_before(complaints, batch(0), batch(2))
    left = damage(data)
    Written(complaints.append).read({file_of(0): left} if left is not None else {}, 0, before)
    assert "what was durable survives" in complaints[0]


def test_segments_that_became_tables_are_known_without_their_files():
    complaints: list[str] = []
    before = wrote(complaints)
    first = records(OPENED, ((BATCH, 16, batch(0)),), ())
    write(before, first)
    before.on_event(sync(before), 1)
    second = record(len(first), (BATCH, 16, batch(2)))
    write(before, second, number=1)
    before.on_event(sync(before, number=1), 2)
    before.on_effect(Delete(FileName(file_of(0))), 0)
    for files in ({file_of(1): second}, {file_of(0): first + b"a footer", file_of(1): second}, {file_of(0): b"", file_of(1): second}):
        written = Written(complaints.append)
        assert len(written.read(files, 0, before)) == 2
        assert (written.log(METADATA_LOG).end_offset, written.log(METADATA_LOG).durable_end) == (4, 4)
    assert complaints == []


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
