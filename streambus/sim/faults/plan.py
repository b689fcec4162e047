"""The faults of one run, drawn by date before it begins."""

from streambus.sim.faults.clock import ClockStep, CoarseClock, FrozenMachine, MonotonicDrift, WallDrift, WallFreeze
from streambus.sim.faults.connections import Detour, DialFailure, GhostConnection, HalfOpen, LateBytes, SlowReader
from streambus.sim.faults.deed import Cast, Deed, Planned, snake
from streambus.sim.faults.disk_damage import BitRot, LostWrite, MisdirectedWrite
from streambus.sim.faults.disk_errors import DiskError, FullDisk, ShortRead, ShortWrite
from streambus.sim.faults.disk_lies import MisdirectedRead, StaleRead, TransientBitFlip
from streambus.sim.faults.disk_replacement import DeadDisk, DiskLoss, DiskSwap
from streambus.sim.faults.disk_speed import DiskStall, SlowDisk
from streambus.sim.faults.mix import FaultMix
from streambus.sim.faults.network import Clog, Isolation, LinkReset, Partition
from streambus.sim.faults.power import KillAt, PowerCutAt, PowerCutLeaving
from streambus.sim.faults.process import ClientCrash, PowerCut, ProcessKill, ProcessPause, SlowProcess
from streambus.sim.faults.restart import CleanRestart, CrashLoop, RollingUpgrade
from streambus.sim.faults.weather import FlippedBit, LatencySpike, NarrowLink, PacketLoss, WildBit
from streambus.sim.streams import Streams

BEYOND_THE_BUDGET: tuple[type[Deed], ...] = (
    WildBit,
    TransientBitFlip,
    StaleRead,
    MisdirectedRead,
    BitRot,
    LostWrite,
    MisdirectedWrite,
    DiskLoss,
    DiskSwap,
    DeadDisk,
)
"""What one broker cannot promise to survive: only for scenarios that ask for `safety_only`."""

FAULTS: tuple[type[Deed], ...] = (
    ProcessKill,
    PowerCut,
    LinkReset,
    Partition,
    SlowDisk,
    ClockStep,
    Isolation,
    Clog,
    LatencySpike,
    PacketLoss,
    NarrowLink,
    FlippedBit,
    Detour,
    LateBytes,
    HalfOpen,
    GhostConnection,
    DialFailure,
    SlowReader,
    ClientCrash,
    ProcessPause,
    SlowProcess,
    FrozenMachine,
    CleanRestart,
    CrashLoop,
    RollingUpgrade,
    WallDrift,
    WallFreeze,
    MonotonicDrift,
    CoarseClock,
    DiskStall,
    DiskError,
    ShortWrite,
    ShortRead,
    FullDisk,
    PowerCutLeaving,
    PowerCutAt,
    KillAt,
    *BEYOND_THE_BUDGET,
)
"""Every kind of fault there is. One that is added here needs a field `…_every` in `FaultMix` and a line in `docs/fault-model.md`."""


def drawn_plan(mix: FaultMix, cast: Cast, duration: int, streams: Streams) -> tuple[Planned, ...]:
    """The faults of one run of `duration` microseconds, by date. Every kind has random streams of its own."""
    plan: list[Planned] = []
    for kind in FAULTS:
        name = snake(kind)
        every = getattr(mix, f"{name}_every")
        if not every:
            continue
        dice = streams.stream("faults", name)
        at = dice.below(2 * every)
        while at < duration:
            plan.append(Planned(at, kind.drawn(dice, mix, cast), dice.bits64()))
            at += 1 + dice.below(2 * every)
    return tuple(sorted(plan, key=lambda planned: planned.at))
