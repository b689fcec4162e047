"""Faults of processes and machines."""

from typing import Self

import attrs

from streambus.kernel import MILLISECOND, Prng
from streambus.sim.faults.deed import Cast
from streambus.sim.faults.mix import FaultMix
from streambus.sim.life import Life
from streambus.sim.network import Stop
from streambus.sim.simulation import Simulation


@attrs.frozen
class ProcessKill:
    """SIGKILL, and a restart `lasts` microseconds later."""

    target: str
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere, for a while."""
        return cls(cast.a_broker(dice), dice.between(MILLISECOND, mix.down_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Kill."""
        host = simulation.hosts[self.target]
        if host.life is None:
            return False
        host.kill()
        host.take_down()
        return True

    def end(self, simulation: Simulation) -> None:
        """Start again."""
        simulation.hosts[self.target].bring_up()


@attrs.frozen
class PowerCut:
    """The power is off for `lasts` microseconds."""

    target: str
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Somewhere, for a while."""
        return cls(cast.a_broker(dice), dice.between(MILLISECOND, mix.down_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Off."""
        host = simulation.hosts[self.target]
        if host.life is None:
            return False
        host.cut_power()
        host.take_down()
        return True

    def end(self, simulation: Simulation) -> None:
        """On."""
        simulation.hosts[self.target].bring_up()


@attrs.frozen
class ClientCrash:
    """A client is killed, and a new one is started `lasts` microseconds later, which knows nothing of the old one."""

    target: str
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Some client, for a while."""
        return cls(cast.a_client(dice), dice.between(MILLISECOND, mix.down_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Kill."""
        return ProcessKill(self.target, self.lasts).begin(simulation, dice)

    def end(self, simulation: Simulation) -> None:
        """Start a new one."""
        simulation.hosts[self.target].bring_up()


@attrs.frozen
class ProcessPause:
    """SIGSTOP, and SIGCONT `lasts` microseconds later: the node takes no step, while the world goes on. Its socket buffers fill up, its
    timers are late, and then everything happens at once."""

    target: str
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Anybody, for a while."""
        return cls(cast.anybody(dice), dice.between(MILLISECOND, mix.pause_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Stop."""
        life = simulation.hosts[self.target].life
        key = (ProcessPause, self.target)
        if life is None or life.stops or key in simulation.afflictions:
            return False
        simulation.afflictions[key] = life
        life.stop()
        simulation.network.stop_all(life, Stop.STOPPED)
        return True

    def end(self, simulation: Simulation) -> None:
        """Go on."""
        go_on(simulation, simulation.afflictions.pop((ProcessPause, self.target)))


@attrs.frozen
class SlowProcess:
    """Whatever the node does takes `factor` times as long."""

    target: str
    factor: int
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Anybody, for a while."""
        return cls(cast.anybody(dice), 1 << dice.between(1, 8), dice.between(MILLISECOND, mix.pause_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Slow down."""
        host = simulation.hosts[self.target]
        if host.slowness != 1:
            return False
        host.slow_down(self.factor)
        return True

    def end(self, simulation: Simulation) -> None:
        """As fast as before."""
        simulation.hosts[self.target].slow_down(1)


def go_on(simulation: Simulation, life: Life) -> None:
    """Wake a life that was stopped."""
    simulation.network.go_on_all(life, Stop.STOPPED)
    life.proceed()
