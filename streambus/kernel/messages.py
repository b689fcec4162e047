"""Events and effects: the values that cross a node's door.

`@message` makes a class a small slotted value, equal and hashable by content. It is frozen by rule. Real freezing makes
construction three times dearer, so it is only enforced where mistakes are hunted: under `python -X dev`.
"""

import sys
from typing import TypeVar, dataclass_transform

import attrs

T = TypeVar("T")

FREEZE = sys.flags.dev_mode


@dataclass_transform(eq_default=True, frozen_default=True, field_specifiers=(attrs.field,))
def message(cls: type[T]) -> type[T]:
    """Make `cls` a value whose annotated attributes are its fields, built positionally on hot paths."""
    return attrs.define(cls, slots=True, frozen=FREEZE, eq=True, unsafe_hash=True, weakref_slot=False)


class Event:
    """Something that happened. Subclasses are messages named in the past tense."""

    __slots__ = ()


class Effect:
    """Something the world shall do. Subclasses are messages named in the imperative."""

    __slots__ = ()
