"""Stock clients against a real broker: its own process, real sockets, real files."""

import gc
import json
import os
import warnings
from collections.abc import Callable, Generator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from streambus.chaos.broker_process import BrokerProcess
from tests.stock.client import Client, wait_until_there
from tests.stock.differences import DIFFERENCES
from tests.stock.families import FAMILIES, Missing
from tests.stock.family import ClientRefused, Family, Hung, Unsupported
from tests.stock.rows import ROWS
from tests.stock.table import DIFFERS, NOT_OFFERED, SEEN, TABLE, WORKS, read_table

ALL_CLIENTS = "STREAMBUS_ALL_CLIENTS"
"""In the environment: a family that is not there is an error."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "row(name): the row of docs/clients.md that the test is about")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerProcess]:
    """A broker of the test's own, to be killed if it likes."""
    process = BrokerProcess(tmp_path / "data")
    process.start()
    try:
        yield process
    finally:
        process.kill()


@pytest.fixture(scope="session")
def bootstrap(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The broker that everyone asks: of ours, or the one that --bootstrap says."""
    other = pytestconfig.getoption("--bootstrap")
    if other:
        yield other
        return
    process = BrokerProcess(tmp_path_factory.mktemp("broker") / "data")
    process.start()
    try:
        yield process.address
    finally:
        process.kill()


class Families:
    """The families that were asked for in this session; each is got once, or is missing, or broken, once and for all."""

    def __init__(self) -> None:
        self._there: dict[str, Family | Missing | Hung] = {}

    def find(self, name: str) -> Family | Missing | Hung:
        if name not in self._there:
            try:
                self._there[name] = FAMILIES[name]()
            except (Missing, Hung) as trouble:
                self._there[name] = trouble
        return self._there[name]

    def __call__(self, name: str) -> Family:
        """Skips the test if the family is not there, or fails it if all have to be; a broken one fails."""
        found = self.find(name)
        if isinstance(found, Hung) or (isinstance(found, Missing) and os.environ.get(ALL_CLIENTS)):
            pytest.fail(str(found), pytrace=False)
        if isinstance(found, Missing):
            pytest.skip(str(found))
        return found

    def all(self) -> list[Family]:
        """Those that are there."""
        return [family for family in map(self.find, FAMILIES) if not isinstance(family, Missing | Hung)]

    def close(self) -> None:
        for family in self._there.values():
            if not isinstance(family, Missing | Hung):
                family.close()


@pytest.fixture(scope="session")
def families() -> Iterator[Families]:
    """All there is."""
    families = Families()
    yield families
    families.close()


@pytest.fixture(params=FAMILIES)
def client(request: pytest.FixtureRequest, families: Families, bootstrap: str) -> Client:
    """One family, asked about the broker of the session."""
    return Client(families(request.param), bootstrap)


@pytest.fixture(scope="session")
def reference(families: Families, bootstrap: str) -> Client:
    """The client that prepares what a test is about, and looks at what came of it."""
    return Client(families("kafka-python"), bootstrap)


@pytest.fixture(scope="session")
def new_name(worker_id: str) -> Callable[[], str]:
    """Names that nobody has used, also not in an earlier session on the same broker."""
    numbers = count()
    return lambda: f"stock-{os.getpid()}-{worker_id}-{next(numbers)}"


@pytest.fixture
def new_topic(reference: Client, new_name: Callable[[], str]) -> Iterator[Callable[..., str]]:
    """Make a topic of so many partitions that the broker can already describe. It is gone after the test."""
    made = []

    def make(partitions: int = 1, **configs: str) -> str:
        name = new_name()
        reference.ask("create_topic", topic=name, partitions=partitions, configs={key.replace("_", "."): configs[key] for key in configs})
        made.append(name)
        wait_until_there(reference, name)
        return name

    yield make
    for name in made:
        try:
            reference.ask("delete_topic", topic=name)
        except ClientRefused:
            pass


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, bool | None, bool | None]:
    """Clients leave sockets to the garbage collector. What they left is gone before tests of other folders run, which want no warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        result = yield
        if nextitem is None or nextitem.path.parent != item.path.parent:
            gc.collect()
    return result


# The table -------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def seen_by(testrun_uid: str) -> Callable[[str, str, str], None]:
    """Write down what was seen, for `python -m tests.stock.table`."""
    SEEN.mkdir(parents=True, exist_ok=True)
    path = SEEN / f"{testrun_uid}.jsonl"

    def write(row: str, family: str, mark: str) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([row, family, mark]) + "\n")

    return write


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[Any]:
    """Play a test of the matrix, and compare what the client can do with what docs/clients.md says of it."""
    mark = pyfuncitem.get_closest_marker("row")
    if mark is None or "client" not in pyfuncitem.funcargs:
        return (yield)
    row = mark.args[0].format(**pyfuncitem.callspec.params)
    assert row in ROWS, f"{row} is not in tests/stock/rows.py"
    client: Client = pyfuncitem.funcargs["client"]
    try:
        result, seen = (yield), WORKS
    except Unsupported:
        result, seen = True, NOT_OFFERED
    except Exception as failure:
        if said := client.family.said():
            pyfuncitem.add_report_section("call", f"what {client.family.name} said", said)
        difference = DIFFERENCES.get((client.family.name, row))
        if difference is None or not difference.explains(failure):
            raise
        result, seen = True, DIFFERS
    pyfuncitem._request.getfixturevalue("seen_by")(row, client.family.name, seen)
    if not pyfuncitem.config.getoption("--rewrite"):
        said_there = read_table(TABLE).get((row, client.family.name))
        advice = "if that is right, run `make clients`"
        assert seen == said_there, f"{client.family.name}, {row}: {seen}, but docs/clients.md says {said_there}; {advice}"
    return result
