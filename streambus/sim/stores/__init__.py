"""Stores: one store beside a simulated disk, and everything that can be done to it, some hundred small lives a second.

Theory of operation
===================

A whole simulated cluster sees a storage engine from far away: it takes a second of CPU until a table is merged while a log is cut off and
the power fails. Here there is nothing but the store. `play_store` draws a configuration in which everything happens early, then a few
dozen steps: appends, puts, cuts, cleanings, views, reads; operations of the disk one by one, long work, timers; crashes, power cuts,
failing and full disks, wrong reads; and at the end, sometimes, damage. All of it is decided by the seed.

1. `StoreLife` is the store and what it has asked the world for. Nothing of that happens before a step says so.
2. `StoreModel` is what the store should be: tuples and dicts that are cheap to keep. The game keeps one for every WAL position.
3. `judge` compares the two. A store that recovered must be the model of exactly the position where its WAL ended, which is not before
   what was durable. Logs that were cleaned are compared by what cleaning promises, record by record.
4. `damage` spoils something at rest. What is served then is right or is not served, and what is lost is said.

The game knows the store by its public face, its own checks, and the names of things in files; it knows nothing of planted bugs.
"""

from streambus.sim.stores.game import play_store
from streambus.sim.stores.wrong import Wrong

__all__ = ["Wrong", "play_store"]
