"""Paused broker: processes are stopped and go on, machines freeze and thaw, and everything takes longer than anybody planned for.

A garbage collector, a debugger, a virtual machine that is moved: the node did nothing wrong and noticed nothing, and for everybody else
it was dead. What it shows: a broker that wakes up to a full socket and overdue timers answers requests nobody waits for any more, and
that does no harm; a frozen machine, whose own clock stood still, believes that no time has passed.
"""

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import FaultMix, LinkSpeed, Load, Octaves, Scenario

SCENARIO = Scenario(
    "stopped, slow and frozen nodes: what comes late does no harm",
    load=Load(request_timeout=Octaves(300 * MILLISECOND, 3 * SECOND)),
    link=LinkSpeed(queue_bytes_max=Octaves(2_048, 1 << 20)),
    faults=FaultMix(
        process_pause_every=400 * MILLISECOND,
        frozen_machine_every=700 * MILLISECOND,
        slow_process_every=700 * MILLISECOND,
        pause_max=SECOND,
        link_reset_every=SECOND,
    ),
)
