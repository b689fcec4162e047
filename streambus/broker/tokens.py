"""Delegation tokens (KIP-48): they stand for somebody who has proved who it is, and on a listener without authentication nobody has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streambus.broker.connections import Call
from streambus.kernel import Turn
from streambus.wire import ErrorCode, messages

if TYPE_CHECKING:
    from streambus.broker.broker import Broker

USER = "User"
ANONYMOUS = "ANONYMOUS"
NEVER = -1
OWNERS_SINCE = 3
"""Since which version a token can be asked for somebody else (KIP-373)."""

NOT_ALLOWED = ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED


def create_delegation_token(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a CreateDelegationToken request (versions 1-3)."""
    asked: messages.CreateDelegationTokenRequest = call.request.body
    is_for_somebody = call.request.api_version >= OWNERS_SINCE and bool(asked.owner_principal_name)
    is_newer = call.request.api_version >= OWNERS_SINCE
    response = messages.CreateDelegationTokenResponse(
        error_code=NOT_ALLOWED,
        principal_type=asked.owner_principal_type or USER if is_for_somebody else USER,
        principal_name=asked.owner_principal_name or ANONYMOUS if is_for_somebody else ANONYMOUS,
        token_requester_principal_type=USER if is_newer else "",
        token_requester_principal_name=ANONYMOUS if is_newer else "",
        issue_timestamp_ms=NEVER,
        expiry_timestamp_ms=NEVER,
        max_timestamp_ms=NEVER,
        token_id="",
        hmac=b"",
    )
    broker.answer(turn, call, response)


def renew_delegation_token(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a RenewDelegationToken request (versions 1-2)."""
    broker.answer(turn, call, messages.RenewDelegationTokenResponse(error_code=NOT_ALLOWED, expiry_timestamp_ms=NEVER))


def expire_delegation_token(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out an ExpireDelegationToken request (versions 1-2)."""
    broker.answer(turn, call, messages.ExpireDelegationTokenResponse(error_code=NOT_ALLOWED, expiry_timestamp_ms=NEVER))


def describe_delegation_token(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a DescribeDelegationToken request (versions 1-3)."""
    broker.answer(turn, call, messages.DescribeDelegationTokenResponse(error_code=NOT_ALLOWED, tokens=[]))
