"""ACLs: there is no authorizer, so that there are none, and every request for them is told so.

A request for things of no known kind ends its connection, as it does in Kafka.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streambus.broker.connections import Call
from streambus.kernel import Turn
from streambus.wire import ErrorCode, messages

if TYPE_CHECKING:
    from streambus.broker.broker import Broker

NO_AUTHORIZER = "No Authorizer is configured."

UNKNOWN = 0
"""Of types, patterns, operations and permissions alike: what a client says that does not know itself what it means."""


def describe_acls(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a DescribeAcls request (versions 1-3)."""
    asked: messages.DescribeAclsRequest = call.request.body
    if UNKNOWN in (asked.resource_type_filter, asked.pattern_type_filter, asked.operation, asked.permission_type):
        broker.close(turn, call.connection, "a DescribeAcls request has elements that nobody knows")
        return
    text = "No Authorizer is configured on the broker"
    response = messages.DescribeAclsResponse(error_code=ErrorCode.SECURITY_DISABLED, error_message=text, resources=[])
    broker.answer(turn, call, response)


def create_acls(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a CreateAcls request (versions 1-3)."""
    asked: messages.CreateAclsRequest = call.request.body
    response = messages.CreateAclsResponse
    if any(UNKNOWN in (acl.resource_type, acl.resource_pattern_type, acl.operation, acl.permission_type) for acl in asked.creations):
        broker.close(turn, call.connection, "a CreateAcls request has elements that nobody knows")
        return
    results = [response.AclCreationResult(error_code=ErrorCode.SECURITY_DISABLED, error_message=NO_AUTHORIZER) for _ in asked.creations]
    broker.answer(turn, call, response(results=results))


def delete_acls(broker: Broker, turn: Turn, call: Call) -> None:
    """Carry out a DeleteAcls request (versions 1-3)."""
    asked: messages.DeleteAclsRequest = call.request.body
    response = messages.DeleteAclsResponse
    if any(UNKNOWN in (acl.resource_type_filter, acl.pattern_type_filter, acl.operation, acl.permission_type) for acl in asked.filters):
        broker.close(turn, call.connection, "a DeleteAcls request has elements that nobody knows")
        return
    results = [
        response.DeleteAclsFilterResult(error_code=ErrorCode.SECURITY_DISABLED, error_message=NO_AUTHORIZER, matching_acls=[])
        for _ in asked.filters
    ]
    broker.answer(turn, call, response(filter_results=results))
