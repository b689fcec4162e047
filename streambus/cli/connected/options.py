"""Where the broker is, and other options that many commands have."""

import argparse
import os
from collections.abc import Iterable, Mapping
from typing import Any

from streambus.cli.misuse import Misuse
from streambus.real.clients import parse_servers

ENVIRONMENT = "STREAMBUS_BOOTSTRAP"
DEFAULT = "127.0.0.1:9092"
TIMEOUT_SECONDS = 30.0

CONNECTION_HELP = f"""\
Any broker that speaks Kafka's protocol will do. Where it is says --bootstrap, else the environment variable {ENVIRONMENT},
else it is {DEFAULT}.
Exit status: 0 done, 1 not done (the line on stderr says why), 2 misuse, 130 Ctrl-C."""
"""The last paragraph of the help of every such command."""


def add_connection(parser: argparse.ArgumentParser) -> None:
    """`--bootstrap` and `--timeout`; and options may stand between the other words."""
    _intermix(parser)
    parser.add_argument(
        "-b",
        "--bootstrap",
        metavar="HOST:PORT",
        help=f"brokers to begin with, separated by commas (default: ${ENVIRONMENT}, else {DEFAULT})",
    )
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=TIMEOUT_SECONDS,
        metavar="SECONDS",
        help="give up after this long without an answer (default 30)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`, for listings."""
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def servers_of(arguments: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> str:
    """The bootstrap servers that were asked for. Raises `Misuse`."""
    servers = str(arguments.bootstrap or environment.get(ENVIRONMENT) or DEFAULT)
    try:
        parse_servers(servers)
    except ValueError as error:
        source = "--bootstrap" if arguments.bootstrap else ENVIRONMENT
        raise Misuse(f"{source}: {error}: expected HOST:PORT, for example {DEFAULT}") from error
    return servers


def settings_of(words: Iterable[str], option: str) -> dict[str, str]:
    """`name=value` words as a table. Raises `Misuse`."""
    settings: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise Misuse(f"{option} {word!r}: expected NAME=VALUE, for example retention.ms=86400000")
        settings[name] = value
    return settings


def _intermix(parser: argparse.ArgumentParser) -> None:
    """`produce orders -k : FILE`: of itself, a parser takes all words without an option from one place only."""
    plain = parser.parse_known_args

    def parse(words: Any = None, namespace: Any = None) -> Any:
        parser.parse_known_args = plain  # type: ignore[method-assign]
        try:
            return parser.parse_known_intermixed_args(words, namespace)
        finally:
            parser.parse_known_args = parse  # type: ignore[method-assign, assignment]

    parser.parse_known_args = parse  # type: ignore[method-assign, assignment]


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 86_400:
        raise ValueError(text)
    return seconds
