"""A host: the machine that outlives its node. It has a name, a disk, a wall clock that may be wrong, and at most one life at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from streambus.kernel import Effect, Event, Halt, Started
from streambus.sim.clock import WALL_ORIGIN, HostClock
from streambus.sim.disk import Survival
from streambus.sim.disk_queue import Disk, DiskSpeed
from streambus.sim.life import Life

if TYPE_CHECKING:
    from streambus.sim.simulation import Simulation

__all__ = ["WALL_ORIGIN", "Host", "Owner"]

SHIFT_MAX = 1 << 40
"""A node's own clock has counted up to twelve days when it is born."""


class Owner(Protocol):
    """Whoever asked for what the node does: it hears when the node dies, and when there is a new one."""

    def on_death(self) -> None:
        """The node is gone, and with it whatever it was asked and has not answered."""
        ...

    def on_rebirth(self) -> None:
        """There is a node again, which knows nothing."""
        ...


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
        self.clock = HostClock()
        self.slowness = 1
        self.downs = 0
        """How many faults keep the node from being started."""
        self.owner: Owner | None = None
        self.crashes = simulation.streams.stream(name, "crashes")
        self.births = simulation.streams.stream(name, "births")

    def start(self) -> Life | None:
        """Begin the next life. None if there is one already, or if something keeps this host down."""
        if self.life is not None or self.downs:
            return None
        simulation = self.simulation
        self.lives += 1
        origin = self.births.below(SHIFT_MAX) - self.clock.monotonic.read(simulation.agenda.now)
        life = self.life = Life(self, self.lives, simulation.make(self.config), origin)
        simulation.born(life)
        for listener in getattr(self.config, "listeners", ()):
            simulation.network.listen(life, f"{listener.host}:{listener.port}", listener.name)
        mischief = self.births.bits64() if simulation.is_mischievous else 0
        life.enqueue(Started(life.wall_offset, self.births.bits64(), mischief))
        if self.owner is not None and self.lives > 1:
            self.owner.on_rebirth()
        return life

    def take_down(self) -> None:
        """Do not start again until each `take_down` was answered by a `bring_up`."""
        self.downs += 1

    def bring_up(self) -> None:
        """One reason less to be down; after the last one the next life begins, unless there is one."""
        self.downs -= 1
        self.start()

    def kill(self, *, exactly: bool = False) -> None:
        """SIGKILL: the node is gone at once; what it wrote stays in the page cache, and its connections are reset.

        `exactly`: between two disk operations, so that the one at work has not happened.
        """
        if self.life is not None:
            self.simulation.network.abandon(self.life, is_silent=False, dice=self.crashes)
            self._drop(self.life, exactly=exactly)
            self.disk.crash_process()

    def cut_power(self, survival: Survival | None = None, names: Survival | None = None, *, exactly: bool = False) -> None:
        """The machine is off: what was not synced may be gone or torn, and nobody is told. What is left is drawn unless it is said."""
        if self.life is not None:
            self.life.can_refuse = False
            self.simulation.network.abandon(self.life, is_silent=True, dice=self.crashes)
            self._drop(self.life, exactly=exactly)
        self.disk.power_cut(self.crashes, survival, names)

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
        self.clock.wall.step(self.simulation.agenda.now, microseconds)
        self.clock_changed()

    def clock_changed(self) -> None:
        """The clock was set, or runs otherwise: let the node know what it can know of that."""
        if self.life is not None:
            self.life.clock_changed()

    def slow_down(self, factor: int) -> None:
        """Have every burst of steps take `factor` times as long from now on."""
        self.slowness = factor
        if self.life is not None:
            self.life.slowness = factor

    def slow_disk(self, factor: int) -> None:
        """Have every disk operation take `factor` times as long from now on."""
        self.disk_slowdown = factor
        if self.life is not None:
            self.life.disk_queue.slowdown = factor

    def _drop(self, life: Life, *, exactly: bool = False) -> None:
        assert life is self.life
        self.life = None
        life.end()
        life.disk_queue.abandon(self.crashes, exactly=exactly)
        if self.owner is not None:
            self.owner.on_death()
