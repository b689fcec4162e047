"""Oracles: those who know what must hold, and look at a simulated broker from inside and from its door.

`oracles(simulation, broker_host)` makes all of them; `run` adds them to the simulation's observers and calls `on_end` of each when it is
over. `explain_waits` says why somebody is still waiting.
"""

from streambus.sim.oracles.consumer_law import ConsumerLaw
from streambus.sim.oracles.metadata_law import MetadataLaw
from streambus.sim.oracles.oracle import Oracle
from streambus.sim.oracles.producer_law import ProducerLaw
from streambus.sim.oracles.reference_model import ReferenceModel
from streambus.sim.oracles.replay_law import ReplayLaw
from streambus.sim.oracles.store_law import StoreLaw
from streambus.sim.oracles.ticket_law import TicketLaw
from streambus.sim.oracles.wait_chain import explain_waits
from streambus.sim.oracles.waiting_law import WaitingLaw
from streambus.sim.oracles.watermarks import Watermarks
from streambus.sim.simulation import Simulation

__all__ = ["Oracle", "explain_waits", "oracles"]


def oracles(
    simulation: Simulation, broker_host: str, _acknowledged: dict[tuple[str, int], int] | None = None, *, is_budgeted: bool = True
) -> list[Oracle]:
    """All that look at the broker on `broker_host` and at its clients.

    `is_budgeted`: no more happens than a correct cluster survives. If more does, as in a scenario for safety only, what is durable may
    get lost: then every life is judged for itself, and nobody remembers for the broker what its disk may have forgotten.
    """
    clients = tuple([name for name in simulation.hosts if name != broker_host])
    if not is_budgeted:
        return [
            Watermarks(simulation, broker_host, is_budgeted=False),
            WaitingLaw(simulation, broker_host),
            TicketLaw(simulation, clients),
        ]
    reference = ReferenceModel(simulation, broker_host)
    return [
        Watermarks(simulation, broker_host),
        reference,
        MetadataLaw(simulation, broker_host, reference),
        StoreLaw(simulation, broker_host, reference),
        WaitingLaw(simulation, broker_host),
        ReplayLaw(simulation, broker_host, reference),
        TicketLaw(simulation, clients),
        ProducerLaw(simulation, clients, reference),
        ConsumerLaw(simulation, clients, broker_host, reference),
    ]
