"""UnregisterBroker: a broker is taken out of the cluster for good."""

from __future__ import annotations

from streambus.metadata.decision import Decision
from streambus.metadata.image import Image
from streambus.wire import ErrorCode, messages


def unregister_broker(image: Image, request: messages.UnregisterBrokerRequest) -> Decision[messages.UnregisterBrokerResponse]:
    """Forget a broker that has stopped. One that is alive stays: its partitions would have nobody, and it would come back at once."""
    broker_id = request.broker_id
    response = messages.UnregisterBrokerResponse
    if broker_id not in image.brokers:
        text = f"Broker ID {broker_id} is not currently registered"
        return Decision((), response(error_code=ErrorCode.BROKER_ID_NOT_REGISTERED, error_message=text))
    registration = image.brokers[broker_id]
    if not registration.fenced:
        text = f"Broker ID {broker_id} is alive: stop it before it is unregistered"
        return Decision((), response(error_code=ErrorCode.INVALID_REQUEST, error_message=text))
    record = messages.UnregisterBrokerRecord(broker_id=broker_id, broker_epoch=registration.broker_epoch)
    return Decision((record,), response(error_code=ErrorCode.NONE, error_message=None))
