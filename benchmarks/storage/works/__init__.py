"""What is asked of the store, each with its goals."""

from ..work import Work
from .append import Append
from .catch_up import CatchUp
from .entries import Gets, Puts, put_in_batches, put_in_groups, put_one_by_one, rocks_batches, rocks_puts, rocks_synced_puts
from .memory import Memory
from .recover import Recover
from .retain import Retain

GIB = 1 << 30

WORKS: tuple[Work, ...] = (
    Append("append", group=64, total_bytes=GIB),
    Append("append-alone", group=1, total_bytes=GIB // 16, has_goals=False),
    Puts("put", "puts one by one, none synced by RocksDB", 300_000, put_in_groups, rocks_puts, bound=0.5),
    Puts("put-batch", "puts in batches of 1,000, none synced by RocksDB", 300_000, put_in_batches, rocks_batches, bound=0.3),
    Puts("put-sync", "puts one by one, each synced", 5_000, put_one_by_one, rocks_synced_puts, bound=1.0),
    Gets("get-recent", "gets of random keys from the memtable", 300_000, are_sealed=False, bound=0.4),
    Gets("get-sealed", "gets of random keys from a sealed table through the block cache", 300_000, are_sealed=True, bound=0.4),
    CatchUp("catch-up-1", partitions=1),
    CatchUp("catch-up-100", partitions=100, is_merged=True),
    CatchUp("catch-up-mixed", partitions=100, has_goal=False),
    Recover("recover-16k", batch_bytes=16 * 1024, total_bytes=GIB, bound=300.0),
    Recover("recover-1k", batch_bytes=1024, total_bytes=GIB // 4),
    Retain("retain", total_bytes=4 * GIB),
    Memory("memory"),
)
"""Everything there is, in the order it runs."""

__all__ = ["WORKS", "Append", "CatchUp", "Gets", "Memory", "Puts", "Recover", "Retain"]
