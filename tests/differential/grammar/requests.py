"""Which request comes next: the table of all that can be asked, and how good requests are spoilt."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping

from ..script import API_KEYS, Script, Spoil, Step
from . import cluster, configs, data, topics
from .model import Body, Dice, Model

Make = Callable[[Model], Body]

REQUESTS: dict[str, tuple[int, Make]] = {
    "Produce": (14, data.produce),
    "Fetch": (12, data.fetch),
    "ListOffsets": (6, data.list_offsets),
    "Metadata": (4, topics.metadata),
    "FindCoordinator": (1, cluster.find_coordinator),
    "SaslHandshake": (1, cluster.sasl_handshake),
    "ApiVersions": (1, cluster.api_versions),
    "CreateTopics": (9, topics.create_topics),
    "DeleteTopics": (3, topics.delete_topics),
    "DeleteRecords": (4, data.delete_records),
    "InitProducerId": (4, data.init_producer_id),
    "OffsetForLeaderEpoch": (3, data.offset_for_leader_epoch),
    "DescribeAcls": (1, cluster.describe_acls),
    "CreateAcls": (1, cluster.create_acls),
    "DeleteAcls": (1, cluster.delete_acls),
    "DescribeConfigs": (6, configs.describe_configs),
    "AlterConfigs": (4, configs.alter_configs),
    "AlterReplicaLogDirs": (2, cluster.alter_replica_log_dirs),
    "DescribeLogDirs": (2, cluster.describe_log_dirs),
    "SaslAuthenticate": (1, cluster.sasl_authenticate),
    "CreatePartitions": (4, topics.create_partitions),
    "CreateDelegationToken": (1, cluster.create_delegation_token),
    "RenewDelegationToken": (1, cluster.renew_delegation_token),
    "ExpireDelegationToken": (1, cluster.expire_delegation_token),
    "DescribeDelegationToken": (1, cluster.describe_delegation_token),
    "ElectLeaders": (2, topics.elect_leaders),
    "IncrementalAlterConfigs": (7, configs.incremental_alter_configs),
    "AlterPartitionReassignments": (2, topics.alter_partition_reassignments),
    "ListPartitionReassignments": (1, topics.list_partition_reassignments),
    "DescribeClientQuotas": (3, cluster.describe_client_quotas),
    "AlterClientQuotas": (3, cluster.alter_client_quotas),
    "DescribeUserScramCredentials": (2, cluster.describe_user_scram_credentials),
    "AlterUserScramCredentials": (2, cluster.alter_user_scram_credentials),
    "DescribeQuorum": (1, cluster.describe_quorum),
    "UpdateFeatures": (2, cluster.update_features),
    "DescribeCluster": (1, cluster.describe_cluster),
    "DescribeProducers": (2, data.describe_producers),
    "UnregisterBroker": (1, cluster.unregister_broker),
    "DescribeTransactions": (1, cluster.describe_transactions),
    "ListTransactions": (1, cluster.list_transactions),
    "ListConfigResources": (2, configs.list_config_resources),
    "DescribeTopicPartitions": (3, topics.describe_topic_partitions),
}
"""How often an API is asked, and what makes its requests."""

Versions = Mapping[str, tuple[int, int]]

SMALL = ("num_partitions", "count", "max_wait_ms")
"""Fields in which a large number takes long."""


def script(seed: int, versions: Versions, only: Collection[str] = (), steps: int = 14) -> Script:
    """A script in those APIs and versions. With `only` most of its requests are of these APIs."""
    dice = Dice(seed)
    model = Model(dice)
    known = [api for api in REQUESTS if api in versions]
    made = [_step(model, "CreateTopics", versions) for _ in range(dice.number(1, 2))]
    for _ in range(dice.number(3, steps)):
        chosen = [api for api in known if api in only] if only and dice.chance(60) else known
        api = dice.random.choices(chosen, [REQUESTS[one][0] for one in chosen])[0]
        made.append(_step(model, api, versions))
    return tuple(made)


def request(model: Model, api: str, version: int) -> Step:
    """One request, as good as they come."""
    return Step(api, version, _made(model, api, version))


def _step(model: Model, api: str, versions: Versions) -> Step:
    dice = model.dice
    first, last = versions[api]
    version = dice.mostly(last, dice.number(first, last), percent=45)
    connection = dice.mostly(0, 1, percent=85)
    if dice.chance(0.7):
        return Step(api, dice.one((last + 1, first - 1, 99, -1)), connection=connection, raw=bytes(dice.number(0, 12)))
    body = _made(model, api, version)
    if dice.chance(4):
        body = _with_an_odd_value(dice, body)
    spoil = None
    if dice.chance(0.7):
        spoil = Spoil(cut=dice.number(0, 60)) if dice.chance(60) else Spoil(more=bytes(dice.number(1, 5)))
    return Step(api, version, body, connection, spoil)


def _made(model: Model, api: str, version: int) -> Body:
    model.version = version
    return REQUESTS[api][1](model)


def _with_an_odd_value(dice: Dice, body: Body) -> Body:
    """Some number, text or list of the request is replaced."""
    body = copy.deepcopy(body)
    at: Body = body
    while True:
        name = dice.one([*at]) if at else None
        if name is None:
            return body
        value = at[name]
        if isinstance(value, list) and value and isinstance(value[0], dict) and dice.chance(85):
            at = dice.one(value)
        elif isinstance(value, dict):
            at = value
        else:
            at[name] = _odd(dice, name, value)
            return body


def _odd(dice: Dice, name: str, value: object) -> object:
    if isinstance(value, bool):
        return not value
    if name == "broker_id":
        return -2  # Kafka lets its only broker be unregistered
    if name == "timeout_ms":
        return 20_000  # whoever has no time gets another answer now and then
    if isinstance(value, int):
        small = (0, 1, -1, 2, -2, 7, 100)
        return dice.one(small if name in SMALL else (*small, 127, -128))
    if isinstance(value, str):
        return dice.one(("", "$a", "$", "x" * 300, "ü", "\x00"))
    if isinstance(value, list):
        return dice.one(([], value + value))
    return value


def spoken_by_both(one: Mapping[int, tuple[int, int]], other: Mapping[int, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """The APIs and versions that two brokers have in common."""
    common = {}
    for api, key in API_KEYS.items():
        if key in one and key in other:
            first, last = max(one[key][0], other[key][0]), min(one[key][1], other[key][1])
            if api == "Produce":
                first = max(first, 3)
            if first <= last:
                common[api] = (first, last)
    return common
