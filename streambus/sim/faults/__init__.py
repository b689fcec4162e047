"""Faults: what is done to a cluster on purpose, as values. A plan of them is drawn from the seed or stated in a scenario.

Theory of operation
===================

A **Deed** is one fault: an attrs value with a `target`, how long it `lasts`, and what it does when it begins and ends. Its class says
how one is drawn. `FAULTS` (`plan`) lists every kind; `FaultMix` (`mix`) says how often each kind happens and how bad it gets;
`drawn_plan` makes the plan of a run, a tuple of `Planned`; the `FaultInjector` carries it out.

Families, one file each: what cuts (`network`), what spoils a link (`weather`), what befalls single connections (`connections`), processes
and machines (`process`), lives that end before their time (`restart`, `power`), clocks (`clock`), and disks (`disk_*`).

A fault that finds its like going on at the same place refuses (`begin` says False), unless the two simply add up. What it has to
remember until it ends is among the simulation's `afflictions`. Whatever it has done, `end` undoes, whenever that comes; what cannot be
undone, such as time that a clock has lost, is said in the fault model. What was really done is noted in the history by the injector.

A planned fault carries the seed of its own luck, so that taking one fault out of a plan leaves all others as they were.
What each fault does, and what a correct cluster may lose by it, is the fault model: `docs/fault-model.md`.
"""

from streambus.sim.crash_points import Moment
from streambus.sim.faults.clock import ClockStep, CoarseClock, FrozenMachine, MonotonicDrift, WallDrift, WallFreeze
from streambus.sim.faults.connections import Detour, DialFailure, GhostConnection, HalfOpen, LateBytes, SlowReader
from streambus.sim.faults.deed import Cast, Deed, Planned
from streambus.sim.faults.disk_damage import BitRot, LostWrite, MisdirectedWrite
from streambus.sim.faults.disk_errors import DiskError, FullDisk, ShortRead, ShortWrite
from streambus.sim.faults.disk_lies import MisdirectedRead, StaleRead, TransientBitFlip
from streambus.sim.faults.disk_replacement import DeadDisk, DiskLoss, DiskSwap
from streambus.sim.faults.disk_speed import DiskStall, SlowDisk
from streambus.sim.faults.injector import FaultInjector
from streambus.sim.faults.mix import FaultMix
from streambus.sim.faults.network import Clog, Isolation, LinkReset, Partition
from streambus.sim.faults.plan import BEYOND_THE_BUDGET, FAULTS, drawn_plan
from streambus.sim.faults.power import KillAt, PowerCutAt, PowerCutLeaving
from streambus.sim.faults.process import ClientCrash, PowerCut, ProcessKill, ProcessPause, SlowProcess
from streambus.sim.faults.restart import CleanRestart, CrashLoop, RollingUpgrade
from streambus.sim.faults.weather import FlippedBit, LatencySpike, NarrowLink, PacketLoss, WildBit

__all__ = [
    "BEYOND_THE_BUDGET",
    "FAULTS",
    "BitRot",
    "Cast",
    "CleanRestart",
    "ClientCrash",
    "ClockStep",
    "Clog",
    "CoarseClock",
    "CrashLoop",
    "DeadDisk",
    "Deed",
    "Detour",
    "DialFailure",
    "DiskError",
    "DiskLoss",
    "DiskStall",
    "DiskSwap",
    "FaultInjector",
    "FaultMix",
    "FlippedBit",
    "FrozenMachine",
    "FullDisk",
    "GhostConnection",
    "HalfOpen",
    "Isolation",
    "KillAt",
    "LateBytes",
    "LatencySpike",
    "LinkReset",
    "LostWrite",
    "MisdirectedRead",
    "MisdirectedWrite",
    "Moment",
    "MonotonicDrift",
    "NarrowLink",
    "PacketLoss",
    "Partition",
    "Planned",
    "PowerCut",
    "PowerCutAt",
    "PowerCutLeaving",
    "ProcessKill",
    "ProcessPause",
    "RollingUpgrade",
    "ShortRead",
    "ShortWrite",
    "SlowDisk",
    "SlowProcess",
    "SlowReader",
    "StaleRead",
    "TransientBitFlip",
    "WallDrift",
    "WallFreeze",
    "WildBit",
    "drawn_plan",
]
