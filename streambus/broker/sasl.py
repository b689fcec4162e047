"""SASL on a listener that asks for no authentication: whoever wants to prove something is told that it is too late for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streambus.broker.connections import Call
from streambus.kernel import Turn
from streambus.wire import ErrorCode, messages

if TYPE_CHECKING:
    from streambus.broker.broker import Broker


def sasl_handshake(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a SaslHandshake request (versions 0-1)."""
    broker.answer(turn, call, messages.SaslHandshakeResponse(error_code=ErrorCode.ILLEGAL_SASL_STATE, mechanisms=[]))


def sasl_authenticate(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a SaslAuthenticate request (versions 0-2)."""
    text = "SaslAuthenticate request received after successful authentication"
    response = messages.SaslAuthenticateResponse(error_code=ErrorCode.ILLEGAL_SASL_STATE, error_message=text, auth_bytes=b"")
    broker.answer(turn, call, response)
