"""The command line as a whole."""

import subprocess
import sys

import pytest

from streambus import __version__
from streambus.cli import COMMANDS, main


def test_help_names_every_command_and_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    text = capsys.readouterr().out
    for name, purpose in COMMANDS.items():
        assert name in text
        assert purpose in text
    assert "examples:" in text


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"streambus {__version__}\n"


def test_an_unknown_command_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["sevre"])
    errors = capsys.readouterr().err
    assert errors.startswith("streambus: argument COMMAND: invalid choice: 'sevre'")
    assert errors.count("\n") == 1


def test_serving_loads_nothing_that_it_does_not_need() -> None:
    code = "import sys, streambus.cli.serve; print(*sorted(name for name in sys.modules if '.' not in name))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=20).stdout.split()
    assert not {"simpy", "matplotlib", "numpy", "asyncio", "unittest"} & set(loaded)
