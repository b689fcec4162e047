"""The story of a counterexample: numbered steps, and below each what the node that took it heard and asked for."""

from typing import Any

from streambus.kernel import Started, Woken
from streambus.sim.exhaust.actions import (
    BURST_END,
    DISK,
    TO_BROKER,
    TO_CLIENT,
    WORK,
    Action,
    Advance,
    CutConnection,
    Kill,
    LateArrival,
    PassTime,
    PowerCut,
    Source,
)
from streambus.sim.exhaust.machines import Stepped
from streambus.sim.exhaust.world import CLOSED, CONNECTED, DIAL, Rules, World
from streambus.sim.story import told


class Storyteller:
    """Tells what happens, in lines."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.lines: list[str] = []

    def on_action(self, number: int, action: Action, world: World) -> None:
        """`action` is about to happen in `world`."""
        self.lines.append(f"{number:>3}. {self._action(action, world)}")

    def on_step(self, place: int, event: Any, stepped: Stepped) -> None:
        """A node takes a step: a client, or (-1) the broker."""
        is_broker = place < 0
        if not isinstance(event, Woken):
            self.lines.append(f"       {self._name(place)}: {_heard(event, is_broker=is_broker)}")
        self.lines.extend(f"         → {told(effect, is_broker=is_broker)}" for effect in stepped.effects)
        if stepped.problem is not None:
            self.lines.append(f"         → it {stepped.problem}")

    def _action(self, action: Action, world: World) -> str:
        if isinstance(action, Advance):
            passed = world.agenda[: action.delays]
            instead = f"   [delayed: {', '.join(self._source(source, world) for source in passed)}]" if passed else ""
            return self._source(action.source, world) + instead + ("   [and its burst goes on]" if action.holds else "")
        if isinstance(action, PassTime):
            first = self.rules.first_deadline(world)
            lasts, place = first if first is not None else (0, -1)
            early = "   [although something else could happen]" if world.agenda else ""
            return f"{lasts / 1_000:.3f} ms pass, {self._name(place)} wakes{early}"
        if isinstance(action, CutConnection):
            late = "; what it had sent is held up" if action.late else ""
            return f"THE CONNECTION of {self._name(action.client)} breaks ({-action.number}){late}"
        if isinstance(action, LateArrival):
            return f"what was held up from {self._name(action.client)} is on its way again ({-action.number})"
        done = f"after {action.done} of {len(world.queue)} queued disk operations"
        done += f" and {action.worked} file operations of long work" if action.worked else ""
        if isinstance(action, Kill):
            half = " and half a write" if action.half else ""
            return f"THE BROKER IS KILLED {done}{half}, and starts again"
        assert isinstance(action, PowerCut)
        return f"POWER CUT {done}; of what was not synced this survives: {action.survived}; the broker starts again"

    def _source(self, source: Source, world: World) -> str:
        kind, place, number = source
        if kind == BURST_END:
            return f"a burst of {self._name(place)} ends"
        if kind == DISK:
            return "the broker's disk goes on"
        if kind == WORK:
            return "the broker's long work is done"
        if kind in (TO_BROKER, TO_CLIENT):
            found = next((entry for entry in world.connections if entry[:2] == (place, number)), None)
            items = () if found is None else found[3] if kind == TO_BROKER else found[4]
            what = _ITEMS.get(items[0], "a message") if items else "a message"
            direction = f"{self._name(place)} to the broker" if kind == TO_BROKER else f"the broker to {self._name(place)}"
            return f"{what} arrives from {direction} ({-number})"
        return f"the user of {self._name(place)} speaks"

    def _name(self, place: int) -> str:
        return "the broker" if place < 0 else self.rules.scripts[place].name


_ITEMS = {DIAL: "a dial", CONNECTED: "the answer to a dial", CLOSED: "the end of a connection"}


def _heard(event: Any, *, is_broker: bool) -> str:
    return "a new life begins" if isinstance(event, Started) else told(event, is_broker=is_broker)
