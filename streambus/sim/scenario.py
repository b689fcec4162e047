"""Scenarios: what kind of world a seed decides the details of."""

from typing import Any

import attrs

from streambus import client
from streambus.broker import Limits
from streambus.kernel import MILLISECOND, SECOND
from streambus.records import Codec
from streambus.sim.disk_queue import DiskSpeed
from streambus.sim.faults import FaultMix, Planned
from streambus.sim.network import LinkSpeed
from streambus.storage import StoreConfig


@attrs.frozen
class Load:
    """What the clients do. Any setting may be a knob; times are in microseconds."""

    topics: Any = 1
    partitions: Any = 3
    """Of each topic."""
    writers: Any = 3
    readers: Any = 2
    idempotent: Any = True
    acks: Any = client.Acks.ALL
    """Idempotence needs all; with another setting it is off."""
    codec: Any = Codec.NONE
    """One codec for all writers, or None: each writer draws its own."""
    burst_records: Any = 8
    """The most that a writer sends at once."""
    pause: Any = 60 * MILLISECOND
    """The longest that a writer rests between two bursts."""
    unanswered_max: Any = 64
    """A writer with so many records unanswered waits."""
    record_bytes: Any = 200
    """The longest value."""
    linger: Any = 5 * MILLISECOND
    batch_bytes: Any = 16 * 1024
    first_sequence: Any = 0
    """Where idempotent writers begin to number their records."""
    poll_records: Any = 100
    fetch_bytes: Any = 1 << 20
    """The most that a reader asks for of one partition."""
    isolation: Any = client.Isolation.READ_UNCOMMITTED
    seek_every: Any = 500 * MILLISECOND
    """A reader goes elsewhere so often on average; 0 for never."""
    side_one_in: Any = 0
    """One in so many records goes to a topic that comes and goes; 0 for none."""
    inquirers: Any = 0
    """Clients that ask the broker this and that, and make and delete topics."""
    inquire_every: Any = 100 * MILLISECOND
    administrators: Any = 0
    """Clients that change configs, partitions, quotas and credentials while the others work, and look at what became of it."""
    administer_every: Any = 50 * MILLISECOND
    vandals: Any = 0
    """Peers that do not keep to the protocol (`streambus.sim.vandal`)."""
    vandalise_every: Any = 200 * MILLISECOND
    versions_less: Any = 0
    """Every client speaks up to so many versions fewer of an API, as older releases do."""
    request_timeout: Any = 3 * SECOND
    delivery_timeout: Any = 60 * SECOND


@attrs.frozen
class Scenario:
    """One world to be."""

    title: str
    duration: Any = 3 * SECOND
    """How long clients write and faults happen; after it everything heals, and all must come to rest."""
    load: Load = Load()
    disk: DiskSpeed = DiskSpeed()  # noqa: RUF009 (a frozen value)
    link: LinkSpeed = LinkSpeed()  # noqa: RUF009 (a frozen value)
    segment_bytes: Any = 1 << 20
    """Of the broker's write-ahead log. Small ones make for many segments."""
    recovery_chunk_bytes: Any = 64 * 1024
    recent_bytes: Any = 1 << 20
    store: StoreConfig = StoreConfig()  # noqa: RUF009 (a frozen value)
    """Its other limits. Each may be a knob."""
    properties: tuple[tuple[str, Any], ...] = ()
    """Kafka's settings of the broker, by name. Each value may be a knob."""
    limits: Limits = Limits()  # noqa: RUF009 (a value that nobody changes)
    """Of the broker. Each may be a knob."""
    faults: FaultMix = FaultMix()  # noqa: RUF009 (a frozen value)
    plan: tuple[Planned, ...] = ()
    """Faults stated one by one, beside those that `faults` draws."""
    mischief: Any = False
    """Whether nodes do unusual things now and then that they may do at any time (`Turn.buggify`)."""
    wall_error_max: Any = 0
    """The wall clock of any host may be wrong by so many microseconds from the beginning."""
    safety_only: Any = False
    """Whether more may happen than a correct cluster survives (`docs/fault-model.md`, beyond the budget). Then records may get lost and
    the run need not come to rest: what is left to judge is that nobody raises, and that nobody is told what is not true."""
