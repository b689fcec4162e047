"""Bit rot on the wire: a bit flips inside a record batch where TCP's checksum does not see it.

One bad segment in 65,536 passes TCP's checksum. Kafka's answer is a CRC over each batch, made by the producer and looked at by everyone who
takes the batch in. What it shows: a broker answers CORRUPT_MESSAGE and keeps nothing of it, the producer sends the same batch again under
the same sequence number, a consumer fetches again, and nobody ever sees a wrong byte.
"""

from streambus.kernel import MILLISECOND
from streambus.sim import FaultMix, Load, Scenario

SCENARIO = Scenario(
    "flipped bits in produce requests and fetch responses: found, and sent again",
    load=Load(codec=None, record_bytes=500),
    faults=FaultMix(flipped_bit_every=60 * MILLISECOND, bad_weather_max=50 * MILLISECOND),
)
