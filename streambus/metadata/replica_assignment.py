"""Manual replica assignments: somebody says which brokers hold which partition, and we see whether that can be."""

from __future__ import annotations

from collections.abc import Iterable

from streambus.metadata.image import Image
from streambus.metadata.placement import CannotPlace
from streambus.wire import messages


def manual_replicas(image: Image, assignments: Iterable[messages.CreateTopicsRequest.CreatableReplicaAssignment]) -> list[tuple[int, ...]]:
    """The replicas of partitions 0, 1, … as `assignments` has them, in whatever order; `CannotPlace` if they make no topic."""
    replicas: dict[int, tuple[int, ...]] = {}
    factor: int | None = None
    for assignment in assignments:
        index, brokers = assignment.partition_index, tuple(assignment.broker_ids)
        if index in replicas:
            raise CannotPlace(f"Found multiple manual partition assignments for partition {index}")
        check_replicas(image, brokers, factor)
        check_active(image, index, brokers)
        factor = len(brokers)
        replicas[index] = brokers
    if sorted(replicas) != list(range(len(replicas))):
        raise CannotPlace("partitions should be a consecutive 0-based integer sequence")
    return [replicas[index] for index in range(len(replicas))]


def check_replicas(image: Image, brokers: tuple[int, ...], factor: int | None = None) -> None:
    """Raise `CannotPlace` unless `brokers` are registered, distinct, and `factor` of them if that is given."""
    if not brokers:
        raise CannotPlace("The manual partition assignment includes an empty replica list.")
    ascending = sorted(brokers)
    for position, broker_id in enumerate(ascending):
        if broker_id not in image.brokers:
            raise CannotPlace(f"The manual partition assignment includes broker {broker_id}, but no such broker is registered.")
        if broker_id in ascending[:position]:
            raise CannotPlace(f"The manual partition assignment includes the broker {broker_id} more than once.")
    if factor is not None and len(brokers) != factor:
        raise CannotPlace(
            f"The manual partition assignment includes a partition with {len(brokers)} replica(s), but this is not consistent "
            f"with previous partitions, which have {factor} replica(s)."
        )


def check_active(image: Image, index: int, brokers: tuple[int, ...]) -> None:
    """Raise `CannotPlace` if none of `brokers` could lead partition `index`."""
    if not any(image.brokers[broker_id].is_active for broker_id in brokers):
        raise CannotPlace(
            f"All brokers specified in the manual partition assignment for partition {index} are fenced or in controlled shutdown."
        )
