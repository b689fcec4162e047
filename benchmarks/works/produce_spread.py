"""One producer as fast as it can, acks=all, over very many partitions: where syncing partition by partition costs most."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import attrs

from ..librdkafka import EACH_ITS_PARTITION, Messages, Producer
from ..payloads import payloads
from ..subjects import Subject, running
from .produce import QUEUE, Produce, saturate
from .work import Contender, Figures, Metric, Place, Scale

TOPIC = "spread"
_MEGABYTES_OF_ALL = 1024
"""At this scale all records are produced, at smaller ones fewer."""


@attrs.frozen
class ProduceSpread:
    """Throughput of one producer that sends `records` records to `partitions` partitions in turn; the clock stops at the last
    acknowledgement."""

    name: str
    record_bytes: int
    partitions: int
    records: int
    metrics: tuple[Metric, ...] = (Metric("MB/s", "MB/s", more_is_better=True),)
    limit_title: str = "limit: write and sync, no broker"

    @property
    def title(self) -> str:
        """What the table says it is."""
        return f"produce {self.records:,} records of {self.record_bytes} B: 1 producer, {self.partitions:,} partitions in turn, acks=all"

    @contextmanager
    def contend(self, subject: Subject, place: Place, scale: Scale) -> Iterator[Contender]:
        """A topic of so many partitions; every round is a new producer."""
        messages = Messages(payloads(self.record_bytes), 4 * self.partitions, self.partitions)
        records = max(self.partitions, self.records * scale.megabytes // _MEGABYTES_OF_ALL)
        with running(subject, place.cache, place.folder) as broker:
            broker.create_topic(TOPIC, self.partitions)

            def measure() -> Figures:
                with Producer(broker.bootstrap, TOPIC, QUEUE) as producer:
                    started = time.perf_counter()
                    saturate(broker, producer, messages, records=records, flags=EACH_ITS_PARTITION)
                    return {"MB/s": records * self.record_bytes / 1e6 / (time.perf_counter() - started)}

            yield Contender(measure, broker.process)

    def limit(self, place: Place, scale: Scale) -> Contender:
        """The same bytes to one file: to whom partitions cost nothing, they do not matter."""
        return Produce(self.name, self.record_bytes).limit(place, scale)
