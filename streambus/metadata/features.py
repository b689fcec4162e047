"""Features: what this software can do, what the cluster has agreed to use, and how metadata records are then written (KIP-584).

Only `metadata.version` so far. The others (`group.version`, `transaction.version`, `share.version`, `streams.version`,
`eligible.leader.replicas.version`) stand at 0 until the machines behind them exist, and level 0 is said by saying nothing.
"""

from streambus.wire import Message, messages

METADATA_VERSION = "metadata.version"
METADATA_VERSION_LEVEL = 30
"""Kafka 4.3-IV0."""

SUPPORTED_FEATURES: dict[str, tuple[int, int]] = {METADATA_VERSION: (METADATA_VERSION_LEVEL, METADATA_VERSION_LEVEL)}
"""Lowest and highest level by name. There is one level of metadata, because no older log of ours exists."""

_RECORD_VERSIONS: dict[type, int] = {
    messages.RegisterBrokerRecord: 4,  # with cordoned log directories (KIP-1066)
    messages.BrokerRegistrationChangeRecord: 3,  # likewise
    messages.PartitionRecord: 2,  # with directories (KIP-858) and eligible leader replicas (KIP-966)
    messages.PartitionChangeRecord: 2,  # likewise
}


def record_version(record: Message) -> int:
    """The version in which a metadata record is written at our `metadata.version`."""
    return _RECORD_VERSIONS.get(type(record), 0)
