"""Requests about the cluster: features, quotas, users, access, tokens, the quorum, disks."""

from __future__ import annotations

from ..symbols import LogDir
from .model import Body, Model

SALT = b"0123456789abcdef"
ENTITY_TYPES = ("user", "client-id", "ip", "no-such-type", "")
QUOTAS = (
    "producer_byte_rate",
    "consumer_byte_rate",
    "request_percentage",
    "controller_mutation_rate",
    "connection_creation_rate",
    "no_such_quota",
)

HIGH_QUOTAS = (1e9, 1e30, -1.0)
"""What is set for everybody must not slow down those who ask here."""


def api_versions(model: Model) -> Body:
    """With good and bad names of the client."""
    dice = model.dice
    name = dice.mostly("client", "", "a b", "-x", "x-", "ü", percent=70)
    return {"client_software_name": name, "client_software_version": dice.mostly("1.0", "", "1_0", percent=80)}


def describe_cluster(model: Model) -> Body:
    """Its brokers, or its controllers."""
    dice = model.dice
    return {
        "include_cluster_authorized_operations": dice.chance(40),
        "endpoint_type": dice.mostly(1, 2, 0, 3, percent=70),
        "include_fenced_brokers": dice.chance(30),
    }


def describe_log_dirs(model: Model) -> Body:
    """Of some partitions, or of all."""
    if model.dice.chance(20):
        return {"topics": None}
    return {"topics": [{"topic": name, "partitions": model.partitions(name)} for name in model.some_topics()]}


def alter_replica_log_dirs(model: Model) -> Body:
    """To the only directory, or to none."""
    dice = model.dice
    path = dice.mostly(LogDir(), "/no/such/dir", "", "relative", percent=60)
    return {"dirs": [{"path": path, "topics": [{"name": name, "partitions": model.partitions(name)} for name in model.some_topics()]}]}


def describe_client_quotas(model: Model) -> Body:
    """By exact names, defaults, or any."""
    dice = model.dice
    components = [
        {
            "entity_type": dice.mostly(dice.one(("user", "client-id", "ip")), *ENTITY_TYPES, percent=85),
            "match_type": (kind := dice.mostly(dice.number(0, 2), 3, percent=95)),
            "match": dice.mostly("$u" if kind == 0 else None, None, "$u", percent=90),
        }
        for _ in range(dice.number(0, 2))
    ]
    return {"components": components, "strict": dice.chance(40)}


def alter_client_quotas(model: Model) -> Body:
    """Set and removed."""
    dice = model.dice
    entries = []
    for _ in range(dice.mostly(1, 0, 2, percent=85)):
        kinds = dice.mostly(
            ["user"], ["client-id"], ["user", "client-id"], ["ip"], ["user", "ip"], ["user", "user"], ["no-such-type"], [], percent=35
        )
        entity = []
        for kind in kinds:
            name = (
                dice.mostly("127.0.0.9", None, "$u", "unknown host", percent=60)
                if kind == "ip"
                else dice.mostly("$u", None, "", percent=75)
            )
            entity.append({"entity_type": kind, "entity_name": name})
        is_default = any(part["entity_name"] is None for part in entity)
        values = HIGH_QUOTAS if is_default else (1000.0, 1.5, 0.0, -1.0, 1e30)
        ops = [
            {
                "key": dice.mostly("connection_creation_rate" if kinds == ["ip"] else dice.one(QUOTAS[:4]), *QUOTAS, percent=85),
                "value": dice.mostly(*values, percent=70),
                "remove": dice.chance(20),
            }
            for _ in range(dice.mostly(1, 0, 2, percent=80))
        ]
        entries.append({"entity": entity, "ops": ops})
    return {"entries": entries, "validate_only": dice.chance(20)}


def describe_user_scram_credentials(model: Model) -> Body:
    """Of some users, or of all."""
    dice = model.dice
    if dice.chance(20):
        return {"users": dice.one((None, []))}
    return {"users": [{"name": dice.mostly("$u", "$v", "", percent=70)} for _ in range(dice.number(1, 2))]}


def alter_user_scram_credentials(model: Model) -> Body:
    """Set and deleted."""
    dice = model.dice
    deletions = []
    upsertions = []
    for _ in range(dice.mostly(1, 2, 0, percent=80)):
        name, mechanism = dice.mostly("$u", "$v", "", percent=75), dice.mostly(1, 2, 0, 3, percent=60)
        if dice.chance(30):
            deletions.append({"name": name, "mechanism": mechanism})
        else:
            upsertions.append(
                {
                    "name": name,
                    "mechanism": mechanism,
                    "iterations": dice.mostly(4096, 8192, 4095, 16384, 16385, -1, percent=60),
                    "salt": dice.mostly(SALT, b"", percent=92),
                    "salted_password": dice.mostly(SALT * 2, b"", percent=92),
                }
            )
    return {"deletions": deletions, "upsertions": upsertions}


