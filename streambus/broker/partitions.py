"""Partitions made, led and moved because somebody asks for it: decisions of the controller, and what is on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streambus import metadata as md
from streambus.broker.connections import Call
from streambus.broker.decisions import DelayedDecision, asked_timeout, decide
from streambus.kernel import Turn, message
from streambus.wire import ErrorCode, messages

if TYPE_CHECKING:
    from streambus.broker.broker import Broker

WHOLE_ERROR_SINCE = 1
"""Since which version an answer about elections has an error code for the whole request."""


@message
class DelayedOldElection(DelayedDecision):
    """Elections on their way, for whom an answer has no place for an error of the whole request."""

    def is_settled(self, node: Broker, result: Any) -> bool:
        """As ever, but for the whole."""
        return isinstance(result, messages.ElectLeadersResponse) or DelayedDecision.is_settled(self, node, result)


def create_partitions(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a CreatePartitions request (versions 0-3)."""
    request: messages.CreatePartitionsRequest = call.request.body
    timed_out = md.partitions_timed_out(request) if request.timeout_ms <= 0 else None
    if timed_out is not None:
        broker.answer(turn, call, timed_out)
    else:
        decide(broker, turn, call, broker.controller.create_partitions(request, turn.dice), asked_timeout(request.timeout_ms))


def elect_leaders(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out an ElectLeaders request (versions 0-2)."""
    request: messages.ElectLeadersRequest = call.request.body
    kind = DelayedOldElection if call.request.api_version < WHOLE_ERROR_SINCE else DelayedDecision
    if request.timeout_ms <= 0 and request.topic_partitions != []:
        response = md.refused_election(request, ErrorCode.REQUEST_TIMED_OUT)
        if call.request.api_version < WHOLE_ERROR_SINCE:
            response.error_code = ErrorCode.NONE
        broker.answer(turn, call, response)
    else:
        decide(broker, turn, call, broker.controller.elect_leaders(request), asked_timeout(request.timeout_ms), kind)


def alter_partition_reassignments(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out an AlterPartitionReassignments request (versions 0-1)."""
    request: messages.AlterPartitionReassignmentsRequest = call.request.body
    timed_out = md.reassignments_timed_out(request) if request.timeout_ms <= 0 else None
    if timed_out is not None:
        broker.answer(turn, call, timed_out)
    else:
        decide(broker, turn, call, broker.controller.alter_reassignments(request), asked_timeout(request.timeout_ms))


def list_partition_reassignments(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a ListPartitionReassignments request (version 0)."""
    broker.answer(turn, call, md.list_reassignments(broker.image, call.request.body))
