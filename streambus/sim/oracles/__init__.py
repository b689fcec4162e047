"""Oracles: those who know what must hold, and look at a simulated broker from inside and from its door.

Theory of operation
===================

`oracles(simulation, broker_host)` makes all of them; `run` adds them to the simulation's observers and calls `on_end` of each when it is
over. A violation is told to the simulation in one sentence that names the law, the place, what was expected and what was seen.
`explain_waits` says why somebody is still waiting. What every law says, and what they cannot know, is in `docs/oracles.md`.

1. `reference_model` looks at the door: requests and their answers (`door`), one law per API (`produce_law`, `fetch_law`,
   `list_offsets_law`, `topics_law`, `identity_law`), and what the broker asks of its disk (`written`, `wal_document`). From these alone
   it keeps a small model over all lives (`broker_model`: `log_model`, `cluster_model`). It uses the wire codec and the header of a
   batch, and nothing of what the broker, its store or its controller know.
2. `watermarks`, `metadata_law`, `store_law`, `waiting_law` and `pause_law` look inside and compare.
3. `replay_law` tries a crash on a copy of the disk, and compares what recovers.
4. `ticket_law`, `producer_law` and `consumer_law` look at the clients; `record_lookup` tells them what the log has.
5. `wait_chain` and `wait_inside` explain who waits for what.

Oracles must be cheap: what has not changed is not looked at, and heavy comparisons are made on a schedule that only depends on steps.
Each says what it is `unmoved_by`: steps on such events that have no effects never reach it, and do not count in its schedule.
They must not change anything, draw no random numbers, and know nothing of the bugs that others plant.
"""

from streambus.client import ConsumerConfig, ProducerConfig
from streambus.sim.oracles.consumer_law import ConsumerLaw
from streambus.sim.oracles.metadata_law import MetadataLaw
from streambus.sim.oracles.oracle import Oracle
from streambus.sim.oracles.pause_law import PauseLaw
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


def oracles(simulation: Simulation, broker_host: str, *, is_budgeted: bool = True) -> list[Oracle]:
    """All that look at the broker on `broker_host` and at its clients.

    `is_budgeted`: no more happens than a correct cluster survives. If more does, as in a scenario for safety only, what is durable may
    get lost: then every life is judged for itself, and nobody remembers for the broker what its disk may have forgotten.
    """
    clients = tuple([name for name in simulation.hosts if name != broker_host])
    producers = tuple([name for name in clients if isinstance(simulation.hosts[name].config, ProducerConfig)])
    consumers = tuple([name for name in clients if isinstance(simulation.hosts[name].config, ConsumerConfig)])
    if not is_budgeted:
        return [
            Watermarks(simulation, broker_host, is_budgeted=False),
            WaitingLaw(simulation, broker_host),
            PauseLaw(simulation, broker_host),
            TicketLaw(simulation, clients),
        ]
    reference = ReferenceModel(simulation, broker_host)
    return [
        Watermarks(simulation, broker_host),
        reference,
        MetadataLaw(simulation, broker_host, reference),
        StoreLaw(simulation, broker_host, reference),
        WaitingLaw(simulation, broker_host),
        PauseLaw(simulation, broker_host),
        ReplayLaw(simulation, broker_host, reference),
        TicketLaw(simulation, clients),
        ProducerLaw(simulation, producers, reference),
        ConsumerLaw(simulation, consumers, broker_host, reference),
    ]
