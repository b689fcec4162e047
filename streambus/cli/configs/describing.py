"""`streambus configs describe`: names, values, and where they come from."""

import argparse
from textwrap import fill
from typing import Any

from streambus.cli.connected import Cluster, add_connection, add_json, converse, print_json, print_table
from streambus.cli.connected.cluster import ResourceConfigs
from streambus.cli.connected.resources import (
    BROKER,
    BROKERS,
    KINDS,
    KINDS_HELP,
    LOGGER,
    TOPIC,
    ResourceKind,
    Source,
    broker_of,
    source_word,
)
from streambus.cli.misuse import Misuse

ConfigResult = Any
DOCUMENTATION_WIDTH = 120

EPILOG = f"""\
Without --all only what somebody has set is shown. A value that is secret is shown as (hidden).

kinds:
{KINDS_HELP}

examples:
  streambus configs describe topic orders payments
  streambus configs describe broker 1 --all
  streambus configs describe broker                      every broker
  streambus configs describe brokers
  streambus configs describe topic orders --all --explain | less
"""


def register(commands: Any) -> None:
    """Add `describe`."""
    texts = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser(
        "describe", help="names, values, and where they come from", description=__doc__, epilog=EPILOG, formatter_class=texts
    )
    parser.add_argument("kind", choices=list(KINDS), metavar="KIND", help=f"one of {', '.join(KINDS)}")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which (for broker: default all)")
    parser.add_argument("-a", "--all", action="store_true", help="also what has its default value")
    parser.add_argument("--explain", action="store_true", help="with the broker's documentation")
    add_json(parser)
    add_connection(parser)
    parser.set_defaults(run=describe_command)


def describe_command(arguments: argparse.Namespace) -> int:
    """`streambus configs describe`."""
    kind = KINDS[arguments.kind]
    if kind.is_named and not arguments.names and kind not in (BROKER, LOGGER):
        raise Misuse(f"which {kind.word}? ('streambus configs list {kind.word}' tells which there are)")
    if not kind.is_named and arguments.names:
        raise Misuse(f"{kind.word} are all brokers together: they have no name ('broker {arguments.names[0]}' is one of them)")
    for name in arguments.names:
        broker_of(kind, name)

    async def talk(cluster: Cluster) -> int:
        described = [
            result for name in await _names(cluster, kind, arguments.names) for result in await _describe(cluster, kind, name, arguments)
        ]
        shown = [
            (result.resource_name, [config for config in result.configs if arguments.all or _is_set(kind, config)]) for result in described
        ]
        if arguments.json:
            print_json([{"kind": kind.word, "name": name, "configs": [_to_json(config) for config in configs]} for name, configs in shown])
            return 0
        for place, (name, configs) in enumerate(shown):
            print(("\n" if place else "") + f"{kind.word} {name}".rstrip() + ("" if configs else ": nothing is set (--all shows defaults)"))
            _print(configs, arguments.explain)
        return 0

    return converse(arguments, talk)


async def _names(cluster: Cluster, kind: ResourceKind, names: list[str]) -> list[str]:
    if kind is TOPIC:
        return [str(topic.name) for topic in await cluster.topics(await cluster.matching(names))]
    if names or not kind.is_named:
        return names or [""]
    return [str(broker) for broker in await cluster.brokers()]


async def _describe(cluster: Cluster, kind: ResourceKind, name: str, arguments: argparse.Namespace) -> list[ResourceConfigs]:
    return await cluster.configs([(kind.number, name)], documentation=arguments.explain, broker=broker_of(kind, name))


def _is_set(kind: ResourceKind, config: ConfigResult) -> bool:
    """Whether somebody set it for this kind of thing. What a topic has from its broker was set elsewhere."""
    if kind in (BROKER, BROKERS):
        return config.config_source not in (Source.DEFAULT, -1)
    return config.config_source in {TOPIC: (Source.TOPIC,), LOGGER: (Source.LOGGER,)}.get(kind, (Source.CLIENT_METRICS, Source.GROUP))


def _to_json(config: ConfigResult) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": config.name,
        "value": config.value,
        "source": source_word(config.config_source),
        "read_only": config.read_only,
        "sensitive": config.is_sensitive,
        "synonyms": [{"name": synonym.name, "value": synonym.value, "source": source_word(synonym.source)} for synonym in config.synonyms],
    }
    if config.documentation is not None:
        told["documentation"] = config.documentation
    return told


def _print(configs: list[ConfigResult], explain: bool) -> None:
    if not configs:
        return
    ordered = sorted(configs, key=lambda config: str(config.name))
    rows = [(config.name, _value(config), source_word(config.config_source)) for config in ordered]
    if not explain:
        print_table(("NAME", "VALUE", "FROM"), rows)
        return
    for config, (name, value, source) in zip(ordered, rows, strict=True):
        print(f"\n{name} = {value}  ({source}{', read-only' if config.read_only else ''})")
        print(fill(config.documentation or "(no documentation)", DOCUMENTATION_WIDTH, initial_indent="    ", subsequent_indent="    "))


def _value(config: ConfigResult) -> str:
    if config.is_sensitive:
        return "(hidden)"
    return '""' if config.value == "" else "-" if config.value is None else str(config.value)
