"""The block cache: the blocks used last, within a number of bytes."""

from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st

from streambus.kernel import fingerprint
from streambus.storage.block_cache import BlockCache


def test_a_block_is_there_until_its_bytes_are_needed():
    cache = BlockCache(bytes_max=100)
    assert cache.get(1, 0) is None
    cache.put(1, 0, "first", 50)
    cache.put(1, 64, "second", 50)
    assert cache.get(1, 0) == "first"
    cache.put(2, 0, "third", 10)
    assert cache.get(1, 64) is None
    assert cache.get(1, 0) == "first"
    assert cache.get(2, 0) == "third"
    assert cache.statistics() == {"blocks": 2, "bytes": 60, "hits": 3, "misses": 2, "evictions": 1}


def test_a_block_that_is_put_again_replaces_itself():
    cache = BlockCache(bytes_max=100)
    cache.put(1, 0, "old", 60)
    cache.put(1, 0, "new", 70)
    assert (cache.get(1, 0), cache.bytes) == ("new", 70)


def test_a_block_that_is_too_large_is_not_kept_and_drives_nobody_out():
    cache = BlockCache(bytes_max=100)
    cache.put(1, 0, "small", 60)
    cache.put(1, 8, "large", 101)
    assert cache.get(1, 8) is None
    assert cache.get(1, 0) == "small"
    cache.put(1, 0, "grown", 101)
    assert cache.get(1, 0) is None
    cache.put(1, 0, "whole", 100)
    assert cache.get(1, 0) == "whole"
    cache.check()


def test_a_block_as_large_as_the_cache_drives_all_others_out():
    cache = BlockCache(bytes_max=100)
    for position in range(5):
        cache.put(1, position, position, 10)
    cache.put(2, 0, "whole", 100)
    assert list(cache.blocks) == [(2, 0)]
    assert cache.evictions == 5
    cache.check()


def test_a_table_is_forgotten_with_all_its_blocks():
    cache = BlockCache(bytes_max=1_000)
    for position in range(10):
        cache.put(position % 2, position, position, 10)
    cache.forget_table(1)
    cache.forget_table(7)
    assert [cache.get(position % 2, position) for position in range(10)] == [0, None, 2, None, 4, None, 6, None, 8, None]
    assert cache.bytes == 50
    cache.check()


def test_a_cache_of_nothing_keeps_nothing():
    cache = BlockCache(bytes_max=0)
    cache.put(1, 0, "block", 1)
    assert cache.get(1, 0) is None


calls = st.one_of(
    st.tuples(st.just("put"), st.integers(0, 3), st.integers(0, 9), st.integers(1, 400)),
    st.tuples(st.just("get"), st.integers(0, 3), st.integers(0, 9)),
    st.tuples(st.just("forget_table"), st.integers(0, 3)),
)


@settings(deadline=None)
@given(st.lists(calls, max_size=80))
def test_the_blocks_that_are_there_are_the_ones_used_last(sequence):
    cache = BlockCache(bytes_max=1_600)
    used: list[tuple[int, int]] = []
    for number, (name, table, *rest) in enumerate(sequence):
        if name == "put":
            cache.put(table, rest[0], number, rest[1])
        elif name == "get":
            cache.get(table, rest[0])
        else:
            cache.forget_table(table)
            used = [key for key in used if key[0] != table]
        key = (table, rest[0]) if rest else None
        if key is not None and (name == "put" or key in cache.blocks):
            used = [*(other for other in used if other != key), key]
        cache.check()
        there = list(cache.blocks)
        assert there == used[len(used) - len(there) :]
        assert len(there) == len(used) or cache.evictions > 0
        used = there


def test_equal_uses_make_equal_caches():
    caches = [BlockCache(bytes_max=500), BlockCache(bytes_max=500)]
    for cache in caches:
        for number in range(200):
            cache.put(number % 7, number % 11, (number, b"block"), 10 + number % 13)
            cache.get(number % 5, number % 3)
    assert fingerprint(caches[0]) == fingerprint(caches[1]) == fingerprint(deepcopy(caches[0]))
    caches[1].get(*next(iter(caches[1].blocks)))
    assert fingerprint(caches[0]) != fingerprint(caches[1])
