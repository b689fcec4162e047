"""`streambus configs list`: what has configs."""

import argparse
from collections.abc import Iterable
from typing import Any

from streambus.cli.connected import Cluster, Refused, add_connection, add_json, converse, print_json, print_table
from streambus.cli.connected.refusals import check
from streambus.cli.connected.resources import BROKER, KINDS, KINDS_HELP, LOGGER, TOPIC
from streambus.wire import ErrorCode, messages

EPILOG = f"""\
Topics and brokers are listed even if nothing was set for them; groups and subscriptions only if something was.

kinds:
{KINDS_HELP}

examples:
  streambus configs list
  streambus configs list group
"""


def register(commands: Any) -> None:
    """Add `list`."""
    texts = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser("list", help="what has configs", description=__doc__, epilog=EPILOG, formatter_class=texts)
    parser.add_argument("kind", nargs="?", choices=[word for word, kind in KINDS.items() if kind.is_named], help="only these")
    add_json(parser)
    add_connection(parser)
    parser.set_defaults(run=list_command)


def list_command(arguments: argparse.Namespace) -> int:
    """`streambus configs list`."""
    kinds = {kind.number: kind.word for kind in KINDS.values() if kind.is_named and arguments.kind in (None, kind.word)}

    async def talk(cluster: Cluster) -> int:
        found = sorted((kinds[kind], name) for kind, name in await _resources(cluster, kinds) if kind in kinds)
        if arguments.json:
            print_json([{"kind": kind, "name": name} for kind, name in found])
        else:
            print_table(("KIND", "NAME"), found)
        return 0

    return converse(arguments, talk)


async def _resources(cluster: Cluster, kinds: Iterable[int]) -> list[tuple[int, str]]:
    try:
        body = await cluster.ask(messages.ListConfigResourcesRequest(list(kinds)))
    except Refused as refusal:
        if refusal.error not in (ErrorCode.UNSUPPORTED_VERSION, ErrorCode.INVALID_REQUEST):
            raise
        return await _known_to_older_brokers(cluster)
    check("", body.error_code)
    return [(resource.resource_type, resource.resource_name) for resource in body.config_resources]


async def _known_to_older_brokers(cluster: Cluster) -> list[tuple[int, str]]:
    """Before Kafka 4.1 one could only ask for subscriptions; topics and brokers are known all the same."""
    body = await cluster.ask(messages.MetadataRequest(topics=None, allow_auto_topic_creation=False))
    brokers = [(kind.number, str(broker.node_id)) for broker in body.brokers for kind in (BROKER, LOGGER)]
    return [(TOPIC.number, str(topic.name)) for topic in body.topics] + brokers
