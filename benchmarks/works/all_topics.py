"""What a client costs that asks for all topics there are: Metadata of a broker with thousands of partitions."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import attrs

from ..processes import SubjectFailed
from ..samples import percentile
from ..subjects import Subject, running
from ..wire import BrokerRefused, ask, connect, create_topics, metadata_frame
from .work import Contender, Figures, Metric, Place, Scale

PARTITIONS_A_REQUEST = 2_500
"""Made at once: Kafka refuses requests for many more than 10,000."""

_PATIENCE_SECONDS = 300
"""Kafka opens the files of every partition before it tells of the next ones."""


@attrs.frozen
class AllTopics:
    """Milliseconds from a Metadata request for all topics to the last byte of the answer, one after another on one connection."""

    name: str
    topics: int
    partitions: int
    metrics: tuple[Metric, ...] = (
        Metric("median", "ms", more_is_better=False, digits=2),
        Metric("p99", "ms", more_is_better=False, digits=2),
    )
    limit_title: str = "none"

    @property
    def title(self) -> str:
        """What the table says it is."""
        return f"metadata of {self.topics:,} topics with {self.partitions} partitions each, asked for again and again"

    @contextmanager
    def contend(self, subject: Subject, place: Place, scale: Scale) -> Iterator[Contender]:
        """The topics are made once; nothing is written to them."""
        names = [f"topic-{number:05}" for number in range(self.topics)]
        portion = PARTITIONS_A_REQUEST // self.partitions
        with running(subject, place.cache, place.folder) as broker:
            try:
                with connect(broker.port) as connection:
                    for first in range(0, len(names), portion):
                        create_topics(connection, names[first : first + portion], self.partitions, subject.topic_configs)
                await_all(broker.port, self.topics * self.partitions)
            except (OSError, BrokerRefused) as failure:
                raise SubjectFailed(f"cannot make the topics: {failure}") from failure

            def measure() -> Figures:
                return answer_times(broker.port, scale.seconds)

            yield Contender(measure, broker.process)

    def limit(self, place: Place, scale: Scale) -> None:
        """There is none."""


def await_all(port: int, partitions: int) -> None:
    """Ask until the answer is long enough to name every partition with a leader, a replica and a place in sync."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    with connect(port) as connection:
        while len(ask(connection, metadata_frame())) < partitions * 34:
            if time.monotonic() > deadline:
                raise BrokerRefused(f"not all partitions are there after {_PATIENCE_SECONDS} s")
            time.sleep(0.05)


def answer_times(port: int, seconds: float) -> Figures:
    """How long answers took, asked for one after another for so long."""
    request = metadata_frame()
    samples: list[int] = []
    with connect(port) as connection:
        end = time.perf_counter_ns() + int(seconds * 1e9)
        while (started := time.perf_counter_ns()) < end:
            ask(connection, request)
            samples.append((time.perf_counter_ns() - started) // 1_000)
    samples.sort()
    return {"median": percentile(samples, 50) / 1_000, "p99": percentile(samples, 99) / 1_000}
