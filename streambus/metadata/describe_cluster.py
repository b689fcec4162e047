"""DescribeCluster: a view of the image's brokers (KIP-700, KIP-919, KIP-1073)."""

from __future__ import annotations

from streambus.metadata.authorized_operations import ALL_CLUSTER_OPERATIONS, NOT_ASKED_FOR
from streambus.metadata.image import Image
from streambus.wire import ErrorCode, messages

BROKERS, CONTROLLERS = 1, 2


def describe_cluster(
    image: Image, request: messages.DescribeClusterRequest, *, listener: str, cluster_id: str, controller_id: int
) -> messages.DescribeClusterResponse:
    """What a broker answers on `listener`. `controller_id` is the broker that requests for the controller shall go to."""
    response = messages.DescribeClusterResponse
    if request.endpoint_type != BROKERS:
        is_known = request.endpoint_type == CONTROLLERS
        return response(
            error_code=ErrorCode.MISMATCHED_ENDPOINT_TYPE if is_known else ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
            error_message=_WRONG_DOOR if is_known else f"Unsupported endpoint type {request.endpoint_type}",
        )
    brokers = []
    for broker in image.brokers.values():
        endpoint = broker.endpoint(listener)
        if endpoint is None or (broker.fenced and not request.include_fenced_brokers):
            continue
        brokers.append(
            response.DescribeClusterBroker(
                broker_id=broker.broker_id, host=endpoint.host, port=endpoint.port, rack=broker.rack, is_fenced=broker.fenced
            )
        )
    return response(
        error_code=ErrorCode.NONE,
        error_message=None,
        endpoint_type=BROKERS,
        cluster_id=cluster_id,
        controller_id=controller_id,
        brokers=brokers,
        cluster_authorized_operations=ALL_CLUSTER_OPERATIONS if request.include_cluster_authorized_operations else NOT_ASKED_FOR,
    )


_WRONG_DOOR = "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER"
