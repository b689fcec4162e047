"""`streambus topics list`: which topics there are."""

import argparse
from typing import Any

from streambus.cli.connected import Cluster, add_connection, add_json, converse, print_json, print_table
from streambus.cli.connected.cluster import TopicMetadata

EPILOG = """\
examples:
  streambus topics list
  streambus topics list --internal              with the brokers' own, such as __consumer_offsets
  streambus topics list --json | jq -r '.[].name'
"""


def register(commands: Any) -> None:
    """Add `list`."""
    texts = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser("list", help="which topics there are", description=__doc__, epilog=EPILOG, formatter_class=texts)
    parser.add_argument("--internal", action="store_true", help="also the topics in which brokers keep their own state")
    add_json(parser)
    add_connection(parser)
    parser.set_defaults(run=list_command)


def list_command(arguments: argparse.Namespace) -> int:
    """`streambus topics list`."""

    async def talk(cluster: Cluster) -> int:
        topics = [topic for topic in await cluster.all_topics() if arguments.internal or not topic.is_internal]
        if arguments.json:
            print_json([_to_json(topic) for topic in topics])
        elif topics:
            print_table(
                ("TOPIC", "PARTITIONS", "REPLICATION"), [(topic.name, len(topic.partitions), replication(topic)) for topic in topics]
            )
        else:
            print("no topics yet; 'streambus topics create NAME' makes one")
        return 0

    return converse(arguments, talk)


def replication(topic: TopicMetadata) -> int:
    """How many replicas the partitions have; the least, while they differ."""
    return min((len(partition.replica_nodes) for partition in topic.partitions), default=0)


def _to_json(topic: TopicMetadata) -> dict[str, Any]:
    return {
        "name": topic.name,
        "topic_id": str(topic.topic_id),
        "partitions": len(topic.partitions),
        "replication": replication(topic),
        "internal": topic.is_internal,
    }
