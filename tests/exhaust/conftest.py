"""Options of the exhaustive tests."""

import pytest

from streambus.sim.exhaust import UNBOUNDED


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--exhaust", action="store_true", help="explore the specs in every order, too (minutes; name tests/exhaust with it)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "bound" in metafunc.fixturenames:
        is_long = metafunc.config.getoption("--exhaust", default=False)
        metafunc.parametrize("bound", [0, 1, 2, UNBOUNDED] if is_long else [0])
