"""The written form of a history is a format: it stays."""

import pytest
from histories import TOPIC, assigned, polled, sent

from streambus.checkers import (
    Committed,
    Deleted,
    Fault,
    History,
    Isolation,
    Listed,
    Observed,
    Operation,
    Outcome,
    Polled,
    Rebalanced,
    Resumed,
    Sent,
    Sought,
    Subscribed,
    UnreadableHistory,
)


def test_the_form_is_this():
    history = History()
    history.append(Operation("producer 1", Outcome.OK, 10, 25, (sent("a 1", 7), Sent(TOPIC, 1, b"\x00\xff"))))
    history.append(Operation("consumer", Outcome.OK, 30, 31, (assigned(0, 1), Sought(TOPIC, 1), polled(7, "a 1"))))
    history.append(Operation("producer 2", Outcome.INFO, 32, None, (), "timed out"))
    history.add_fault(Fault("crash", "broker 1", 12, 20, "power cut"))
    history.add_fault(Fault("partition", "client – broker", 13))
    lines = list(history.to_lines())
    assert lines == [
        '{"history":2}',
        '{"process":"producer 1","outcome":"ok","invoked_at":10,"completed_at":25,'
        '"actions":[["sent","orders",0,"a 1",7],["sent","orders",1,{"hex":"00ff"},null]]}',
        '{"process":"consumer","outcome":"ok","invoked_at":30,"completed_at":31,'
        '"actions":[["assigned",[["orders",0],["orders",1]]],["sought","orders",1],["polled","orders",0,7,"a 1"]]}',
        '{"process":"producer 2","outcome":"info","invoked_at":32,"completed_at":null,"actions":[],"error":"timed out"}',
        '{"fault":"crash","target":"broker 1","began_at":12,"ended_at":20,"details":"power cut"}',
        '{"fault":"partition","target":"client – broker","began_at":13,"ended_at":null,"details":""}',
    ]
    assert History.from_lines(lines) == history
    assert len(history) == 3


def test_the_form_of_what_came_with_version_2_is_this():
    history = History()
    history.append(
        Operation(
            "worker",
            Outcome.INFO,
            1,
            None,
            (
                Sent(TOPIC, 0, b"a", None, 0),
                Sent(TOPIC, 0, b"b", None, -1, b"key"),
                Polled(TOPIC, 0, 3, b"c", 1_000),
                Polled(TOPIC, 0, 4, b"d", None, 7),
                Subscribed("g", (TOPIC,)),
                Rebalanced("g", 2, ((TOPIC, 0),)),
                Committed("g", TOPIC, 0, 5),
                Resumed("g", TOPIC, 0, None),
                Observed(TOPIC, 0, 5, 4, 0, 1),
                Listed(TOPIC, 0, -2, 0),
                Deleted(TOPIC, 0, 2),
            ),
            "crashed",
            True,
            Isolation.READ_UNCOMMITTED,
        )
    )
    lines = list(history.to_lines())
    assert lines[1] == (
        '{"process":"worker","outcome":"info","invoked_at":1,"completed_at":null,"actions":['
        '["sent","orders",0,"a",null,0],["sent","orders",0,"b",null,-1,"key"],'
        '["polled","orders",0,3,"c",1000],["polled","orders",0,4,"d",null,7],'
        '["subscribed","g",["orders"]],["rebalanced","g",2,[["orders",0]]],["committed","g","orders",0,5,null],'
        '["resumed","g","orders",0,null],["observed","orders",0,5,4,0,1],["listed","orders",0,-2,0],["deleted","orders",0,2]],'
        '"error":"crashed","transactional":true,"isolation":"read-uncommitted"}'
    )
    assert History.from_lines(lines) == history


def test_a_history_of_version_1_is_still_read():
    lines = [
        '{"history":1}',
        '{"process":"p","outcome":"ok","invoked_at":1,"completed_at":2,"actions":[["sent","t",0,"a",7],["polled","t",0,7,"a"]]}',
    ]
    (operation,) = History.from_lines(lines).operations
    assert operation == Operation("p", Outcome.OK, 1, 2, (Sent("t", 0, b"a", 7), Polled("t", 0, 7, b"a")))


def test_empty_lines_and_line_ends_do_not_matter():
    assert History.from_lines(['{"history":1}\n', "\n", "  "]) == History()


OPERATION = '{"process":"p","outcome":"ok","invoked_at":1,"completed_at":2,"actions":[%s]}'


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "[]",
        "7",
        "{}",
        '{"history":1}',
        '{"process":7,"outcome":"ok","invoked_at":1,"completed_at":2,"actions":[]}',
        '{"process":"p","outcome":"perhaps","invoked_at":1,"completed_at":2,"actions":[]}',
        '{"process":"p","outcome":"ok","invoked_at":1.5,"completed_at":2,"actions":[]}',
        '{"process":"p","outcome":"ok","invoked_at":true,"completed_at":2,"actions":[]}',
        '{"fault":"crash"}',
        OPERATION % '["eaten","t",0]',
        OPERATION % '["sent","t",0]',
        OPERATION % '["sent","t",0,"é",1]',
        OPERATION % '["sent","t",0,{"hex":"xyz"},1]',
        OPERATION % '["sent","t",0,{"bytes":"00"},1]',
        OPERATION % '["deleted","t",0,1,2]',
        OPERATION % '["subscribed","g","t"]',
        '{"process":"p","outcome":"ok","invoked_at":1,"completed_at":2,"actions":[],"transactional":1}',
        '{"process":"p","outcome":"ok","invoked_at":1,"completed_at":2,"actions":[],"isolation":"none"}',
        OPERATION % "[]",
        OPERATION % ("[" * 100_000),
    ],
)
def test_a_line_that_is_no_part_of_a_history_is_named(line):
    with pytest.raises(UnreadableHistory, match="line 2 is not part of a history"):
        History.from_lines(['{"history":1}', line])


def test_the_version_comes_first():
    with pytest.raises(UnreadableHistory, match="line 1"):
        History.from_lines(['{"history":3}'])
    with pytest.raises(UnreadableHistory, match="empty"):
        History.from_lines([])
