"""Oracles: those who know what must hold, and look at a simulated broker from inside and from its door.

`oracles(simulation, broker_host)` makes all of them; `run` adds them to the simulation's observers and calls `on_end` of each when it is
over. `explain_waits` says why somebody is still waiting.
"""

from streambus.sim.oracles.oracle import Oracle
from streambus.sim.oracles.reference_model import ReferenceModel
from streambus.sim.oracles.wait_chain import explain_waits
from streambus.sim.oracles.watermarks import Watermarks
from streambus.sim.simulation import Simulation

__all__ = ["Oracle", "explain_waits", "oracles"]


def oracles(simulation: Simulation, broker_host: str, _acknowledged: dict[tuple[str, int], int] | None = None) -> list[Oracle]:
    """All that look at the broker on `broker_host` and at its clients."""
    return [
        Watermarks(simulation, broker_host),
        ReferenceModel(simulation, broker_host),
    ]
