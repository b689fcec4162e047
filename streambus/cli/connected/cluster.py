"""The cluster as commands see it: questions and wishes, in the protocol's own words, whose refusals are `Refused`.

It is thin on purpose. What a command needs of a response it takes from the response; here is only what several commands would write
again: which broker to ask, which error codes to look at, and in how many requests.
"""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from fnmatch import translate
from typing import Any

import trio

from streambus.cli.connected.refusals import Refused, check, error_of, unknown_topic
from streambus.cli.connected.watch import Watch
from streambus.real.clients import Admin, ClientError
from streambus.wire import ErrorCode, Message, messages

CREATION_SECONDS = 5.0
"""How long a topic that was just made may take to be known everywhere."""

PAUSE_SECONDS = 0.1
TopicMetadata = messages.MetadataResponse.MetadataResponseTopic
ResourceConfigs = messages.DescribeConfigsResponse.DescribeConfigsResult
TopicPartition = tuple[str, int]


class Operation(IntEnum):
    """What an incremental change does to one config."""

    SET = 0
    UNSET = 1
    APPEND = 2
    SUBTRACT = 3


Change = tuple[str, Operation, str | None]
"""Of one config: its name, what is done, and with what."""


class Cluster:
    """A cluster that answers. `servers` and `timeout` are what other clients of the same command are made with."""

    def __init__(self, admin: Admin, servers: str, timeout: float, watch: Watch) -> None:
        self.admin = admin
        self.servers = servers
        self.timeout = timeout
        self.watch = watch

    @property
    def timeout_ms(self) -> int:
        """How long a broker may take, as requests say it."""
        return int(self.timeout * 1000)

    def tell(self, refusal: Refused) -> int:
        """Say on stderr what was refused, where the command goes on with something else. Returns the exit status of such a command."""
        print(f"{self.watch.prefix}: {refusal}", file=sys.stderr)
        return 1

    async def ask(self, body: Message, *, version: int | None = None, broker: int | None = None) -> Any:
        """The response to any request, in at most this `version`. `Refused` if there is none."""
        try:
            return await self.admin.ask(body, version=version, broker=broker)
        except ClientError as failure:
            text = str(failure).removeprefix(f"{failure.error.name}: ") if failure.error is not None else str(failure)
            advice = None if failure.definite else "it may have been done all the same"
            raise Refused("", failure.error, text, advice) from failure

    async def brokers(self) -> list[int]:
        """The ids of the brokers that are alive."""
        body = await self.ask(messages.MetadataRequest(topics=[], allow_auto_topic_creation=False))
        return sorted(broker.node_id for broker in body.brokers)

    # Topics

    async def all_topics(self) -> list[TopicMetadata]:
        """Every topic, by name."""
        body = await self.ask(messages.MetadataRequest(topics=None, allow_auto_topic_creation=False))
        return sorted((topic for topic in body.topics if topic.name is not None), key=lambda topic: str(topic.name))

    async def topics(self, names: Sequence[str], *, may_create: bool = False) -> list[TopicMetadata]:
        """The topics of these names, in this order, which brokers may make if `may_create`. `Refused` for the first that is none."""
        request = messages.MetadataRequest(
            topics=[messages.MetadataRequest.MetadataRequestTopic(name=name) for name in dict.fromkeys(names)],
            allow_auto_topic_creation=may_create,
        )
        with trio.move_on_after(CREATION_SECONDS):
            while True:
                body = await self.ask(request)
                errors = {topic.name: error for topic in body.topics if (error := error_of(topic.error_code)) is not None}
                errors |= {topic.name: error for topic in body.topics for part in topic.partitions if (error := _unsettled(part))}
                if not any(error.retriable for error in errors.values()):
                    break
                if not may_create and ErrorCode.LEADER_NOT_AVAILABLE not in errors.values():
                    break
                await trio.sleep(PAUSE_SECONDS)
        found: dict[str, TopicMetadata] = {str(topic.name): topic for topic in body.topics}
        for name in names:
            if name not in found or found[name].error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
                raise unknown_topic(name, [str(topic.name) for topic in await self.all_topics()], creating=may_create)
            check(name, found[name].error_code)
        return [found[name] for name in dict.fromkeys(names)]

    async def matching(self, names: Sequence[str]) -> list[str]:
        """Topic names as they are; patterns (with `*` or `?`) as the names of the topics that match, without the brokers' own."""
        if not any(is_pattern(name) for name in names):
            return list(dict.fromkeys(names))
        known = [str(topic.name) for topic in await self.all_topics() if not topic.is_internal]
        found: dict[str, None] = {}
        for name in names:
            matches = [topic for topic in known if re.match(translate(name), topic)] if is_pattern(name) else [name]
            if not matches:
                raise Refused(name, None, "no topic matches")
            found.update(dict.fromkeys(matches))
        return list(found)

    async def offsets(
        self, topics: Iterable[TopicMetadata], timestamp: int, *, isolation: int = 0
    ) -> tuple[dict[TopicPartition, int], dict[TopicPartition, ErrorCode]]:
        """Of every partition the offset that the leader has for `timestamp` (-1 its end, -2 its beginning); errors where there is none."""
        request = messages.ListOffsetsRequest
        plans: dict[int, dict[str, messages.ListOffsetsRequest.ListOffsetsTopic]] = {}
        found: dict[TopicPartition, int] = {}
        errors: dict[TopicPartition, ErrorCode] = {}
        for topic in topics:
            name = str(topic.name)
            for partition in topic.partitions:
                errors[name, partition.partition_index] = ErrorCode.LEADER_NOT_AVAILABLE
                if partition.leader_id >= 0:
                    wanted = plans.setdefault(partition.leader_id, {}).setdefault(name, request.ListOffsetsTopic(name))
                    wanted.partitions.append(request.ListOffsetsPartition(partition.partition_index, timestamp=timestamp))
        for leader, wishes in plans.items():
            body = await self.ask(request(-1, isolation, list(wishes.values()), self.timeout_ms), broker=leader)
            for answer in body.topics:
                for part in answer.partitions:
                    error = error_of(part.error_code)
                    if error is None:
                        del errors[answer.name, part.partition_index]
                        found[answer.name, part.partition_index] = part.offset
                    else:
                        errors[answer.name, part.partition_index] = error
        return found, errors

    # Configs

    async def configs(
        self, resources: Sequence[tuple[int, str]], *, documentation: bool = False, broker: int | None = None
    ) -> list[ResourceConfigs]:
        """All configs of `(resource type, name)`s. `Refused` for the first that has none."""
        request = messages.DescribeConfigsRequest
        wanted = [request.DescribeConfigsResource(kind, name, None) for kind, name in resources]
        body = await self.ask(request(wanted, include_synonyms=True, include_documentation=documentation), broker=broker)
        for result in body.results:
            check(result.resource_name, result.error_code, result.error_message)
        return list(body.results)

    async def alter_configs(
        self, kind: int, name: str, changes: Sequence[Change], *, dry_run: bool = False, broker: int | None = None
    ) -> None:
        """Change some configs of one resource, all or none."""
        request = messages.IncrementalAlterConfigsRequest
        altered = [request.AlterableConfig(config, int(operation), value) for config, operation, value in changes]
        body = await self.ask(request([request.AlterConfigsResource(kind, name, altered)], validate_only=dry_run), broker=broker)
        for response in body.responses:
            check(response.resource_name, response.error_code, response.error_message)


def is_pattern(name: str) -> bool:
    """Whether it stands for several topics: no topic can have these characters in its name."""
    return "*" in name or "?" in name


def changes_of(settings: Mapping[str, str], unset: Iterable[str]) -> list[Change]:
    """To set these and to unset those."""
    changes: list[Change] = [(name, Operation.SET, value) for name, value in settings.items()]
    return changes + [(name, Operation.UNSET, None) for name in unset]


def _unsettled(partition: messages.MetadataResponse.MetadataResponsePartition) -> ErrorCode | None:
    """Why a partition of a topic that was just made cannot be used yet."""
    error = error_of(partition.error_code)
    return error if error is ErrorCode.LEADER_NOT_AVAILABLE else None
