"""What has configs: topics, brokers, groups and subscriptions to client metrics; and where a value comes from."""

from enum import IntEnum

import attrs

from streambus.cli.misuse import Misuse


@attrs.frozen
class ResourceKind:
    """A kind of things that have configs. `number` is Kafka's. `is_named`: whether there are several of them."""

    word: str
    number: int
    meaning: str
    is_named: bool = True


TOPIC = ResourceKind("topic", 2, "a topic")
BROKER = ResourceKind("broker", 4, "one broker, by its id")
BROKERS = ResourceKind("brokers", 4, "what holds for all brokers together", is_named=False)
LOGGER = ResourceKind("broker-logger", 8, "the log levels of one broker, by its id")
CLIENT_METRICS = ResourceKind("client-metrics", 16, "a subscription to the metrics of clients")
GROUP = ResourceKind("group", 32, "a group of consumers")

KINDS = {kind.word: kind for kind in (TOPIC, BROKER, BROKERS, LOGGER, CLIENT_METRICS, GROUP)}
"""All kinds, by the word for them on the command line."""

KINDS_HELP = "\n".join(f"  {kind.word:<16}{kind.meaning}" for kind in KINDS.values())


class Source(IntEnum):
    """Who gave a config its value."""

    TOPIC = 1
    BROKER = 2
    BROKERS = 3
    START = 4
    DEFAULT = 5
    LOGGER = 6
    CLIENT_METRICS = 7
    GROUP = 8


SOURCE_WORDS = {
    Source.TOPIC: "topic",
    Source.BROKER: "broker",
    Source.BROKERS: "brokers",
    Source.START: "start file",
    Source.DEFAULT: "default",
    Source.LOGGER: "logger",
    Source.CLIENT_METRICS: "client-metrics",
    Source.GROUP: "group",
}


def source_word(source: int) -> str:
    """In one word, where a value comes from."""
    return next((word for known, word in SOURCE_WORDS.items() if known == source), str(source))


def broker_of(kind: ResourceKind, name: str) -> int | None:
    """Which broker must be asked about the resource; None if any will do. Raises `Misuse` for what is no broker id."""
    if kind not in (BROKER, LOGGER):
        return None
    if not (name.isascii() and name.isdigit()):
        raise Misuse(f"{name!r} is no broker id: expected a number (see 'streambus configs list broker')")
    return int(name)
