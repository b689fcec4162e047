"""The topics that clients write to, and what each of them is promised."""

from collections.abc import Mapping

from streambus.checkers import AT_LEAST_ONCE, DURABLE_LOG, Contract

EXACT = "exact"
"""For producers whose records are there once and in order: idempotent ones, and such as never send anything twice."""

RETRIED = "retried"
"""For producers that send again what was not answered: there may be copies, and later records may come to lie before earlier ones."""

CONTRACTS: Mapping[str, Contract] = {EXACT: DURABLE_LOG, RETRIED: AT_LEAST_ONCE}
"""One topic is made for each."""

PARTITIONS = 3


def topics_of(nemesis: str) -> Mapping[str, str]:
    """The name of the topic for each promise. Every nemesis has its own, so that histories can be put together."""
    return {promise: f"{nemesis}.{promise}" for promise in CONTRACTS}
