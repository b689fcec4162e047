"""From the command to the first acknowledged record, and what the process weighs before and after work."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

import attrs

from ..librdkafka import Producer
from ..processes import BrokerProcess, SubjectFailed, free_port
from ..subjects import Running, Subject
from ..wire import BrokerRefused, ask, await_leader, connect, create_topic_frame
from .produce import messages_of, saturate
from .work import Contender, Figures, Metric, Place, Scale

TOPIC = "start"
_RECORD_BYTES = 1024
_LOAD_MEGABYTES = 256
_PATIENCE_SECONDS = 60
_REST_SECONDS = 1.0


@attrs.frozen
class Start:
    """Every round is a new process on a fresh folder."""

    name: str
    title: str = f"start on a fresh folder, and memory idle and after {_LOAD_MEGABYTES} MB of {_RECORD_BYTES} B records"
    metrics: tuple[Metric, ...] = (
        Metric("first ack", "s", more_is_better=False, digits=3),
        Metric("idle", "MB", more_is_better=False),
        Metric("after load", "MB", more_is_better=False),
    )
    limit_title: str = "none"

    @contextmanager
    def contend(self, subject: Subject, place: Place, scale: Scale) -> Iterator[Contender]:
        """Nothing is kept between rounds."""
        messages = messages_of(_RECORD_BYTES)

        def measure() -> Figures:
            folder = place.folder / "fresh"
            folder.mkdir()
            try:
                port = free_port()
                subject.format(place.cache, folder, port)
                command = subject.command(place.cache, folder, port)
                started = time.perf_counter()
                with BrokerProcess(command, folder) as process:
                    broker = Running(subject, process, port)
                    await_first_acknowledgement(broker)
                    first = time.perf_counter() - started
                    time.sleep(_REST_SECONDS)
                    idle = process.resident_mb()
                    with Producer(broker.bootstrap, TOPIC, {}) as producer:
                        saturate(broker, producer, messages, records=_LOAD_MEGABYTES * 1_000_000 // _RECORD_BYTES)
                    time.sleep(_REST_SECONDS)
                    return {"first ack": first, "idle": idle, "after load": process.resident_mb()}
            finally:
                shutil.rmtree(folder)

        yield Contender(measure)

    def limit(self, place: Place, scale: Scale) -> None:
        """There is none."""


def await_first_acknowledgement(broker: Running) -> None:
    """Connect, make a topic and produce a record, trying again at once whenever it is too early."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    request = create_topic_frame(TOPIC, 1, broker.subject.topic_configs)
    while True:
        broker.process.check()
        try:
            with connect(broker.port) as connection:
                ask(connection, request)
                await_leader(connection, TOPIC, 0)
                return
        except (OSError, BrokerRefused) as failure:
            if time.monotonic() > deadline:
                raise SubjectFailed(f"no acknowledgement within {_PATIENCE_SECONDS} s: {failure}") from failure
        time.sleep(0.002)
