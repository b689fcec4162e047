"""An outbox: the records on their way to one partition, in order, and the sequence numbers that let the broker recognise repetitions.

A batch is open (takes records), queued (sealed, waits to be sent or sent again), or in flight. Queue and flight are ordered by `ordinal`.

The chain of sequences (KIP-98): within one (producer id, producer epoch) every batch has its place, and a place is never given to
another batch. When a batch that had a place is given up, the chain is broken: nothing more is sent until every batch in flight
has come back, then a new chain begins, with the next producer epoch and sequence 0 (the broker keeps epochs per partition, KIP-360).
Batches that surely were never written move over to it; a batch whose fate is unknown must not, or it might be written twice.
"""

from collections import deque

from streambus.client.config import IDEMPOTENT_IN_FLIGHT_MAX
from streambus.kernel import Instant, sometimes
from streambus.records import SEQUENCE_MAX, Codec, Record, encode_batch

NO_PRODUCER_ID = -1
NO_SEQUENCE = -1
PRODUCER_EPOCH_MAX = 0x7FFF


class Batch:
    """Records that are written together or not at all, and the tickets that ask about them."""

    __slots__ = (
        "attempts",
        "deadline",
        "encoded",
        "is_settled",
        "maybe_written",
        "ordinal",
        "records",
        "retry_at",
        "sequence",
        "size",
        "tickets",
    )

    def __init__(self, ordinal: int, deadline: Instant) -> None:
        self.ordinal = ordinal
        self.deadline = deadline
        self.records: list[Record] = []
        self.tickets: list[int] = []
        self.size = 0
        self.sequence = NO_SEQUENCE
        self.encoded: bytes | None = None
        self.attempts = 0
        self.retry_at = Instant(0)
        self.maybe_written = False
        """Some attempt to write it ended without a clear refusal."""
        self.is_settled = False
        """Its tickets are answered, though it is still in flight."""


