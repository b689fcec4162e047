"""Upkeep: records past their retention are dropped, compacted topics are cleaned."""

import pytest
from bench import WALL_MS, Bench, fetch_request, fetched, produce_request, produced

from streambus.broker import BrokerConfig
from streambus.broker.upkeep import PORTION, CleaningDue, RetentionDue
from streambus.kernel import SECOND, Instant
from streambus.records import BatchHeader, Codec, Record, decode_records, encode_batch, split_batches
from streambus.records.checksum import crc32c
from streambus.storage import StoreConfig
from streambus.storage.pickers import PickerOptions
from streambus.wire import ErrorCode, messages

SEALING = StoreConfig(segment_bytes=2_000, recent_bytes=0, cache_bytes=0, delete_delay=0)
OFTEN = (("log.retention.check.interval.ms", "1000"), ("log.cleaner.backoff.ms", "1000"))
LIVE = StoreConfig()
SMALL = StoreConfig(segment_bytes=2_000, recent_bytes=0, cache_bytes=0, delete_delay=0, picker=PickerOptions(run_bytes_min=0))
"""What is sealed stays in as many small pieces as it was."""


def keyed(key: bytes | None, value: bytes | None, timestamp: int = WALL_MS) -> bytes:
    return encode_batch([Record(key, value, (), timestamp, 0)])


def broker(store: StoreConfig = SEALING, **settings: str) -> Bench:
    bench = Bench(BrokerConfig(store=store, properties=OFTEN))
    bench.create("t", **settings)
    return bench


def produce(bench: Bench, *batches: bytes) -> None:
    for batch in batches:
        answer = produced(bench.connect().ask(produce_request("t", batch), 9))
        assert answer.error_code == ErrorCode.NONE, answer


def read_all(bench: Bench) -> dict[int, tuple[bytes | None, bytes | None]]:
    """Key and value by offset, as a consumer from the start finds them."""
    found: dict[int, tuple[bytes | None, bytes | None]] = {}
    offset = bench.broker.partitions["t", 0].log.log_start_offset
    while True:
        partition = fetched(bench.connect().ask(fetch_request("t", offset), 11))
        assert partition.error_code == ErrorCode.NONE, partition
        if not len(partition.records):
            assert offset == partition.high_watermark
            return found
        data, position = memoryview(partition.records), 0
        while position < len(data):
            size = 12 + int.from_bytes(data[position + 8 : position + 12], "big")
            batch = data[position : position + size]
            for record in decode_records(batch):
                found[record.offset] = (record.key, record.value)
            offset = int.from_bytes(batch[:8], "big") + int.from_bytes(batch[23:27], "big") + 1
            position += size


# Retention -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("store", [LIVE, SMALL], ids=["live", "sealed"])
def test_records_that_are_too_old_are_dropped(store: StoreConfig) -> None:
    bench = broker(store, retention_ms="60000")
    produce(bench, *[keyed(None, b"%02d" % number * 80, WALL_MS + number * 1_000) for number in range(60)])
    bench.advance(90_000)
    log = bench.broker.partitions["t", 0].log
    assert (20 if store is SMALL else 29) <= log.log_start_offset <= 30
    bench.advance(60_000)
    assert log.log_start_offset == log.log_end_offset == 60
    assert produced(bench.connect().ask(produce_request("t", keyed(None, b"new", WALL_MS + 150_000)), 9)).base_offset == 60
    bench.power_cut()
    assert read_all(bench) == {60: (None, b"new")}


def test_a_log_that_is_seldom_written_to_does_not_keep_its_records_for_ever() -> None:
    """One index block may speak of months: it is looked into now and then."""
    bench = broker(retention_ms="80000")
    bench.create("busy", retention_ms="1000")
    for second in range(0, 100, 2):
        produce(bench, keyed(None, b"seldom", WALL_MS + second * 1_000))
        bench.connect().ask(produce_request("busy", keyed(None, b"x" * 500, WALL_MS + second * 1_000)), 9)
        bench.advance(2_000)
    bench.advance(30_000)
    log = bench.broker.partitions["t", 0].log
    assert max(ref.end_offset - ref.first_offset for ref in log.blocks.refs()) > 10, "tables were merged"
    oldest = 130 - 80
    assert (oldest - 2 * 10 - 1) // 2 <= log.log_start_offset <= oldest // 2, "an eighth of its time late, looked at as seldom"
    bench.advance(200_000)
    assert len(read_all(bench)) < 5


