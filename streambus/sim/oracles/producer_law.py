"""Producers: batches of one partition travel in sequence; what is acknowledged is in the log, where and as it was sent; what surely failed
is not.
"""

from typing import Any

from streambus.client import Acknowledged, Acks, Complete, Failed, Produce, Producer
from streambus.client.outbox import NO_SEQUENCE, Outbox
from streambus.kernel import Buffer, Drained, Effect, Event, Instant, Received, Send, Woken
from streambus.records import SEQUENCE_MAX, decode_records
from streambus.sim.life import Life
from streambus.sim.oracles.record_lookup import RecordLookup
from streambus.sim.oracles.reference_model import ReferenceModel
from streambus.sim.simulation import Simulation

COMPARE_ONE_IN = 4
"""Of so many acknowledged records one is compared with the log, byte for byte; the offsets of all are."""


class ProducerLaw:
    """Looks at the producers on `hosts`, beside the reference model of their broker."""

    def __init__(self, simulation: Simulation, hosts: tuple[str, ...], reference: ReferenceModel) -> None:
        self.simulation = simulation
        self.hosts = hosts
        self.unmoved_by = (Drained, Received, Woken)
        self.model = reference.model
        self.lookup = RecordLookup(reference.model)
        self.sent: dict[tuple[str, int], Produce] = {}
        self.times_sent: dict[bytes, int] = {}
        """How often each value was sent, by anybody: only what is unique can be told to be missing."""
        self.surely_failed: dict[bytes, str] = {}
        """Values, and who was told so."""
        self.acknowledged = 0

    def on_birth(self, life: Life) -> None:
        """Nothing was sent yet."""

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """The simulation knows already."""

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """Records in, batches out, answers out."""
        if type(event) is Produce:
            self.sent[life.name, event.ticket] = event
            value = bytes(event.value or b"")
            self.times_sent[value] = self.times_sent.get(value, 0) + 1
        if not effects or not isinstance(life.node, Producer):
            return
        has_sent = False
        for effect in effects:
            if type(effect) is Complete:
                self._on_complete(life, effect)
            elif type(effect) is Send:
                has_sent = True
        if has_sent:
            self._check_flights(life.name, life.node)

    def on_end(self) -> None:
        """What surely failed is in no log."""
        unique = {value: who for value, who in self.surely_failed.items() if self.times_sent.get(value) == 1}
        if not unique:
            return
        for name, facts in self.model.cluster.topics.items():
            for index, part in facts.partitions.items():
                for batch in self.model.written.log(part.log_id).batches:
                    for record in decode_records(batch.data):
                        who = unique.get(bytes(record.value or b""))
                        if who is not None:
                            self._fail(
                                who, f"what surely failed is not in the log: a record is at offset {record.offset} of {name}-{index}"
                            )
                            return

    # Answers -----------------------------------------------------------------------------------------------------------

    def _on_complete(self, life: Life, complete: Complete) -> None:
        produce = self.sent.pop((life.name, complete.ticket), None)
        if produce is None:
            return
        result: Any = complete.result
        if type(result) is Acknowledged and result.offset >= 0:
            self._judge_acknowledged(life, produce, result)
        elif type(result) is Failed and result.definite:
            self.surely_failed[bytes(produce.value or b"")] = life.name

    def _judge_acknowledged(self, life: Life, produce: Produce, result: Acknowledged) -> None:
        place = f"{result.topic}-{result.partition}"
        if produce.topic != result.topic or produce.partition not in (None, result.partition):
            self._fail(life.name, f"a record goes where it was sent to: not to {produce.topic}-{produce.partition}, but to {place}")
            return
        log = self.lookup.log_of(result.topic, result.partition)
        if log is None:
            return
        if result.offset >= log.durable_end:
            what = f"offset {result.offset} of {place} is acknowledged, but the log is durable up to {log.durable_end}"
            self._fail(life.name, f"acknowledged is durable: {what}")
            return
        self.acknowledged += 1
        if self.acknowledged % COMPARE_ONE_IN or result.offset < log.start_offset:
            return  # What has been deleted since then cannot be looked at any more.
        record = self.lookup.record(log, result.offset)
        expected = (produce.key, produce.value, produce.headers)
        if record is None or (_plain(record.key), _plain(record.value), record.headers) != expected:
            self._fail(life.name, f"a record is where its acknowledgement says: at offset {result.offset} of {place} is another one")

    # In flight ---------------------------------------------------------------------------------------------------------

    def _check_flights(self, name: str, producer: Producer) -> None:
        config = producer.config
        for outbox in producer.outboxes.values():
            if len(outbox.in_flight) > 1:
                complaint = _complaint_about_flight(outbox)
                if complaint is not None:
                    self._fail(name, f"batches of a partition travel in sequence: in {outbox.topic}-{outbox.partition} {complaint}")
        if config.acks is not Acks.NONE:
            for broker, count in producer.in_flight.items():
                if count > config.in_flight_max:
                    self._fail(name, f"{count} requests are in flight to broker {broker}, though only {config.in_flight_max} may be")

    def _fail(self, name: str, what: str) -> None:
        self.simulation.fail(f"{name}: {what}")


def _complaint_about_flight(outbox: Outbox) -> str | None:
    before = None
    for batch in outbox.in_flight:
        if before is not None:
            if batch.ordinal <= before.ordinal:
                return f"batch {batch.ordinal} was sent after batch {before.ordinal}"
            expected = (before.sequence + len(before.records)) & SEQUENCE_MAX
            if NO_SEQUENCE not in (batch.sequence, before.sequence) and batch.sequence != expected:
                return f"sequence {batch.sequence} follows {before.sequence} with {len(before.records)} records"
        before = batch
    return None


def _plain(data: Buffer | None) -> bytes | None:
    return None if data is None else bytes(data)
