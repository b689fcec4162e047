"""Swarms: thousands of runs, each a world of its own, on all cores or on many machines.

Theory of operation
===================

A **Campaign** is a scenario and a range of seeds. It is cut into **chunks** of a few seeds; `play_chunk` plays one, anywhere, and answers
with a **Tally**: plain sums, the trace hash of every run, and the tapes of those that failed.

1. An **engine** is a `concurrent.futures.Executor`: processes of this machine, or Dask's workers on many (`engines`).
2. `Campaign.run` keeps the engine busy, adds up the tallies, and writes each into a **logbook** (`logbook`), so that a campaign that was
   interrupted goes on where it was.
3. If it is to run everything **twice**, the same chunk goes to two engines whose processes differ in their hash seed; hashes that differ
   are a mistake of ours, and `first_divergence` finds the first event that differs (`divergence`).
4. A failure is kept as `streambus.sim.failure` says; of many with one symptom only the first few.

What a swarm is worth is told by what it reached: how many runs had which fault, and how often which of the rare branches was
taken (`streambus.kernel.sometimes`).
"""

from streambus.sim.swarm.campaign import Campaign, Progress
from streambus.sim.swarm.chunk import Tally, play_chunk
from streambus.sim.swarm.divergence import first_divergence
from streambus.sim.swarm.engines import NoEngine, dask_engine, local_engine
from streambus.sim.swarm.logbook import Logbook, OtherCampaign
from streambus.sim.swarm.rare import rare_branches

__all__ = [
    "Campaign",
    "Logbook",
    "NoEngine",
    "OtherCampaign",
    "Progress",
    "Tally",
    "dask_engine",
    "first_divergence",
    "local_engine",
    "play_chunk",
    "rare_branches",
]
