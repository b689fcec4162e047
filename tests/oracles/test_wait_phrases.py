"""The last words of a chain of waits, where a simulation seldom comes: what is said of a client, a link or a broker in a given state."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from streambus.broker import Broker, BrokerConfig, Listener
from streambus.client.link import LinkState, Purpose
from streambus.client.outbox import NO_PRODUCER_ID
from streambus.sim.oracles import wait_chain, wait_inside
from streambus.wire import ApiKey

Thing = SimpleNamespace


def said(hops: Iterator[str]) -> str:
    return ", which waits for ".join(hops)


def a_life(node: Any = None, **more: Any) -> Any:
    queue = Thing(pending=[], works=[], slowdown=1)
    return Thing(name="broker-1", node=node, agenda=Thing(now=0), shift=0, ready=[], stops=0, disk_queue=queue, endpoints={}, **more)


# Producers and consumers -----------------------------------------------------------------------------------------------


def a_queue(**changes: Any) -> str:
    """Why the front of a queue does not go, of a producer that could send it, but for `changes`."""
    state: dict[str, Any] = {"retry_at": 0, "in_flight": [], "leader": Thing(broker=1), "outbox_id": 5, "own_id": 5, "busy": 0, **changes}
    outbox = Thing(
        queue=[Thing(retry_at=state["retry_at"])],
        in_flight=state["in_flight"],
        in_flight_to=1,
        topic="t",
        partition=0,
        producer_id=state["outbox_id"],
    )
    pool = Thing(by_address={}, links={})
    producer = Thing(
        cluster=Thing(leader=lambda *_: state["leader"], brokers={}, pool=pool, asking=False, failures=2),
        config=Thing(idempotent=True, in_flight_max=5),
        identity=Thing(producer_id=state["own_id"]),
        in_flight={1: state["busy"]},
    )
    return said(wait_chain._queue_hops(a_life(), producer, outbox))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"retry_at": 7_000}, "its back-off to end in 7 ms"),
        ({"in_flight": [Thing(ordinal=3)]}, "batch 3 before it, in flight to broker 1"),
        ({"leader": None}, "a leader of t-0, which waits for metadata, after a back-off for 2 failures"),
        (
            {"outbox_id": NO_PRODUCER_ID, "own_id": NO_PRODUCER_ID},
            "a producer id, which waits for a produce request of kind INIT_PRODUCER_ID",
        ),
        ({"busy": 5}, "one of 5 requests in flight to broker 1"),
        ({}, "a producer that could send it and does not"),
    ],
)
def test_the_front_of_a_queue_waits_for(changes: dict[str, Any], words: str):
    assert a_queue(**changes).startswith(words)


def a_poll(**changes: Any) -> str:
    """What the poll with ticket 1 waits for, of a consumer that could fetch, but for `changes`."""
    state: dict[str, Any] = {"retry_at": 0, "is_stopped": False, "leader": Thing(broker=1), "polls": {1: None}, "sessions": {}, **changes}
    consumer = Thing(
        listings={},
        positioning={},
        polls=state["polls"],
        sessions=state["sessions"],
        positions={("t", 0): Thing(search=None, topic="t", partition=0, retry_at=state["retry_at"], is_stopped=state["is_stopped"])},
        cluster=Thing(leader=lambda *_: state["leader"], asking=False, failures=1),
    )
    return said(wait_chain._consumer_hops(a_life(), consumer, 1))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"polls": {}}, "nobody: its client does not know it any more"),
        ({"sessions": {1: Thing(under_way=False, retry_at=2_000, session_id=4)}}, "the back-off of fetch session 4 to end in 2 ms"),
        ({"retry_at": 3_000}, "the back-off of t-0 to end in 3 ms"),
        ({"leader": None}, "a leader of t-0, which waits for metadata, after a back-off for 1 failures"),
        ({"is_stopped": True}, "a seek: its partitions are stopped after an error"),
        ({}, "a consumer that could fetch and does not"),
    ],
)
def test_a_poll_waits_for(changes: dict[str, Any], words: str):
    assert words in a_poll(**changes)


@pytest.mark.parametrize(
    ("under_way", "retry_at", "leader", "words"),
    [
        (True, None, None, "a admin request of kind LIST_OFFSETS that is nowhere: it was answered, or never asked"),
        (False, 4_000, None, "the back-off of its search to end in 4 ms"),
        (False, None, None, "a leader of t-0, which waits for metadata"),
        (False, None, Thing(broker=1), "a consumer that could search and does not"),
    ],
)
def test_a_search_for_an_offset_waits_for(under_way: bool, retry_at: int | None, leader: Any, words: str):
    search = Thing(under_way=under_way, topic="t", partition=0)
    consumer = Thing(
        lookup=Thing(searches={1: search}, next_retry=lambda _now: retry_at),
        cluster=Thing(leader=lambda *_: leader, asking=False, failures=0, pool=Thing(links={})),
    )
    assert said(wait_chain._lookup_hops(a_life(), consumer)).startswith(words)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (None, "nobody: its client does not know it any more"),
        (Thing(is_parked=True, ask=Thing(broker=4)), "broker 4 to become known, which waits for metadata"),
        (Thing(is_parked=False, under_way=False, failures=2, text="reset"), "the back-off after 2 failures (reset)"),
    ],
)
def test_a_question_waits_for(question: Any, words: str):
    admin = Thing(questions={1: question} if question else {}, cluster=Thing(asking=False, failures=0))
    assert said(wait_chain._admin_hops(a_life(), admin, 1)).startswith(words)  # type: ignore[arg-type]


# Links -----------------------------------------------------------------------------------------------------------------


def a_link(state: LinkState, connection: int | None, *, queued: int = 0, flying: int = 0, congested: bool = False) -> Any:
    request = Thing(body=Thing(API_KEY=ApiKey.PRODUCE), deadline=5_000)
    return Thing(
        state=state,
        connection=connection,
        host="broker-1",
        port=9092,
        purpose=Purpose.PRODUCE,
        retry_at=1_000,
        due_at=2_000,
        congested=congested,
        in_flight={number + 7: request for number in range(flying)},
        queue=[request] * queued,
    )


@pytest.mark.parametrize(
    ("link", "words"),
    [
        (a_link(LinkState.WAITING, None), "which is dialled again in 1 ms"),
        (a_link(LinkState.READY, None), "on a connection to broker-1:9092 that nobody dials"),
        (a_link(LinkState.CONNECTING, -1), "until in 2 ms at most, which waits for its node to hear how the dial ended"),
        (a_link(LinkState.NEGOTIATING, -1), "which is being negotiated, which waits for its node to hear that the connection is gone"),
        (a_link(LinkState.READY, -1), "where it is neither queued nor in flight"),
        (a_link(LinkState.READY, -1, queued=1), "in the queue of connection -1 to broker-1:9092, behind 0 requests in flight"),
        (a_link(LinkState.READY, -1, queued=1, congested=True), "which is congested"),
        (a_link(LinkState.READY, -1, flying=1), "PRODUCE #7 on connection -1 to broker-1:9092, given up in 5 ms"),
    ],
    ids=range(8),
)
def test_a_request_waits_on_its_link(link: Any, words: str):
    life = a_life(dialling={}, network=Thing(listeners={}))
    assert words in said(wait_chain._link_hops(life, link, ApiKey.PRODUCE))


# The broker ------------------------------------------------------------------------------------------------------------


def a_broker() -> Any:
    return Broker(BrokerConfig(node_id=1, listeners=(Listener("PLAINTEXT", "broker-1", 9092),)))


def in_the_broker(broker: Any, connection: Any = None, **life: Any) -> str:
    if connection is not None:
        broker.connections[1] = connection
    return said(wait_inside._broker_hops(Thing(**{**vars(a_life(broker)), **life}), 1, 4))  # type: ignore[arg-type]


def a_connection(*slots: Any, held: Any = ()) -> Any:
    return Thing(held=held, first_slot=10, slots=list(slots))


def test_a_request_waits_for_a_broker_that_has_something_else_in_mind():
    assert in_the_broker(object()) == "broker-1"
    assert in_the_broker(a_broker(), stops=1) == "the process of broker-1, which is stopped, to go on"
    assert in_the_broker(a_broker(), ready=[Thing(connection=1)]) == "broker-1 to look at it, among 1 events that are ready"
    assert in_the_broker(a_broker()) == "broker-1, which does not know connection 1"


def test_a_request_waits_for_its_slot():
    assert "the request or its answer is lost" in in_the_broker(a_broker(), a_connection())
    assert "to send 1 answers that are ready on connection 1" in in_the_broker(a_broker(), a_connection((b"x",)))
    assert "whose request is neither in purgatory nor held, which waits for the disk" in in_the_broker(a_broker(), a_connection(None))


def test_a_request_that_is_held_waits_for_the_recovery():
    held = a_connection(held=[Thing(request=Thing(correlation_id=4), slot=10)])
    broker = a_broker()
    broker.store = Thing(recovery=Thing(stage=Thing(value="read the log")), is_ready=False)
    assert "held until broker-1 is ready, which waits for its recovery, which is to read the log" in in_the_broker(broker, held)
    broker.store = Thing(recovery=None, is_ready=False)
    assert in_the_broker(broker, held).endswith("the disk of broker-1, which has nothing to do")
    broker.store = Thing(recovery=None, is_ready=True, failed="EIO")
    assert in_the_broker(broker, held).endswith("its registration in the metadata log, which waits for a store that has failed: EIO")
    broker.store = Thing(recovery=None, is_ready=True, failed=None, wal=Thing(syncing=5, durable=5), pending_bytes=9)
    assert in_the_broker(broker, held).endswith("a flush: 9 bytes are pending, and no sync is under way")


def test_a_slow_disk_is_said_to_be_slow():
    life = a_life()
    life.disk_queue = Thing(pending=[(3_000, Thing(file="wal/0"))], slowdown=8)
    assert said(wait_inside._disk_hops(life)).endswith("of wal/0, first of 1, due in 3 ms, 8 times slower than usual")
