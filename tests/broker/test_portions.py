"""Answers in portions: who asks for more than is sent must take the first of it before there is more."""

from bench import Bench, Client, batch_of, fetch_request, produce_request

from streambus.broker import BrokerConfig, Limits
from streambus.kernel import Closed, Congested, Received, Relieved, Woken
from streambus.wire import messages

ASKED = 12


class Greedy:
    """A broker with a topic of some kilobytes, and a client that asks for all of it twelve times, in one piece."""

    def __init__(self, answer_bytes_max: int) -> None:
        self.bench = Bench(BrokerConfig(limits=Limits(answer_bytes_max=answer_bytes_max)))
        self.bench.create("t")
        writer = self.bench.connect()
        for _ in range(4):
            writer.ask(produce_request("t", batch_of(b"x" * 1_000)), 9)
        self.client = self.bench.connect()
        self.client.ask(messages.ApiVersionsRequest(), 3)
        sender = Client(self.bench, self.client.id)
        one = [sender.wire.send(fetch_request("t", max_wait_ms=0), 11)[1] for _ in range(ASKED)]
        self.stream = b"".join(bytes(part) for parts in one for part in parts)
        self.before = self.answered

    @property
    def answered(self) -> int:
        return self.bench.broker.connections[self.client.id].first_slot

    def ask(self) -> int:
        self.client.receive = lambda _data: None  # type: ignore[method-assign]
        self.bench.step(Received(self.client.id, self.stream))
        return self.answered - self.before


def test_what_fits_is_answered_at_once():
    assert Greedy(answer_bytes_max=1 << 20).ask() == ASKED


def test_what_does_not_fit_follows_in_portions():
    greedy = Greedy(answer_bytes_max=10_000)
    assert 1 <= greedy.ask() <= 3
    assert greedy.client.is_paused
    greedy.bench.advance(1)
    assert greedy.answered - greedy.before == ASKED
    assert not greedy.client.is_paused


def test_a_peer_that_does_not_read_gets_the_next_portion_when_it_does():
    greedy = Greedy(answer_bytes_max=10_000)
    first = greedy.ask()
    greedy.bench.step(Congested(greedy.client.id))
    greedy.bench.advance(10_000)
    assert greedy.answered - greedy.before == first
    greedy.bench.step(Relieved(greedy.client.id))
    greedy.bench.step(Woken())
    assert first < greedy.answered - greedy.before < ASKED
    greedy.bench.advance(1)
    assert greedy.answered - greedy.before == ASKED


def test_one_that_leaves_is_forgotten():
    greedy = Greedy(answer_bytes_max=10_000)
    greedy.ask()
    greedy.bench.step(Closed(greedy.client.id, "gone"))
    greedy.bench.advance(10)
    assert greedy.client.id not in greedy.bench.broker.connections


def test_what_is_asked_meanwhile_waits_behind():
    greedy = Greedy(answer_bytes_max=10_000)
    greedy.ask()
    greedy.bench.step(Received(greedy.client.id, b""))
    assert greedy.answered - greedy.before <= 3
    greedy.bench.advance(1)
    assert greedy.answered - greedy.before == ASKED


def test_those_who_wait_have_their_turns_one_at_a_time():
    bench = Bench(BrokerConfig(limits=Limits(requests_at_once_max=10)))
    crowd = [bench.connect() for _ in range(3)]
    for client in crowd:
        sender = Client(bench, client.id)
        stream = b"".join(bytes(part) for _ in range(200) for part in sender.wire.send(messages.ApiVersionsRequest(), 0)[1])
        client.receive = lambda _data: None  # type: ignore[method-assign]
        bench.step(Received(client.id, stream))

    def answered() -> list[int]:
        return [bench.broker.connections[client.id].first_slot for client in crowd]

    assert answered() == [10, 10, 10]
    bench.step(Woken())
    assert answered() == [20, 10, 10]
    bench.step(Woken())
    bench.step(Woken())
    assert answered() == [20, 20, 20]
    bench.step(Closed(crowd[1].id, "gone"))
    bench.settle()
    assert [bench.broker.connections[client.id].first_slot for client in (crowd[0], crowd[2])] == [200, 200]
    assert not bench.broker.backlog
