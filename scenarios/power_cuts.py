"""Power cuts under load: the machine goes dark more than once a second.

Whatever the broker had not synced may be gone, may be there, or may be there in part: the last frames of the write-ahead log are
torn. Nobody tells the clients; their connections just fall silent. What it shows: an acknowledged record is on the disk, recovery
cuts the torn tail and nothing before it, and clients find the broker again by themselves.
"""

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import FaultMix, Scenario

SCENARIO = Scenario(
    "the power fails under load: what was acknowledged survives",
    duration=2 * SECOND,
    faults=FaultMix(power_cut_every=350 * MILLISECOND, down_max=250 * MILLISECOND),
)
