"""Crash at every boundary while logs are cleaned and trimmed: the latest value of each key is there, and what was deleted stays deleted."""

from typing import Any

import pytest
from bench import WALL_MS, Bench, fetch_request, fetched, produce_request, produced

from streambus.broker import BrokerConfig
from streambus.records import Record, decode_records, encode_batch, split_batches
from streambus.sim.crash_points import Crashed, crash_at
from streambus.sim.disk import Survival
from streambus.storage import StoreConfig
from streambus.wire import ErrorCode, messages

OFTEN = (("log.retention.check.interval.ms", "1000"), ("log.cleaner.backoff.ms", "1000"))
CONFIG = BrokerConfig(
    properties=OFTEN,
    store=StoreConfig(segment_bytes=1_500, recovery_chunk_bytes=512, recent_bytes=0, cache_bytes=0, delete_delay=0),
)
UNLIMITED = 10**9
WAYS = (None, *Survival)


class Story:
    """What clients were told: the newest value of each key, values that were sent and not answered, and where a topic begins."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}
        self.unanswered: dict[bytes, bytes] = {}
        self.low_watermark = 0
        self.expired = False

    def play(self, bench: Bench) -> None:
        """Two compacted keys over and over, a topic whose records are deleted, one whose records expire."""
        bench.start()
        bench.create("keyed", cleanup_policy="compact", min_cleanable_dirty_ratio="0")
        bench.create("deleted")
        bench.create("expiring", retention_ms="1000")
        for turn in range(3):
            for number in range(3):
                self.put(bench, b"key%d" % (number % 2), b"%d-%d" % (turn, number) * 30)
                produce(bench, "deleted", b"", b"x" * 100)
                produce(bench, "expiring", b"", b"y" * 100)
            self.delete(bench, 3 * turn + 1)
            bench.advance(1_100)
        bench.advance(3_000)
        self.expired = True

    def put(self, bench: Bench, key: bytes, value: bytes) -> None:
        self.unanswered[key] = value
        produce(bench, "keyed", key, value)
        self.values[key] = self.unanswered.pop(key)

    def delete(self, bench: Bench, offset: int) -> None:
        request = messages.DeleteRecordsRequest
        partitions = [request.DeleteRecordsPartition(partition_index=0, offset=offset)]
        answer = bench.connect().ask(
            request(topics=[request.DeleteRecordsTopic(name="deleted", partitions=partitions)], timeout_ms=1_000), 2
        )
        assert answer.topics[0].partitions[0].error_code == ErrorCode.NONE
        self.low_watermark = offset


def produce(bench: Bench, topic: str, key: bytes, value: bytes) -> None:
    batch = encode_batch([Record(key, value, (), WALL_MS + bench.now // 1_000, 0)])
    assert produced(bench.connect().ask(produce_request(topic, batch), 9)).error_code == ErrorCode.NONE


def read_all(bench: Bench, topic: str) -> tuple[int, dict[int, tuple[bytes | None, bytes | None]]]:
    """Where a topic begins, and key and value by offset."""
    found: dict[int, tuple[bytes | None, bytes | None]] = {}
    partition = bench.broker.partitions.get((topic, 0))
    if partition is None:
        return 0, found
    offset = partition.log.log_start_offset
    while True:
        answer: Any = fetched(bench.connect().ask(fetch_request(topic, offset), 11))
        assert answer.error_code == ErrorCode.NONE
        batches = split_batches(answer.records) if len(answer.records) else []
        for header, batch in batches:
            found |= {record.offset: (record.key, record.value) for record in decode_records(batch)}
            offset = header.next_offset
        if not batches:
            assert offset == answer.high_watermark
            return partition.log.log_start_offset, found


def operations_of_the_story() -> int:
    bench = Bench(CONFIG, started=False)
    trap = crash_at(bench.disk, UNLIMITED)
    Story().play(bench)
    return UNLIMITED - trap.skip


TOTAL = operations_of_the_story()


def test_the_story_is_worth_it() -> None:
    bench, story = Bench(CONFIG, started=False), Story()
    story.play(bench)
    assert bench.broker.partitions["keyed", 0].log.cleaned_end > 3
    start, _ = read_all(bench, "expiring")
    assert start > 3
    assert len(read_all(bench, "keyed")[1]) < 12


@pytest.mark.parametrize("operations", range(TOTAL + 1))
def test_nothing_is_lost_and_nothing_comes_back(operations: int, pytestconfig: pytest.Config) -> None:
    for survival in WAYS if pytestconfig.getoption("--long") else (WAYS[operations % len(WAYS)],):
        bench, story = Bench(CONFIG, seed=operations, started=False), Story()
        crash_at(bench.disk, operations)
        try:
            story.play(bench)
        except Crashed:
            pass
        bench.disk.quirks.clear()
        bench.disk.power_cut(bench.dice.fork("cut"), survival)
        bench.start()
        assert bench.halted is None
        check(bench, story)
        bench.advance(5_000)
        check(bench, story)


def check(bench: Bench, story: Story) -> None:
    """What clients were told still holds."""
    bench.broker.check()
    _, keyed = read_all(bench, "keyed")
    newest: dict[bytes | None, bytes | None] = dict(keyed.values())
    for key, value in story.values.items():
        assert newest[key] in (value, story.unanswered.get(key))
    start, deleted = read_all(bench, "deleted")
    assert start >= story.low_watermark
    assert all(offset >= story.low_watermark for offset in deleted)
