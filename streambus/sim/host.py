"""A host: the machine that outlives its node. It has a name, a disk, a wall clock that may be wrong, and at most one life at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from streambus.kernel import ClockAdjusted, Effect, Event, Halt, Started
from streambus.sim.disk_queue import Disk, DiskSpeed
from streambus.sim.life import Life

if TYPE_CHECKING:
    from streambus.sim.simulation import Simulation

WALL_ORIGIN = 1_767_225_600_000_000
"""What an exact wall clock shows when a simulation begins: 2026-01-01T00:00:00Z in microseconds."""

SHIFT_MAX = 1 << 40
"""A node's own clock has counted up to twelve days when it is born."""


class Host:
    """Makes a node from its config, again and again, beside one disk.

    `performers` are further effects that this host's world knows, such as those by which a client answers its user.
    """

    def __init__(
        self,
        simulation: Simulation,
        name: str,
        config: Any,
        disk: Disk,
        disk_speed: DiskSpeed,
        performers: dict[type[Effect], Callable[[Any], None]],
    ) -> None:
        self.simulation = simulation
        self.name = name
        self.index = len(simulation.hosts)
        self.config = config
        self.disk = disk
        self.disk_speed = disk_speed
        self.disk_slowdown = 1
        self.performers = performers
        self.life: Life | None = None
        self.lives = 0
        self.skew = 0
        """The wall clock's error in microseconds."""
        self.crashes = simulation.streams.stream(name, "crashes")
        self.births = simulation.streams.stream(name, "births")

    def start(self) -> Life:
        """Begin the next life."""
        assert self.life is None, f"{self.name} lives already"
        simulation = self.simulation
        self.lives += 1
        life = Life(self, self.lives, simulation.make(self.config), self.births.below(SHIFT_MAX) - simulation.agenda.now)
        self.life = life
        simulation.born(life)
        for listener in getattr(self.config, "listeners", ()):
            simulation.network.listen(life, f"{listener.host}:{listener.port}", listener.name)
        life.enqueue(Started(self._wall_offset(life), self.births.bits64()))
        return life

    def kill(self) -> None:
        """SIGKILL: the node is gone at once; what it wrote stays in the page cache, and its connections are reset."""
        if self.life is not None:
            self.simulation.network.abandon(self.life, is_silent=False, dice=self.crashes)
            self._drop(self.life)
            self.disk.crash_process()

    def cut_power(self) -> None:
        """The machine is off: what was not synced may be gone or torn, and nobody is told."""
        if self.life is not None:
            self.life.can_refuse = False
            self.simulation.network.abandon(self.life, is_silent=True, dice=self.crashes)
            self._drop(self.life)
            self.disk.power_cut(self.crashes)

    def halted(self, life: Life, halt: Halt) -> None:
        """The node ended its own life: its connections are closed, its disk operations go no further."""
        self.simulation.network.leave(life)
        self._drop(life)
        self.simulation.halted(life, halt)

    def tell(self, event: Event) -> None:
        """Let `event` happen to the node, if it lives."""
        if self.life is not None:
            self.life.enqueue(event)

    def step_clock(self, microseconds: int) -> None:
        """Move the wall clock, as an administrator or a time server does."""
        self.skew += microseconds
        if self.life is not None:
            self.life.enqueue(ClockAdjusted(self._wall_offset(self.life)))

    def slow_disk(self, factor: int) -> None:
        """Have every disk operation take `factor` times as long from now on."""
        self.disk_slowdown = factor
        if self.life is not None:
            self.life.disk_queue.slowdown = factor

    def _drop(self, life: Life) -> None:
        assert life is self.life
        self.life = None
        life.end()
        life.disk_queue.abandon(self.crashes)

    def _wall_offset(self, life: Life) -> int:
        return WALL_ORIGIN + self.skew - life.shift
