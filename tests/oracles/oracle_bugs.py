"""Small bugs, planted from outside, one for every law: what is wrong, and the words of the law that must notice."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from streambus import wire
from streambus.broker import Broker, BrokerConfig, decisions, fetch
from streambus.broker.connections import Answer, Connection
from streambus.broker.fetch_sessions import FetchSessions
from streambus.broker.producer_ids import ProducerIds
from streambus.client.position import Position
from streambus.kernel import Close, Closed, Drained, Purgatory, Turn, Write
from streambus.metadata import Image
from streambus.replication import Partition
from streambus.sim import FACTORIES, Factories
from streambus.sim.disk import SimulatedFile
from streambus.storage import Accepted, Log, LogDurable, Producers, StoreRecovered
from streambus.storage.batch_index import BatchIndex
from streambus.storage.keyspaces import Keyspaces
from streambus.storage.wal_records import EntryKind
from streambus.storage.wal_writer import Wal

Plant = Callable[[pytest.MonkeyPatch], Factories]


def wrapped(patch: pytest.MonkeyPatch, owner: Any, name: str, change: Callable[..., Any]) -> Factories:
    """`owner.name` with its result changed: `change(result, *arguments)`."""
    original = getattr(owner, name)

    def planted(*arguments: Any, **more: Any) -> Any:
        return change(original(*arguments, **more), *arguments)

    patch.setattr(owner, name, planted)
    return FACTORIES


def replaced(patch: pytest.MonkeyPatch, owner: Any, name: str, planted: Any) -> Factories:
    """`owner.name` is something else."""
    patch.setattr(owner, name, planted)
    return FACTORIES


class AcknowledgesBeforeSync(Broker):
    """Calls durable what it has only asked the disk to write, and believes itself."""

    def on_drained(self, turn: Turn, event: Drained) -> None:
        super().on_drained(turn, event)
        for log in self.store.logs.values() if self.is_serving else ():
            if log.log_id != self.METADATA_LOG and log.recovery_point < log.log_end_offset:
                log.recovery_point = log.log_end_offset
                turn.tell(LogDurable(log.log_id, log.log_end_offset))


class ForgetsProducers(Broker):
    """Does not know after a restart who has appended what."""

    def on_store_recovered(self, turn: Turn, event: StoreRecovered) -> None:
        for log in self.store.logs.values():
            log.producers.by_id.clear()
        super().on_store_recovered(turn, event)


class ClosesTwice(Broker):
    """Closes what is closed."""

    def on_closed(self, turn: Turn, event: Closed) -> None:
        super().on_closed(turn, event)
        turn.do(Close(event.connection, "to be sure"))


class ForgetsRequests(Broker):
    """Answers nobody on every other connection: the slot stays open for ever."""

    def answer(self, turn: Turn, call: Any, body: Any) -> None:
        if call.connection % 2 or call.slot == 0:
            super().answer(turn, call, body)


class KeepsHighWatermark(Broker):
    """Does not hear that a log is durable further, every third time."""

    def on_log_durable(self, turn: Turn, event: LogDurable) -> None:
        if event.log_id == self.METADATA_LOG or event.recovery_point % 3:
            super().on_log_durable(turn, event)


def instead(node: type[Broker]) -> Plant:
    """A run with another kind of broker."""
    return lambda _patch: {**FACTORIES, BrokerConfig: node}


def raised_watermark(result: Any, *_: Any) -> Any:
    result[0].high_watermark += 1
    return result


def halved(original: Any) -> Any:
    return lambda self, offset, end, max_bytes, at_least_one: original(self, offset, end, min(max_bytes, 300), at_least_one)


def keep_the_epoch(original: Any) -> Any:
    def planted(self: Image, record: Any, delta: Any) -> None:
        before = self.topics_by_id[record.topic_id].partitions[record.partition_id]
        original(self, record, delta)
        changed = self.topics_by_id[record.topic_id].partitions[record.partition_id]
        self._put_partition(record.topic_id, record.partition_id, attrs.evolve(changed, leader_epoch=before.leader_epoch), delta)

    return planted


def an_answer_anyway(self: Any, _node: Any) -> Answer:
    return Answer(self.call, self.reply)


def the_same_again(self: ProducerIds, durable_end: int) -> int | None:
    if self.promised is not None and durable_end >= self.promised[0]:
        _, self.next, self.end = self.promised
        self.promised = None
    return self.next if self.next < self.end else None


def wrong_number(parts: Any, request: Any, *_: Any) -> Any:
    whole = bytearray(b"".join(bytes(part) for part in parts[:1]))
    whole[4:8] = (request.correlation_id + 1).to_bytes(4, "big")
    return (bytes(whole), *parts[1:])


def half_of_the_write(effects_of: Any) -> Any:
    def planted(self: Wal, turn: Turn) -> None:
        before = len(turn.effects)
        effects_of(self, turn)
        for place in range(before, len(turn.effects)):
            effect = turn.effects[place]
            if isinstance(effect, Write) and effect.position % 7 == 3:
                turn.effects[place] = Write(effect.file, effect.position + 1, effect.parts)

    return planted


def plant_image(patch: pytest.MonkeyPatch) -> Factories:
    from streambus.metadata import image
    from streambus.wire import messages

    planted = keep_the_epoch(Image._change_partition)
    patch.setitem(image._APPLY, messages.PartitionChangeRecord, planted)
    return FACTORIES


def drop_a_record(records: list[Any], *_: Any) -> list[Any]:
    return records[1:] if len(records) > 2 else records


def other_bytes(records: list[Any], *_: Any) -> list[Any]:
    return [attrs.evolve(record, value=b"x" + bytes(record.value or b"")) for record in records]


def skip_tables(original: Any) -> Any:
    def planted(self: Keyspaces, entry: Any, payload: Any, position: int, now_ms: int) -> None:
        if entry.kind != EntryKind.PUTS:
            original(self, entry, payload, position, now_ms)

    return planted


def forgets_the_last_timestamp(original: Any) -> Any:
    def planted(self: BatchIndex, header: Any, base_offset: int, position: int, size: int) -> None:
        original(self, header, base_offset, position, size)
        if base_offset > 20:
            self.max_timestamps[-1] = 0

    return planted


BUGS: tuple[tuple[str, Plant, str], ...] = (
    ("acknowledges before the sync", instead(AcknowledgesBeforeSync), "acknowledged is durable"),
    ("forgets producers in recovery", instead(ForgetsProducers), "is forgotten"),
    ("closes what is closed", instead(ClosesTwice), "what is closed stays closed"),
    ("never reads again", lambda patch: replaced(patch, Broker, "_resume", lambda *_: None), "a pause ends with its reason"),
    ("reads before it serves", lambda patch: replaced(patch, Broker, "_pause", lambda *_: None), "who cannot be served is not read from"),
    ("forgets requests", instead(ForgetsRequests), "is answered"),
    ("leaves the high watermark behind", instead(KeepsHighWatermark), "high watermark"),
    ("sends too few bytes", lambda patch: replaced(patch, Log, "read", halved(Log.read)), "the answer is the log's own bytes"),
    ("tells a high watermark too high", lambda patch: wrapped(patch, fetch, "_read_partition", raised_watermark), "high_watermark is"),
    (
        "leaves news out of a session",
        lambda patch: wrapped(patch, FetchSessions, "changed", lambda told, _self, _number, epoch, _said: told[:1] if epoch else told),
        "left out",
    ),
    ("answers long polls early", lambda patch: replaced(patch, fetch, "available_bytes", lambda *_: 1 << 20), "not answered early"),
    ("answers fetches late", lambda patch: replaced(patch, fetch.DelayedFetch, "try_complete", lambda *_: None), "what can be answered"),
    (
        "forgets the deadlines of the idle",
        lambda patch: replaced(patch, Broker, "on_delay_expired", lambda *_: None),
        "nobody waits longer",
    ),
    ("takes any sequence", lambda patch: replaced(patch, Producers, "check", lambda *_: Accepted()), "is"),
    ("gives producer ids twice", lambda patch: replaced(patch, ProducerIds, "take", the_same_again), "producer ids are given once"),
    ("does not count leader epochs", plant_image, "leader epoch"),
    (
        "answers creations early",
        lambda patch: replaced(patch, decisions.DelayedDecision, "try_complete", an_answer_anyway),
        "durable metadata log",
    ),
    (
        "mixes up answers",
        lambda patch: wrapped(patch, wire, "encode_response", wrong_number),
        "in the order of requests",
    ),
    (
        "keeps who is gone in purgatory",
        lambda patch: replaced(patch, Purgatory, "forget_watchers", lambda *_: None),
        "who is gone is not waited for",
    ),
    (
        "leaves holes in the log",
        lambda patch: replaced(patch, Wal, "flush", half_of_the_write(Wal.flush)),
        "the write-ahead log is continuous",
    ),
    ("forgets tables in recovery", lambda patch: replaced(patch, Keyspaces, "replay", skip_tables(Keyspaces.replay)), "cluster_id is"),
    (
        "indexes wrong times",
        lambda patch: replaced(patch, BatchIndex, "append", forgets_the_last_timestamp(BatchIndex.append)),
        "is indexed as",
    ),
    ("loses what was synced", lambda patch: replaced(patch, SimulatedFile, "sync", lambda self: self.changes.clear()), "durable"),
    ("hands out too few records", lambda patch: wrapped(patch, Position, "take_out", drop_a_record), "nothing is skipped"),
    ("hands out other records", lambda patch: wrapped(patch, Position, "take_out", other_bytes), "what is read is what is in the log"),
    (
        "answers in any slot",
        lambda patch: replaced(patch, Connection, "fill_slot", lambda self, _slot, parts, _now: _first_open(self, parts)),
        "order of requests",
    ),
    ("goes back", lambda patch: replaced(patch, Partition, "advance", lambda self, end: _set_back(self, end)), "high watermark"),
)


def _first_open(connection: Connection, parts: Any) -> bool:
    place = next(place for place, answer in enumerate(connection.slots) if answer is None)
    connection.slots[place] = parts
    return place == 0


def _set_back(partition: Partition, end: int) -> bool:
    partition.high_watermark = max(0, end - end % 2)
    return True
