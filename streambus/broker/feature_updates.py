"""UpdateFeatures: the cluster agrees to use other levels of its features. ApiVersions tells them once they are durable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streambus.broker.connections import Call
from streambus.broker.decisions import decide
from streambus.kernel import Turn

if TYPE_CHECKING:
    from streambus.broker.broker import Broker


def update_features(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out an UpdateFeatures request (versions 0-2). As in Kafka its time-out is not looked at: the broker's own holds."""
    decide(broker, turn, call, broker.controller.update_features(call.request.body, call.request.api_version))
