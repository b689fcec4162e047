"""Options of the test suite."""

from collections.abc import Callable, Iterable
from pathlib import Path

import hypothesis  # noqa: F401  it wants to see trio's dice before a command line has told the garbage collector to look away
import pytest

TRACES = Path(__file__).parent / "traces"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="record golden traces (tests/traces) anew instead of comparing with them")
    parser.addoption("--long", action="store_true", help="hunt for longer where a test has a short and a long form")
    parser.addoption(
        "--bootstrap", help="ask the broker there what stock clients can do (tests/stock), not one of ours", metavar="HOST:PORT"
    )
    parser.addoption("--chaos-for", type=float, help="play every nemesis against a real broker, so many seconds in all", metavar="SECONDS")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, Iterable[str]], None]:
    """Compare lines with a golden trace by name, or record it anew with `--rewrite`."""

    def check(name: str, lines: Iterable[str]) -> None:
        path = TRACES / f"{name}.txt"
        told = "\n".join(lines) + "\n"
        if request.config.getoption("--rewrite"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(told, encoding="utf-8")
        assert path.is_file(), f"there is no {path}; record it with --rewrite"
        assert told == path.read_text(encoding="utf-8"), f"{path.name} tells another story; if it is right, record it with --rewrite"

    return check
