"""What a game is drawn from: configurations in which everything happens early, and batches."""

from streambus.kernel import Prng
from streambus.records import ControlType, Record, encode_batch
from streambus.sim.stores.model import ModelLog
from streambus.storage import LogId, StoreConfig, TableId
from streambus.storage.pickers import PickerOptions

LOGS = (LogId("a"), LogId("b"), LogId("c"))
TABLES = (TableId("t"), TableId("u"))
KEYS = (b"", b"k1", b"k2", b"k3", b"k4", b"z")
RECORD_KEYS = (b"a", b"b", b"c", b"a key that is longer than its name", b"\0\0\0\1", b"\0\0\0\0")
"""The last two are what the keys of markers look like."""

FIRST_SEQUENCE = (1 << 31) - 4
"""Producers come to the end of the numbers soon."""

MARKER_VALUE = b"\0\0\0\0\0\1"


def draw_config(dice: Prng) -> StoreConfig:
    """Limits that are reached after a few steps."""

    def one_of(*values: int) -> int:
        return values[dice.below(len(values))]

    picker = PickerOptions(
        fan_in=one_of(2, 2, 3),
        run_bytes_min=one_of(1, 10_000, 10_000),
        blocks_max=one_of(1, 1_000),
        garbage_percent=one_of(0, 50),
        garbage_bytes_min=one_of(0, 300),
        table_bytes=one_of(1, 300, 100_000),
        outputs_max=one_of(1, 2, 16),
        levels_max=one_of(1, 3),
        entry_fan_in=one_of(2, 2, 4),
        entry_bytes_min=one_of(100, 100_000),
        drops_max=one_of(1, 1_000),
    )
    return StoreConfig(
        segment_bytes=one_of(300, 600, 600, 1_500, 4_000),
        record_bytes_max=one_of(1, 300, 100_000),
        recovery_chunk_bytes=one_of(100, 1_000, 100_000),
        recent_bytes=one_of(0, 0, 500, 100_000),
        recent_batch_bytes=one_of(0, 200, 100_000),
        cache_bytes=one_of(0, 3_000, 1_000_000, 1_000_000),
        manifest_bytes=one_of(1, 20_000, 100_000),
        entry_block_bytes=one_of(1, 64, 4_096),
        bits_per_key=one_of(0, 1, 10, 10),
        picker=picker,
        garbage_bytes_min=one_of(0, 300, 100_000),
        delete_delay=one_of(0, 1_000_000),
        key_map_bytes=one_of(500, 100_000, 100_000),
        retry_delay=1_000_000,
    )


def draw_batch(dice: Prng, log: ModelLog, producer_id: int, *, is_transactional: bool, serial: int) -> bytes:
    """The next batch of a producer (-1: of nobody in particular). No two are alike."""
    records = []
    for row in range(dice.between(1, 3)):
        value = None if dice.chance(1, 5) else b"%d.%d" % (serial, row) + bytes(dice.below(4) * dice.below(60))
        records.append(Record(RECORD_KEYS[dice.below(len(RECORD_KEYS))], value, timestamp=1_000 + dice.below(1_000)))
    if producer_id < 0:
        return encode_batch(records)
    known = log.producers.get(producer_id)
    sequence = (known[-1].header.last_sequence + 1) % (1 << 31) if known else FIRST_SEQUENCE
    return encode_batch(records, producer_id=producer_id, producer_epoch=0, base_sequence=sequence, is_transactional=is_transactional)


def marker(control: ControlType, producer_id: int) -> bytes:
    """The end of a transaction."""
    record = Record(b"\0\0" + control.to_bytes(2, "big"), MARKER_VALUE, timestamp=1_500)
    return encode_batch([record], producer_id=producer_id, producer_epoch=0, is_transactional=True, is_control=True)
