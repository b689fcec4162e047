"""The judge: what is wrong with a world, whatever way led to it."""

from typing import Any

from streambus.sim.exhaust.judging import broken_promise, final_reading, history
from streambus.sim.exhaust.spec import Spec
from streambus.sim.exhaust.world import Rules, World


class Judge:
    """Judges worlds at rest. Equal users with equal contents are judged once."""

    def __init__(self, spec: Spec, rules: Rules) -> None:
        self.spec = spec
        self.rules = rules
        self.readings: dict[tuple[int, int], Any] = {}
        self.verdicts: dict[tuple[Any, ...], str | None] = {}

    def judge(self, world: World, steps: int) -> str | None:
        """What is wrong with a world that was reached in so many steps: with its history if it is at rest, else with its not being so."""
        rules = self.rules
        if not world.agenda:
            if rules.is_at_rest(world):
                return self._at_rest(world)
            if rules.first_deadline(world) is None:
                return f"nothing can happen any more: {self._who_waits(world)}"
        if steps >= self.spec.steps_max:
            return f"not at rest after {steps} steps: {self._who_waits(world)}"
        return None

    def _at_rest(self, world: World) -> str | None:
        rules = self.rules
        contents = self.readings.get((world.broker, world.disk))
        if contents is None:
            contents = final_reading(rules.machines.node(world.broker), rules.disks, world.disk)
            self.readings[world.broker, world.disk] = contents
        key = (world.users, contents)
        if key not in self.verdicts:
            users = [rules.users[user] for user in world.users]
            self.verdicts[key] = broken_promise(history(rules.scripts, users, contents), self.spec.contract)
        return self.verdicts[key]

    def _who_waits(self, world: World) -> str:
        pairs = zip(self.rules.scripts, world.users, strict=True)
        waiting = [script.name for script, user in pairs if not script.is_done(self.rules.users[user])]
        return f"{', '.join(waiting)} still waits" if waiting else "nobody waits"
