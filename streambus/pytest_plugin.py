"""pytest fixtures: a broker for tests. pytest finds them by itself wherever StreamBus is installed; `docs/testing.md` shows them at work.

Nothing of StreamBus is imported before a test asks for a broker.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from streambus.testing import RunningBroker


@pytest.fixture
def streambus_broker() -> Iterator[RunningBroker]:
    """A new, empty broker for this test, its data in memory."""
    from streambus import testing

    with testing.broker() as broker:
        yield broker


@pytest.fixture(scope="session")
def streambus_session_broker() -> Iterator[RunningBroker]:
    """One broker for all tests of the session, its data in memory. Tests choose topics of their own."""
    from streambus import testing

    with testing.broker() as broker:
        yield broker
