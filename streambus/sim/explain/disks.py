"""A simulated disk that tells a witness what it did, and what a power cut took from it."""

from enum import Enum
from typing import Any, Protocol

from streambus.kernel import Effect, Event, Prng
from streambus.sim.disk import SECTOR_BYTES, SimulatedDisk, Survival

Piece = tuple[str, int, int]
"""File, position, length."""


class Loss(Enum):
    """What became of an unsynced write."""

    WHOLE = "whole"
    TORN = "torn"
    NAME = "name"
    """It is in a file whose name is lost."""


class Witness(Protocol):
    """Who is told."""

    def on_performed(self, host: str, effect: Effect, answer: Event | None) -> None:
        """The disk has done what was asked of it, or failed to."""
        ...

    def on_crash(self, host: str, lost: list[tuple[Piece, Loss]] | None) -> None:
        """The process was killed (`lost` is None), or the power failed and these unsynced writes are not on the disk."""
        ...


class WitnessedDisk(SimulatedDisk):
    """Behaves like any simulated disk. A copy of it is an ordinary one, which nobody watches."""

    def __init__(self, dice: Prng, host: str) -> None:
        super().__init__(dice)
        self.host = host
        self.witness: list[Any] = []

    def __deepcopy__(self, memory: Any) -> "SimulatedDisk":
        return self.copy()

    def copy(self) -> SimulatedDisk:
        """The same disk, in another future."""
        witness, self.witness = self.witness, []
        try:
            return super().copy()
        finally:
            self.witness = witness

    def perform(self, effect: Effect) -> Event | None:
        """Do it, and tell, unless it is one of many operations of long work."""
        answer = super().perform(effect)
        if self.working:
            return answer
        for witness in self.witness:
            witness.on_performed(self.host, effect, answer)
        return answer

    def crash_process(self) -> None:
        """Tell."""
        super().crash_process()
        for witness in self.witness:
            witness.on_crash(self.host, None)

    def power_cut(self, dice: Prng, survival: Survival | None = None, names: Survival | None = None) -> None:
        """Lose what is lost, and tell what that was."""
        before = [(name, len(self.files[number].cached), list(self.files[number].changes)) for name, number in sorted(self.names.items())]
        numbers = dict(self.names)
        super().power_cut(dice, survival, names)
        lost: list[tuple[Piece, Loss]] = []
        for name, length, changes in before:
            if self.names.get(name) != numbers[name]:
                lost.append(((name, 0, length), Loss.NAME))
                continue
            durable = self.files[numbers[name]].durable
            for change in changes:
                if change.data is not None:
                    loss = _loss(change.data, bytes(durable[change.position : change.position + len(change.data)]))
                    lost.extend([((name, change.position, len(change.data)), loss)] if loss is not None else [])
        for witness in self.witness:
            witness.on_crash(self.host, lost)


def _loss(written: bytes, found: bytes) -> Loss | None:
    """What is missing of `written` where `found` is on the disk."""
    if written == found:
        return None
    sectors = range(0, len(written), SECTOR_BYTES)
    is_some_there = any(written[at : at + SECTOR_BYTES] == found[at : at + SECTOR_BYTES] for at in sectors)
    return Loss.TORN if is_some_there or (found and written.startswith(found)) else Loss.WHOLE
