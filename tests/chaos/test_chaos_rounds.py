"""A round from an empty folder to a verdict; and that the verdict is worth something."""

import json
from pathlib import Path
from typing import ClassVar

import pytest

from streambus.chaos import survey
from streambus.chaos.equipment import Equipment
from streambus.chaos.guardian import Guardian
from streambus.chaos.nemesis import Nemesis
from streambus.chaos.round import Round, judge, play_round
from streambus.chaos.stage import Stage
from streambus.chaos.topics import topics_of
from streambus.chaos.values import name_of, value_of
from streambus.checkers import Assigned, History, Operation, Outcome, Polled, Sent
from streambus.cli import main
from streambus.real.faulty_files import DiskFault


def play(nemesis: Nemesis, *, seconds: float, seed: int = 1) -> Round:
    with Guardian() as guardian:
        return play_round(nemesis, seconds=seconds, rate=300, seed=seed, guardian=guardian, progress=lambda _: None)


def test_a_short_run_holds_and_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["chaos", "run", "--nemesis", "cuts", "failing-disk", "--for", "3", "--seed", "1", "--out", str(tmp_path), "--json"]
    assert main(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["held"]
    assert [each["nemesis"] for each in told["rounds"]] == ["failing-disk", "cuts"]
    for each in told["rounds"]:
        assert each["acknowledged"] > 100, each
        assert each["faults"] > 0
        assert each["in the log"] >= each["acknowledged"]
        assert (tmp_path / "rounds" / each["nemesis"] / "index.html").exists()
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["valid"]
    assert len(results["sub_runs"]) == 4


class LyingDisk:
    """A disk that says it has written what it has not. No broker can survive that; the judge has to notice."""

    name: ClassVar = "lying-disk"
    target: ClassVar = "broker"
    equipment: ClassVar = (Equipment.FAULTY_DISK,)

    def strike(self, stage: Stage) -> None:
        """Lie for a moment."""
        with stage.fault("disk lies", "disk"):
            stage.ask_disk_for(DiskFault(("write",), harm="lied"))
            stage.wait(0.3, 0.4)
            stage.ask_disk_for()
            stage.kill()
            stage.start()


def test_a_disk_that_lies_is_noticed() -> None:
    told = play(LyingDisk(), seconds=1.2)
    assert not told.held
    assert told.anomalies


class Suicide:
    """A broker that is killed by somebody else."""

    name: ClassVar = "suicide"
    target: ClassVar = "broker"
    equipment: ClassVar = ()

    def strike(self, stage: Stage) -> None:
        """Kill it behind the stage's back."""
        assert stage.broker.process is not None
        stage.broker.process.kill()
        stage.broker.process.wait()
        stage.over.set()


def test_a_broker_that_ends_by_itself_spoils_a_run_whose_history_is_valid() -> None:
    told = play(Suicide(), seconds=2)
    assert [judged.verdict.valid for judged in told.judged] == [True, True]
    assert not told.held
    assert told.anomalies == ("the broker ended by itself with status -9: without a word",)


class Clumsy:
    """A nemesis that does not work."""

    name: ClassVar = "clumsy"
    target: ClassVar = "broker"
    equipment: ClassVar = ()

    def strike(self, stage: Stage) -> None:
        """Stumble."""
        raise ValueError("stumbled")


def test_a_nemesis_that_fails_is_an_error_and_not_a_verdict() -> None:
    with pytest.raises(ValueError, match="stumbled"):
        play(Clumsy(), seconds=5)


# What is judged ---------------------------------------------------------------------------------------------------------


def sent(topic: str, value: bytes, offset: int | None) -> Operation:
    return Operation("writer", Outcome.OK if offset is not None else Outcome.INFO, 1, 2, (Sent(topic, 0, value, offset),))


def test_each_topic_is_judged_by_what_its_writers_were_promised() -> None:
    exact, retried = topics_of("n").values()
    history = History()
    for topic in (exact, retried):
        history.append(sent(topic, b"a", 0))
        polled = tuple(Polled(topic, 0, offset, b"a") for offset in (0, 1))
        history.append(Operation("reader", Outcome.OK, 3, 4, (Assigned(((exact, 0), (retried, 0))),)))
        history.append(Operation("reader", Outcome.OK, 5, 6, polled))
    judged = {each.topic: each for each in judge(history, topics_of("n"))}
    assert not judged[exact].verdict.valid, "a copy of what was sent once"
    assert judged[retried].verdict.valid, "a retry may leave a copy"
    assert len(judged[exact].history) == len(judged[retried].history) == 4


def test_a_poll_of_two_topics_is_parted() -> None:
    exact, retried = topics_of("n").values()
    history = History([Operation("reader", Outcome.OK, 1, 2, (Polled(exact, 0, 0, b"a"), Polled(retried, 0, 0, b"b")))])
    parts = [each.history.operations[0].actions for each in judge(history, topics_of("n"))]
    assert parts == [(Polled(exact, 0, 0, b"a"),), (Polled(retried, 0, 0, b"b"),)]


@pytest.mark.parametrize("number", [0, 1, 2, 10, 20, 30, 40])
def test_a_value_stands_by_its_name_only_while_its_bytes_are_what_they_were(number: int) -> None:
    name, value = value_of("writer", number)
    assert name_of(value) == name == f"writer:{number}".encode()
    for damaged in (value + b"x", value[:-1], b"X" + value):
        assert name_of(damaged) != name


def test_values_of_all_sizes_are_written() -> None:
    sizes = {len(value_of("w", number)[1]) // 1000 for number in range(200)}
    assert sizes >= {0, 1, 9}


# The command line -------------------------------------------------------------------------------------------------------


def test_the_list_says_what_can_be_done_and_why_not(capsys: pytest.CaptureFixture[str]) -> None:
    can, cannot = survey()
    assert main(["chaos", "list"]) == 0
    screen = capsys.readouterr().out
    for nemesis in can:
        assert nemesis.name in screen
    for name, why in cannot.items():
        assert name in screen
        assert f"not on this machine: {why}" in screen
    assert main(["chaos", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["nemeses"]
    assert {row["name"]: row["why_not"] for row in rows if not row["possible"]} == cannot


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--for", "0"], "--for and --rate must be positive"),
        (["--rate", "-1"], "--for and --rate must be positive"),
        (["--nemesis", "godzilla"], "there is no nemesis 'godzilla' (there are: sigkill, "),
    ],
)
def test_misuse_is_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chaos", "run", *arguments]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith(f"streambus chaos: {said}")
    assert errors.count("\n") == 1


def test_what_the_machine_does_not_allow_cannot_be_asked_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("streambus.chaos.small_disk.MOUNT_POINT", "/nowhere/at/all")
    assert main(["chaos", "run", "--nemesis", "full-disk"]) == 2
    assert capsys.readouterr().err.startswith("streambus chaos: full-disk is not possible here: cannot mount a tmpfs: ")


# The long one -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def chaos_seconds(request: pytest.FixtureRequest) -> float:
    seconds = request.config.getoption("--chaos-for")
    if seconds is None:
        pytest.skip("a long run has to be asked for: --chaos-for SECONDS")
    return float(seconds)


def test_everything_this_machine_can_do(chaos_seconds: float, tmp_path: Path) -> None:
    assert main(["chaos", "run", "--for", str(chaos_seconds), "--out", str(tmp_path)]) == 0
