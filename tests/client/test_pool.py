"""The connection pool: every request is answered once, whatever becomes of the connections. Seen through an admin client."""

from typing import Any

import pytest
from stage import Stage

from streambus.client import Admin, AdminConfig, Answered, Ask, NetworkConfig
from streambus.client.backoff import backoff
from streambus.kernel import MILLISECOND, SECOND, Close, Congested, ConnectionId, Dial, Prng, Received, Relieved, Send, StopRequested
from streambus.wire import ApiKey, ErrorCode, messages


def a_stage(*, bootstrap: tuple[tuple[str, int], ...] = (("seed", 9092),), manual: tuple[ApiKey, ...] = (), **network: Any) -> Stage:
    admin = Admin(AdminConfig(bootstrap, operation_timeout=3600 * SECOND, network=NetworkConfig(**network)))
    return Stage(admin, manual=manual)


def read(ticket: int) -> Ask:
    return Ask(ticket, messages.DescribeClusterRequest())


def test_a_connection_begins_with_a_handshake_in_our_highest_version() -> None:
    stage = a_stage(manual=(ApiKey.API_VERSIONS,))
    call = stage.call(ApiKey.API_VERSIONS)
    assert call.request.api_version == messages.ApiVersionsRequest.VERSIONS[-1]
    assert call.body.client_software_name == "streambus"


def test_an_older_broker_is_asked_again_in_the_version_it_names() -> None:
    stage = a_stage(manual=(ApiKey.API_VERSIONS,))
    api_versions = messages.ApiVersionsResponse.ApiVersion(ApiKey.API_VERSIONS, 0, 2)
    stage.refuse_version(stage.call(ApiKey.API_VERSIONS), [api_versions])
    again = stage.call(ApiKey.API_VERSIONS)
    assert again.request.api_version == 2
    stage.answer_versions(again)
    assert len(stage.brokers_known()) == 1


def test_a_broker_that_names_no_version_is_asked_in_version_0_and_then_given_up() -> None:
    stage = a_stage(manual=(ApiKey.API_VERSIONS,))
    stage.refuse_version(stage.call(ApiKey.API_VERSIONS), [])
    again = stage.call(ApiKey.API_VERSIONS)
    assert again.request.api_version == 0
    stage.refuse_version(again, [])
    assert stage.closed[again.connection] == "handshake refused with error 35"


def test_requests_go_out_in_the_highest_version_both_sides_speak() -> None:
    stage = a_stage()
    stage.ranges[ApiKey.DESCRIBE_CLUSTER] = (0, 1)
    stage.reconnect()
    stage.feed(read(1))
    assert stage.call(ApiKey.DESCRIBE_CLUSTER).request.api_version == 1


def test_a_request_the_broker_does_not_know_is_refused() -> None:
    stage = a_stage()
    del stage.ranges[ApiKey.DESCRIBE_CLUSTER]
    stage.reconnect()
    stage.feed(read(1))
    assert stage.result(1).error is ErrorCode.UNSUPPORTED_VERSION
    assert "DescribeClusterRequest" in stage.result(1).text


def test_a_request_that_cannot_be_written_is_refused() -> None:
    stage = a_stage()
    stage.feed(Ask(1, messages.DescribeClusterRequest(endpoint_type=2), version=0))
    assert stage.result(1).error is ErrorCode.INVALID_REQUEST
    assert stage.result(1).definite


def test_without_an_answer_in_time_the_connection_is_closed_and_the_request_repeated() -> None:
    stage = a_stage(request_timeout=5 * SECOND)
    stage.feed(read(1))
    connection = stage.call(ApiKey.DESCRIBE_CLUSTER).connection
    stage.run(5 * SECOND)
    assert stage.closed[connection] == "no response in time"
    stage.run(SECOND)
    stage.call(ApiKey.DESCRIBE_CLUSTER).answer(messages.DescribeClusterResponse())
    assert isinstance(stage.result(1), Answered)
    assert stage.node.statistics()["timeouts"] == 1


def test_a_connection_that_is_not_made_in_time_is_given_up() -> None:
    stage = a_stage(manual=(ApiKey.API_VERSIONS,), connect_timeout=2 * SECOND)
    stage.run(2 * SECOND)
    assert stage.closed[ConnectionId(-1)] == "no connection in time"
    stage.run(SECOND)
    assert ConnectionId(-2) in stage.dials


def test_failed_addresses_rest_longer_each_time_within_bounds() -> None:
    stage = a_stage()
    stage.refuses_dials = True
    stage.reconnect()
    stage.feed(read(1))
    stage.run(60 * SECOND)
    assert 50 < stage.node.statistics()["dialled"] < 120