def test_a_block_that_cannot_be_looked_into_waits_for_its_time() -> None:
    bench = broker(retention_ms="40000")
    produce(bench, *[keyed(None, b"x" * 100, WALL_MS + second * 2_000) for second in range(50)])
    log, shelf = bench.broker.partitions["t", 0].log, bench.broker.store.shelf
    ref = max(log.blocks.refs(), key=lambda ref: ref.end_offset - ref.first_offset)
    directory = shelf.directories[ref.table]
    bench.disk.flip_bit(directory.info.file, directory.positions[ref.block] + 20, 1)
    bench.advance(40_000 + 1_000 * (ref.first_offset + ref.end_offset))
    assert ref.end_offset - ref.first_offset > 5
    assert log.log_start_offset == ref.first_offset
    bench.advance(200_000)
    assert log.log_start_offset > ref.end_offset


@pytest.mark.parametrize("store", [LIVE, SEALING], ids=["live", "sealed"])
def test_records_that_are_too_many_are_dropped(store: StoreConfig) -> None:
    bench = broker(store, retention_bytes="3000", retention_ms="-1")
    batches = [keyed(None, b"%02d" % number * 80) for number in range(60)]
    produce(bench, *batches)
    bench.advance(2_000)
    left = sum(map(len, batches[bench.broker.partitions["t", 0].log.log_start_offset :]))
    assert 3_000 <= left < (3_000 + len(batches[0]) if store is LIVE else 8_000)
    assert bench.broker.statistics()["offsets_dropped"] == bench.broker.partitions["t", 0].log.log_start_offset


@pytest.mark.parametrize(
    "settings",
    [
        {"retention_ms": "-1"},
        {"retention_ms": "-1", "retention_bytes": "-5"},
        {"retention_ms": "1", "retention_bytes": "1", "cleanup_policy": "compact"},
        {"retention_ms": "1", "retention_bytes": "1", "cleanup_policy": ""},
    ],
)
def test_without_limits_nothing_is_dropped(settings: dict[str, str]) -> None:
    bench = broker(LIVE, **settings)
    produce(bench, *[keyed(b"%d" % number, b"x") for number in range(10)])
    bench.advance(400_000)
    assert len(read_all(bench)) == 10


def test_the_broker_s_own_limits_hold_for_topics_without_any() -> None:
    bench = Bench(BrokerConfig(properties=(*OFTEN, ("log.retention.minutes", "1"))))
    bench.create("t")
    bench.create("kept", retention_ms="-1")
    for topic in ("t", "kept"):
        bench.connect().ask(produce_request(topic, keyed(None, b"x")), 9)
    bench.advance(120_000)
    starts = {name: partition.log.log_start_offset for (name, _), partition in bench.broker.partitions.items()}
    assert starts == {"t": 1, "kept": 0}


def test_the_space_of_what_is_dropped_comes_back() -> None:
    bench = broker(retention_ms="1000")
    for second in range(40):
        bench.advance(1_000)
        produce(bench, *[keyed(None, b"x" * 150, WALL_MS + second * 1_000) for _ in range(10)])
    bench.advance(10_000)
    assert sum(len(data) for name, data in bench.disk.contents().items() if not name.startswith("manifest")) < 40_000
    assert len(bench.broker.store.shelf.directories) < 20


def test_what_is_not_replicated_is_not_dropped() -> None:
    bench = broker(LIVE, retention_ms="1000")
    bench.connect().send(produce_request("t", keyed(None, b"x", WALL_MS - 100_000)), 9)
    bench.now = Instant(bench.now + 60 * SECOND)
    bench.step(RetentionDue())
    assert bench.broker.partitions["t", 0].log.log_start_offset == 0
    bench.settle()
    bench.advance(2_000)
    assert bench.broker.partitions["t", 0].log.log_start_offset == 1