def update_features(model: Model) -> Body:
    """Only what changes nothing: the level that a feature has, wrong levels, or a rehearsal."""
    dice = model.dice
    updates = []
    for _ in range(dice.mostly(1, 0, 2, percent=85)):
        feature, level = dice.one(
            (("metadata.version", 30), ("no.such.feature", 1), ("metadata.version", 999), ("", 1), ("metadata.version", 0))
        )
        updates.append(
            {
                "feature": feature,
                "max_version_level": level,
                "allow_downgrade": dice.chance(30),
                "upgrade_type": dice.mostly(1, 2, 3, 0, 9, percent=60),
            }
        )
    return {"timeout_ms": 5000, "feature_updates": updates, "validate_only": True}


def unregister_broker(model: Model) -> Body:
    """One that never was."""
    return {"broker_id": model.dice.one((7, -1, 2**31 - 1))}


def describe_quorum(model: Model) -> Body:
    """The only one there is, or another."""
    dice = model.dice
    name = dice.mostly("__cluster_metadata", "$a", "", percent=75)
    return {
        "topics": dice.mostly(
            [{"topic_name": name, "partitions": [{"partition_index": dice.mostly(0, 1, -1, percent=80)}]}], [], percent=90
        )
    }


def _acl(model: Model, suffix: str) -> Body:
    dice = model.dice
    return {
        f"resource_type{suffix}": dice.mostly(2, 1, 0, 3, 99, percent=60),
        f"resource_name{suffix}": dice.mostly("$a", "", percent=80),
        ("pattern_type_filter" if suffix else "resource_pattern_type"): dice.mostly(3, 1, 4, 0, 2, percent=60),
        f"principal{suffix}": dice.mostly("User:u", "nobody", "", percent=75),
        f"host{suffix}": dice.mostly("*", "127.0.0.1", "", percent=80),
        "operation": dice.mostly(2, 3, 1, 0, 99, percent=60),
        "permission_type": dice.mostly(3, 2, 1, 0, 99, percent=60),
    }


def describe_acls(model: Model) -> Body:
    """By a filter."""
    return _acl(model, "_filter")


def create_acls(model: Model) -> Body:
    """Some."""
    return {"creations": model.dice.some(lambda: _acl(model, ""), 0, 2)}


def delete_acls(model: Model) -> Body:
    """By filters."""
    return {"filters": model.dice.some(lambda: _acl(model, "_filter"), 0, 2)}


def create_delegation_token(model: Model) -> Body:
    """For oneself or another."""
    dice = model.dice
    owner = dice.mostly((None, None), ("User", "u"), ("Group", "g"), ("", ""), percent=60)
    renewers = [{"principal_type": dice.mostly("User", "Group", percent=80), "principal_name": "u"}] if dice.chance(40) else []
    return {
        "owner_principal_type": owner[0],
        "owner_principal_name": owner[1],
        "renewers": renewers,
        "max_lifetime_ms": dice.mostly(-1, 1000, 0, percent=60),
    }


def renew_delegation_token(model: Model) -> Body:
    """One that never was."""
    return {"hmac": model.dice.one((b"", b"x", SALT)), "renew_period_ms": model.dice.one((-1, 0, 1000))}


def expire_delegation_token(model: Model) -> Body:
    """One that never was."""
    return {"hmac": model.dice.one((b"", b"x", SALT)), "expiry_time_period_ms": model.dice.one((-1, 0, 1000))}


def describe_delegation_token(model: Model) -> Body:
    """Of all owners, of some, of none."""
    return {"owners": model.dice.one((None, [], [{"principal_type": "User", "principal_name": "u"}]))}


def find_coordinator(model: Model) -> Body:
    """Only of what there cannot be, as there are no groups yet."""
    dice = model.dice
    return {"key": "$g", "key_type": dice.one((3, -1, 2)), "coordinator_keys": dice.one((["$g"], [], ["$g", "$h"]))}


def sasl_handshake(model: Model) -> Body:
    """Nobody asks who one is."""
    return {"mechanism": model.dice.one(("PLAIN", "SCRAM-SHA-256", "", "no-such"))}


def sasl_authenticate(model: Model) -> Body:
    """Nobody asks who one is."""
    return {"auth_bytes": model.dice.one((b"", b"\0u\0p"))}


def list_transactions(model: Model) -> Body:
    """There are none."""
    dice = model.dice
    return {
        "state_filters": dice.mostly([], ["Ongoing"], ["no-such", "Empty"], percent=60),
        "producer_id_filters": dice.mostly([], [5], percent=70),
        "duration_filter": dice.mostly(-1, 0, 1000, percent=70),
        "transactional_id_pattern": dice.mostly(None, "", "a.*", "[", percent=60),
    }


def describe_transactions(model: Model) -> Body:
    """There are none."""
    return {"transactional_ids": model.dice.one(([], [""], ["$t"], ["$t", "$t"]))}
