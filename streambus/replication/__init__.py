"""Replication: one partition and the replica that leads it.

Theory of operation
===================

A `Partition` is one copy of one partition of one topic: a log of the store plus what this broker knows about its place among the
replicas.

1. The metadata image says who leads under which leader epoch; `become_leader` takes that over.
2. An append gives a batch its offset and the leader epoch, and puts it into the store's write-ahead log. Nobody may see it yet.
3. When the store says how far the log is durable, the leader notes its own **durable** end. The **high watermark** is the smallest
   durable end among the in-sync replicas: no reader sees, and no producer is acknowledged, anything above it. A replica's unsynced
   data never counts.
4. The high watermark never goes back within a leader epoch.

Today a partition has one replica, so the ISR is of one and the high watermark is the leader's own durable end; followers that fetch, ISR
changes and truncation by leader epoch come here, beside `partition.py`, without a change to those who append and read.
"""

from streambus.replication.partition import Partition

__all__ = ["Partition"]
