"""What of a node counts: two nodes that are canonically equal behave alike from now on.

Like `kernel.fingerprint`, but for three things that make equal futures look different:

- **instants** are taken relative to the node's clock, wherever a machine keeps one (`INSTANTS`); one that has only ever to be compared
  with the present (`PASSED`) is just "passed" once it is;
- **timers** are what is pending, in the order in which it will happen, not the numbers that made this order, nor what was cancelled;
- **statistics** that no machine ever reads (`UNREAD`) are left out, and so is the wall clock, which only dates records.

An instant that is missing in these tables costs merging, not truth. One that should not be in them would: so they are explicit.
"""

from collections import deque
from collections.abc import Callable
from enum import Enum
from hashlib import blake2b
from marshal import dumps
from typing import Any
from uuid import UUID

import attrs
from sortedcontainers import SortedDict, SortedList

from streambus.broker.broker import Broker
from streambus.broker.connections import Connection
from streambus.client.admin import Admin, Question
from streambus.client.cluster import Cluster
from streambus.client.consumer import Consumer
from streambus.client.link import Link, Outgoing
from streambus.client.outbox import Batch
from streambus.client.pool import Pool
from streambus.client.position import Position
from streambus.client.producer import Producer, Waiting
from streambus.kernel import Node, Timers
from streambus.storage import producers as storage_producers
from streambus.storage.housekeeping import Housekeeping
from streambus.storage.manifest import Manifest
from streambus.storage.wal_writer import Wal

INSTANTS: dict[type, tuple[str, ...]] = {
    Link: ("used_at", "heard_at", "due_at"),
    Outgoing: ("deadline",),
    Cluster: ("asked_at",),
    Connection: ("last_active",),
    Batch: ("deadline",),
    Waiting: ("deadline",),
    Question: ("deadline",),
    Housekeeping: ("retry_at",),
}
"""Fields that hold an instant."""

PASSED: dict[type, tuple[str, ...]] = {Link: ("retry_at",), Batch: ("retry_at",), Position: ("retry_at",)}
"""Fields that hold an instant of which only matters whether, and how soon, it is still to come."""

UNREAD: dict[type, tuple[str, ...]] = {
    Node: ("wall_offset",),
    Broker: ("counters", "partitions_by_id", "partitions_by_log", "recovered_bytes"),
    Pool: ("requests", "responses", "lost", "timeouts", "probes"),
    Cluster: ("refreshes",),
    Producer: ("acknowledged", "failed", "retries"),
    Consumer: ("records_out", "fetches", "session_resets"),
    Admin: (),
    Wal: ("syncs",),
    Manifest: ("syncs", "replacements"),
    storage_producers.Producer: ("last_active_ms",),
    storage_producers.Producers: ("sweep_at_ms",),
}
"""Fields that decide nothing: statistics, second views of what is there already, and a producer's silence, which matters after a day."""


def canonical_digest(node: Node, now: int) -> bytes:
    """128 bits that stand for what `node` is at `now` of its clock."""
    return blake2b(dumps(_canonical(node, now), 2), digest_size=16).digest()


def digest_of(value: Any) -> bytes:
    """128 bits that stand for `value`, in which nothing is a date."""
    return blake2b(dumps(_canonical(value, 0), 2), digest_size=16).digest()


def _canonical(value: Any, now: int) -> Any:
    kind = type(value)
    if kind is int or kind is str or value is None or kind is bool:
        return value
    plan = _PLANS.get(kind)
    if plan is None:
        plan = _PLANS[kind] = _plan_for(kind)
    return plan(value, now)


def _sequence(value: Any, now: int) -> Any:
    return tuple([_canonical(item, now) for item in value])


def _mapping(value: Any, now: int) -> Any:
    return tuple([(_canonical(key, now), _canonical(item, now)) for key, item in value.items()])


def _bytes(value: Any, _now: int) -> Any:
    return blake2b(value, digest_size=16).digest() if len(value) > 16 else bytes(value)


def _timers(value: Timers, now: int) -> Any:
    pending = sorted((when, sequence) for when, sequence in value.heap if sequence in value.live)
    return ("Timers", *[(when - now, _canonical(value.live[sequence], now)) for when, sequence in pending])


_PLANS: dict[type, Callable[[Any, int], Any]] = {
    bytes: _bytes,
    bytearray: _bytes,
    memoryview: _bytes,
    tuple: _sequence,
    list: _sequence,
    deque: _sequence,
    SortedList: _sequence,
    dict: _mapping,
    SortedDict: _mapping,
    Timers: _timers,
    UUID: lambda value, _now: value.bytes,
}


def _plan_for(kind: type) -> Callable[[Any, int], Any]:
    """How values of `kind` are walked."""
    name = kind.__name__
    if issubclass(kind, Enum):
        return lambda value, _now: (name, value.name)
    if issubclass(kind, int):
        return lambda value, _now: int(value)
    if issubclass(kind, float | set | frozenset) or any("__call__" in vars(cls) for cls in kind.__mro__):
        raise TypeError(f"no state holds a {name}")
    if hasattr(kind, "typecode") and hasattr(kind, "tobytes"):
        return lambda value, _now: _bytes(value.tobytes(), _now)
    instants, passed, unread = _named(kind, INSTANTS), _named(kind, PASSED), _named(kind, UNREAD)
    slots = _slots(kind)

    def fields(value: Any, now: int) -> Any:
        names = slots if slots is not None else tuple(vars(value))
        walked: list[Any] = [name]
        for field in names:
            if field in unread:
                continue
            item = getattr(value, field)
            if item is not None and field in instants:
                walked.append((field, item - now))
            elif field in passed:
                walked.append((field, max(item - now, 0)))
            else:
                walked.append((field, _canonical(item, now)))
        return tuple(walked)

    return fields


def _named(kind: type, table: dict[type, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(name for cls in kind.__mro__ for name in table.get(cls, ()))


def _slots(kind: type) -> tuple[str, ...] | None:
    """The fields of a slotted or attrs class; None for a class whose instances have a `__dict__`."""
    if attrs.has(kind):
        return tuple(field.name for field in attrs.fields(kind))
    if "__dict__" in dir(kind) and any("__slots__" not in vars(cls) for cls in kind.__mro__ if cls is not object):
        return None
    return tuple(name for cls in reversed(kind.__mro__) for name in getattr(cls, "__slots__", ()))
