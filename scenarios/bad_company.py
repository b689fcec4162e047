"""Bad company: peers that send noise, lengths that cannot be, half requests, floods whose answers they do not read.

Beside them ordinary clients write and read. What it shows: whatever a peer sends, it gets an error it can understand or a closed
connection, and nobody else notices; a request that was understood before the noise is still answered.
"""

from streambus.kernel import MILLISECOND
from streambus.sim import FaultMix, Load, Scenario

SCENARIO = Scenario(
    "vandals at the door: nobody else notices",
    load=Load(vandals=2, vandalise_every=40 * MILLISECOND),
    faults=FaultMix(link_reset_every=500 * MILLISECOND),
)