def test_a_stream_that_cannot_be_understood_ends_its_connection() -> None:
    stage = a_stage()
    stage.feed(read(1))
    connection = stage.call(ApiKey.DESCRIBE_CLUSTER).connection
    stage.feed(Received(connection, b"\xff\xff\xff\xff"))
    assert connection in stage.closed
    stage.feed(Received(connection, b"late"))
    assert 1 not in stage.results


def test_an_idle_connection_is_closed_and_forgotten_and_made_anew_when_needed() -> None:
    stage = a_stage(idle_max=60 * SECOND, metadata_age_max=3600 * SECOND)
    stage.run(60 * SECOND)
    assert list(stage.closed.values()) == ["idle", "idle"] or list(stage.closed.values()) == ["idle"]
    stage.run(61 * SECOND)
    assert stage.node.statistics()["links"] == 0
    stage.feed(read(1))
    assert len(stage.calls(ApiKey.DESCRIBE_CLUSTER)) == 1


def test_a_silent_connection_is_asked_whether_it_is_still_there() -> None:
    stage = a_stage(health_check_interval=30 * SECOND, request_timeout=10 * SECOND)
    stage.automatic.pop(ApiKey.API_VERSIONS)
    stage.run(30 * SECOND)
    probe = stage.calls(ApiKey.API_VERSIONS)[0]
    stage.answer_versions(probe)
    assert not stage.closed
    stage.run(30 * SECOND)
    unanswered = stage.calls(ApiKey.API_VERSIONS)[0]
    stage.run(10 * SECOND)
    assert stage.closed[unanswered.connection] == "no response in time"


def test_a_congested_connection_is_given_nothing_until_it_is_relieved() -> None:
    stage = a_stage()
    stage.feed(read(0))
    connection = stage.call(ApiKey.DESCRIBE_CLUSTER).connection
    stage.call(ApiKey.DESCRIBE_CLUSTER).answer(messages.DescribeClusterResponse())
    stage.feed(Congested(connection))
    stage.feed(read(1))
    assert stage.calls(ApiKey.DESCRIBE_CLUSTER) == []
    stage.feed(Relieved(connection))
    assert stage.call(ApiKey.DESCRIBE_CLUSTER).connection == connection


def test_no_more_than_so_many_requests_wait_on_one_connection() -> None:
    stage = a_stage(pipelined_requests_max=2)
    for ticket in range(1, 6):
        stage.feed(read(ticket))
    assert len(stage.calls(ApiKey.DESCRIBE_CLUSTER)) == 2
    for _ in range(5):
        stage.calls(ApiKey.DESCRIBE_CLUSTER)[0].answer(messages.DescribeClusterResponse())
    assert sorted(stage.results) == [1, 2, 3, 4, 5]


def test_what_the_driver_says_of_a_connection_that_was_given_up_means_nothing() -> None:
    stage = a_stage()
    gone = ConnectionId(-77)
    stage.feed(Received(gone, b"x"))
    stage.feed(Congested(gone))
    stage.feed(Relieved(gone))
    stage.cut(gone)
    assert stage.node.statistics()["ready"] == 1


def test_a_dead_address_of_the_bootstrap_list_does_not_matter() -> None:
    stage = a_stage(bootstrap=(("dead", 1), ("dead", 2), ("seed", 9092)))
    assert stage.node.statistics()["links"] >= 1
    stage.reconnect()
    stage.refused_hosts = ("dead",)
    stage.run(5 * SECOND)
    stage.feed(read(1))
    stage.run(SECOND)
    stage.call(ApiKey.DESCRIBE_CLUSTER).answer(messages.DescribeClusterResponse())
    assert isinstance(stage.result(1), Answered)


def test_stopping_closes_every_connection() -> None:
    stage = a_stage()
    stage.feed(StopRequested())
    assert list(stage.closed.values()) == ["the client was closed"]


def test_the_first_steps_are_these() -> None:
    stage = a_stage(manual=(ApiKey.API_VERSIONS, ApiKey.METADATA))
    assert [type(effect) for effect in stage.effects] == [Dial, Send]
    stage.answer_versions(stage.call(ApiKey.API_VERSIONS))
    assert [type(effect) for effect in stage.effects] == [Dial, Send, Send]
    stage.cut(ConnectionId(-1))
    assert not any(isinstance(effect, Close) for effect in stage.effects)


@pytest.mark.parametrize("failures", range(1, 40))
def test_a_backoff_doubles_up_to_its_maximum_give_or_take_a_fifth(failures: int) -> None:
    expected = min(100 * MILLISECOND * 2 ** (failures - 1), SECOND)
    delay = backoff(100 * MILLISECOND, SECOND, failures, Prng(failures))
    assert expected * 8 // 10 <= delay <= expected * 12 // 10
