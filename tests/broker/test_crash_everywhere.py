"""Crash at every boundary: the power fails before each disk operation of a recorded workload in turn, and nothing acknowledged is lost.

Exhaustive, not sampled: every operation of the workload, those of long work among them, times every way in which unsynced data may or may
not survive. Where tables are merged all the time there are very many operations: each of them has one of these ways, all with `--long`.
"""

import pytest
from bench import Bench, batch_of, fetch_request, fetched, produce_request, produced

from streambus.broker import BrokerConfig
from streambus.records import decode_records
from streambus.sim.crash_points import Crashed, crash_at
from streambus.sim.disk import Survival
from streambus.storage import StoreConfig
from streambus.storage.pickers import PickerOptions
from streambus.wire import ErrorCode, messages

SEALING = BrokerConfig(store=StoreConfig(segment_bytes=1_500, recovery_chunk_bytes=512, recent_bytes=300))
MERGING = BrokerConfig(
    store=StoreConfig(
        segment_bytes=1_000,
        recovery_chunk_bytes=512,
        recent_bytes=300,
        cache_bytes=0,
        delete_delay=0,
        manifest_bytes=2_000,
        picker=PickerOptions(fan_in=2, entry_fan_in=2, garbage_bytes_min=500),
    )
)
WAYS = (None, *Survival)
UNLIMITED = 10**9
PRODUCER = {"producer_id": 9, "producer_epoch": 0}


def workload(bench: Bench, acknowledged: dict[int, bytes]) -> None:
    """A first start, two topics, idempotent batches alone and in bursts, a restart in the middle, a deletion; several segments."""
    bench.start()
    bench.create("t")
    bench.create("doomed")
    sequence = 0
    for life in range(2):
        for burst in (1, 3, 1):
            client = bench.connect()
            values = [b"%d-%d-%d" % (life, burst, number) * 20 for number in range(burst)]
            for value in values:
                client.send(produce_request("t", batch_of(value, base_sequence=sequence, **PRODUCER)), 9)
                client.send(produce_request("doomed", batch_of(value)), 9)
                sequence += 1
            bench.settle()
            for value, answer in zip(values, list(client.answers)[::2], strict=True):
                acknowledged[produced(answer.body).base_offset] = value
        if life == 0:
            bench.restart()
    bench.connect().ask(messages.DeleteTopicsRequest(topic_names=["doomed"], timeout_ms=1000), 5)


def operations_of_the_workload(config: BrokerConfig) -> int:
    bench = Bench(config, started=False)
    trap = crash_at(bench.disk, UNLIMITED)
    workload(bench, {})
    return UNLIMITED - trap.skip


SEALING_TOTAL = operations_of_the_workload(SEALING)
MERGING_TOTAL = operations_of_the_workload(MERGING)


@pytest.mark.parametrize("config", [SEALING, MERGING])
def test_the_workload_is_worth_it(config: BrokerConfig) -> None:
    bench, acknowledged = Bench(config, started=False), dict[int, bytes]()
    workload(bench, acknowledged)
    assert sorted(acknowledged) == list(range(10))
    assert len(bench.disk.contents()) > 2
    assert SEALING_TOTAL > 100
    assert MERGING_TOTAL > 3 * SEALING_TOTAL


@pytest.mark.parametrize("survival", WAYS)
@pytest.mark.parametrize("operations", range(SEALING_TOTAL + 1))
def test_acknowledged_records_survive_a_power_cut(operations: int, survival: Survival | None) -> None:
    check_power_cut(SEALING, operations, survival)


@pytest.mark.parametrize("operations", range(MERGING_TOTAL + 1))
def test_acknowledged_records_survive_a_power_cut_while_tables_are_merged(operations: int, pytestconfig: pytest.Config) -> None:
    for survival in WAYS if pytestconfig.getoption("--long") else (WAYS[operations % len(WAYS)],):
        check_power_cut(MERGING, operations, survival)


def check_power_cut(config: BrokerConfig, operations: int, survival: Survival | None) -> None:
    """Cut the power after so many operations: what was acknowledged is there, once."""
    bench, acknowledged = Bench(config, seed=operations, started=False), dict[int, bytes]()
    crash_at(bench.disk, operations)
    try:
        workload(bench, acknowledged)
    except Crashed:
        pass
    bench.disk.quirks.clear()
    bench.disk.power_cut(bench.dice.fork("cut"), survival)
    bench.start()
    bench.broker.check()
    assert bench.halted is None
    found = everything(bench)
    assert acknowledged.items() <= found.items()
    assert sorted(found) == list(range(len(found)))
    retried_batches_are_recognised(bench, found)


def everything(bench: Bench) -> dict[int, bytes]:
    """What a reader finds in `t`, from the disk itself."""
    found: dict[int, bytes] = {}
    while True:
        partition = fetched(bench.connect().ask(fetch_request("t", len(found)), 11))
        if partition.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
            return {}
        assert partition.error_code == ErrorCode.NONE
        found |= {record.offset: record.value or b"" for record in decode_records(partition.records)}
        if len(found) >= partition.high_watermark:
            return found
        assert partition.records, "what is committed is there to be read"


def retried_batches_are_recognised(bench: Bench, found: dict[int, bytes]) -> None:
    """The producer sends its last batch again: it is not appended twice. Then it goes on."""
    if not found:
        return
    last = max(found)
    again = produce_request("t", batch_of(found[last], base_sequence=last, **PRODUCER))
    assert produced(bench.connect().ask(again, 9)).base_offset == last
    following = produce_request("t", batch_of(b"next", base_sequence=last + 1, **PRODUCER))
    assert produced(bench.connect().ask(following, 9)).base_offset == last + 1
    assert everything(bench) == {**found, last + 1: b"next"}
