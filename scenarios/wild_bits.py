"""Wild bits: a bit flips anywhere in the protocol, where no checksum covers it. Safety only.

A flipped bit may turn one offset into another, or a length into gibberish. Nobody can promise anything about what clients make of that.
What it shows: what must still hold. No node raises; a broker that cannot understand a request closes that connection and serves the
others; its log and its metadata stay what its own invariants say.
"""

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import FaultMix, Load, Scenario

SCENARIO = Scenario(
    "flipped bits where no checksum tells: nobody raises, others are served",
    load=Load(inquirers=1, request_timeout=SECOND),
    faults=FaultMix(wild_bit_every=40 * MILLISECOND, bad_weather_max=40 * MILLISECOND),
    safety_only=True,
)
