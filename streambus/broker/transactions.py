"""Transactions as administrators see them: there are none yet, and nobody knows an id of one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streambus.broker.connections import Call
from streambus.kernel import Turn
from streambus.wire import ErrorCode, messages

if TYPE_CHECKING:
    from streambus.broker.broker import Broker

STATES = (
    "CompleteAbort",
    "CompleteCommit",
    "Dead",
    "Empty",
    "Ongoing",
    "PrepareAbort",
    "PrepareCommit",
    "PrepareEpochFence",
)
"""What a transaction can be in (KIP-664)."""

NOT_LINEAR = re.compile(r"(?<!\\)(?:\\\\)*(?:\(\?<?[=!]|\\[1-9])")
"""What patterns may look around for and refer back to elsewhere, but not where they are matched in linear time, as Kafka's are."""


def list_transactions(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a ListTransactions request (versions 0-2)."""
    request: messages.ListTransactionsRequest = call.request.body
    if not _is_pattern(request.transactional_id_pattern or ""):
        broker.answer(turn, call, messages.ListTransactionsResponse(error_code=ErrorCode.INVALID_REGULAR_EXPRESSION))
        return
    unknown = [state for state in dict.fromkeys(request.state_filters) if state not in STATES]
    broker.answer(turn, call, messages.ListTransactionsResponse(unknown_state_filters=unknown, transaction_states=[]))


def describe_transactions(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a DescribeTransactions request (version 0)."""
    request: messages.DescribeTransactionsRequest = call.request.body
    state = messages.DescribeTransactionsResponse.TransactionState
    states = [
        state(
            transactional_id=transactional_id,
            error_code=ErrorCode.TRANSACTIONAL_ID_NOT_FOUND if transactional_id else ErrorCode.INVALID_REQUEST,
        )
        for transactional_id in request.transactional_ids
    ]
    broker.answer(turn, call, messages.DescribeTransactionsResponse(transaction_states=states))


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return NOT_LINEAR.search(text) is None