def test_a_round_takes_as_many_turns_as_it_needs() -> None:
    bench = Bench(BrokerConfig(properties=OFTEN))
    bench.create("t", 2 * PORTION + 1, retention_ms="1000")
    partitions = list(bench.broker.partitions.values())
    for partition in partitions[:: PORTION // 2]:
        bench.connect().ask(produce_request("t", keyed(None, b"x", WALL_MS - 10_000), partition.index), 9)
    bench.broker.timers.cancel(RetentionDue())
    bench.step(RetentionDue())
    bench.step(CleaningDue())
    assert 0 < len(bench.broker.upkeep.to_trim) <= 2 * PORTION + 1
    assert len(bench.broker.upkeep.to_appraise) == PORTION + 1
    bench.settle()
    assert not bench.broker.upkeep.to_trim
    assert not bench.broker.upkeep.to_appraise
    assert all(partition.log.log_start_offset == partition.log.log_end_offset for partition in partitions)
    assert bench.broker.next_deadline is not None
    assert bench.broker.next_deadline > bench.now


def test_a_topic_that_is_deleted_during_a_round_is_passed_over() -> None:
    bench = broker(LIVE, retention_ms="1", cleanup_policy="compact,delete")
    produce(bench, keyed(b"k", b"x", WALL_MS - 1_000))
    bench.broker.upkeep.to_trim.append(bench.broker.partitions["t", 0].log.log_id)
    bench.broker.upkeep.to_appraise.append(bench.broker.partitions["t", 0].log.log_id)
    bench.connect().ask(messages.DeleteTopicsRequest(topic_names=["t"], timeout_ms=99), 5)
    bench.step(RetentionDue())
    bench.step(CleaningDue())
    assert bench.broker.statistics()["offsets_dropped"] == 0


def test_after_a_failure_of_the_disk_nothing_is_dropped_or_cleaned() -> None:
    bench = broker(retention_ms="1000", cleanup_policy="compact,delete")
    produce(bench, *[keyed(b"k", b"%02d" % number * 80) for number in range(30)])
    bench.disk.fail("sync")
    bench.connect().ask(produce_request("t", keyed(b"k", b"x")), 9)
    bench.advance(100_000)
    assert bench.broker.partitions["t", 0].log.log_start_offset == 0
    assert len(read_all(bench)) >= 30


# Cleaning --------------------------------------------------------------------------------------------------------------


def test_of_each_key_the_newest_record_stays() -> None:
    bench = broker(cleanup_policy="compact")
    produce(bench, *[keyed(b"key%d" % (number % 3), b"%03d" % number * 50) for number in range(60)])
    bench.advance(5_000)
    log = bench.broker.partitions["t", 0].log
    assert log.cleaned_end > 30
    left = read_all(bench)
    assert len(left) < 25
    newest = {key: offset for offset, (key, _) in left.items()}
    assert newest == {b"key0": 57, b"key1": 58, b"key2": 59}
    for crash in (bench.restart, bench.power_cut):
        crash()
        assert read_all(bench) == left
        bench.advance(5_000)
        assert read_all(bench) == left


def test_a_log_that_is_clean_is_left_alone() -> None:
    bench = broker(cleanup_policy="compact")
    produce(bench, *[keyed(b"key", b"%03d" % number * 50) for number in range(40)])
    bench.advance(5_000)
    jobs = bench.broker.store.statistics()["jobs"]
    bench.advance(60_000)
    assert bench.broker.store.statistics()["jobs"] == jobs


def test_tombstones_outlive_their_key_for_a_while() -> None:
    bench = broker(cleanup_policy="compact", delete_retention_ms="30000", min_cleanable_dirty_ratio="0")
    produce(bench, keyed(b"gone", b"value" * 30), keyed(b"gone", None))
    produce(bench, *[keyed(b"other", b"%03d" % number * 50) for number in range(30)])
    bench.advance(5_000)
    assert read_all(bench)[1] == (b"gone", None)
    assert 0 not in read_all(bench)
    bench.advance(60_000)
    produce(bench, *[keyed(b"other", b"%03d" % number * 50) for number in range(30)])
    bench.advance(5_000)
    assert 1 not in read_all(bench)


def test_young_records_are_not_cleaned_if_the_topic_says_so() -> None:
    bench = broker(cleanup_policy="compact", min_compaction_lag_ms="60000")
    produce(bench, *[keyed(b"key", b"%03d" % number * 50) for number in range(40)])
    bench.advance(30_000)
    assert len(read_all(bench)) == 40
    bench.advance(60_000)
    assert len(read_all(bench)) < 20


def test_a_little_dirt_is_cleaned_when_it_has_been_there_for_long() -> None:
    bench = broker(cleanup_policy="compact", max_compaction_lag_ms="120000", min_cleanable_dirty_ratio="1")
    produce(bench, *[keyed(b"key", b"%03d" % number * 50) for number in range(40)])
    bench.advance(60_000)
    assert len(read_all(bench)) == 40
    bench.advance(120_000)
    assert len(read_all(bench)) < 20


def test_both_policies_together_clean_and_drop() -> None:
    bench = broker(cleanup_policy="compact,delete", retention_ms="60000")
    produce(bench, *[keyed(b"key%d" % (number % 2), b"%03d" % number * 50) for number in range(40)])
    bench.advance(5_000)
    assert 2 <= len(read_all(bench)) < 20
    bench.advance(120_000)
    assert read_all(bench) == {}


def test_the_dirtiest_log_is_cleaned_first() -> None:
    bench = Bench(BrokerConfig(store=SEALING, properties=OFTEN))
    bench.create("t", 2, cleanup_policy="compact", min_cleanable_dirty_ratio="0")
    bench.advance(500)
    for number in range(20):
        bench.connect().ask(produce_request("t", keyed(b"k", b"%03d" % number * 50), 0), 9)
    bench.advance(3_000)
    for number in range(20):
        bench.connect().ask(produce_request("t", keyed(b"k", b"%03d" % number * 50), 0), 9)
        bench.connect().ask(produce_request("t", keyed(b"k", b"%03d" % number * 50), 1), 9)
    asked: list[str] = []
    clean = bench.broker.store.clean
    bench.broker.store.clean = lambda turn, log_id, *how: (asked.append(log_id), clean(turn, log_id, *how))[1]  # type: ignore[method-assign]
    bench.advance(3_000)
    assert asked[:2] == [bench.broker.partitions["t", index].log.log_id for index in (1, 0)]


def test_reading_goes_on_while_a_log_is_cleaned_and_after_it() -> None:
    bench = broker(cleanup_policy="compact")
    for round_number in range(4):
        produce(bench, *[keyed(b"key%d" % (number % 5), b"%d-%03d" % (round_number, number) * 30) for number in range(30)])
        bench.advance(1_500)
        newest = dict(read_all(bench).values())
        assert newest == {b"key%d" % (number % 5): b"%d-%03d" % (round_number, number) * 30 for number in range(25, 30)}


def test_a_time_at_which_cleaning_left_nothing_leads_to_the_next_record() -> None:
    bench = broker(cleanup_policy="compact")
    once = encode_batch([Record(b"key", b"once", (), WALL_MS + 5, 0)], producer_id=3, producer_epoch=0, base_sequence=0)
    produce(bench, once, *[keyed(b"key", b"%03d" % number * 50, WALL_MS + 10 + number) for number in range(40)])
    bench.advance(5_000)
    first, *_ = read_all(bench)
    assert first > 10
    (empty,) = [header for header in headers(bench) if header.base_offset == 0]
    assert (empty.record_count, empty.max_timestamp) == (0, WALL_MS + 5), "what is left of a producer says how far it came"
    assert offset_at(bench, WALL_MS) == (ErrorCode.NONE, first)
    assert offset_at(bench, WALL_MS + 10 + 39) == (ErrorCode.NONE, 40)
    assert offset_at(bench, WALL_MS + 10 + 40) == (ErrorCode.NONE, -1)


def headers(bench: Bench) -> list[BatchHeader]:
    """Of the first batches of the topic."""
    return [header for header, _ in split_batches(fetched(bench.connect().ask(fetch_request("t"), 11)).records)]


def offset_at(bench: Bench, timestamp: int) -> tuple[int, int]:
    request = messages.ListOffsetsRequest
    partitions = [request.ListOffsetsPartition(partition_index=0, timestamp=timestamp)]
    (topic,) = bench.connect().ask(request(topics=[request.ListOffsetsTopic(name="t", partitions=partitions)]), 8).topics
    return topic.partitions[0].error_code, topic.partitions[0].offset


@pytest.mark.parametrize("policy", ["compact", "compact,delete"])
def test_records_of_a_compacted_topic_must_have_keys(policy: str) -> None:
    bench = broker(LIVE, cleanup_policy=policy)
    records = [Record(key, b"v", (), WALL_MS, row) for row, key in enumerate((b"a", None, b"", None))]
    answer = produced(bench.connect().ask(produce_request("t", encode_batch(records)), 9))
    assert (answer.error_code, answer.base_offset) == (ErrorCode.INVALID_RECORD, -1)
    assert [error.batch_index for error in answer.record_errors] == [1, 3]
    assert "cannot accept message without key" in (answer.error_message or "")
    produce(bench, keyed(b"", b"an empty key is one"))


def test_a_batch_of_a_compacted_topic_that_cannot_be_opened_is_refused() -> None:
    bench = broker(LIVE, cleanup_policy="compact")
    batch = bytearray(encode_batch([Record(b"k", b"v" * 100, (), WALL_MS, 0)], codec=Codec.GZIP))
    batch[61:65] = b"junk"
    batch[17:21] = crc32c(bytes(batch[21:])).to_bytes(4, "big")
    answer = produced(bench.connect().ask(produce_request("t", bytes(batch)), 9))
    assert answer.error_code in (ErrorCode.INVALID_RECORD, ErrorCode.CORRUPT_MESSAGE)
