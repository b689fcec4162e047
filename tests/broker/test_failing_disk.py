"""A disk that fails, at whatever: what was acknowledged can be read, what cannot be kept is refused."""

import attrs
import pytest
from bench import Bench, batch_of, fetch_request, fetched, produce_request, produced

from streambus.broker import BrokerConfig
from streambus.kernel import SECOND, Create, DiskFailed, Effect, Event, FileName, Sync, SyncDirectory, Write
from streambus.records import decode_records, split_batches
from streambus.sim.disk import SimulatedDisk
from streambus.sim.disk_quirk import SOUND, Sound
from streambus.storage import StoreConfig
from streambus.storage.pickers import PickerOptions
from streambus.wire import ErrorCode, messages

CONFIG = BrokerConfig(
    store=StoreConfig(
        segment_bytes=1_000,
        recent_bytes=0,
        cache_bytes=0,
        delete_delay=0,
        manifest_bytes=2_000,
        retry_delay=1 * SECOND,
        picker=PickerOptions(fan_in=2, entry_fan_in=2, garbage_bytes_min=500),
    )
)
COUNT = 12


class Writer:
    """Produces value after value, and knows which were acknowledged."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.acknowledged: dict[int, bytes] = {}
        self.codes: list[ErrorCode] = []

    def produce(self, count: int = COUNT) -> None:
        for number in range(count):
            value = b"%03d" % number * 60
            answer = produced(self.bench.connect().ask(produce_request("t", batch_of(value)), 9))
            self.codes.append(ErrorCode(answer.error_code))
            if answer.error_code == ErrorCode.NONE:
                self.acknowledged[answer.base_offset] = value

    def check(self) -> None:
        """Everything that was acknowledged is there."""
        found: dict[int, bytes | None] = {}
        while True:
            answer = fetched(self.bench.connect().ask(fetch_request("t", len(found)), 11))
            assert answer.error_code == ErrorCode.NONE
            if not len(answer.records):
                break
            for _, batch in split_batches(answer.records):
                found |= {record.offset: record.value for record in decode_records(batch)}
        assert self.acknowledged.items() <= found.items()


@pytest.mark.parametrize("operation", ["write", "sync", "create", "syncdirectory"])
@pytest.mark.parametrize("skip", range(0, 60, 3))
def test_whatever_fails_what_was_acknowledged_can_be_read(operation: str, skip: int) -> None:
    bench = Bench(CONFIG)
    bench.create("t")
    writer = Writer(bench)
    bench.disk.fail(operation, skip=skip)
    writer.produce()
    writer.check()
    if bench.broker.store.failed is not None:
        assert writer.codes[-1] == ErrorCode.KAFKA_STORAGE_ERROR
        assert "the disk failed" in bench.traces[-1].text
    else:
        assert set(writer.codes) == {ErrorCode.NONE}
    bench.advance(5_000)
    writer.check()
    bench.restart()
    writer.check()
    bench.disk.failures.clear()
    writer.codes.clear()
    writer.produce()
    assert set(writer.codes) == {ErrorCode.NONE}
    writer.check()


class BadWorkplace:
    """A disk on which operations of long work fail, and no others."""

    def __init__(self, operation: type[Effect], error: str) -> None:
        self.operation = operation
        self.error = error

    def interfere(self, disk: SimulatedDisk, effect: Effect) -> Event | Sound | None:
        if disk.working and isinstance(effect, self.operation):
            return DiskFailed(getattr(effect, "file", FileName("")), self.operation.__name__.lower(), self.error)
        return SOUND


@pytest.mark.parametrize("operation", [Write, Create])
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_long_work_that_fails_disturbs_nobody_and_is_done_later(operation: type[Effect], error: str) -> None:
    bench = Bench(CONFIG)
    bench.create("t")
    bench.disk.quirks["bad"] = BadWorkplace(operation, error)
    writer = Writer(bench)
    writer.produce()
    bench.advance(10_000)
    assert set(writer.codes) == {ErrorCode.NONE}
    assert not bench.broker.store.shelf.directories
    writer.check()
    bench.disk.quirks.clear()
    bench.advance(10_000)
    assert bench.broker.store.shelf.directories
    writer.produce()
    writer.check()
    bench.power_cut()
    writer.check()


@pytest.mark.parametrize("operation", [Sync, SyncDirectory])
def test_long_work_whose_sync_fails_is_the_end_of_writing(operation: type[Effect]) -> None:
    bench = Bench(CONFIG)
    bench.create("t")
    writer = Writer(bench)
    writer.produce()
    bench.disk.quirks["bad"] = BadWorkplace(operation, "EIO")
    writer.produce()
    assert writer.codes[-1] == ErrorCode.KAFKA_STORAGE_ERROR
    writer.check()
    bench.disk.quirks.clear()
    bench.power_cut()
    writer.check()


def test_without_room_records_are_refused_and_topics_can_be_deleted() -> None:
    bench = Bench(CONFIG)
    bench.create("t")
    writer = Writer(bench)
    writer.produce(5)
    numbered = {"producer_id": 7, "producer_epoch": 0}
    assert produced(bench.connect().ask(produce_request("t", batch_of(b"a", **numbered, base_sequence=0)), 9)).base_offset == 5
    bench.config = attrs.evolve(bench.config, has_room=False)
    bench.restart()
    assert "the disk is full; records are refused until a restart" in [trace.text for trace in bench.traces]
    writer.produce(3)
    assert writer.codes[5:] == [ErrorCode.KAFKA_STORAGE_ERROR] * 3
    writer.check()

    def sequence(number: int) -> object:
        answer = produced(bench.connect().ask(produce_request("t", batch_of(b"a", **numbered, base_sequence=number)), 9))
        return answer.error_code

    assert sequence(0) == ErrorCode.NONE, "what is there already is acknowledged again"
    assert sequence(1) == sequence(2) == ErrorCode.KAFKA_STORAGE_ERROR, "and what follows a refused batch is no gap"
    request = messages.DeleteTopicsRequest
    (deleted,) = bench.connect().ask(request(topic_names=["t"], timeout_ms=1_000), 5).responses
    assert deleted.error_code == ErrorCode.NONE
    bench.config = attrs.evolve(bench.config, has_room=True)
    bench.restart()
    bench.create("t")
    bench_writer = Writer(bench)
    bench_writer.produce(2)
    assert bench_writer.codes == [ErrorCode.NONE] * 2
