"""Rounds interleave, drop those who fail, and leave nothing behind."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest

from benchmarks.processes import BrokerProcess, SubjectFailed, free_port
from benchmarks.rounds import run
from benchmarks.works import Contender, Metric, Place, Scale

SCALE = Scale(rounds=2, warm_ups=1, seconds=0.0, megabytes=0)


@attrs.frozen
class FakeSubject:
    """A name."""

    name: str
    title: str = ""
    topic_configs: Mapping[str, str] = attrs.field(factory=dict)

    def provide(self, cache: Path) -> str:
        """Always there."""
        return str(cache)

    def format(self, cache: Path, folder: Path, port: int) -> None:
        """Nothing."""

    def command(self, cache: Path, folder: Path, port: int) -> list[str]:
        """Never run."""
        return [str(cache), str(folder), str(port)]


@attrs.frozen
class FakeWork:
    """Writes down who was measured, started and ended."""

    events: list[str]
    on_measure: Callable[[str], float]
    name: str = "fake"
    title: str = "fake"
    limit_title: str = "limit"
    metrics: tuple[Metric, ...] = (Metric("x", "x", more_is_better=True),)

    @contextmanager
    def contend(self, subject: FakeSubject, place: Place, scale: Scale) -> Iterator[Contender]:
        """Measured by `on_measure`."""
        assert place.folder.is_dir()
        assert scale == SCALE
        self.events.append(f"+{subject.name}")
        yield Contender(lambda: self._measure(subject.name))
        self.events.append(f"-{subject.name}")

    def limit(self, place: Place, scale: Scale) -> None:
        """None."""

    def _measure(self, name: str) -> dict[str, float]:
        self.events.append(name)
        return {"x": self.on_measure(name)}


SUBJECTS = [FakeSubject("a"), FakeSubject("b")]


def test_subjects_take_turns_and_each_round_begins_with_another(tmp_path: Path) -> None:
    events: list[str] = []
    result = run(FakeWork(events, lambda _: 1.0), SUBJECTS, SCALE, tmp_path, tmp_path, lambda _: None)
    assert events == ["+a", "+b", "b", "a", "a", "b", "b", "a", "-b", "-a"]
    assert {name: len(rounds) for name, rounds in result.rounds.items()} == {"a": 2, "b": 2}


def test_who_fails_drops_out_with_a_reason_and_the_others_go_on(tmp_path: Path) -> None:
    def measure(name: str) -> float:
        if name == "b":
            raise SubjectFailed("it died")
        return 1.0

    result = run(FakeWork([], measure), SUBJECTS, SCALE, tmp_path, tmp_path, lambda _: None)
    assert result.failures == {"b": "it died"}
    assert [measured.figures for measured in result.rounds["a"]] == [{"x": 1.0}, {"x": 1.0}]


def test_nothing_is_left_on_the_disk(tmp_path: Path) -> None:
    run(FakeWork([], lambda _: 1.0), SUBJECTS, SCALE, tmp_path, tmp_path, lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_dies_is_quoted(tmp_path: Path) -> None:
    with (
        pytest.raises(SubjectFailed, match="status 3: no luck"),
        BrokerProcess([sys.executable, "-c", "print('no luck'); raise SystemExit(3)"], tmp_path) as process,
    ):
        process.await_port(free_port())


def test_a_process_is_awaited_weighed_and_ended(tmp_path: Path) -> None:
    port = free_port()
    program = f"import socket; door = socket.create_server(('127.0.0.1', {port}))\nwhile True: door.accept()"
    with BrokerProcess([sys.executable, "-c", program], tmp_path) as process:
        process.await_port(port)
        assert process.resident_mb() > 1
        assert process.cpu_seconds() >= 0
    with pytest.raises(SubjectFailed, match="ended with status"):
        process.check()
