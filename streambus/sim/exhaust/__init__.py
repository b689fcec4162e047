"""Exhaustive mode: small worlds of the real machines, explored to the last step.

Theory of operation
===================

The simulator draws one of endlessly many runs; here *all* runs of a small world are looked at, up to a bound. The machines are the
real ones (`Broker` with its `Store`, `Producer`, `Consumer`, `Admin`); only their world is made up, and it is a small value.

1. A **Spec** says who takes part, what each user wishes, how many power cuts, kills and broken connections there may be, and how far
   the order of events may deviate from the usual one (`spec`). `begin` makes its first **World** (`beginning`).
2. A **World** is a tuple of numbers (`world`). They stand for local states of nodes (`machines`) and disks (`disks`), each kept once; a
   step of a node is worked out once and then looked up, because a node is a function of its state and what it hears. Two nodes
   that will behave alike have one number, though their clocks differ (`canonical`).
3. An **Action** is what may happen next (`actions`): a message arrives, the disk goes on, a user speaks, time passes, a fault.
   What is ready waits in an agenda, first come, first served. Taking another than the first costs one **delay** for everyone who is
   passed, and these go to the end (Emmi, Qadeer, Rakamarić, "Delay-bounded scheduling", POPL 2011).
4. The **Search** expands every world once, those with fewer delays first, then those with fewer steps (`search`). So the first violation
   that it finds is minimal. `UNBOUNDED` takes all orders.
5. In every state, from each to the next, after every recovery and at rest it is judged whether all is well (`judging`, `judge`).
6. A **Counterexample** is the list of actions; `replay` does them again and tells the story (`replay`, `story`, `counterexample`).

Three things make it small. *Merging*: worlds that are equal are one. *Commuting*: disk operations that complete in silence are
done together with the next one that speaks, since nobody could see them apart but a crash, and a crash tries every one of them.
*Symmetry*: of interchangeable clients that have not begun, only the first may begin.

Time stands still while anything is ready, and then jumps to the first date that somebody waits for.

Not here: several brokers, disks that fail or lie, messages cut in pieces, several events in one burst, clients that crash, clocks that
jump. The simulator has most of that, without the claim to have seen everything.
"""

from streambus.sim.exhaust.actions import (
    Action,
    Advance,
    CutConnection,
    Kill,
    LateArrival,
    PassTime,
    PowerCut,
    UnreadableAction,
    from_plain,
    to_plain,
)
from streambus.sim.exhaust.beginning import NoBeginning, begin
from streambus.sim.exhaust.counterexample import Counterexample, UnreadableCounterexample
from streambus.sim.exhaust.replay import Astray, Replayed, replay
from streambus.sim.exhaust.search import UNBOUNDED, Exploration, Level, Progress, explore
from streambus.sim.exhaust.spec import Client, CreateTopic, NoSpec, ReadUntil, Send, Settle, Spec, admin, consumer, find_spec, producer

__all__ = [
    "UNBOUNDED",
    "Action",
    "Advance",
    "Astray",
    "Client",
    "Counterexample",
    "CreateTopic",
    "CutConnection",
    "Exploration",
    "Kill",
    "LateArrival",
    "Level",
    "NoBeginning",
    "NoSpec",
    "PassTime",
    "PowerCut",
    "Progress",
    "ReadUntil",
    "Replayed",
    "Send",
    "Settle",
    "Spec",
    "UnreadableAction",
    "UnreadableCounterexample",
    "admin",
    "begin",
    "consumer",
    "explore",
    "find_spec",
    "from_plain",
    "producer",
    "replay",
    "to_plain",
]
