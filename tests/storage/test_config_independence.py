"""The same operations under ten very different configurations give the same answers, byte for byte."""

from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from store_life import Life, fresh, recovered
from store_model import assert_same
from stories import CLEANED, EAGER, A, B, Story, T, U, everything, finish

from streambus.records import decode_records
from streambus.storage import StoreConfig
from streambus.storage.pickers import PickerOptions

TINY_TABLES = attrs.evolve(EAGER.picker, table_bytes=1, fan_in=2, outputs_max=16)
NEVER = PickerOptions(fan_in=1_000, entry_fan_in=1_000, garbage_bytes_min=1 << 40)

CONFIGS: dict[str, StoreConfig] = {
    "as usual": StoreConfig(),
    "eager": EAGER,
    "a segment for every batch": attrs.evolve(EAGER, segment_bytes=1),
    "a record for every entry": attrs.evolve(EAGER, record_bytes_max=1),
    "no cache": attrs.evolve(EAGER, cache_bytes=0),
    "no filters": attrs.evolve(EAGER, bits_per_key=0),
    "a block for every entry": attrs.evolve(EAGER, entry_block_bytes=1),
    "tiny tables of two": attrs.evolve(EAGER, picker=TINY_TABLES),
    "nothing recent": attrs.evolve(EAGER, recent_bytes=0),
    "sealed and never merged": attrs.evolve(EAGER, picker=NEVER),
    "huge": StoreConfig(segment_bytes=1 << 30, record_bytes_max=1 << 30, recent_bytes=1 << 30, recent_batch_bytes=1 << 20),
    "everything tiny": attrs.evolve(
        EAGER, segment_bytes=1, record_bytes_max=1, cache_bytes=0, recent_bytes=0, entry_block_bytes=1, manifest_bytes=1, picker=TINY_TABLES
    ),
}


def answers(life: Life) -> Iterator[tuple[Any, ...]]:
    """What a store says to all kinds of questions, but for where it has it."""
    for log_id in (A, B):
        log = life.store.logs[log_id]
        start, end = log.log_start_offset, log.log_end_offset
        yield log_id, start, end, life.read_all(log)
        for offset in range(start, end, 3):
            for max_bytes in (0, 150, 700, 1 << 40):
                for at_least_one in (True, False):
                    read = life.read(log, offset, end, max_bytes, at_least_one=at_least_one)
                    yield offset, max_bytes, at_least_one, read.next_offset, read.stopped, life.bytes_of(read.parts)
            yield offset, life.waiting(lambda log=log, offset=offset, end=end: log.bytes_between(offset, end, 1 << 40))
        for timestamp in range(990, 1_060, 3):
            found = life.waiting(lambda log=log, timestamp=timestamp: log.batch_at_time(timestamp))
            yield timestamp, None if found is None else (found.base_offset, found.next_offset, found.size, found.max_timestamp)
        latest = life.waiting(log.batch_of_max_timestamp)
        assert latest is not None
        yield latest.base_offset, latest.max_timestamp
        yield tuple(log.epochs.epochs), tuple(log.epochs.start_offsets)
        yield tuple(log.transactions.aborted_between(start, end)), tuple(log.transactions.open.items())
    newest: dict[bytes | None, Any] = {}
    for record in decode_records(life.read_all(life.store.logs[CLEANED])):
        newest[record.key] = record
    yield CLEANED, sorted(newest.items())
    for table_id in (T, U):
        yield table_id, life.scan(table_id), life.scan(table_id, b"both", b"k1"), life.scan(table_id, b"k1")
        yield tuple(life.waiting(lambda table_id=table_id, key=key: life.store.get(table_id, key)) for key in (b"k1", b"both", b"none"))


def told(config: StoreConfig) -> Story:
    story = Story(fresh(config))
    everything(story)
    return story


@pytest.fixture(scope="module")
def reference() -> list[tuple[Any, ...]]:
    story = told(CONFIGS["as usual"])
    return list(answers(story.life))


@pytest.mark.parametrize("name", CONFIGS)
def test_no_limit_changes_an_answer(name: str, reference: list[tuple[Any, ...]]):
    story = told(CONFIGS[name])
    assert list(answers(story.life)) == reference
    finish(story.life)
    assert list(answers(story.life)) == reference
    for again in CONFIGS.values():
        assert list(answers(recovered(story.life.disk.copy(), again))) == reference


def test_the_configurations_do_very_different_things():
    shapes = {name: told(config).life.store.statistics() for name, config in CONFIGS.items()}
    assert shapes["huge"]["sealed_tables"] == shapes["as usual"]["sealed_tables"] == 0
    assert shapes["sealed and never merged"]["sealed_tables"] > 3 * shapes["eager"]["sealed_tables"]
    assert shapes["everything tiny"]["jobs"] > 3 * shapes["eager"]["jobs"] > 30
    assert len({tuple(shape.values()) for shape in shapes.values()}) >= 9


def test_what_they_say_is_what_the_model_says():
    story = told(CONFIGS["everything tiny"])
    del story.model.logs[CLEANED]
    assert_same(story.life, story.model, but_for=(CLEANED,))
