"""Releases: which versions of the APIs somebody speaks who is older than we are, in the middle of an upgrade or for years."""

from streambus.broker import Broker
from streambus.kernel import Prng
from streambus.wire import ApiKey

OLDEST_CLIENT = {
    ApiKey.PRODUCE: 7,
    ApiKey.FETCH: 10,
    ApiKey.LIST_OFFSETS: 4,
    ApiKey.METADATA: 7,
    ApiKey.FIND_COORDINATOR: 2,
    ApiKey.API_VERSIONS: 2,
    ApiKey.CREATE_TOPICS: 3,
    ApiKey.DELETE_TOPICS: 3,
    ApiKey.INIT_PRODUCER_ID: 1,
    ApiKey.DESCRIBE_CONFIGS: 2,
}
"""What Kafka 2.1 speaks: the oldest release whose versions Kafka 4 has kept for clients (KIP-896). Before Metadata version 4, for
instance, no client could ask for a topic without making it."""


def broker_versions(dice: Prng, less: int) -> tuple[tuple[int, int], ...]:
    """The latest versions that another release of the broker speaks: of every API up to `less` fewer than we do."""
    return tuple([(int(key), max(first, last - dice.below(less + 1))) for key, (first, last) in sorted(Broker.VERSIONS.items())])


def client_versions(dice: Prng, less: int) -> tuple[tuple[int, int], ...]:
    """The latest versions that another release of a client speaks: fewer, but none that nobody speaks any more."""
    return tuple([(key, max(latest, OLDEST_CLIENT.get(ApiKey(key), latest))) for key, latest in broker_versions(dice, less)])
