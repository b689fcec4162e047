"""The admin client: any request to a live broker, and honesty about what became of it."""

from stage import Stage

from streambus.client import Admin, AdminConfig, Answered, Ask, Failed
from streambus.kernel import SECOND, StopRequested
from streambus.wire import ApiKey, ErrorCode, messages


def a_stage(**options: object) -> Stage:
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
