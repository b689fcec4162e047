"""A failure: a run in which something went wrong, kept so that it can be played again tomorrow and elsewhere.

In its folder are

- `scenario.py`: the tape, as a scenario file; everything else can be made from it;
- `failure.json`: what went wrong, at which event, under which version, and the trace hash of the run;
- `test_failure.py`: a test that wants it not to happen.
"""

import json
from pathlib import Path
from typing import Any

import attrs

from streambus import __version__
from streambus.kernel import MILLISECOND
from streambus.sim.library import NoScenario, find_playable
from streambus.sim.run import Outcome, play
from streambus.sim.simulation import Factories
from streambus.sim.source import scenario_source, test_source
from streambus.sim.tape import Tape

SCENARIO, FACTS, TEST = "scenario.py", "failure.json", "test_failure.py"


@attrs.frozen
class Failure:
    """What is known of a failing run. `event` is the number of the step at which an oracle objected, None if the history was to blame."""

    tape: Tape
    name: str
    violations: tuple[str, ...]
    trace_hash: str
    event: int | None
    at: int | None
    version: str = __version__

    def write(self, folder: Path) -> Path:
        """Keep it in `folder`, which is made. The answer is the scenario file."""
        folder.mkdir(parents=True, exist_ok=True)
        scenario = folder / SCENARIO
        scenario.write_text(scenario_source(self.tape, self._about(f"streambus sim run {scenario}")), encoding="utf-8")
        (folder / TEST).write_text(test_source(self.tape, self._identifier(), self._about("")), encoding="utf-8")
        (folder / FACTS).write_text(json.dumps(self.to_json(), indent=2) + "\n", encoding="utf-8")
        return scenario

    def to_json(self) -> dict[str, Any]:
        """Everything but the tape, as plain values."""
        facts = attrs.asdict(self, filter=lambda field, _: field.name != "tape")
        return {**facts, "faults": len(self.tape.faults), "chores": len(self.tape.chores), "seed": self.tape.schedule.seed}

    def _identifier(self) -> str:
        return "".join(letter if letter.isalnum() else "_" for letter in self.name.lower()) or "failure"

    def _about(self, command: str) -> str:
        where = "" if self.event is None or self.at is None else f" at event {self.event:,}, {self.at / MILLISECOND:.3f} ms after the start"
        lines = [
            f"{self.name}: what went wrong{where}:",
            "",
            *self.violations[:3],
            "",
            f"StreamBus {self.version}, trace {self.trace_hash}.",
        ]
        return "\n".join([*lines, *(["", command] if command else [])])


def failure_of(outcome: Outcome) -> Failure:
    """What is to be kept of a run that was not clean."""
    event, at = outcome.failed_at or (None, None)
    return Failure(outcome.tape, outcome.scenario, outcome.violations, outcome.trace_hash, event, at)


def read_failure(folder: Path) -> Failure:
    """The failure that was kept in `folder`; `NoScenario` if there is none."""
    _, tape = find_playable(str(folder / SCENARIO))
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        return Failure(
            tape if isinstance(tape, Tape) else _no_tape(folder),
            facts["name"],
            tuple(facts["violations"]),
            facts["trace_hash"],
            facts["event"],
            facts["at"],
            facts["version"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoScenario(f"{folder / FACTS}: {error}") from error


def plays_again(failure: Failure, factories: Factories) -> bool:
    """Whether the same thing, event by event, happens when it is played now."""
    outcome = play(failure.tape, factories=factories)
    return outcome.trace_hash == failure.trace_hash and outcome.violations == failure.violations


def _no_tape(folder: Path) -> Tape:
    raise NoScenario(f"{folder / SCENARIO} has no TAPE")
