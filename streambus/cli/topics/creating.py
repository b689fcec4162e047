"""`streambus topics create`: make topics."""

import argparse
from typing import Any

from streambus.cli.connected import Cluster, Refused, add_connection, converse, settings_of
from streambus.cli.connected.refusals import check
from streambus.cli.showing import count_of
from streambus.wire import ErrorCode, messages

EPILOG = """\
Without --partitions and --replication the broker's own num.partitions and default.replication.factor hold.

examples:
  streambus topics create orders
  streambus topics create orders payments --partitions 6 --replication 3
  streambus topics create latest --config cleanup.policy=compact --config min.cleanable.dirty.ratio=0.1
  streambus topics create orders --if-not-exists          does nothing if it is there
  streambus topics create orders --config retention.ms=x --dry-run    would it be refused?
"""

BROKERS_DEFAULT = -1


def register(commands: Any) -> None:
    """Add `create`."""
    texts = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser("create", help="make topics", description=__doc__, epilog=EPILOG, formatter_class=texts)
    parser.add_argument("names", nargs="+", metavar="TOPIC")
    parser.add_argument("-p", "--partitions", type=int, default=BROKERS_DEFAULT, metavar="N", help="how many (default: the broker's)")
    parser.add_argument("-r", "--replication", type=int, default=BROKERS_DEFAULT, metavar="N", help="replicas of each partition")
    parser.add_argument("-c", "--config", action="append", default=[], metavar="NAME=VALUE", help="a config of the topic; may be repeated")
    parser.add_argument("--if-not-exists", action="store_true", help="be content with a topic that is there already")
    parser.add_argument("--dry-run", action="store_true", help="have the broker check it, change nothing")
    add_connection(parser)
    parser.set_defaults(run=create_command)


def create_command(arguments: argparse.Namespace) -> int:
    """`streambus topics create`."""
    settings = settings_of(arguments.config, "--config")

    async def talk(cluster: Cluster) -> int:
        request = messages.CreateTopicsRequest
        configs = [request.CreatableTopicConfig(name, value) for name, value in settings.items()]
        wanted = [
            request.CreatableTopic(name, arguments.partitions, arguments.replication, configs=configs)
            for name in dict.fromkeys(arguments.names)
        ]
        body = await cluster.ask(request(wanted, cluster.timeout_ms, arguments.dry_run))
        results = {result.name: result for result in body.topics}
        status = 0
        for name in dict.fromkeys(arguments.names):
            try:
                _tell(results[name], arguments)
            except Refused as refusal:
                status = cluster.tell(refusal)
        return status

    return converse(arguments, talk)


def _tell(result: messages.CreateTopicsResponse.CreatableTopicResult, arguments: argparse.Namespace) -> None:
    if result.error_code == ErrorCode.TOPIC_ALREADY_EXISTS and arguments.if_not_exists:
        print(f"{result.name} is there already")
        return
    check(result.name, result.error_code, result.error_message)
    verb = "would be created" if arguments.dry_run else "created"
    known = (
        f": {count_of(result.num_partitions, 'partition')}, replication {result.replication_factor}" if result.num_partitions >= 0 else ""
    )
    print(f"{result.name} {verb}{known}")