class Outbox:
    """What one producer has to say to one partition."""

    __slots__ = (
        "in_flight",
        "in_flight_to",
        "is_broken",
        "is_confirmed",
        "is_expiry_set",
        "next_ordinal",
        "next_sequence",
        "open",
        "partition",
        "producer_epoch",
        "producer_id",
        "queue",
        "topic",
    )

    def __init__(self, topic: str, partition: int) -> None:
        self.topic = topic
        self.partition = partition
        self.open: Batch | None = None
        self.queue: deque[Batch] = deque()
        self.in_flight: deque[Batch] = deque()
        self.in_flight_to = -1
        self.producer_id = NO_PRODUCER_ID
        self.producer_epoch = 0
        self.next_sequence = 0
        self.next_ordinal = 0
        self.is_broken = False
        self.is_confirmed = False
        """Some batch of the chain is acknowledged: the leader knows the chain."""
        self.is_expiry_set = False

    # Filling

    def add(self, record: Record, ticket: int, size: int, batch_bytes_max: int, deadline: Instant) -> bool:
        """Take in a record. True if that opened a batch: somebody must see to it that it is sealed in time."""
        batch = self.open
        if batch is not None and batch.size + size > batch_bytes_max:
            self.seal()
            batch = None
        opened = batch is None
        if batch is None:
            batch = self.open = Batch(self.next_ordinal, deadline)
            self.next_ordinal += 1
        batch.records.append(record)
        batch.tickets.append(ticket)
        batch.size += size
        if batch.size >= batch_bytes_max:
            self.seal()
            return False
        return opened

    def seal(self) -> None:
        """Let the open batch, if there is one, be sent."""
        if self.open is not None:
            self.queue.append(self.open)
            self.open = None

    # Sending

    def sendable(self, now: Instant, leader: int, *, sequenced: bool) -> Batch | None:
        """The batch that may be sent to `leader` now, or None.

        A batch must not overtake another on its way to a new leader, nor one that waits for its next attempt; and the broker must be
        able to remember every batch whose fate we may still ask about. A broker takes any first sequence number from a producer it
        does not know, or no longer knows: so the first batch of a chain, and one that is sent again, travel alone. Otherwise the next
        one might be taken for the first, and this one, which was never written, for a repetition.
        """
        if not self.queue or (self.in_flight and (self.is_broken or self.in_flight_to != leader)):
            return None
        batch = self.queue[0]
        if batch.retry_at > now:
            return None
        if sequenced:
            if self.in_flight and not (self.is_confirmed and all(other.attempts == 1 for other in self.in_flight) and not batch.attempts):
                return None
            oldest = min((other.ordinal for other in self.in_flight), default=batch.ordinal)
            if batch.ordinal - oldest >= IDEMPOTENT_IN_FLIGHT_MAX:
                return None
        return batch

    def encode(self, batch: Batch, codec: Codec, *, sequenced: bool) -> bytes:
        """The bytes of `batch`, the same at every attempt; the first gives it its place in the chain."""
        if batch.encoded is None:
            if sequenced:
                assert self.producer_id != NO_PRODUCER_ID
                assert not self.is_broken
                batch.sequence = self.next_sequence
                self.next_sequence = advance(self.next_sequence, len(batch.records))
            batch.encoded = encode_batch(
                batch.records,
                codec=codec,
                producer_id=self.producer_id if sequenced else NO_PRODUCER_ID,
                producer_epoch=self.producer_epoch if sequenced else -1,
                base_sequence=batch.sequence,
            )
        return batch.encoded

    def take_off(self, batch: Batch, leader: int) -> None:
        """The first of the queue is on its way to `leader`."""
        assert self.queue[0] is batch
        self.queue.popleft()
        self.in_flight.append(batch)
        self.in_flight_to = leader
        batch.attempts += 1

    def land(self, ordinal: int) -> Batch:
        """A batch in flight has come back, one way or another."""
        batch = next(batch for batch in self.in_flight if batch.ordinal == ordinal)
        self.in_flight.remove(batch)
        return batch

    def put_back(self, batch: Batch) -> None:
        """It shall be sent again, before everything younger."""
        place = 0
        for queued in self.queue:
            if queued.ordinal > batch.ordinal:
                break
            place += 1
        if place:
            sometimes("producer: several batches come back")
        self.queue.insert(place, batch)

    # The chain

    def is_next(self, batch: Batch) -> bool:
        """Whether no older batch of the chain is still undecided."""
        return not any(other.ordinal < batch.ordinal for other in (*self.in_flight, *self.queue))

    def begin_chain(self, producer_id: int, producer_epoch: int, first_sequence: int = 0) -> None:
        """Number the batches from `first_sequence` on, for a producer id and epoch that no batch was ever sent with."""
        assert not self.in_flight
        assert (producer_id, producer_epoch) != (self.producer_id, self.producer_epoch) or self.next_sequence == 0
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.next_sequence = first_sequence
        self.is_broken = self.is_confirmed = False

    def give_up_uncertain(self) -> list[Batch]:
        """Before a new chain: take the places from the batches that surely were not written; take out and return the others."""
        assert not self.in_flight
        uncertain = [batch for batch in self.queue if batch.maybe_written]
        certain = [batch for batch in self.queue if not batch.maybe_written]
        for batch in certain:
            batch.sequence = NO_SEQUENCE
            batch.encoded = None
        self.queue = deque(certain)
        return uncertain

    # Expiry

    def oldest_deadline(self) -> Instant | None:
        """When the first unanswered batch must be answered."""
        deadlines = [batch.deadline for batch in (*self.in_flight, *self.queue) if not batch.is_settled]
        if self.open is not None:
            deadlines.append(self.open.deadline)
        return min(deadlines, default=None)

    def expire(self, now: Instant) -> tuple[list[Batch], list[Batch]]:
        """Take out the batches that waited too long; return them, and those that stay in flight although nobody waits for them."""
        self.seal_if_due(now)
        expired = [batch for batch in self.queue if batch.deadline <= now]
        if expired:
            self.queue = deque(batch for batch in self.queue if batch.deadline > now)
            self.is_broken |= any(batch.sequence != NO_SEQUENCE for batch in expired)
        settled = [batch for batch in self.in_flight if batch.deadline <= now and not batch.is_settled]
        for batch in settled:
            batch.is_settled = True
        return expired, settled

    def seal_if_due(self, now: Instant) -> None:
        """An open batch that must be answered by now takes no more records."""
        if self.open is not None and self.open.deadline <= now:
            self.seal()


def advance(sequence: int, count: int) -> int:
    """The sequence number `count` records after `sequence`: they wrap from 2^31 - 1 to 0."""
    if sequence + count > SEQUENCE_MAX:
        sometimes("producer: sequence numbers wrap")
    return (sequence + count) & SEQUENCE_MAX
