"""Bugs in the clients."""

from typing import Any

from streambus.client import position
from streambus.client.cluster import Cluster
from streambus.client.consumer import Consumer
from streambus.client.outbox import Batch, Outbox
from streambus.client.position import Position
from streambus.client.producer import Producer
from streambus.kernel import Turn
from streambus.sim.mutation import Patch, mutant


@mutant("X30", breaks="batches are written in the order in which they were made", needs="a lost connection with several batches under way")
def puts_repeated_batches_at_the_end(patch: Patch) -> None:
    """A batch that has to be sent again is sent after those that were not sent yet."""
    patch.replace(Outbox, "put_back", lambda outbox, batch: outbox.queue.append(batch))


@mutant("X31", breaks="a repeated batch is recognised", needs="a lost answer")
def numbers_a_repeated_batch_anew(patch: Patch) -> None:
    """A batch that is sent again gets a new place in the chain."""

    def put_back(original: Any, outbox: Outbox, batch: Batch) -> None:
        batch.encoded = None
        original(outbox, batch)

    patch.wrap(Outbox, "put_back", put_back)


@mutant("X32", breaks="a failure that is called definite is one", needs="a producer that gives up")
def calls_every_failure_definite(patch: Patch) -> None:
    """Whatever could not be delivered is said to be surely not written."""

    def fail(original: Any, producer: Producer, turn: Turn, batch: Batch, error: Any, text: str, **_named: Any) -> None:
        batch.maybe_written = False
        original(producer, turn, batch, error, text)

    patch.wrap(Producer, "_fail", fail)


@mutant("X33", breaks="what is acknowledged was acknowledged by the broker", needs="a lost connection")
def takes_a_lost_connection_for_success(patch: Patch) -> None:
    """A batch whose connection was lost is believed to be written."""

    def on_no_answer(original: Any, producer: Producer, turn: Turn, dispatch: Any, reply: Any) -> None:
        if not reply.sent:
            original(producer, turn, dispatch, reply)
            return
        for topic, partition, ordinal in dispatch.batches:
            outbox = producer.outboxes[topic, partition]
            producer._acknowledge(turn, outbox, outbox.land(ordinal), outbox.next_sequence, -1)

    patch.wrap(Producer, "_on_no_answer", on_no_answer)


@mutant("X34", breaks="every record is answered", needs="several batches that wait for their next attempt")
def wakes_up_for_the_first_queue_only(patch: Patch) -> None:
    """The timer for further attempts is set only if one partition waits."""

    def wake_for_retries(original: Any, producer: Producer, turn: Turn) -> None:
        if len(producer.active) == 1:
            original(producer, turn)

    patch.wrap(Producer, "_wake_for_retries", wake_for_retries)


@mutant("X35", breaks="a new chain of sequences has a new epoch", needs="a producer that gave a batch up")
def begins_anew_under_the_old_epoch(patch: Patch) -> None:
    """After a batch was given up, numbering begins at 0 under the same producer epoch."""

    def begin_chain(_original: Any, outbox: Outbox, producer_id: int, producer_epoch: int, first_sequence: int = 0) -> None:
        again = producer_id == outbox.producer_id
        outbox.producer_id, outbox.producer_epoch = producer_id, outbox.producer_epoch if again else producer_epoch
        outbox.next_sequence = first_sequence
        outbox.is_broken = outbox.is_confirmed = False

    patch.wrap(Outbox, "begin_chain", begin_chain)


@mutant("X36", breaks="a damaged batch is not handed out", needs="a bit that is turned over on the wire")
def does_not_check_what_it_reads(patch: Patch) -> None:
    """The consumer hands out batches without a look at their checksum."""
    patch.replace(position, "check_batch", lambda *_arguments, **_named: None)


@mutant("X37", breaks="a consumer goes forward from where it was told to", needs="a position inside of a batch")
def hands_out_the_whole_batch(patch: Patch) -> None:
    """Records in front of the position are handed out if they are in the same batch."""

    def decode_next(original: Any, place: Position, **named: Any) -> bool:
        before, place.offset = place.offset, -1
        result: bool = original(place, **named)
        place.offset = before
        return result

    patch.wrap(Position, "_decode_next", decode_next)


@mutant("X38", breaks="an old answer does not count for a new position", needs="a seek while a fetch is under way")
def takes_in_answers_to_old_questions(patch: Patch) -> None:
    """What was fetched before a seek is handed out after it."""

    def seek(original: Any, reading: Consumer, topic: str, partition: int, offset: int) -> None:
        place = reading.positions.get((topic, partition))
        kept = list(place.batches) if place is not None else []
        original(reading, topic, partition, offset)
        if place is not None and offset >= 0 and kept:
            place.batches.extend(kept)
            place.fetch_offset = kept[-1][0].next_offset

    patch.wrap(Consumer, "_seek", seek)


@mutant("X39", breaks="a consumer leaves nothing out", needs="an answer that ends within a batch, or a large prefetch")
def forgets_where_the_last_batch_ended(patch: Patch) -> None:
    """After several batches in one answer the next fetch begins one batch too late."""

    def take_in(original: Any, place: Position, data: Any, aborted: Any = None) -> int:
        size: int = original(place, data, aborted)
        if len(place.batches) > 6:
            place.fetch_offset += 1
        return size

    patch.wrap(Position, "take_in", take_in)


@mutant("X40", breaks="a fenced consumer looks for the new leader epoch", needs="a restart of the broker")
def keeps_the_leader_epochs_that_it_knows(patch: Patch) -> None:
    """Of two leader epochs that it has heard of a client believes the older one."""
    patch.rewrite(Cluster, "_describe", "leader_epoch < known.leader_epoch", "leader_epoch > known.leader_epoch")
