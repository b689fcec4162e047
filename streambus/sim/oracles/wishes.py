"""Wishes: what requests ask to be changed, so that every change in the metadata log can be told from whoever asked for it.

A request is made of wishes, one for each thing that has a result of its own: a topic or broker to configure, an entity to get quotas, a
user, a topic to grow. What becomes durable must be somebody's wish that was not refused, was not meant to be looked at only, and was not
granted before; and all of it comes at once. Whose answer says that it is done finds it in the log. Wishes outlive the life of the broker
that heard them: it may have decided, and crashed.
"""

from enum import Enum
from typing import Any

import attrs

from streambus.sim.oracles.cluster_model import ClusterModel, Key


class Value(Enum):
    """Stands for values that are not predicted."""

    ANY = 0


ANY = Value.ANY
"""Whatever comes of adding to a list."""

CLOSED_MAX = 256
"""So many that are granted or refused may be kept before they are thrown away."""


@attrs.define(eq=False)
class Wish:
    """One thing that somebody wants: `values` by key, None to have it taken away; with `replaces`, whatever else begins so may go;
    with `grows`, the topic of that name gets up to so many partitions."""

    who: str
    values: dict[Key, Any] = attrs.field(factory=dict)
    replaces: Key | None = None
    grows: tuple[str, int] | None = None
    since: int = 0
    """How many changes there were when it was asked for."""
    before: dict[Key, Any] = attrs.field(factory=dict)
    """What was so already."""
    is_closed: bool = False

    def allows(self, key: Key, value: Any, names_by_id: dict[Any, str]) -> bool:
        """Whether this change is a part of it."""
        if key in self.values:
            return self.values[key] in (value, ANY)
        if self.grows is not None and key[0] == "partition":
            name, count = self.grows
            return bool(names_by_id.get(key[1]) == name and key[2] < count)
        return value is None and self.replaces is not None and key[: len(self.replaces)] == self.replaces

    def missing(self, cluster: ClusterModel, since: int | None = None) -> str | None:
        """What of it is not so, and was not at any time since it was asked for, or since another time."""
        changes = cluster.changes[self.since if since is None else since :]
        for key, value in self.values.items():
            was_so = since is None and self.before.get(key) == value
            if value is not ANY and not was_so and cluster.values.get(key) != value and (key, value) not in changes:
                return f"{shown(key)} is {cluster.values.get(key)}, expected {value}"
        return None


def shown(key: Key) -> str:
    """A key as a person reads it."""
    return " ".join([str(part) for part in key])


class Wishes:
    """All that was ever wished for and may still come true."""

    def __init__(self) -> None:
        self.open: list[Wish] = []
        self.closed = 0
        self.judged_up_to = 0
        """Changes in the metadata log below this offset have been told from their wishes."""

    def add(self, cluster: ClusterModel, wish: Wish) -> Wish:
        """Somebody wants this."""
        wish.since = len(cluster.changes)
        wish.before = {key: cluster.values.get(key) for key in wish.values}
        self.open.append(wish)
        return wish

    def close(self, wish: Wish) -> None:
        """It was refused, or has come true: it may not come true any more."""
        if not wish.is_closed:
            wish.is_closed = True
            self.closed += 1
            if self.closed > CLOSED_MAX:
                self.open = [wish for wish in self.open if not wish.is_closed]
                self.closed = 0

    def judge(self, cluster: ClusterModel) -> str | None:
        """What is wrong with the batch that was applied last."""
        if cluster.end_offset <= self.judged_up_to:
            return None
        self.judged_up_to = cluster.end_offset
        granted: dict[int, Wish] = {}
        for key, value in cluster.fresh:
            able = [place for place, wish in enumerate(self.open) if not wish.is_closed and wish.allows(key, value, cluster.names_by_id)]
            if not able:
                what = f"{shown(key)} becomes {value}, which nobody wanted, or whoever wanted it was refused"
                return f"nothing changes that nobody asked for: {what}"
            if len(able) == 1:
                granted[able[0]] = self.open[able[0]]
        for wish in granted.values():
            complaint = wish.missing(cluster, len(cluster.changes) - cluster.applied_last)
            if complaint is not None:
                return f"a decision is wholly there or not at all: of that of {wish.who}, {complaint}"
        for wish in granted.values():
            self.close(wish)
        return None
