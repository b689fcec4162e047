"""The recipes in `jepsen-style/` run as they say."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

RECIPES = Path(__file__).parents[2] / "jepsen-style"


def recipe(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, RECIPES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_nemesis_of_ones_own_strikes_and_its_history_can_be_judged_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert recipe("my_own_nemesis").run(2.5, tmp_path)
    assert "every promise was kept" in capsys.readouterr().out
    lines = (tmp_path / "rounds" / "frozen-death" / "history.ndjson").read_text().splitlines()
    assert any('"fault":"frozen, then killed"' in line for line in lines)
    judge_again = recipe("judge_again")
    assert judge_again.judge(lines)
    said = capsys.readouterr().out
    assert "frozen-death.exact: valid by 'durable log'" in said
    assert "frozen-death.retried: valid by 'at least once'" in said
    assert not judge_again.judge(without_one_record(lines))
    assert "lost-write" in capsys.readouterr().out


def without_one_record(lines: list[str]) -> list[str]:
    """The history if nobody had ever read the first record of a producer."""
    needle = '["polled","frozen-death.exact"'
    changed = []
    for line in lines:
        if needle in line and '"idempotent:0"' in line:
            start = line[: line.index('"idempotent:0"')].rindex("[")
            end = line.index("]", start) + 1
            line = line[:start] + line[end:].removeprefix(",") if line[end] == "," else line[:start].removesuffix(",") + line[end:]
        changed.append(line)
    assert changed != lines
    return changed


def test_all_nemeses_is_the_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["all_nemeses.py"])
    assert recipe("all_nemeses").main(["chaos", "run", "--for", "0"]) == 2
    assert "--for and --rate must be positive" in capsys.readouterr().err
