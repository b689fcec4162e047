"""The admin client: any request to a live broker, and honesty about what became of it."""

from typing import Any

import pytest
from stage import Stage

from streambus.client import Admin, AdminConfig, Answered, Ask, Complete, Failed
from streambus.kernel import SECOND, Instant, Started, StopRequested
from streambus.wire import ApiKey, ErrorCode, messages


def a_stage(**options: Any) -> Stage:
    return Stage(Admin(AdminConfig((("seed", 9092),))), **options)


def test_a_question_is_answered_by_a_broker() -> None:
    stage = a_stage()
    stage.feed(Ask(1, messages.CreateTopicsRequest()))
    stage.call(ApiKey.CREATE_TOPICS).answer(messages.CreateTopicsResponse())
    assert isinstance(stage.result(1), Answered)


def test_a_question_that_changes_something_is_not_repeated_when_the_connection_is_lost() -> None:
    stage = a_stage()
    stage.feed(Ask(1, messages.CreateTopicsRequest()))
    stage.cut(stage.call(ApiKey.CREATE_TOPICS).connection)
    assert stage.result(1) == Failed(None, "reset by peer", definite=False)


def test_a_question_that_only_reads_is_repeated() -> None:
    stage = a_stage()
    stage.feed(Ask(1, messages.DescribeClusterRequest()))
    stage.cut(stage.call(ApiKey.DESCRIBE_CLUSTER).connection)
    stage.run(2 * SECOND)
    stage.call(ApiKey.DESCRIBE_CLUSTER).answer(messages.DescribeClusterResponse())
    assert isinstance(stage.result(1), Answered)


def test_a_question_nobody_could_be_asked_fails_definitely() -> None:
    stage = a_stage()
    stage.refuses_dials = True
    for connection in list(stage.wires):
        stage.cut(connection)
    stage.feed(Ask(1, messages.CreateTopicsRequest()))
    stage.run(61 * SECOND)
    assert stage.result(1) == Failed(ErrorCode.REQUEST_TIMED_OUT, "connection refused", definite=True)


def test_a_question_under_way_when_its_time_is_up_is_of_unknown_outcome() -> None:
    stage = Stage(Admin(AdminConfig((("seed", 9092),), operation_timeout=5 * SECOND)))
    stage.feed(Ask(1, messages.CreateTopicsRequest()))
    stage.run(6 * SECOND)
    assert stage.result(1) == Failed(ErrorCode.REQUEST_TIMED_OUT, "no broker could be reached", definite=False)


def test_a_version_the_broker_does_not_speak_is_refused_definitely() -> None:
    stage = a_stage()
    stage.feed(Ask(1, messages.CreateTopicsRequest(), version=0))
    assert stage.result(1).error is ErrorCode.UNSUPPORTED_VERSION
    assert stage.result(1).definite


def test_stopping_answers_everybody() -> None:
    stage = a_stage()
    stage.feed(Ask(1, messages.CreateTopicsRequest()))
    stage.feed(StopRequested())
    assert stage.result(1) == Failed(None, "the client was closed", definite=False)
    assert stage.halted


def test_controllers_work_goes_to_the_controller_while_it_is_there() -> None:
    stage = a_stage(brokers=(5, 6, 7))
    stage.feed(Ask(1, messages.CreateTopicsRequest()))
    assert stage.dials[stage.call(ApiKey.CREATE_TOPICS).connection].host == "broker5"


def test_a_certain_broker_can_be_asked_even_before_it_is_known() -> None:
    stage = a_stage(brokers=(1,))
    stage.feed(Ask(1, messages.DescribeConfigsRequest(), broker=4))
    stage.run(SECOND)
    assert stage.calls(ApiKey.DESCRIBE_CONFIGS) == []
    stage.brokers = (1, 4)
    stage.run(2 * SECOND)
    assert stage.dials[stage.call(ApiKey.DESCRIBE_CONFIGS).connection].host == "broker4"


def test_a_closed_client_takes_no_questions() -> None:
    admin = Admin(AdminConfig((("seed", 9092),)))
    admin.step(Instant(0), Started(wall_offset=0, seed=1))
    admin.step(Instant(0), StopRequested())
    effects = admin.step(Instant(1), Ask(1, messages.DescribeClusterRequest()))
    assert effects == [Complete(1, Failed(None, "the client is closed", definite=True))]


def test_an_answer_after_the_time_was_up_is_not_heard() -> None:
    stage = Stage(Admin(AdminConfig((("seed", 9092),), operation_timeout=5 * SECOND)))
    stage.feed(Ask(1, messages.DescribeClusterRequest()))
    stage.run(6 * SECOND)
    assert stage.result(1).definite
    stage.call(ApiKey.DESCRIBE_CLUSTER).answer(messages.DescribeClusterResponse())
    assert len(stage.results[1]) == 1


def test_a_client_needs_an_address_to_begin_with() -> None:
    with pytest.raises(ValueError, match="at least one address"):
        Admin(AdminConfig(()))
