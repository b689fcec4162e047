"""A counterexample: a violation and the way to it, as a file that can be replayed, as a story, as a test."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from streambus.kernel import Node
from streambus.sim.exhaust.actions import Action, UnreadableAction, from_plain, to_plain
from streambus.sim.exhaust.replay import Replayed, replay
from streambus.sim.exhaust.search import UNBOUNDED, Exploration
from streambus.sim.exhaust.spec import Spec

FORMAT = "streambus exhaust counterexample 1"


class UnreadableCounterexample(ValueError):
    """The file is not a counterexample. The text says why."""


@attrs.frozen
class Counterexample:
    """`spec` is a name or a path that `find_spec` finds."""

    spec: str
    violation: str
    bound: int
    delays: int
    actions: tuple[Action, ...]

    @classmethod
    def of(cls, spec: str, exploration: Exploration) -> "Counterexample":
        """What `exploration` found."""
        assert exploration.violation is not None, "nothing was found"
        return cls(spec, exploration.violation, exploration.bound, exploration.delays, exploration.actions)

    def replay(self, spec: Spec, factories: Mapping[type, Callable[[Any], Node]]) -> Replayed:
        """Do it again. Raises `Astray`."""
        return replay(spec, self.actions, factories, ordered=self.bound != UNBOUNDED)

    def story(self, replayed: Replayed) -> str:
        """Everything that happened, for a person to read."""
        faults = f"{len(self.actions)} steps" + (f", {self.delays} delays" if self.bound != UNBOUNDED else "")
        return "\n".join((f"{self.spec}: {faults}", *replayed.story, f"VIOLATION: {replayed.violation}"))

    def to_text(self) -> str:
        """The file."""
        lines = ",\n    ".join(json.dumps(to_plain(action)) for action in self.actions)
        head = {"format": FORMAT, "spec": self.spec, "violation": self.violation, "bound": self.bound, "delays": self.delays}
        return json.dumps(head, indent=2)[:-2] + f',\n  "actions": [\n    {lines}\n  ]\n}}\n'

    @classmethod
    def from_text(cls, text: str) -> "Counterexample":
        """The counterexample that `to_text` wrote; `UnreadableCounterexample` if there is none."""
        try:
            content = json.loads(text)
            if content["format"] != FORMAT:
                raise UnreadableCounterexample(f"the format is {content['format']!r}, not {FORMAT!r}")
            actions = tuple(from_plain(plain) for plain in content["actions"])
            return cls(str(content["spec"]), str(content["violation"]), int(content["bound"]), int(content["delays"]), actions)
        except (json.JSONDecodeError, KeyError, TypeError, UnreadableAction) as error:
            raise UnreadableCounterexample(f"not a counterexample: {error}") from error

    def to_test(self) -> str:
        """A pytest that fails for as long as the violation is there."""
        lines = "".join(f"    {_as_code(to_plain(action))},\n" for action in self.actions)
        return (
            f'"""{self.violation}"""\n\n'
            "from streambus.sim import FACTORIES\n"
            "from streambus.sim.exhaust import find_spec, from_plain, replay\n\n"
            f"ACTIONS = [\n{lines}]\n\n\n"
            "def test_the_counterexample_is_gone():\n"
            f"    _, spec = find_spec({json.dumps(self.spec)})\n"
            "    actions = [from_plain(action) for action in ACTIONS]\n"
            f"    assert replay(spec, actions, FACTORIES, ordered={self.bound != UNBOUNDED}, strict=False).violation is None\n"
        )


def _as_code(plain: list[Any]) -> str:
    """A flat list as this project writes it, in double quotes."""
    return f"[{', '.join(json.dumps(item) if isinstance(item, str) else repr(item) for item in plain)}]"
