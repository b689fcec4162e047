"""Faults of one direction between two hosts: slow, lossy, narrow, or with a bit that flips. See `streambus.sim.weather`."""

from typing import Self

import attrs

from streambus.kernel import MILLISECOND, Prng
from streambus.sim.faults.deed import Cast
from streambus.sim.faults.mix import FaultMix
from streambus.sim.simulation import Simulation
from streambus.sim.weather import Rot, Weather

RATE_MIN = 8
"""Bytes per millisecond of the narrowest link: 64 kbit/s."""


@attrs.frozen
class LatencySpike:
    """Everything takes `factor` times as long from `target` to `peer`."""

    target: str
    peer: str
    factor: int
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """One direction, for a while."""
        return cls(*cast.a_direction(dice), dice.between(2, mix.latency_factor_max), dice.between(MILLISECOND, mix.bad_weather_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Slower."""
        weather = simulation.network.weather(self.target, self.peer)
        if weather.slowness != 1:
            return False
        weather.slowness = self.factor
        return True

    def end(self, simulation: Simulation) -> None:
        """As fast as before."""
        simulation.network.weather(self.target, self.peer).slowness = 1
        simulation.network.clear_up(self.target, self.peer)


@attrs.frozen
class PacketLoss:
    """Of a thousand segments from `target` to `peer` `per_mille` are lost, and sent again; after `losses_max` losses of the same one its
    connection is given up."""

    target: str
    peer: str
    per_mille: int
    losses_max: int
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """One direction, for a while."""
        source, target = cast.a_direction(dice)
        lasts = dice.between(MILLISECOND, mix.bad_weather_max)
        return cls(source, target, dice.between(1, mix.loss_per_mille_max), dice.between(2, 6), lasts)

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Lose."""
        weather = simulation.network.weather(self.target, self.peer)
        if weather.loss_per_mille:
            return False
        weather.loss_per_mille, weather.losses_max = self.per_mille, self.losses_max
        return True

    def end(self, simulation: Simulation) -> None:
        """What is under way still needs its time."""
        simulation.network.weather(self.target, self.peer).loss_per_mille = 0
        simulation.network.clear_up(self.target, self.peer)


@attrs.frozen
class NarrowLink:
    """No more than `bytes_per_millisecond` pass from `target` to `peer`; the rest queues, and whoever sends too much hears of it."""

    target: str
    peer: str
    bytes_per_millisecond: int
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """One direction, for a while."""
        rate = RATE_MIN << dice.below(8)
        return cls(*cast.a_direction(dice), rate + dice.below(rate), dice.between(MILLISECOND, mix.bad_weather_max))

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Narrow."""
        weather = simulation.network.weather(self.target, self.peer)
        if weather.bytes_per_millisecond:
            return False
        weather.bytes_per_millisecond = self.bytes_per_millisecond
        return True

    def end(self, simulation: Simulation) -> None:
        """As wide as before. What queues has its place already."""
        simulation.network.weather(self.target, self.peer).bytes_per_millisecond = 0
        simulation.network.clear_up(self.target, self.peer)


@attrs.frozen
class FlippedBit:
    """TCP's own checksum misses a bit: one flips below the checksum of the next record batch that goes from `target` to `peer`."""

    target: str
    peer: str
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """One direction, once within a while."""
        return cls(*cast.a_direction(dice), mix.bad_weather_max)

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Lie in wait."""
        return _let_rot(simulation.network.weather(self.target, self.peer), Rot.BATCH)

    def end(self, simulation: Simulation) -> str:
        """Over, whether a batch has come along or not."""
        return _end_rot(simulation, self.target, self.peer)


@attrs.frozen
class WildBit:
    """As `FlippedBit`, but in the bytes of the protocol that no checksum covers. Nobody can survive that: what must still hold is that
    no node raises and that others are served."""

    target: str
    peer: str
    lasts: int

    @classmethod
    def drawn(cls, dice: Prng, mix: FaultMix, cast: Cast) -> Self:
        """One direction, once within a while."""
        return cls(*cast.a_direction(dice), mix.bad_weather_max)

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Lie in wait."""
        return _let_rot(simulation.network.weather(self.target, self.peer), Rot.ANYWHERE)

    def end(self, simulation: Simulation) -> str:
        """Over."""
        return _end_rot(simulation, self.target, self.peer)


def _let_rot(weather: Weather, rot: Rot) -> bool:
    if weather.rot is not None:
        return False
    weather.rot, weather.flips = rot, 0
    return True


def _end_rot(simulation: Simulation, source: str, target: str) -> str:
    weather = simulation.network.weather(source, target)
    weather.rot = None
    simulation.network.clear_up(source, target)
    return f"peer {target}, {weather.flips} bits flipped"
