"""The storage benchmarks run, small; they say what they found beside their goals; and what makes no sense is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest

from benchmarks.goals import AT_LEAST
from benchmarks.storage.__main__ import main
from benchmarks.storage.batches import batches
from benchmarks.storage.rounds import Result, chosen, run
from benchmarks.storage.table import render
from benchmarks.storage.weighing import BATCH_BYTES, LIGHT_BATCH_BYTES, full, shrunk
from benchmarks.storage.work import Comparison, Contenders, Figure, Scale, Work
from benchmarks.storage.works import WORKS
from streambus.records import check_batch
from streambus.storage import StoreConfig

TINY = Scale(rounds=2, warm_ups=0, share=0.0002, warmed_bytes=0)
ONE_ROUND = attrs.evolve(TINY, rounds=1)


@attrs.frozen
class FakeWork:
    """Writes down who was measured."""

    measured: list[str]
    fails: str = ""
    name: str = "fake"
    title: str = "fake work"
    is_disk_bound: bool = False
    is_exact: bool = False
    figures: tuple[Figure, ...] = (Figure("ours", "our loop", "MB/s"), Figure("theirs", "their loop", "MB/s"))
    comparisons: tuple[Comparison, ...] = (Comparison("ours", "theirs", AT_LEAST, 0.7),)

    @contextmanager
    def contend(self, folder: Path, scale: Scale, left_out: dict[str, str]) -> Iterator[Contenders]:
        """Two contenders that find the same at once."""
        assert folder.is_dir()

        def measure(name: str, value: float) -> dict[str, float]:
            if name == self.fails:
                raise OSError("the disk is full")
            self.measured.append(name)
            return {name: value}

        yield {"ours": lambda: measure("ours", 80.0), "theirs": lambda: measure("theirs", 100.0)}


@pytest.mark.parametrize("work", WORKS, ids=lambda work: str(work.name))
def test_every_work_runs_and_finds_all_that_its_comparisons_need(work: Work, tmp_path: Path) -> None:
    result = run(work, ONE_ROUND, tmp_path, lambda _: None)
    expected = {figure.name for figure in work.figures}
    if result.left_out:
        expected -= {"rocks"}
    assert set(result.found) == expected
    if work.name != "memory":  # which extrapolates from what, this small, drowns in noise
        assert all(value > 0 for values in result.found.values() for value in values)
    assert len(render(result).splitlines()) >= 3
    assert list(tmp_path.iterdir()) == []


def test_contenders_take_turns_and_each_round_begins_with_another(tmp_path: Path) -> None:
    measured: list[str] = []
    run(FakeWork(measured), attrs.evolve(TINY, warm_ups=1), tmp_path, lambda _: None)
    assert measured == ["theirs", "ours", "ours", "theirs", "theirs", "ours"]


def test_who_fails_drops_out_with_a_reason_and_the_others_go_on(tmp_path: Path) -> None:
    result = run(FakeWork([], fails="ours"), TINY, tmp_path, lambda _: None)
    assert result.left_out == {"ours": "failed: the disk is full"}
    assert result.found == {"theirs": [100.0, 100.0]}


def test_a_work_that_counts_is_measured_once(tmp_path: Path) -> None:
    measured: list[str] = []
    run(FakeWork(measured, is_exact=True), attrs.evolve(TINY, warm_ups=1), tmp_path, lambda _: None)
    assert measured == ["ours", "theirs"]


@pytest.mark.parametrize(("ours", "verdict"), [(80.0, "≥ 0.7× reached"), (60.0, "≥ 0.7× MISSED")])
def test_a_line_says_value_peer_ratio_goal_and_verdict(ours: float, verdict: str) -> None:
    text = render(Result(FakeWork([]), {"ours": [ours], "theirs": [100.0]}))
    assert text.splitlines()[-1].split() == [
        *("our", "loop,", "MB/s", f"{ours:.0f}"),
        *("their", "loop", "100", f"{ours / 100:.2f}×"),
        *verdict.split(),
    ]


def test_a_peer_that_is_left_out_is_named_and_its_goal_is_not_judged() -> None:
    text = render(Result(FakeWork([]), {"ours": [80.0]}, left_out={"RocksDB": "rocksdict is not installed"}))
    assert "left out: RocksDB: rocksdict is not installed" in text
    assert "reached" not in text


def test_disturbed_measurements_are_counted() -> None:
    text = render(Result(FakeWork([]), {"ours": [80.0], "theirs": [100.0]}, others_cpu=[0.9, 0.0]))
    assert "disturbed: in 1 of 2 measurements" in text


def test_batches_are_what_a_broker_would_accept_and_the_same_in_every_run() -> None:
    made = batches(1_024, 3)
    assert [bytes(batch.data) for batch in made] == [bytes(batch.data) for batch in batches(1_024, 3)]
    assert len({bytes(batch.data) for batch in made}) == 3
    for batch in made:
        assert batch.header.size == len(batch.data) == 1_024
        check_batch(batch.data, batch.header)


def test_two_stores_that_are_shrunk_differently_tell_what_is_fixed_from_what_shrinks() -> None:
    fixed, proportional = 70.0, 500.0
    assert full(fixed + proportional / 100, fixed + proportional / 25, 100, 25) == pytest.approx(fixed + proportional)


def test_a_shrunk_configuration_has_as_many_segments_of_fewer_batches() -> None:
    whole, tenth, hundredth = shrunk(1), shrunk(10), shrunk(100)
    assert whole.cache_bytes == StoreConfig().cache_bytes
    assert whole.picker.run_bytes_min * BATCH_BYTES == StoreConfig().picker.run_bytes_min * LIGHT_BATCH_BYTES
    assert tenth.segment_bytes // hundredth.segment_bytes == 10
    assert tenth.picker.run_bytes_min == hundredth.picker.run_bytes_min
    assert tenth.picker.blocks_max == 10 * hundredth.picker.blocks_max


def test_works_are_chosen_by_their_names_or_how_they_begin() -> None:
    assert chosen(WORKS, []) == list(WORKS)
    assert [work.name for work in chosen(WORKS, ["recover-1k", "put-sync"])] == ["recover-1k", "put-sync"]
    assert [work.name for work in chosen(WORKS, ["append"])] == ["append"]
    assert [work.name for work in chosen(WORKS, ["catch-up-1", "catch"])] == ["catch-up-1", "catch-up-100", "catch-up-mixed"]
    with pytest.raises(KeyError, match="nothing"):
        chosen(WORKS, ["nothing"])


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    said = capsys.readouterr().out
    assert "examples:" in said
    assert all(work.name in said and work.title in said for work in WORKS)


def test_a_work_that_is_not_there_ends_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nothing"]) == 2
    assert "append" in capsys.readouterr().err


def test_the_command_prints_tables_and_keeps_every_round(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "results.json"
    assert main(["recover-16k", "--quick", "--rounds", "1", "--json", str(kept), "--disk", str(tmp_path / "disk")]) == 0
    assert "recovery of a WAL" in capsys.readouterr().out
    assert '"found"' in kept.read_text()
