"""What a script should have brought about so far, and the dice that decide what comes next."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import attrs

T = TypeVar("T")

LETTERS = "abcd"
NEVER_MADE = "$nowhere"
ODD_NAMES = ("", ".", "..", "$ with space", "$" + "x" * 249, "$ü", "$a/b", "__consumer_offsets", "__cluster_metadata")


class Dice:
    """One stream of chance per script."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def chance(self, percent: float) -> bool:
        """True so often."""
        return self.random.random() * 100 < percent

    def one(self, items: Sequence[T]) -> T:
        """Any of them."""
        return self.random.choice(items)

    def mostly(self, usual: T, *others: T, percent: float = 80) -> T:
        """The first so often, otherwise any of the rest."""
        return usual if self.chance(percent) else self.one(others)

    def number(self, first: int, last: int) -> int:
        """Both included."""
        return self.random.randint(first, last)

    def some(self, make: Callable[[], T], least: int = 1, most: int = 3) -> list[T]:
        """A few, rather fewer."""
        count = min(self.number(least, most), self.number(least, most))
        return [make() for _ in range(count)]


@attrs.define
class Producer:
    """One that was given an id."""

    nth: int
    epoch: int = 0
    sequences: dict[tuple[str, int], int] = attrs.Factory(dict)


@attrs.define
class Session:
    """A fetch session and the epoch that comes next in it."""

    nth: int
    version: int
    epoch: int = 1


@attrs.define
class Model:
    """What should exist."""

    dice: Dice
    version: int = 0
    """Of the request that is made next."""
    topics: dict[str, int] = attrs.Factory(dict)
    """How many partitions they have."""
    deleted: list[str] = attrs.Factory(list)
    ends: dict[tuple[str, int], int] = attrs.Factory(dict)
    """How many records a partition has."""
    producers: list[Producer] = attrs.Factory(list)
    sessions: list[Session] = attrs.Factory(list)

    def new_topic(self) -> str:
        """A name that is most likely free."""
        free = [f"${letter}" for letter in LETTERS if f"${letter}" not in self.topics]
        return self.dice.one(free) if free and self.dice.chance(90) else self.topic()

    def topic(self, odd: float = 8) -> str:
        """A name that most likely exists."""
        if self.dice.chance(odd):
            return self.dice.one([NEVER_MADE, *self.deleted, *ODD_NAMES])
        return self.dice.one([*self.topics] or [NEVER_MADE])

    def partition(self, topic: str, odd: float = 6) -> int:
        """An index that most likely exists."""
        if self.dice.chance(odd):
            return self.dice.one([-1, self.topics.get(topic, 0), 99, 2**31 - 1])
        return self.dice.number(0, max(self.topics.get(topic, 1) - 1, 0))

    def partitions(self, topic: str, most: int = 3) -> list[int]:
        """Some of them; now and then one twice."""
        found: list[int] = []
        for _ in range(self.dice.number(1, most)):
            partition = self.partition(topic)
            if partition not in found or self.dice.chance(5):
                found.append(partition)
        return found

    def some_topics(self, most: int = 2) -> list[str]:
        """Some names; now and then one twice."""
        found: list[str] = []
        for _ in range(self.dice.number(1, most)):
            topic = self.topic()
            if topic not in found or self.dice.chance(5):
                found.append(topic)
        return found

    def offset(self, topic: str, partition: int) -> int:
        """Something near the records of a partition."""
        end = self.ends.get((topic, partition), 0)
        return self.dice.mostly(self.dice.number(0, end), end, end + 1, -1, -2, 10**9, percent=75)


Body = dict[str, Any]
