"""Stock clients against a real broker: its own process, real sockets, real files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from streambus.chaos.broker_process import BrokerProcess


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerProcess]:
    process = BrokerProcess(tmp_path / "data")
    process.start()
    try:
        yield process
    finally:
        process.kill()
