"""The operator: looks after a broker whose disk has failed, as the fault model says (`docs/fault-model.md`, who repairs).

1. A broker that has heard of a failed operation is looked at after a while. If it writes no more, it is stopped or killed, and started.
2. A broker that has halted with an error is started after a while, again and again, if its disk can be blamed. Else it is a violation.
3. If `replaces_disks`, one that halts several times in a row without having served gets an empty disk.
"""

from collections.abc import Callable

from streambus.broker import Broker, Ready
from streambus.kernel import MILLISECOND, SECOND, DiskFailed, Effect, Event, Halt, Instant, Prng, StopRequested
from streambus.sim.agenda import Occurrence
from streambus.sim.disk import SimulatedDisk
from streambus.sim.host import Host
from streambus.sim.life import Life
from streambus.sim.simulation import Simulation

NOTICED_AFTER_MAX = SECOND
"""It takes an operator at most so long to notice, and to act."""

FAILED_STARTS_MAX = 3
"""So many starts in vain, and a disk that holds damage is replaced."""


class Supervisor:
    """Looks after the broker on `host`. An observer, who alone acts: on what it has seen, later, as an operator would."""

    def __init__(self, simulation: Simulation, host: Host, disk: SimulatedDisk, dice: Prng, *, replaces_disks: bool) -> None:
        self.simulation = simulation
        self.host = host
        self.hosts = (host.name,)
        self.disk = disk
        self.dice = dice
        self.replaces_disks = replaces_disks
        self.injuries_at_birth = 0
        self.failed_starts = 0
        self.restarts = 0
        self.disks_replaced = 0
        self.is_called = False
        self.is_stopping = False

    # What it sees ------------------------------------------------------------------------------------------------------

    def on_birth(self, life: Life) -> None:
        """From here on the disk can be blamed for what it does now."""
        self.injuries_at_birth = self.disk.injuries
        self.is_stopping = False

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """Look for failures, and for signs of health."""
        if type(event) is DiskFailed and not self.is_called:
            self.is_called = True
            self._later(self._look)
        elif self.failed_starts and any(type(effect) is Ready for effect in effects):
            self.failed_starts = 0

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """No operator can help that."""

    def excuses(self, _life: Life, halt: Halt) -> bool:
        """A node has halted: whether that is in order. If so, it is started again."""
        if halt.error is not None:
            if not self._is_disk_to_blame():
                return False
            self.failed_starts += 1
        elif not self.is_stopping:
            return True
        self._later(self._start)
        return True

    # What it does ------------------------------------------------------------------------------------------------------

    def _look(self, _occurrence: Occurrence) -> None:
        self.is_called = False
        life = self.host.life
        if life is None or not isinstance(life.node, Broker) or life.node.store.failed is None:
            return
        if self.dice.chance(1, 2):
            self.is_stopping = True
            self.host.tell(StopRequested())
        else:
            self.host.kill()
            self._later(self._start)

    def _start(self, _occurrence: Occurrence) -> None:
        if self.host.life is not None:
            return
        if self.replaces_disks and self.failed_starts >= FAILED_STARTS_MAX and self.disk.is_damaged:
            self.failed_starts = 0
            self.disks_replaced += 1
            self.disk.put({})
        self.restarts += 1
        self.host.start()

    def _later(self, what: Callable[[Occurrence], None]) -> None:
        self.simulation.agenda.after(self.dice.between(MILLISECOND, NOTICED_AFTER_MAX), what)

    def _is_disk_to_blame(self) -> bool:
        return self.disk.is_damaged or self.disk.injuries > self.injuries_at_birth
