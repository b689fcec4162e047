"""Broker registration: a broker begins a life, and the cluster forgets what it believed of the one before."""

from collections.abc import Sequence

from streambus.kernel import Prng
from streambus.metadata.decision import Decision
from streambus.metadata.features import SUPPORTED_FEATURES
from streambus.metadata.identifiers import random_id
from streambus.metadata.image import Image
from streambus.metadata.leader_election import elect_after_restart
from streambus.metadata.registrations import BrokerRegistration, Endpoint
from streambus.wire import messages

UNFENCE = -1
"""What `BrokerRegistrationChangeRecord.fenced` says when the broker may serve from now on."""


def register_broker(
    image: Image, broker_id: int, endpoints: Sequence[Endpoint], end_offset: int, dice: Prng, rack: str | None = None
) -> Decision[int]:
    """Let `broker_id` begin a new life and serve; the reply is its broker epoch.

    The broker epoch is the offset that the first of these records will have: `end_offset`, the end of the log they are appended to. A
    broker is registered fenced and unfenced by a second record, as it will be when a heartbeat has to prove in between that it has
    caught up. The data directory keeps its id from life to life, because the log that remembers it lies in that directory.
    """
    before: BrokerRegistration | None = image.brokers.get(broker_id)
    registration = BrokerRegistration(
        broker_id=broker_id,
        broker_epoch=end_offset,
        incarnation_id=random_id(dice),
        endpoints=tuple(endpoints),
        features=tuple((name, lowest, highest) for name, (lowest, highest) in SUPPORTED_FEATURES.items()),
        rack=rack,
        fenced=True,
        in_controlled_shutdown=False,
        log_dirs=before.log_dirs if before is not None else (random_id(dice),),
    )
    unfence = messages.BrokerRegistrationChangeRecord(broker_id=broker_id, broker_epoch=end_offset, fenced=UNFENCE)
    return Decision((registration.to_record(), unfence, *elect_after_restart(image, broker_id)), end_offset)
