"""SCRAM credentials, set by the controller's decisions and described without their secrets. Nobody has to prove anything with them yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streambus import metadata as md
from streambus.broker.connections import Call
from streambus.broker.decisions import decide
from streambus.kernel import Turn

if TYPE_CHECKING:
    from streambus.broker.broker import Broker


def describe_user_scram_credentials(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a DescribeUserScramCredentials request (version 0)."""
    broker.answer(turn, call, md.describe_scram_credentials(broker.image, call.request.body))


def alter_user_scram_credentials(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out an AlterUserScramCredentials request (version 0)."""
    decide(broker, turn, call, broker.controller.alter_scram_credentials(call.request.body))
