"""A bad network: a TCP proxy that clients pass on their way to a broker.

Theory of operation
===================

1. `Proxy` listens on a port of its own and connects to the broker once for every client (`proxy.py`). The broker advertises the proxy's
   address, so that no client ever finds a way around it.
2. A connection is a `Link` (`link.py`): two sockets and two relays. Relays obey the `Conditions` of the moment (`conditions.py`): delay,
   bandwidth, directions in which nothing arrives.
3. Links can be hurt for good: reset, cut within a frame (`framing.py` knows where frames end), left half open.

What it leaves out: packets. TCP repairs their loss, duplication and reordering below it; what remains for a client is time and broken
connections, and these it makes. Real packets are lost by `streambus.chaos.cable`, where the machine allows it.
"""

from streambus.chaos.network.conditions import BOTH, FAIR, Conditions, Direction
from streambus.chaos.network.framing import Framing
from streambus.chaos.network.proxy import Proxy

__all__ = ["BOTH", "FAIR", "Conditions", "Direction", "Framing", "Proxy"]
