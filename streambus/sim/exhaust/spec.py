"""Specs: small worlds that are explored to the last step, and where they are found.

A spec is a Python file with a docstring that says what it shows and a value `SPEC`. `find_spec` takes a path to one, or the bare name of
a file in the folder `scenarios/exhaust` of the working directory.
"""

from pathlib import Path
from runpy import run_path
from typing import Any

import attrs

from streambus import checkers, client
from streambus.kernel import SECOND, message
from streambus.storage import StoreConfig

FOLDER = Path("scenarios") / "exhaust"
BROKER = "broker"
PORT = 9092
BOOTSTRAP: client.BootstrapServers = ((BROKER, PORT),)


# Wishes ----------------------------------------------------------------------------------------------------------------


@message
class Send:
    """Write a record, and go on without waiting for its answer. `value` is unique within a spec; empty: made of name and place."""

    topic: str = "t"
    partition: int = 0
    value: bytes = b""


@message
class Settle:
    """Wait until every wish before is answered."""


@message
class ReadUntil:
    """Read a partition from its first record on, until as many records were seen."""

    records: int
    topic: str = "t"
    partition: int = 0


@message
class CreateTopic:
    """Have a topic made; ask again until it is there."""

    topic: str = "t"
    partitions: int = 1


Wish = Send | Settle | ReadUntil | CreateTopic


# The world -------------------------------------------------------------------------------------------------------------


@attrs.frozen
class Client:
    """One client and what its user wishes, one after the other.

    `before`: wishes that are fulfilled before anything is explored, in the default order and without faults. `kind`: clients of one
    kind, if it is not empty, are interchangeable: they differ in their names and in the values they send, and in nothing else.
    """

    name: str
    config: Any
    script: tuple[Wish, ...]
    before: tuple[Wish, ...] = ()
    kind: str = ""


@attrs.frozen
class Spec:
    """A world of one broker, a few clients, and a few things that may go wrong."""

    title: str
    clients: tuple[Client, ...]
    topics: tuple[tuple[str, int], ...] = (("t", 1),)
    """Made before anything is explored: names and numbers of partitions."""
    power_cuts: int = 0
    """How often the broker's machine may lose power; it is up again at once."""
    kills: int = 0
    """How often the broker's process may be killed; the page cache survives."""
    connection_cuts: int = 0
    """How often a connection may break, with everything that is under way on it; what goes to the broker is lost, or arrives whenever it
    likes."""
    early_timers: bool = False
    """Whether time may pass, at the price of a delay, though something else could happen. Without a bound on delays it does not."""
    bursts: bool = False
    """Whether a node may hear of several things, at the price of a delay, before it is told that its burst is over."""
    delays: int = 1
    """The bound, unless the command line says otherwise."""
    contract: checkers.Contract = checkers.DURABLE_LOG
    store: StoreConfig = StoreConfig(segment_bytes=1 << 20, recent_bytes=1 << 16)  # noqa: RUF009 (a frozen value)
    steps_max: int = 600
    """A path that is longer than this never comes to rest, and that is a violation."""


NETWORK = client.NetworkConfig(connect_timeout=2 * SECOND, request_timeout=3 * SECOND)


def producer(name: str, *script: Wish, before: tuple[Wish, ...] = (), kind: str = "producer", **settings: Any) -> Client:
    """An idempotent producer that does not linger."""
    settings = {"linger": 0, "network": NETWORK, "client_id": name, **settings}
    return Client(name, client.ProducerConfig(BOOTSTRAP, **settings), tuple(script), before, kind)


def consumer(name: str, *script: Wish, before: tuple[Wish, ...] = (), kind: str = "consumer", **settings: Any) -> Client:
    """A consumer."""
    settings = {"network": NETWORK, "client_id": name, **settings}
    return Client(name, client.ConsumerConfig(BOOTSTRAP, **settings), tuple(script), before, kind)


def admin(name: str, *script: Wish, before: tuple[Wish, ...] = (), kind: str = "admin", **settings: Any) -> Client:
    """An admin client."""
    settings = {"network": NETWORK, "client_id": name, **settings}
    return Client(name, client.AdminConfig(BOOTSTRAP, **settings), tuple(script), before, kind)


# Files -----------------------------------------------------------------------------------------------------------------


class NoSpec(ValueError):
    """There is no such spec. The text says what was looked for."""


def find_spec(name: str) -> tuple[str, Spec]:
    """The spec in the file `name`, or in `scenarios/exhaust/name.py`, and its short name."""
    path = Path(name)
    candidates = [path, path.with_name(path.name + ".py"), FOLDER / f"{name}.py"]
    found = next((candidate for candidate in candidates if candidate.is_file()), None)
    if found is None:
        known = sorted(file.stem for file in FOLDER.glob("[!_]*.py"))
        raise NoSpec(f"no spec {name!r}: neither a file nor one of {FOLDER}/: {', '.join(known) or 'that folder has none'}")
    try:
        spec = run_path(str(found)).get("SPEC")
    except Exception as error:
        raise NoSpec(f"{found} cannot be read: {type(error).__name__}: {error}") from error
    if not isinstance(spec, Spec):
        raise NoSpec(f"{found} has no value SPEC of type streambus.sim.exhaust.Spec")
    return found.stem, spec
