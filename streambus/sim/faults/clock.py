"""Faults of clocks. A host has two, which go wrong apart (`streambus.sim.clock`)."""

from typing import Self

import attrs

from streambus.kernel import MILLISECOND, Prng
from streambus.sim.clock import STANDSTILL
from streambus.sim.faults.deed import Cast
from streambus.sim.faults.mix import FaultMix
from streambus.sim.faults.process import go_on
from streambus.sim.network import Stop
from streambus.sim.simulation import Simulation


@attrs.frozen
class ClockStep:
    """The wall clock jumps by `microseconds`, which may be negative."""

    target: str
    microseconds: int
    lasts: int = 0

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere, for a while."""
        return cls(cast.anybody(dice), dice.between(-mix.clock_step_max, mix.clock_step_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Jump."""
        simulation.hosts[self.target].step_clock(self.microseconds)
        return True

    def end(self, simulation: Simulation) -> None:
        """Clocks stay wrong."""


@attrs.frozen
class WallDrift:
    """The wall clock runs `ppm` millionths too fast, or too slowly, and is adjusted in small steps. It stays as wrong as it has become."""

    target: str
    ppm: int
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Anybody, for a while."""
        return cls(cast.anybody(dice), dice.between(-mix.drift_ppm_max, mix.drift_ppm_max), dice.between(MILLISECOND, mix.bad_clock_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Run wrong."""
        return _set_wall_drift(simulation, self.target, self.ppm)

    def end(self, simulation: Simulation) -> None:
        """Run right."""
        _end_wall_drift(simulation, self.target)


@attrs.frozen
class WallFreeze:
    """The wall clock shows the same time all the while, and goes on from there."""

    target: str
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Anybody, for a while."""
        return cls(cast.anybody(dice), dice.between(MILLISECOND, mix.bad_clock_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Stand still."""
        return _set_wall_drift(simulation, self.target, STANDSTILL)

    def end(self, simulation: Simulation) -> None:
        """Go on."""
        _end_wall_drift(simulation, self.target)


@attrs.frozen
class MonotonicDrift:
    """The node's own clock runs `ppm` millionths too fast, or too slowly, and with it all its timers. The wall clock is right."""

    target: str
    ppm: int
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Anybody, for a while."""
        return cls(cast.anybody(dice), dice.between(-mix.drift_ppm_max, mix.drift_ppm_max), dice.between(MILLISECOND, mix.bad_clock_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Run wrong."""
        host = simulation.hosts[self.target]
        if host.clock.monotonic.drift or not self.ppm:
            return False
        host.clock.monotonic.set_drift(simulation.agenda.now, self.ppm)
        host.clock_changed()
        return True

    def end(self, simulation: Simulation) -> None:
        """Run right."""
        host = simulation.hosts[self.target]
        host.clock.monotonic.set_drift(simulation.agenda.now, 0)
        host.clock_changed()


@attrs.frozen
class CoarseClock:
    """Both clocks show only every `grain` microseconds."""

    target: str
    grain: int
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Anybody, for a while."""
        grain = 1 << dice.between(1, mix.clock_grain_max.bit_length() - 1)
        return cls(cast.anybody(dice), grain, dice.between(MILLISECOND, mix.bad_clock_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Turn coarse."""
        clock = simulation.hosts[self.target].clock
        if clock.monotonic.grain != 1 or clock.wall.grain != 1:
            return False
        self._set(simulation, self.grain)
        return True

    def end(self, simulation: Simulation) -> None:
        """Turn fine."""
        self._set(simulation, 1)

    def _set(self, simulation: Simulation, grain: int) -> None:
        host = simulation.hosts[self.target]
        host.clock.monotonic.set_grain(simulation.agenda.now, grain)
        host.clock.wall.set_grain(simulation.agenda.now, grain)
        host.clock_changed()


@attrs.frozen
class FrozenMachine:
    """The machine stops, as a virtual one that is moved does: no step, no clock, no answer to a dial. For the node no time passes; then its
    wall clock is set right."""

    target: str
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Anybody, for a while."""
        return cls(cast.anybody(dice), dice.between(MILLISECOND, mix.pause_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Freeze."""
        host, now = simulation.hosts[self.target], simulation.agenda.now
        life, clock = host.life, host.clock
        key = (FrozenMachine, self.target)
        if life is None or life.stops or key in simulation.afflictions or clock.monotonic.drift or clock.wall.drift:
            return False
        simulation.afflictions[key] = (life, now)
        host.take_down()
        life.stop()
        life.is_frozen = True
        simulation.network.stop_all(life, Stop.STOPPED)
        clock.monotonic.set_drift(now, STANDSTILL)
        clock.wall.set_drift(now, STANDSTILL)
        host.clock_changed()
        return True

    def end(self, simulation: Simulation) -> None:
        """Thaw."""
        host, now = simulation.hosts[self.target], simulation.agenda.now
        life, began_at = simulation.afflictions.pop((FrozenMachine, self.target))
        host.clock.monotonic.set_drift(now, 0)
        host.clock.wall.set_drift(now, 0)
        host.clock.wall.step(now, now - began_at)
        host.clock_changed()
        life.is_frozen = False
        go_on(simulation, life)
        host.bring_up()


def _set_wall_drift(simulation: Simulation, target: str, ppm: int) -> bool:
    host = simulation.hosts[target]
    if host.clock.wall.drift or not ppm:
        return False
    host.clock.wall.set_drift(simulation.agenda.now, ppm)
    host.clock_changed()
    return True


def _end_wall_drift(simulation: Simulation, target: str) -> None:
    host = simulation.hosts[target]
    host.clock.wall.set_drift(simulation.agenda.now, 0)
    host.clock_changed()
