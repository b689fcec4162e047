"""What the benchmarks ask of a broker."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import attrs

from ..processes import BrokerProcess, SubjectFailed, free_port
from ..wire import BrokerRefused, create_topic


class Absent(Exception):
    """A subject cannot be had on this machine; the text says why."""


class Subject(Protocol):
    """One broker, not yet running."""

    @property
    def name(self) -> str:
        """What the command line calls it."""

    @property
    def title(self) -> str:
        """What the table calls it."""

    @property
    def topic_configs(self) -> Mapping[str, str]:
        """Configuration of every topic made in it."""

    def provide(self, cache: Path) -> str:
        """Make sure it can be started, fetching it into `cache` if need be; its version. `Absent` says why it cannot."""

    def format(self, cache: Path, folder: Path, port: int) -> None:
        """What has to be done to a fresh folder before the first start; not part of any measured time."""

    def command(self, cache: Path, folder: Path, port: int) -> list[str]:
        """The command that serves on `port` of the loopback interface with its data in `folder`."""


@attrs.frozen
class Running:
    """A subject that takes connections."""

    subject: Subject
    process: BrokerProcess
    port: int

    @property
    def bootstrap(self) -> str:
        """`host:port`, as clients want it."""
        return f"127.0.0.1:{self.port}"

    def create_topic(self, topic: str, partitions: int) -> None:
        """Make a topic that takes records when this returns."""
        try:
            create_topic(self.port, topic, partitions, self.subject.topic_configs)
        except (OSError, BrokerRefused) as failure:
            self.process.check()
            raise SubjectFailed(f"cannot create a topic: {failure}") from failure


@contextmanager
def running(subject: Subject, cache: Path, folder: Path) -> Iterator[Running]:
    """The subject, up on a fresh folder for as long as the context lasts."""
    port = free_port()
    subject.format(cache, folder, port)
    with BrokerProcess(subject.command(cache, folder, port), folder) as process:
        process.await_port(port)
        yield Running(subject, process, port)
