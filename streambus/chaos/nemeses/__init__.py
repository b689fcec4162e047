"""The nemeses: every bad thing that can happen to one broker, each in a file of its own.

`NEMESES` has one of each, in the order in which they are played; `mix` comes last and is made of the ones that the machine allows.
"""

from collections.abc import Sequence

from streambus.chaos.equipment import missing
from streambus.chaos.nemeses.black_hole import BlackHole
from streambus.chaos.nemeses.clean_restart import CleanRestart
from streambus.chaos.nemeses.clock_steps import ClockSteps
from streambus.chaos.nemeses.connection_cuts import ConnectionCuts
from streambus.chaos.nemeses.failing_disk import FailingDisk
from streambus.chaos.nemeses.full_disk import FullDisk
from streambus.chaos.nemeses.half_open import HalfOpen
from streambus.chaos.nemeses.mid_frame_cuts import MidFrameCuts
from streambus.chaos.nemeses.mix import Mix
from streambus.chaos.nemeses.packet_loss import PacketLoss
from streambus.chaos.nemeses.pulled_cable import PulledCable
from streambus.chaos.nemeses.sigkill import Sigkill
from streambus.chaos.nemeses.sigstop import Sigstop
from streambus.chaos.nemeses.slow_network import SlowNetwork
from streambus.chaos.nemeses.slow_reader import SlowReader
from streambus.chaos.nemesis import Nemesis

NEMESES: Sequence[Nemesis] = (
    Sigkill(),
    Sigstop(),
    CleanRestart(),
    FullDisk(),
    FailingDisk(),
    ClockSteps(),
    ConnectionCuts(),
    MidFrameCuts(),
    HalfOpen(),
    BlackHole(),
    SlowNetwork(),
    SlowReader(),
    PulledCable(),
    PacketLoss(),
)
"""All but the mix."""

NAMES = (*(nemesis.name for nemesis in NEMESES), Mix.name)


def survey() -> tuple[list[Nemesis], dict[str, str]]:
    """What this machine can do, the mix of it last; and of what it cannot do, why. It finds out by trying."""
    can: list[Nemesis] = []
    cannot: dict[str, str] = {}
    for nemesis in NEMESES:
        why = missing(nemesis.equipment)
        if why is None:
            can.append(nemesis)
        else:
            cannot[nemesis.name] = why
    return [*can, Mix(can)], cannot


__all__ = ["NAMES", "NEMESES", "Mix", "survey"]
