"""No turn does much, however many logs there are: what long work leaves for the store to do is done so many index blocks at a time."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest
from store_life import Life, make_batch

from streambus.kernel import Prng, Turn
from streambus.records import parse_header
from streambus.sim.disk import SimulatedDisk
from streambus.storage import LogId, StoreConfig, jobs
from streambus.storage.jobs import BLOCKS_PER_TURN
from streambus.storage.log import Log
from streambus.storage.pickers import PickerOptions

LOGS = 5_000
CONFIG = StoreConfig(
    segment_bytes=4_000_000,
    recent_bytes=0,
    picker=PickerOptions(fan_in=2, run_bytes_min=10_000, entry_fan_in=100),
)


class CountingLife(Life):
    """Counts what is done in each turn."""

    def __init__(self, disk: SimulatedDisk, config: StoreConfig) -> None:
        super().__init__(disk, config)
        self.counts: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.total: Counter[str] = Counter()

    def end(self, turn: Turn) -> None:
        self.total += self.counts
        self.counts["effects"] = len(turn.effects)
        self.most |= self.counts
        self.counts.clear()
        super().end(turn)

    def counted(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def count(*arguments: Any, **keywords: Any) -> Any:
            self.counts[name] += 1
            return function(*arguments, **keywords)

        return count


@pytest.fixture
def life(monkeypatch: pytest.MonkeyPatch) -> Iterator[CountingLife]:
    """A store with many logs, each with a batch in two full segments; nothing is sealed yet."""
    life = CountingLife(SimulatedDisk(Prng(1)), CONFIG)
    life.recover()
    batch = make_batch()
    header = parse_header(batch)
    turn = life.turn()
    for number in range(LOGS):
        life.store.open_log(turn, LogId(f"log-{number}"))
    for _ in range(2):
        for log in life.store.logs.values():
            life.store.append(turn, log, header, batch, 0)
        life.store._begin_segment()
    life.end(turn)
    for owner, name in ((Log, "seal_rows"), (Log, "swap_blocks"), (jobs, "extent_of")):
        monkeypatch.setattr(owner, name, life.counted(name, getattr(owner, name)))
    yield life
    life.store.check()


def test_sealing_and_merging_thousands_of_logs_takes_many_small_turns(life: CountingLife):
    life.flush()
    assert life.store.statistics()["sealed_tables"] == 3, "two tables of entries, one of batches"
    assert life.total["seal_rows"] == 2 * LOGS
    assert life.total["extent_of"] == 2 * LOGS
    assert life.total["swap_blocks"] == LOGS
    assert life.most["seal_rows"] <= BLOCKS_PER_TURN
    assert life.most["extent_of"] <= BLOCKS_PER_TURN
    assert life.most["swap_blocks"] <= BLOCKS_PER_TURN
    assert life.most["effects"] < 100


def test_dropping_thousands_of_logs_drops_their_tables_at_once(life: CountingLife):
    life.flush()
    for log_id in list(life.store.logs):
        life.call("drop_log", log_id)
    life.flush()
    life.pass_time(2 * CONFIG.delete_delay)
    assert not [info for info in life.store.manifest.tables.values() if info.level]
    assert life.most["extent_of"] <= BLOCKS_PER_TURN


@pytest.mark.parametrize("cache_bytes", [0, 1 << 20])
def test_a_read_of_many_blocks_asks_for_one_at_a_time_and_a_burst_of_them_for_some_at_once(life: CountingLife, cache_bytes: int):
    life.flush()
    again = CountingLife(life.disk, attrs.evolve(CONFIG, cache_bytes=cache_bytes))
    again.recover()
    for log in again.store.logs.values():
        log.read(0, 2, 1_000, at_least_one=True)
    assert len(again.store.shelf.wanted) == LOGS
    again.call("flush")
    assert len(again.queue) == 64
    again.settle()
    assert not again.store.shelf.wanted
