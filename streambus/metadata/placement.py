"""Placement: which brokers hold which replicas of new partitions.

Striped, as Kafka's own placer: the brokers stand in a random order, every partition begins one broker further than the one before, and
each time all brokers have led once, followers are taken with a larger stride, so that the partitions of a lost broker are spread
over many others. Fenced brokers are only taken when there are not enough others, and never first. Racks are not looked at yet: they
become one ring each, and a partition takes from the rings in turn.
"""

from collections.abc import Sequence

from streambus.kernel import Prng


class CannotPlace(ValueError):
    """There are not enough brokers. The text says so in Kafka's words."""


def place(partitions: int, replication_factor: int, active: Sequence[int], fenced: Sequence[int], dice: Prng) -> list[tuple[int, ...]]:
    """The replicas of each of `partitions` new partitions, preferred leader first: distinct brokers, `replication_factor` of them.

    `CannotPlace` if there are fewer brokers than that, or none that is active.
    """
    problem = _problem(replication_factor, active, fenced)
    if problem is not None:
        raise CannotPlace(f"Unable to replicate the partition {replication_factor} time(s): {problem}")
    leaders, others = _shuffled(active, dice), _shuffled(fenced, dice)
    start = dice.below(len(leaders))
    return [(*_ring(leaders, start, index), *_ring(others, start, index))[:replication_factor] for index in range(partitions)]


def _problem(replication_factor: int, active: Sequence[int], fenced: Sequence[int]) -> str | None:
    registered = len(active) + len(fenced)
    if registered and not active:
        return "All brokers are currently fenced."
    if registered < replication_factor or not registered:
        return (
            f"The target replication factor of {replication_factor} cannot be reached because only {registered} broker(s) are registered "
            "or some brokers have all their log directories cordoned."
        )
    return None


def _ring(brokers: list[int], start: int, partition: int) -> list[int]:
    """All of `brokers`: first the one whose turn it is, then the rest in an order that changes from one round to the next."""
    if not brokers:
        return []
    count = len(brokers)
    first = (start + partition) % count
    rest = brokers[first + 1 :] + brokers[:first]
    shift = partition // count % len(rest) if rest else 0
    return [brokers[first], *rest[shift:], *rest[:shift]]


def _shuffled(brokers: Sequence[int], dice: Prng) -> list[int]:
    shuffled = sorted(brokers)
    for last in range(len(shuffled) - 1, 0, -1):
        chosen = dice.below(last + 1)
        shuffled[last], shuffled[chosen] = shuffled[chosen], shuffled[last]
    return shuffled
