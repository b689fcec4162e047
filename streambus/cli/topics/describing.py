"""`streambus topics describe`: partitions, leaders, replicas, offsets and configs of topics."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from streambus.cli.connected import Cluster, add_connection, add_json, converse, print_json, print_table
from streambus.cli.connected.cluster import TopicMetadata, TopicPartition
from streambus.cli.connected.resources import TOPIC, Source
from streambus.cli.connected.tables import list_of
from streambus.cli.showing import count_of
from streambus.cli.topics.listing import replication
from streambus.client import EARLIEST, LATEST
from streambus.wire import ErrorCode

EPILOG = """\
Without names all topics are described, but for those in which brokers keep their own state. Begin is the first offset that is there, end
the one that the next record will get. A "!" is beside replicas that are not all in sync, and configs are those that were set for the topic.

examples:
  streambus topics describe orders
  streambus topics describe 'orders-*' payments
  streambus topics describe orders --json | jq '.[0].partitions[] | {partition, records: (.end - .begin)}'
"""


def register(commands: Any) -> None:
    """Add `describe`."""
    texts = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser(
        "describe", help="partitions, leaders, offsets and configs", description=__doc__, epilog=EPILOG, formatter_class=texts
    )
    parser.add_argument("names", nargs="*", metavar="TOPIC", help="names, or patterns with * and ? (default: all)")
    add_json(parser)
    add_connection(parser)
    parser.set_defaults(run=describe_command)


def describe_command(arguments: argparse.Namespace) -> int:
    """`streambus topics describe`."""

    async def talk(cluster: Cluster) -> int:
        if arguments.names:
            topics = await cluster.topics(await cluster.matching(arguments.names))
        else:
            topics = [topic for topic in await cluster.all_topics() if not topic.is_internal]
        begins, _ = await cluster.offsets(topics, EARLIEST)
        ends, errors = await cluster.offsets(topics, LATEST)
        settings = await _settings(cluster, [str(topic.name) for topic in topics])
        described = [_to_json(topic, begins, ends, errors, settings[str(topic.name)]) for topic in topics]
        if arguments.json:
            print_json(described)
        for place, topic in enumerate(() if arguments.json else described):
            if place:
                print()
            _print(topic)
        if not topics and not arguments.json:
            print("no topics yet; 'streambus topics create NAME' makes one")
        return 0

    return converse(arguments, talk)


async def _settings(cluster: Cluster, names: Sequence[str]) -> dict[str, dict[str, str | None]]:
    """What was set for each topic itself."""
    if not names:
        return {}
    return {
        result.resource_name: {config.name: config.value for config in result.configs if config.config_source == Source.TOPIC}
        for result in await cluster.configs([(TOPIC.number, name) for name in names])
    }


def _to_json(
    topic: TopicMetadata,
    begins: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
    errors: Mapping[TopicPartition, ErrorCode],
    settings: Mapping[str, str | None],
) -> dict[str, Any]:
    name = str(topic.name)
    partitions = []
    for partition in sorted(topic.partitions, key=lambda partition: partition.partition_index):
        place = (name, partition.partition_index)
        partitions.append(
            {
                "partition": partition.partition_index,
                "leader": partition.leader_id if partition.leader_id >= 0 else None,
                "leader_epoch": partition.leader_epoch,
                "replicas": list(partition.replica_nodes),
                "isr": list(partition.isr_nodes),
                "offline": list(partition.offline_replicas),
                "begin": begins.get(place),
                "end": ends.get(place),
                "error": errors[place].name if place in errors else None,
            }
        )
    return {
        "name": name,
        "topic_id": str(topic.topic_id),
        "internal": topic.is_internal,
        "replication": replication(topic),
        "configs": dict(settings),
        "partitions": partitions,
    }


def _print(topic: Mapping[str, Any]) -> None:
    partitions = count_of(len(topic["partitions"]), "partition")
    print(f"{topic['name']}: {partitions}, replication {topic['replication']}, id {topic['topic_id']}")
    for name, value in topic["configs"].items():
        print(f"  {name} = {value}")
    rows = [
        (
            partition["partition"],
            "none" if partition["leader"] is None else partition["leader"],
            partition["leader_epoch"],
            list_of(partition["replicas"]),
            list_of(partition["isr"]) + (" !" if len(partition["isr"]) < len(partition["replicas"]) else ""),
            partition["begin"],
            partition["end"],
            None if partition["begin"] is None or partition["end"] is None else partition["end"] - partition["begin"],
        )
        for partition in topic["partitions"]
    ]
    print_table(("PARTITION", "LEADER", "EPOCH", "REPLICAS", "IN SYNC", "BEGIN", "END", "OFFSETS"), rows)
