"""Diversity: of several fresh tapes, the one that is least like those that were played.

What a tape is made of can be seen before it is played: its settings, roughly; which faults it has; what its clients do. Bugs like company:
they need a setting *and* a fault, or two settings together. So tapes are compared by pairs of such traits, as in combinatorial
testing (Kuhn, Wallace, Gallo, "Software fault interactions and implications for software testing", 2004).
"""

from enum import Enum
from itertools import combinations
from typing import Any

import attrs

from streambus.sim.tape import Tape

Trait = tuple[Any, ...]

CANDIDATES = 12
"""To draw a tape costs a hundredth of playing it."""

SINGLE_WORTH = 12
"""A trait that was never seen is worth as much as so many pairs."""


class Diversity:
    """Remembers the traits of all tapes that were played."""

    def __init__(self) -> None:
        self.seen: dict[Trait, int] = {}

    def worth(self, tape: Tape) -> int:
        """How much of `tape` is new."""
        traits = traits_of(tape)
        seen = self.seen
        new = SINGLE_WORTH * sum(trait not in seen for trait in traits)
        return new + sum(pair not in seen for pair in combinations(traits, 2))

    def add(self, tape: Tape) -> None:
        """It was played."""
        traits = traits_of(tape)
        for trait in (*traits, *combinations(traits, 2)):
            self.seen[trait] = self.seen.get(trait, 0) + 1


def traits_of(tape: Tape) -> list[Trait]:
    """What can be said of a tape before it is played."""
    traits: list[Trait] = []
    _settings(tape.scenario, "", traits)
    traits += [("fault", kind) for kind in sorted({type(planned.deed).__name__ for planned in tape.faults})]
    traits += [("chore", kind) for kind in sorted({type(chore).__name__ for chore in tape.chores})]
    return traits


def _settings(value: Any, place: str, traits: list[Trait]) -> None:
    for field in attrs.fields(type(value)):
        setting = getattr(value, field.name)
        if attrs.has(type(setting)):
            _settings(setting, f"{place}{field.name}.", traits)
        elif isinstance(setting, Enum):
            traits.append((place + field.name, setting.name))
        elif isinstance(setting, int) and setting != field.default:
            traits.append((place + field.name, setting.bit_length() // 3 if not isinstance(setting, bool) else setting))
