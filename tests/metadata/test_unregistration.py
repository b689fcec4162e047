"""UnregisterBroker: who has stopped can be forgotten."""

from metadata_cluster import Cluster

from streambus.wire import ErrorCode, messages


def unregister(cluster: Cluster, broker_id: int) -> tuple[ErrorCode, str | None]:
    request = messages.UnregisterBrokerRequest(broker_id=broker_id)
    response = cluster.carry_out(cluster.controller.unregister_broker(request))
    return ErrorCode(response.error_code), response.error_message


def test_a_broker_that_has_stopped_is_forgotten():
    cluster = Cluster(brokers=2)
    cluster.fence(2)
    assert unregister(cluster, 2) == (ErrorCode.NONE, None)
    assert list(cluster.image.brokers) == [1]
    assert unregister(cluster, 2) == (ErrorCode.BROKER_ID_NOT_REGISTERED, "Broker ID 2 is not currently registered")


def test_a_broker_that_is_alive_stays():
    cluster = Cluster()
    error, _ = unregister(cluster, 1)
    assert error == ErrorCode.INVALID_REQUEST
    assert list(cluster.image.brokers) == [1]
