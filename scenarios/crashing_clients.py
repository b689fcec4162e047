"""Crashing clients: producers and consumers are killed in the middle of what they do, and new ones take their place.

A producer that dies takes with it what it never heard about: those records may be there or not, but each at most once, and a successor
has a producer id of its own. What it shows: half a request of a dead client changes nothing, the broker forgets its connections, long polls
and fetch sessions, and the histories of the dead are judged by what they had been told.
"""

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import FaultMix, Load, Scenario

SCENARIO = Scenario(
    "clients die and are replaced: what they were told still holds",
    load=Load(writers=3, readers=3, inquirers=1),
    faults=FaultMix(client_crash_every=120 * MILLISECOND, process_kill_every=2 * SECOND, link_reset_every=SECOND, down_max=SECOND // 2),
)
