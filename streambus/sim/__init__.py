"""The simulator: whole clusters with their clients, disks and networks, on one core, decided by one number.

Theory of operation
===================

A **Simulation** is a driver of nodes (`streambus.kernel.world` lists its duties) whose world is made up. SimPy keeps the dates; there
are no processes, only slim occurrences (`agenda`).

1. A **Host** outlives its node: it has a disk, clocks and a config. `start` makes a node from the config and begins a **Life**; a
   crash drops the node and keeps the disk (`host`).
2. A life hands events to its node in bursts, ends each with `Drained`, performs the effects in order and wakes the node at its
   deadline (`life`).
3. Disk effects wait in a queue and take effect when they complete (`disk_queue`, `disk`), long work takes its time beside it (`work`);
   bytes travel over links (`network`).
4. **Users** own the clients, do **chores** (`chores`) and write the **history** (`users`); **faults** are values in a plan (`faults`);
   **observers** look on: oracles that know what must hold (`oracles`), the journal (`journal`).
5. A **Cluster** composes all this: load under faults, rest, final reading (`cluster`). `run(scenario, seed)` judges it (`run`).

Everything random comes from independent streams, one per (node or link, purpose), forked from the seed by name (`streams`): a draw more
here shifts nothing there. Settings that a scenario leaves open are **knobs** (`knobs`). A run's **trace hash** stands for all that
happened in it: same seed, same hash, in any process.

All that a run decides is on its **tape** (`tape`): the settled scenario, the faults, the chores of the clients, the schedule. `run` draws
a tape and plays it; `play` plays any tape, which is what shrinking (`shrink`), searching (`swarm`, `guided`), explaining (`explain`) and
replaying do. Changed behaviour of a machine is planted from outside, by the `factories` of `run` or by a patch (`mutation`).

Not here: threads, real files, real time (but for measuring how long a run took).
"""

from streambus.sim.chores import Assign, Chore, CreateTopic, DeleteTopic, Describe, LookUp, Seek, Send, Vandalise
from streambus.sim.disk import SimulatedDisk
from streambus.sim.disk_queue import DiskSpeed
from streambus.sim.faults import ClockStep, FaultMix, LinkReset, Partition, Planned, PowerCut, ProcessKill, SlowDisk
from streambus.sim.journal import Divergence, Replayed, UnreadableJournal, replay_journal
from streambus.sim.knobs import Between, Octaves, OneOf
from streambus.sim.library import NoScenario, find_playable, find_scenario
from streambus.sim.network import LinkSpeed, SimulatedNetwork
from streambus.sim.registry import FACTORIES
from streambus.sim.run import Outcome, play, run
from streambus.sim.scenario import Load, Scenario
from streambus.sim.shrink import NothingToShrink, Shrunk, shrink
from streambus.sim.simulation import Factories, Observer, Simulation
from streambus.sim.story import Storyteller
from streambus.sim.tape import Branch, Schedule, Tape, drawn_tape

__all__ = [
    "FACTORIES",
    "Assign",
    "Between",
    "Branch",
    "Chore",
    "ClockStep",
    "CreateTopic",
    "DeleteTopic",
    "Describe",
    "DiskSpeed",
    "Divergence",
    "Factories",
    "FaultMix",
    "LinkReset",
    "LinkSpeed",
    "Load",
    "LookUp",
    "NoScenario",
    "NothingToShrink",
    "Observer",
    "Octaves",
    "OneOf",
    "Outcome",
    "Partition",
    "Planned",
    "PowerCut",
    "ProcessKill",
    "Replayed",
    "Scenario",
    "Schedule",
    "Seek",
    "Send",
    "Shrunk",
    "SimulatedDisk",
    "SimulatedNetwork",
    "Simulation",
    "SlowDisk",
    "Storyteller",
    "Tape",
    "UnreadableJournal",
    "Vandalise",
    "drawn_tape",
    "find_playable",
    "find_scenario",
    "play",
    "replay_journal",
    "run",
    "shrink",
]
