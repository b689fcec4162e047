"""`streambus topics alter`: more partitions, other configs."""

import argparse
from typing import Any

from streambus.cli.connected import Cluster, add_connection, converse, settings_of
from streambus.cli.connected.cluster import changes_of
from streambus.cli.connected.refusals import check
from streambus.cli.connected.resources import TOPIC
from streambus.cli.misuse import Misuse
from streambus.wire import messages

EPILOG = """\
Partitions can only become more. Records that are there stay where they are, so that from then on a key may be at home in another partition.
What is not named stays as it is.

examples:
  streambus topics alter orders --partitions 12
  streambus topics alter orders --config retention.ms=3600000 --config cleanup.policy=delete
  streambus topics alter orders --unset retention.ms              back to the broker's default
  streambus topics alter orders --partitions 3 --dry-run          would it be refused?
"""


def register(commands: Any) -> None:
    """Add `alter`."""
    texts = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser("alter", help="more partitions, other configs", description=__doc__, epilog=EPILOG, formatter_class=texts)
    parser.add_argument("names", nargs="+", metavar="TOPIC")
    parser.add_argument("-p", "--partitions", type=int, metavar="N", help="how many there shall be in all")
    parser.add_argument("-c", "--config", action="append", default=[], metavar="NAME=VALUE", help="set a config; may be repeated")
    parser.add_argument("--unset", action="append", default=[], metavar="NAME", help="go back to the default; may be repeated")
    parser.add_argument("--dry-run", action="store_true", help="have the broker check it, change nothing")
    add_connection(parser)
    parser.set_defaults(run=alter_command)


def alter_command(arguments: argparse.Namespace) -> int:
    """`streambus topics alter`."""
    changes = changes_of(settings_of(arguments.config, "--config"), arguments.unset)
    if not changes and arguments.partitions is None:
        raise Misuse("nothing to alter: say --partitions N, --config NAME=VALUE or --unset NAME")

    async def talk(cluster: Cluster) -> int:
        await cluster.topics(arguments.names)
        for name in dict.fromkeys(arguments.names):
            if changes:
                await cluster.alter_configs(TOPIC.number, name, changes, dry_run=arguments.dry_run)
            if arguments.partitions is not None:
                await _add_partitions(cluster, name, arguments)
            print(f"{name} {'would be altered' if arguments.dry_run else 'altered'}")
        return 0

    return converse(arguments, talk)


async def _add_partitions(cluster: Cluster, name: str, arguments: argparse.Namespace) -> None:
    request = messages.CreatePartitionsRequest
    topic = request.CreatePartitionsTopic(name, arguments.partitions, None)
    body = await cluster.ask(request([topic], cluster.timeout_ms, arguments.dry_run))
    for result in body.results:
        check(result.name, result.error_code, result.error_message)
