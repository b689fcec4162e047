"""Members of the cluster taken out: there is one broker, and it keeps the metadata log by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streambus.broker.connections import Call
from streambus.broker.decisions import decide
from streambus.kernel import Turn

if TYPE_CHECKING:
    from streambus.broker.broker import Broker


def unregister_broker(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out an UnregisterBroker request (version 0)."""
    decide(broker, turn, call, broker.controller.unregister_broker(call.request.body))
