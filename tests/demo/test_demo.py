"""The demo: a small one, from an empty folder to a report."""

from pathlib import Path

import pytest

from streambus.cli import main
from streambus.demo.characters import characters


def test_the_demo_holds_and_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--seconds", "3", "--seeds", "2", "--seed", "1", "--report", str(tmp_path)]) == 0
    screen = capsys.readouterr().out
    assert "every promise was kept" in screen
    assert "acknowledged records verified after" in screen
    assert (tmp_path / "index.html").stat().st_size > 10_000
    assert (tmp_path / "results.json").exists()


@pytest.mark.parametrize("arguments", [["--seconds", "0"], ["--seeds", "0"]])
def test_misuse_is_one_line_and_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", *arguments]) == 2
    assert capsys.readouterr().err == "streambus demo: --seconds and --seeds must be positive\n"


def test_the_data_set_has_no_two_records_alike() -> None:
    records = list(characters())
    assert len({value for _, value in records}) == len({key for key, _ in records}) == len(records) > 20_000
    assert (b"U+00E9", '{"character": "é", "name": "LATIN SMALL LETTER E WITH ACUTE", "category": "Ll"}'.encode()) in records
