"""Where records go: the same place as with Kafka's Java client."""

import pytest

from streambus.client import murmur2, partition_of_key
from streambus.client.partitioner import StickyPartition
from streambus.kernel import Prng


@pytest.mark.parametrize(
    ("key", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_hash_is_that_of_kafkas_own_tests(key: bytes, signed: int) -> None:
    assert murmur2(key) == signed & 0xFFFFFFFF


def test_the_sign_bit_is_dropped_before_the_remainder() -> None:
    assert partition_of_key(b"foobar", 10) == (-790332482 & 0x7FFFFFFF) % 10


def places(count: int, partitions: tuple[int, ...]) -> list[int]:
    sticky, dice = StickyPartition(), Prng(1)
    chosen = []
    for _ in range(count):
        if not sticky.stay(40, batch_bytes_max=100):
            sticky.move(40, partitions, dice)
        chosen.append(sticky.partition)
    return chosen


def test_keyless_records_stay_until_a_batch_is_full_and_then_move_on() -> None:
    chosen = places(6, (0, 1, 2))
    assert chosen[0] == chosen[1] == chosen[2]
    assert chosen[3] == chosen[4] == chosen[5]
    assert chosen[0] != chosen[3]


def test_keyless_records_have_nowhere_else_to_go_in_a_topic_of_one() -> None:
    assert set(places(9, (2,))) == {2}
