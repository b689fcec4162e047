"""Places in topics: what `--from` and `--until` say, and the offsets they stand for in every partition."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum, auto

import attrs

from streambus.cli.connected import Cluster, Refused
from streambus.cli.connected.cluster import TopicMetadata, TopicPartition
from streambus.cli.misuse import Misuse
from streambus.client import EARLIEST, LATEST
from streambus.wire import ErrorCode


class PlaceKind(Enum):
    """How a place is said."""

    BEGINNING = auto()
    END = auto()
    OFFSET = auto()
    BEFORE_END = auto()
    TIME = auto()


@attrs.frozen
class Place:
    """A place in any partition. `number`: the offset, how many before the end, or milliseconds since 1970."""

    kind: PlaceKind
    number: int = 0


@attrs.frozen
class Span:
    """What is read of a partition: from `begin` to before `end`, or for ever. `end_now`: where it ends at the start."""

    topic: str
    partition: int
    begin: int
    end: int | None
    end_now: int


def parse_place(text: str, option: str) -> Place:
    """What was written behind `option`. Raises `Misuse`."""
    word = text.strip()
    if word in ("beginning", "end"):
        return Place(PlaceKind.BEGINNING if word == "beginning" else PlaceKind.END)
    sign, digits = word[:1], word.lstrip("@-")
    if digits.isascii() and digits.isdigit() and len(word) - len(digits) <= 1 and int(digits) < 2**63:
        kinds = {"@": PlaceKind.TIME, "-": PlaceKind.BEFORE_END}
        return Place(kinds.get(sign, PlaceKind.OFFSET), int(digits))
    try:
        moment = datetime.fromisoformat(word).astimezone()
    except (ValueError, OverflowError) as error:
        choices = "beginning, end, an offset, -N, @MILLISECONDS or a time as 2026-11-23T17:00"
        raise Misuse(f"{option} {text!r} is no place: expected {choices}") from error
    return Place(PlaceKind.TIME, round(moment.timestamp() * 1000))


async def find_spans(cluster: Cluster, arguments: argparse.Namespace, begin: Place, until: Place | None) -> list[Span]:
    """What is to be read of each partition that was asked for."""
    topics = await cluster.topics(arguments.topics)
    for topic in topics:
        _keep_partitions(topic, arguments.partition)
    isolation = int(arguments.committed)
    begins = await _offsets(cluster, topics, EARLIEST, isolation)
    ends = await _offsets(cluster, topics, LATEST, isolation)
    starts = await _resolve(cluster, topics, begin, begins, ends, isolation)
    stops: Mapping[TopicPartition, int | None] = dict.fromkeys(ends) if arguments.follow else ends
    if until is not None:
        found = await _resolve(cluster, topics, until, begins, ends, isolation)
        stops = {place: found[place] if arguments.follow else min(found[place], ends[place]) for place in ends}
    spans = []
    for (topic_name, partition), first in begins.items():
        place = (topic_name, partition)
        start = _inside(cluster, place, starts[place], first, ends[place], begin)
        spans.append(Span(topic_name, partition, start, stops[place], ends[place]))
    return spans


def _keep_partitions(topic: TopicMetadata, wanted: Sequence[int] | None) -> None:
    """Only those that were asked for."""
    if wanted is None:
        return
    known = {partition.partition_index for partition in topic.partitions}
    for number in wanted:
        if number not in known:
            text = f"there is no partition {number}"
            raise Refused(str(topic.name), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, text, f"it has 0 to {len(known) - 1}")
    topic.partitions = [partition for partition in topic.partitions if partition.partition_index in wanted]


async def _resolve(
    cluster: Cluster,
    topics: Sequence[TopicMetadata],
    place: Place,
    begins: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
    isolation: int,
) -> dict[TopicPartition, int]:
    """The offset of `place` in every partition."""
    if place.kind is PlaceKind.BEGINNING:
        return dict(begins)
    if place.kind is PlaceKind.OFFSET:
        return dict.fromkeys(begins, place.number)
    if place.kind is PlaceKind.BEFORE_END:
        return {partition: max(begins[partition], end - place.number) for partition, end in ends.items()}
    if place.kind is PlaceKind.TIME:
        found = await _offsets(cluster, topics, place.number, isolation)
        return {partition: end if found[partition] < 0 else found[partition] for partition, end in ends.items()}
    return dict(ends)


def _inside(cluster: Cluster, place: TopicPartition, offset: int, first: int, end: int, asked: Place) -> int:
    """The offset, or the nearest one there is; whoever named one is told."""
    nearest = min(max(offset, first), end)
    if nearest != offset and asked.kind is PlaceKind.OFFSET:
        name = f"{place[0]}-{place[1]}"
        print(f"{cluster.watch.prefix}: {name} has offsets {first} to {end}: beginning at {nearest}, not at {offset}", file=sys.stderr)
    return nearest


async def _offsets(cluster: Cluster, topics: Sequence[TopicMetadata], timestamp: int, isolation: int) -> dict[TopicPartition, int]:
    found, errors = await cluster.offsets(topics, timestamp, isolation=isolation)
    for (topic, partition), error in errors.items():
        raise Refused(f"{topic}-{partition}", error, None, "--partition reads only some" if len(errors) + len(found) > 1 else None)
    return found
