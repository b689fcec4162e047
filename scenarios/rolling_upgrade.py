"""Rolling upgrade: the broker is replaced by another release and back, while its clients stay.

The other release speaks fewer versions of some APIs, as some of the clients do; it keeps its log in segments of another size, and finds on
its disk what its predecessor left. What it shows: clients ask anew what is spoken on every connection and get by with old versions, a
request that was lost in the change is sent again in another version, and a log outlives the program that wrote it.
"""

from streambus.kernel import MILLISECOND
from streambus.sim import FaultMix, Load, Octaves, OneOf, Scenario

SCENARIO = Scenario(
    "one release after the other on the same disk: clients notice nothing but another version",
    load=Load(inquirers=1, side_one_in=16, versions_less=OneOf(0, 20)),
    segment_bytes=Octaves(4_096, 1 << 20),
    faults=FaultMix(
        rolling_upgrade_every=500 * MILLISECOND,
        clean_restart_every=500 * MILLISECOND,
        upgrade_max=700 * MILLISECOND,
        down_max=200 * MILLISECOND,
    ),
)
