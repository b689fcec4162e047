"""What holds for a consumer whatever the brokers and the network do to it: every record once, in order, none left out."""

from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from stage import Call, Stage
from test_consumer import a_batch, data, respond

from streambus.client import Assign, Consumer, ConsumerConfig, Fetched, Poll, Positioned, Seek
from streambus.kernel import MILLISECOND, SECOND
from streambus.wire import ApiKey, ErrorCode

BATCH = 3
LOG_END = 30
PARTITIONS = (0, 1)
ERRORS = (ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.OFFSET_NOT_AVAILABLE)


class World:
    """A consumer of two partitions of 30 records in batches of three, on one of two brokers each."""

    def __init__(self) -> None:
        self.stage = Stage(Consumer(ConsumerConfig((("seed", 9092),), prefetch_bytes_max=600)), topics={"t": 2}, brokers=(1, 2))
        self.stage.leaders["t", 1] = 2
        self.session: dict[str, dict[int, int]] = {}
        self.sessions = 0
        self.tickets = 0
        self.seeks = dict.fromkeys(PARTITIONS, 0)
        self.tell(lambda ticket: Assign(ticket, tuple(("t", partition, 0) for partition in PARTITIONS)))

    def tell(self, make: Any) -> int:
        self.tickets += 1
        self.stage.feed(make(self.tickets))
        return self.tickets

    def poll(self, count: int) -> None:
        result = self.stage.result(self.tell(lambda ticket: Poll(ticket, count, 0)))
        assert isinstance(result, Fetched)
        assert len(result.records) <= count
        for _, partition, record in result.records:
            assert record.offset == self.seeks[partition], (partition, record.offset, self.seeks)
            assert record.value == b"%d" % record.offset
            self.seeks[partition] += 1

    def seek(self, partition: int, offset: int) -> None:
        ticket = self.tell(lambda ticket: Seek(ticket, "t", partition, offset))
        assert self.stage.result(ticket) == Positioned((("t", partition, offset),))
        self.seeks[partition] = offset

    def move(self, partition: int) -> None:
        place = ("t", partition)
        self.stage.leaders[place] = 3 - self.stage.leaders.get(place, 1)
        self.stage.epochs[place] = self.stage.epochs.get(place, 3) + 1

    def meet(self, fate: str, place: int) -> None:
        """Something happens to some fetch."""
        calls = self.stage.calls(ApiKey.FETCH)
        if not calls:
            return
        call = calls[place % len(calls)]
        if fate == "answer":
            self.answer(call)
        elif fate == "refuse":
            respond(call, *(data(partition=partition, error=ERRORS[place % len(ERRORS)]) for partition in self.wanted(call)), session=0)
        elif fate == "forget":
            self.session.pop(self.host(call), None)
            respond(call, session=0, error=ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
        else:
            self.wanted(call)
            self.stage.cut(call.connection)

    def host(self, call: Call) -> str:
        return self.stage.dials[call.connection].host

    def wanted(self, call: Call) -> dict[int, int]:
        """What the broker knows of the session after this request."""
        known = self.session.setdefault(self.host(call), {})
        if call.body.session_epoch == 0:
            known.clear()
        for topic in call.body.forgotten_topics_data:
            for partition in topic.partitions:
                del known[partition]
        for topic in call.body.topics:
            known.update({part.partition: part.fetch_offset for part in topic.partitions})
        return known

    def answer(self, call: Call) -> None:
        parts = []
        for partition, offset in self.wanted(call).items():
            leader = self.stage.leaders.get(("t", partition), 1)
            if self.host(call) != f"broker{leader}":
                parts.append(data(partition=partition, error=ErrorCode.NOT_LEADER_OR_FOLLOWER))
            elif offset < LOG_END:
                first = offset - offset % BATCH
                parts.append(data(a_batch(first, BATCH) + a_batch(first + BATCH, BATCH)[:65], partition))
        respond(call, *parts, session=77)


FATES = st.sampled_from(("answer", "answer", "refuse", "forget", "cut"))
STEPS = st.one_of(
    st.tuples(st.just("meet"), FATES, st.integers(0, 3)),
    st.tuples(st.just("poll"), st.integers(1, 7)),
    st.tuples(st.just("wait"), st.sampled_from((MILLISECOND, 300 * MILLISECOND, 2 * SECOND))),
    st.tuples(st.just("seek"), st.integers(0, 1), st.integers(0, LOG_END - 1)),
    st.tuples(st.just("move"), st.integers(0, 1)),
)


def live(steps: list[tuple[Any, ...]]) -> World:
    world = World()
    for kind, *details in steps:
        if kind == "wait":
            world.stage.run(*details)
        else:
            getattr(world, kind)(*details)
    for _ in range(100):
        for call in world.stage.calls(ApiKey.FETCH):
            world.answer(call)
        world.poll(10)
        world.stage.run(300 * MILLISECOND)
    return world


@settings(max_examples=120, deadline=None)
@given(st.lists(STEPS, max_size=50))
def test_each_partition_is_read_in_order_without_gaps_to_its_end(steps: list[tuple[Any, ...]]) -> None:
    world = live(steps)
    assert world.seeks == dict.fromkeys(PARTITIONS, LOG_END)


@settings(max_examples=20, deadline=None)
@given(st.lists(STEPS, max_size=30))
def test_equal_events_lead_to_equal_states_and_states_can_be_copied(steps: list[tuple[Any, ...]]) -> None:
    first, second = live(steps), live(steps)
    assert first.stage.fingerprint() == second.stage.fingerprint()
    assert deepcopy(first.stage.node).statistics() == first.stage.node.statistics()
