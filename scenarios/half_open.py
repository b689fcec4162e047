"""Half open: one end of a connection is gone and the other does not know, as when a firewall forgets a connection or a machine dies.

What the survivor sends vanishes without a word; nobody resets it until much later. Dials may be refused, or swallowed, or accepted and
dropped, and now and then a broker has a caller that never says anything. What it shows: only a time-out of one's own finds out, a
broker holds no resource for the dead that the living need, and a long poll that nobody waits for harms nobody.
"""

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import FaultMix, Load, Octaves, Scenario

SCENARIO = Scenario(
    "connections with one end only, ghosts, and doors that do not open",
    load=Load(request_timeout=Octaves(300 * MILLISECOND, 3 * SECOND), inquirers=1),
    faults=FaultMix(
        half_open_every=300 * MILLISECOND,
        ghost_connection_every=300 * MILLISECOND,
        dial_failure_every=600 * MILLISECOND,
        isolation_every=1_500 * MILLISECOND,
        partition_max=SECOND,
        bad_weather_max=SECOND,
    ),
)
