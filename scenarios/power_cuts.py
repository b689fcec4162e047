"""Power cuts under load: the machine goes dark every other second.

Whatever the broker had not synced may be gone, may be there, or may be there in part: the last frames of the write-ahead log are
torn. Nobody tells the clients; their connections just fall silent. What it shows: an acknowledged record is on the disk, recovery
cuts the torn tail and nothing before it, and clients find the broker again by themselves.
"""

from streambus.kernel import SECOND
from streambus.sim import FaultMix, Scenario

SCENARIO = Scenario(
    "the power fails under load: what was acknowledged survives",
    faults=FaultMix(power_cut_every=2 * SECOND, down_max=SECOND),
)
