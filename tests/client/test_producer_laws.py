"""What holds for an idempotent producer whatever the brokers and the network do to it."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stage import Call, Stage

from streambus.client import Acknowledged, Failed, Flush, Flushed, Produce, Producer, ProducerConfig
from streambus.kernel import MILLISECOND, SECOND, Prng, StopRequested
from streambus.records import BatchHeader, decode_records, parse_header
from streambus.wire import ApiKey, ErrorCode, messages

WINDOW = 5
REFUSALS = (
    ErrorCode.NOT_LEADER_OR_FOLLOWER,
    ErrorCode.NOT_ENOUGH_REPLICAS,
    ErrorCode.MESSAGE_TOO_LARGE,
    ErrorCode.UNKNOWN_SERVER_ERROR,
    ErrorCode.INVALID_RECORD,
)


class Log:
    """One partition as a broker keeps it: what was written, and the last batches of the producer (KIP-98).

    As Kafka's, it takes any first sequence number from a producer it does not know.
    """

    def __init__(self) -> None:
        self.values: list[bytes] = []
        self.producer_epoch = -1
        self.next_sequence = 0
        self.last: list[tuple[int, int]] = []
        self.places: dict[tuple[int, int], list[bytes]] = {}
        self.durable: tuple[int, int, int, list[tuple[int, int]]] = (0, -1, 0, [])

    def sync(self) -> None:
        """What is answered is durable first."""
        self.durable = (len(self.values), self.producer_epoch, self.next_sequence, self.last)

    def lose_power(self) -> None:
        """What is not durable is gone, and with it what was known of the producer."""
        length, self.producer_epoch, self.next_sequence, self.last = self.durable
        del self.values[length:]

    def append(self, header: BatchHeader, values: list[bytes]) -> tuple[ErrorCode, int]:
        place = (header.producer_epoch, header.base_sequence)
        assert self.places.setdefault(place, values) == values, "two different batches with one sequence number"
        if header.producer_epoch < self.producer_epoch:
            return ErrorCode.INVALID_PRODUCER_EPOCH, -1
        if self.producer_epoch == -1:
            self.producer_epoch, self.next_sequence = header.producer_epoch, header.base_sequence
        if header.producer_epoch > self.producer_epoch:
            if header.base_sequence != 0:
                return ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, -1
            self.producer_epoch, self.next_sequence, self.last = header.producer_epoch, 0, []
        for sequence, offset in self.last:
            if sequence == header.base_sequence:
                return ErrorCode.NONE, offset
        if header.base_sequence < self.next_sequence:
            return ErrorCode.DUPLICATE_SEQUENCE_NUMBER, -1
        if header.base_sequence != self.next_sequence:
            return ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, -1
        offset = len(self.values)
        self.values += values
        self.last = [*self.last[1 - WINDOW :], (header.base_sequence, offset)]
        self.next_sequence = header.last_sequence + 1
        return ErrorCode.NONE, offset


class World:
    """A producer, two brokers that share one log per partition, and a fate that decides what happens next."""

    def __init__(self, seed: int, linger: int) -> None:
        config = ProducerConfig((("seed", 9092),), linger=linger, batch_bytes_max=100, delivery_timeout=4 * SECOND)
        self.stage = Stage(Producer(config), topics={"t": 2}, brokers=(1, 2), seed=seed)
        self.logs = {0: Log(), 1: Log()}
        self.tickets = 0
        self.flushes: list[int] = []

    def produce(self, partition: int, count: int) -> None:
        for _ in range(count):
            self.tickets += 1
            self.stage.feed(Produce(self.tickets, "t", partition, value=b"%d" % self.tickets))

    def flush(self) -> None:
        self.tickets += 1
        self.flushes.append(self.tickets)
        self.stage.feed(Flush(self.tickets))

    def move(self, partition: int) -> None:
        place = ("t", partition)
        self.stage.leaders[place] = 3 - self.stage.leaders.get(place, 1)
        self.stage.epochs[place] = self.stage.epochs.get(place, 3) + 1

    def write(self, call: Call, error: ErrorCode | None = None) -> Any:
        """What the broker does with a request and would answer; `error`: it refuses everything."""
        response = messages.ProduceResponse
        host = self.stage.dials[call.connection].host
        partitions = []
        for data in call.body.topic_data[0].partition_data:
            leader = self.stage.leaders.get(("t", data.index), 1)
            if error is not None:
                outcome = (error, -1)
            elif host not in (f"broker{leader}", "seed"):
                outcome = (ErrorCode.NOT_LEADER_OR_FOLLOWER, -1)
            else:
                values = [record.value or b"" for record in decode_records(data.records)]
                outcome = self.logs[data.index].append(parse_header(data.records), values)
            partitions.append(response.PartitionProduceResponse(data.index, int(outcome[0]), outcome[1]))
        topic = call.body.topic_data[0]
        return response([response.TopicProduceResponse(topic.name, topic.topic_id, partitions)])

    def meet(self, fate: str, place: int) -> None:
        """Something happens to the oldest request of some connection."""
        heads = list({call.connection: call for call in reversed(self.stage.calls(ApiKey.PRODUCE))}.values())
        if not heads:
            return
        call = heads[place % len(heads)]
        if fate == "answer":
            self.answer(call)
        elif fate == "power cut":
            for log in self.logs.values():
                log.lose_power()
            self.stage.reconnect()
        elif fate == "refuse":
            call.answer(self.write(call, REFUSALS[place % len(REFUSALS)]))
        elif fate == "append, then time out":
            self.write(call)
            call.answer(self.write(call, ErrorCode.REQUEST_TIMED_OUT))
        elif fate == "lose the requests":
            self.stage.cut(call.connection)
        elif fate == "lose the response":
            self.write(call)
            self.stage.cut(call.connection)
        else:
            for lost in [other for other in self.stage.calls(ApiKey.PRODUCE) if other.connection == call.connection]:
                self.write(lost)
            self.stage.cut(call.connection)

    def answer(self, call: Call) -> None:
        response = self.write(call)
        for log in self.logs.values():
            log.sync()
        call.answer(response)

    def settle(self) -> None:
        """Everything works from now on."""
        self.stage.feed(StopRequested())
        for _ in range(200):
            if self.stage.halted:
                return
            for call in self.stage.calls(ApiKey.PRODUCE):
                if call in self.stage.pending:
                    self.answer(call)
            self.stage.run(200 * MILLISECOND)

    def judge(self) -> None:
        assert self.stage.halted
        flushes = dict.fromkeys(self.flushes)
        assert sorted(self.stage.results) == list(range(1, self.tickets + 1))
        for partition, log in self.logs.items():
            assert len(set(log.values)) == len(log.values), f"written twice in {partition}"
            numbers = [int(value) for value in log.values]
            assert numbers == sorted(numbers), "out of order"
        written = {value for log in self.logs.values() for value in log.values}
        for ticket in range(1, self.tickets + 1):
            result = self.stage.result(ticket)
            if ticket in flushes:
                assert result == Flushed()
            elif isinstance(result, Acknowledged):
                assert self.logs[result.partition].values[result.offset] == b"%d" % ticket
            else:
                assert isinstance(result, Failed)
                assert not (result.definite and b"%d" % ticket in written), result


FATES = ("answer", "refuse", "append, then time out", "lose the requests", "lose the response", "lose the responses", "power cut")
PAUSES = (MILLISECOND, 60 * MILLISECOND, 300 * MILLISECOND, SECOND)
STEPS = st.one_of(
    st.tuples(st.just("produce"), st.integers(0, 1), st.integers(1, 6)),
    st.tuples(st.just("meet"), st.sampled_from(FATES), st.integers(0, 6)),
    st.tuples(st.just("wait"), st.sampled_from(PAUSES)),
    st.tuples(st.just("move"), st.integers(0, 1)),
    st.tuples(st.just("flush")),
)


def a_walk(dice: Prng, length: int) -> list[tuple[Any, ...]]:
    """Many steps of the same kinds, mostly of those that lead far."""
    kinds = ("produce", "produce", "meet", "meet", "meet", "wait", "wait", "move", "flush")
    steps: list[tuple[Any, ...]] = []
    for _ in range(length):
        kind = kinds[dice.below(len(kinds))] if dice.chance(9, 10) else "meet"
        details: dict[str, tuple[Any, ...]] = {
            "produce": (dice.below(2), dice.between(1, 6)),
            "meet": (FATES[dice.below(len(FATES))], dice.below(7)),
            "wait": (PAUSES[dice.below(len(PAUSES) - 1)],),
            "move": (dice.below(2),),
            "flush": (),
        }
        steps.append((kind, *details[kind]))
    return steps


def live(world: World, steps: list[tuple[Any, ...]]) -> World:
    for kind, *details in steps:
        if kind == "produce":
            world.produce(*details)
        elif kind == "meet":
            world.meet(*details)
        elif kind == "wait":
            world.stage.run(*details)
        elif kind == "move":
            world.move(*details)
        else:
            world.flush()
    world.settle()
    return world


@pytest.mark.parametrize("seed", range(40))
def test_long_lives_keep_the_same_promises(seed: int) -> None:
    dice = Prng(seed)
    for linger in (0, 5 * MILLISECOND):
        live(World(seed, linger), a_walk(dice, 120)).judge()


@settings(max_examples=200, deadline=None)
@given(st.lists(STEPS, max_size=60), st.integers(0, 3), st.sampled_from((0, 5 * MILLISECOND)))
def test_every_ticket_is_answered_once_and_honestly_and_nothing_is_written_twice_or_out_of_order(
    steps: list[tuple[Any, ...]], seed: int, linger: int
) -> None:
    live(World(seed, linger), steps).judge()


@settings(max_examples=30, deadline=None)
@given(st.lists(STEPS, max_size=30), st.integers(0, 3))
def test_equal_events_lead_to_equal_states_and_states_can_be_copied(steps: list[tuple[Any, ...]], seed: int) -> None:
    first, second = live(World(seed, 0), steps), live(World(seed, 0), steps)
    assert first.stage.fingerprint() == second.stage.fingerprint()
    assert deepcopy(first.stage.node).statistics() == first.stage.node.statistics()
