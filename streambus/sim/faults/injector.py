"""Carrying a plan of faults out."""

from typing import cast

import attrs

from streambus import checkers
from streambus.kernel import Prng
from streambus.sim.agenda import Occurrence
from streambus.sim.faults.deed import Deed, Planned, words
from streambus.sim.simulation import Simulation


class FaultInjector:
    """Does what is planned at its date, and notes in the history what was really done."""

    def __init__(self, simulation: Simulation, plan: tuple[Planned, ...], history: checkers.History) -> None:
        self.simulation = simulation
        self.history = history
        self.active: dict[int, tuple[Deed, int]] = {}
        self.is_over = False
        for number, planned in enumerate(plan):
            simulation.agenda.at(planned.at, self._begin, (number, planned))

    def heal(self) -> None:
        """End everything that is still going on. Nothing begins any more."""
        self.is_over = True
        for number in list(self.active):
            self._end(number)

    def _begin(self, occurrence: Occurrence) -> None:
        number, planned = occurrence.subject
        deed: Deed = planned.deed
        if self.is_over or not deed.begin(self.simulation, Prng(planned.luck)):
            return
        self.active[number] = (deed, self.simulation.agenda.now)
        if deed.lasts:
            self.simulation.agenda.after(deed.lasts, lambda _occurrence: self._end(number))
        else:
            self._end(number)

    def _end(self, number: int) -> None:
        entry = self.active.pop(number, None)
        if entry is None:
            return
        deed, began_at = entry
        done = deed.end(self.simulation)
        details = done if done is not None else _details(deed)
        self.history.add_fault(checkers.Fault(words(type(deed)), deed.target, began_at, self.simulation.agenda.now, details))


def _details(deed: Deed) -> str:
    fields = attrs.asdict(cast(attrs.AttrsInstance, deed))
    return ", ".join(f"{name} {value}" for name, value in fields.items() if name not in ("target", "lasts"))
