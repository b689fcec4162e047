"""Client quotas, given by the controller's decisions and described from the broker's image. They hold nobody back yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streambus import metadata as md
from streambus.broker.connections import Call
from streambus.broker.decisions import decide
from streambus.kernel import Turn

if TYPE_CHECKING:
    from streambus.broker.broker import Broker


def describe_client_quotas(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a DescribeClientQuotas request (versions 0-1)."""
    broker.answer(turn, call, md.describe_client_quotas(broker.image, call.request.body))


def alter_client_quotas(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out an AlterClientQuotas request (versions 0-1)."""
    decide(broker, turn, call, broker.controller.alter_client_quotas(call.request.body))
