"""Faults: what is done to a cluster on purpose, as values. A plan of them is drawn from the seed or stated in a scenario.

Theory of operation
===================

A **Deed** is one fault: an attrs value with a `target`, how long it `lasts`, and what it does when it begins and ends. Its class says
how one is drawn. `FAULTS` (`plan`) lists every kind; `FaultMix` (`mix`) says how often each kind happens and how bad it gets;
`drawn_plan` makes the plan of a run, a tuple of `Planned`; the `FaultInjector` carries it out.

A planned fault carries the seed of its own luck, so that taking one fault out of a plan leaves all others as they were.
What each fault does, and what a correct cluster may lose by it, is the fault model: `docs/fault-model.md`.
"""

from streambus.sim.faults.clock import ClockStep
from streambus.sim.faults.deed import Cast, Deed, Planned
from streambus.sim.faults.disk import SlowDisk
from streambus.sim.faults.injector import FaultInjector
from streambus.sim.faults.mix import FaultMix
from streambus.sim.faults.network import LinkReset, Partition
from streambus.sim.faults.plan import FAULTS, drawn_plan
from streambus.sim.faults.process import PowerCut, ProcessKill

__all__ = [
    "FAULTS",
    "Cast",
    "ClockStep",
    "Deed",
    "FaultInjector",
    "FaultMix",
    "LinkReset",
    "Partition",
    "Planned",
    "PowerCut",
    "ProcessKill",
    "SlowDisk",
    "drawn_plan",
]
