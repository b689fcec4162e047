"""The explanation of a run: its recording, its causal cone, its story, and the nearest neighbour that passes."""

from typing import Any

import attrs

from streambus.sim.explain.cone import cone
from streambus.sim.explain.events import Happening, Kind
from streambus.sim.explain.narrative import Sentence, story
from streambus.sim.explain.neighbour import Neighbour, StepLog, Tried, nearest
from streambus.sim.explain.recording import Recording, record
from streambus.sim.registry import FACTORIES
from streambus.sim.simulation import Factories
from streambus.sim.tape import Tape


class NothingToExplain(ValueError):
    """Nothing goes wrong in the run."""


@attrs.frozen(eq=False)
class Explanation:
    """Why a run went as it did. `cone` has the numbers of the events that what went wrong rests on, with how many links away they are."""

    title: str
    recording: Recording
    cone: dict[int, int]
    sentences: tuple[Sentence, ...]
    neighbour: Neighbour | None
    tried: tuple[Tried, ...]

    @property
    def events(self) -> list[Happening]:
        """Everything that happened, by time."""
        return self.recording.sorted()

    @property
    def violations(self) -> tuple[str, ...]:
        """What went wrong; nothing if the run was clean."""
        return self.recording.violations

    @property
    def tape(self) -> Tape:
        """The run."""
        return self.recording.outcome.tape

    def lines(self) -> list[str]:
        """All of it for a terminal."""
        lines = [str(sentence) for sentence in self.sentences]
        if self.neighbour is not None:
            lines += ["", f"It passes {_as_said(self.neighbour.change)}: {self.neighbour.first_difference}.", "", "  it fails so:"]
            lines += [f"    {line}" for line in self.neighbour.failing]
            lines += ["  it passes so:", *[f"    {line}" for line in self.neighbour.passing]]
        elif self.tried:
            lines += ["", f"None of {len(self.tried)} runs that differ in one decision passes."]
        return lines

    def to_json(self) -> dict[str, Any]:
        """The words of it as plain values."""
        neighbour = attrs.asdict(self.neighbour, recurse=False) if self.neighbour is not None else None
        if neighbour is not None:
            del neighbour["tried"]
        return {
            "title": self.title,
            "seed": self.tape.schedule.seed,
            "violations": list(self.violations),
            "sentences": [attrs.asdict(sentence) for sentence in self.sentences],
            "events": len(self.recording.happenings),
            "causes": len(self.cone),
            "neighbour": neighbour,
            "tried": [attrs.asdict(tried) for tried in self.tried],
            "trace_hash": self.recording.outcome.trace_hash,
        }


def explain(tape: Tape, factories: Factories = FACTORIES, *, title: str = "", anyway: bool = False, neighbours: bool = True) -> Explanation:
    """Play `tape` and say why it went wrong. `NothingToExplain` if it did not, unless `anyway`: then everything is told.

    Equal arguments give equal explanations. Without `neighbours` it is played once only.
    """
    steps = StepLog()
    recording = record(tape, factories, (steps,))
    if not recording.violations and not anyway:
        raise NothingToExplain("nothing goes wrong when this is played")
    roots = recording.roots if recording.violations else [one.number for one in recording.happenings if one.kind is not Kind.DISK]
    reached = cone(roots, recording.happenings)
    neighbour, tried = nearest(recording, steps, factories) if recording.violations and neighbours else (None, ())
    return Explanation(title or tape.scenario.title, recording, reached, story(recording, reached), neighbour, tried)


def _as_said(change: str) -> str:
    return change if change.startswith("without") else f"with {change}"
