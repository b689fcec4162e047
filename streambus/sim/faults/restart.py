"""Faults of lives that end before their time: on request, again and again, or as another release."""

from typing import Any, Self

import attrs

from streambus.broker import BrokerConfig
from streambus.kernel import MILLISECOND, Prng, StopRequested
from streambus.sim.agenda import Occurrence
from streambus.sim.faults.deed import Cast
from streambus.sim.faults.mix import FaultMix
from streambus.sim.host import Host
from streambus.sim.releases import broker_versions
from streambus.sim.simulation import Simulation

FEW_BYTES, MANY_BYTES = 1_024, 1 << 22
UP_DOUBLINGS_MAX = 18
"""A life within a crash loop lasts between a microsecond and half a second, every order of magnitude as likely."""


@attrs.frozen
class CleanRestart:
    """The broker is asked to stop. After `lasts` microseconds it is started again; if it has not stopped by then it is killed."""

    target: str
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Some broker, for a while."""
        return cls(cast.a_broker(dice), dice.between(MILLISECOND, mix.down_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Ask."""
        host = simulation.hosts[self.target]
        key = (CleanRestart, self.target)
        if host.life is None or key in simulation.afflictions:
            return False
        simulation.afflictions[key] = host.lives
        host.take_down()
        host.tell(StopRequested())
        return True

    def end(self, simulation: Simulation) -> str:
        """Start again."""
        return _start_again(simulation.hosts[self.target], simulation.afflictions.pop((CleanRestart, self.target)))


@attrs.frozen
class CrashLoop:
    """The broker is killed, or loses power if `is_power`, again and again, often within microseconds of its start."""

    target: str
    is_power: bool
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Some broker, for a while."""
        return cls(cast.a_broker(dice), dice.chance(1, 2), dice.between(MILLISECOND, mix.down_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """The first time."""
        host = simulation.hosts[self.target]
        key = (CrashLoop, self.target)
        if host.life is None or key in simulation.afflictions:
            return False
        host.take_down()
        loop = simulation.afflictions[key] = Loop(host, dice, is_power=self.is_power)
        loop.crash()
        return True

    def end(self, simulation: Simulation) -> str:
        """Whatever is going on now was the last time."""
        loop: Loop = simulation.afflictions.pop((CrashLoop, self.target))
        loop.is_over = True
        loop.host.bring_up()
        return f"{'lost power' if self.is_power else 'killed'} {loop.crashes} times"


class Loop:
    """Starts a host that is held down by nobody else, and crashes it soon."""

    def __init__(self, host: Host, dice: Prng, *, is_power: bool) -> None:
        self.host = host
        self.dice = dice
        self.is_power = is_power
        self.is_over = False
        self.crashes = 0

    def crash(self, _occurrence: Occurrence | None = None) -> None:
        """Down."""
        if self.is_over:
            return
        if self.host.life is not None:
            self.crashes += 1
            if self.is_power:
                self.host.cut_power()
            else:
                self.host.kill()
        self.host.simulation.agenda.after(self._some_time(), self._revive)

    def _revive(self, _occurrence: Occurrence) -> None:
        if self.is_over:
            return
        self.host.bring_up()
        self.host.take_down()
        self.host.simulation.agenda.after(self._some_time(), self.crash)

    def _some_time(self) -> int:
        longest = 1 << self.dice.below(UP_DOUBLINGS_MAX + 1)
        return longest + self.dice.below(longest)


@attrs.frozen
class RollingUpgrade:
    """The broker is restarted as another release: with other settings, and, of every API whose number of versions allows it, up to
    `versions_less` versions fewer. `lasts` microseconds later it is restarted as it was. Clients find out when they connect again."""

    target: str
    versions_less: int
    segment_bytes: int
    grace: int
    """Microseconds that it has to stop before it is killed."""
    lasts: int
    pipelined_requests_max: int = 256
    fetch_sessions_max: int = 1_000

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """Some broker, for a while."""
        segment_bytes = FEW_BYTES << dice.below((MANY_BYTES // FEW_BYTES).bit_length())
        grace, lasts = dice.between(1, 200 * MILLISECOND), dice.between(MILLISECOND, mix.upgrade_max)
        limits = (1 << dice.below(9), 1 << dice.below(10))
        return cls(cast.a_broker(dice), dice.below(20), segment_bytes, grace, lasts, *limits)

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Become the other release."""
        host = simulation.hosts[self.target]
        key = (RollingUpgrade, self.target)
        if host.life is None or key in simulation.afflictions or not isinstance(host.config, BrokerConfig):
            return False
        simulation.afflictions[key] = host.config
        self._restart(host, self._other_release(host.config, dice))
        return True

    def end(self, simulation: Simulation) -> None:
        """Become what it was."""
        self._restart(simulation.hosts[self.target], simulation.afflictions.pop((RollingUpgrade, self.target)))

    def _restart(self, host: Host, config: BrokerConfig) -> None:
        host.config = config
        host.take_down()
        host.tell(StopRequested())
        lives = host.lives
        host.simulation.agenda.after(self.grace, self._finish, (host, lives))

    def _finish(self, occurrence: Occurrence) -> None:
        _start_again(*occurrence.subject)

    def _other_release(self, config: Any, dice: Prng) -> BrokerConfig:
        store = attrs.evolve(config.store, segment_bytes=self.segment_bytes)
        limits = attrs.evolve(config.limits, pipelined_requests_max=self.pipelined_requests_max, fetch_sessions_max=self.fetch_sessions_max)
        other: BrokerConfig = attrs.evolve(config, store=store, limits=limits, latest_versions=broker_versions(dice, self.versions_less))
        return other


def _start_again(host: Host, lives: int) -> str:
    """Start a node that was asked to stop in an earlier life; kill it if it still is about to."""
    has_stopped = host.life is None or host.lives != lives
    if not has_stopped:
        host.kill()
    host.bring_up()
    return "it stopped by itself" if has_stopped else "it did not stop in time and was killed"
