"""Identifiers: 128 random bits, and the 22 letters that Kafka shows them as."""

from base64 import urlsafe_b64encode
from uuid import UUID

from streambus.kernel import Prng

RESERVED_BELOW = 100
"""Kafka keeps the smallest ids for itself: none (0), the metadata log (1), and some more for things to come."""


def random_id(dice: Prng) -> UUID:
    """An id that nobody has yet, for a topic, a directory or the life of a broker; never a reserved one.

    An id whose text begins with a dash is passed over as Kafka does: tools would take it for an option.
    """
    while True:
        drawn = UUID(bytes=dice.bytes(16), version=4)
        if drawn.int >= RESERVED_BELOW and not id_text(drawn).startswith("-"):
            return drawn


def id_text(identifier: UUID) -> str:
    """The id as people see it: base64 for URLs, without padding."""
    return urlsafe_b64encode(identifier.bytes).rstrip(b"=").decode()


def new_cluster_id(dice: Prng) -> str:
    """The name of a new cluster."""
    return id_text(random_id(dice))
