"""How long it takes to make a thousand topics: with one request, and with a request for each."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import attrs

from ..processes import SubjectFailed
from ..subjects import Subject, running
from ..wire import BrokerRefused, ask, connect, create_topics, delete_topics_frame
from .work import Contender, Figures, Metric, Place, Scale


@attrs.frozen
class ManyTopics:
    """Seconds until topics with one partition each are said to be made. They are removed again before the next round."""

    name: str
    topics: int
    metrics: tuple[Metric, ...] = (
        Metric("one request", "s", more_is_better=False, digits=2),
        Metric("a request each", "s", more_is_better=False, digits=2),
    )
    limit_title: str = "none"

    @property
    def title(self) -> str:
        """What the table says it is."""
        return f"{self.topics:,} topics with one partition made"

    @contextmanager
    def contend(self, subject: Subject, place: Place, scale: Scale) -> Iterator[Contender]:
        """Names are never used twice: a broker may still be busy with deleting."""
        numbers = count()
        with running(subject, place.cache, place.folder) as broker:

            def made(requests: int) -> float:
                names = [f"many-{next(numbers)}" for _ in range(self.topics)]
                portion = self.topics // requests
                with connect(broker.port) as connection:
                    started = time.perf_counter()
                    for first in range(0, len(names), portion):
                        create_topics(connection, names[first : first + portion], 1, subject.topic_configs)
                    seconds = time.perf_counter() - started
                    ask(connection, delete_topics_frame(names))
                return seconds

            def measure() -> Figures:
                try:
                    return {"one request": made(1), "a request each": made(self.topics)}
                except (OSError, BrokerRefused) as failure:
                    raise SubjectFailed(f"cannot make the topics: {failure}") from failure

            yield Contender(measure, broker.process)

    def limit(self, place: Place, scale: Scale) -> None:
        """There is none."""
