"""Explaining: why a run went wrong, told from its causes.

Theory of operation
===================

1. `record` plays a tape once more while a **Recorder** looks on (`recorder`, `recording`) and its disks are witnessed (`disks`). The run
   is the same, event by event. Every step, disk operation, crash, birth and fault becomes a **Happening** that knows its causes; bytes
   become **Messages** from step to step, requests and answers are read (`talk`, `speech`); watermarks are compared from step to step, and
   what is called durable is compared with what disks have done (`inside`, `durability`). `chronicle` keeps it all.
2. From what went wrong (the step at which an oracle objected, the operations that prove an anomaly) causes are followed backwards: what
   is reached is the **causal cone** (`cone`).
3. What lies in it and matters is told forwards, in numbered sentences (`narrative`).
4. Runs that differ in one decision are played; the nearest that passes shows what the failure hangs on (`neighbour`).

`explain` does all of this and returns an **Explanation**. Drawing it is the business of `streambus.reporting`.

A cause is not proven to be necessary: the cone says what an event rests on, the neighbours say what it hangs on. What happens inside a
node is only followed where steps show what they have to do with each other (`recorder` says how).
"""

from streambus.sim.explain.events import Clause, Happening, Kind, Message, Move
from streambus.sim.explain.explanation import Explanation, NothingToExplain, explain
from streambus.sim.explain.narrative import Sentence
from streambus.sim.explain.neighbour import Neighbour, Tried
from streambus.sim.explain.recording import Recording, record

__all__ = [
    "Clause",
    "Explanation",
    "Happening",
    "Kind",
    "Message",
    "Move",
    "Neighbour",
    "NothingToExplain",
    "Recording",
    "Sentence",
    "Tried",
    "explain",
    "record",
]
