"""Knobs: settings that a scenario leaves to the seed.

A scenario is a tree of attrs values in which any setting may be a `Between` or a `OneOf`. `settled` draws them all, each from a
stream of its own that is named by its place in the tree: a setting that is added or fixed leaves the others as they were.
"""

from typing import Any, TypeVar

import attrs

from streambus.sim.streams import Streams

T = TypeVar("T")


@attrs.frozen
class Between:
    """A whole number from `first` to `last`, both included."""

    first: int
    last: int


@attrs.frozen
class Octaves:
    """A whole number from `first` to `last` for which every order of magnitude is as likely as any other."""

    first: int
    last: int


@attrs.frozen(init=False)
class OneOf:
    """One of some values; list one twice to make it likelier. A value may be a knob again."""

    choices: tuple[Any, ...]

    def __init__(self, *choices: Any) -> None:
        self.__attrs_init__(choices)


def settled(value: T, streams: Streams, place: str) -> T:
    """`value` without knobs."""
    return _settled(value, streams, place)  # type: ignore[no-any-return]


def _settled(value: Any, streams: Streams, place: str) -> Any:
    if isinstance(value, Between):
        return streams.stream("knobs", place).between(value.first, value.last)
    if isinstance(value, Octaves):
        return _octaves(value, streams, place)
    if isinstance(value, OneOf):
        index = streams.stream("knobs", place).below(len(value.choices))
        return _settled(value.choices[index], streams, f"{place}.{index}")
    if isinstance(value, tuple):
        return tuple([_settled(item, streams, f"{place}.{index}") for index, item in enumerate(value)])
    if attrs.has(type(value)):
        changes = {}
        for field in attrs.fields(type(value)):
            before = getattr(value, field.name)
            after = _settled(before, streams, f"{place}.{field.name}")
            if after is not before:
                changes[field.name] = after
        return attrs.evolve(value, **changes) if changes else value
    return value


def _octaves(knob: Octaves, streams: Streams, place: str) -> int:
    dice = streams.stream("knobs", place)
    ceilings = [knob.first]
    while ceilings[-1] < knob.last:
        ceilings.append(min(2 * max(1, ceilings[-1]), knob.last))
    index = dice.below(len(ceilings))
    return dice.between(ceilings[max(0, index - 1)], ceilings[index])
