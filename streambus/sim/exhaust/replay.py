"""Replay: from a spec and a list of actions to the same violation, step for step, and the story of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from streambus.kernel import Event, Node
from streambus.sim.exhaust.actions import Action
from streambus.sim.exhaust.beginning import begin, default_action
from streambus.sim.exhaust.judge import Judge
from streambus.sim.exhaust.machines import Stepped
from streambus.sim.exhaust.spec import Spec
from streambus.sim.exhaust.story import Storyteller
from streambus.sim.exhaust.world import Moment, Rules, World


class Astray(ValueError):
    """An action of the list is not possible where it stands: the machines, or the spec, are not those it was written with."""


@attrs.frozen
class Replayed:
    """What a replay came to: the violation if there is one, and a line of story for everything that happened."""

    violation: str | None
    story: tuple[str, ...]
    world: World


def replay(
    spec: Spec,
    actions: Sequence[Action],
    factories: Mapping[type, Callable[[Any], Node]],
    *,
    ordered: bool = True,
    strict: bool = True,
) -> Replayed:
    """Do `actions` again, one after the other. `ordered`: whether they were found under a bound on delays.

    Raises `Astray` if one of them is not possible. If not `strict`, it is left out instead, and what follows the last of them happens in
    the usual order: so a counterexample becomes a test that outlives changes of the machines.
    """
    rules, world = begin(spec, factories, ordered=ordered)
    judge, teller = Judge(spec, rules), Storyteller(rules)
    way = iter(actions)
    for number in range(1, spec.steps_max + 1):
        action = next(way, None)
        if action is None:
            action = None if strict else default_action(rules, world)
            if action is None:
                break
        try:
            moment = _step(rules, world, action, teller, number)
        except (KeyError, ValueError, IndexError, AssertionError) as error:
            if strict:
                raise Astray(f"step {number} is not possible any more: {action}") from error
            continue
        world = moment.world()
        if moment.problem is not None:
            return Replayed(moment.problem, tuple(teller.lines), world)
    return Replayed(judge.judge(world, len(actions)), tuple(teller.lines), world)


def _step(rules: Rules, world: World, action: Action, teller: Storyteller, number: int) -> Moment:
    def note(place: int, event: Event, stepped: Stepped) -> None:
        teller.on_step(place, event, stepped)

    teller.on_action(number, action, world)
    moment = Moment(rules, world, note)
    moment.perform(action)
    return moment
