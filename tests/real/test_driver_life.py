"""A node's life in the driver: time, stopping, failing, dialling, files, and a journal of it all."""

from pathlib import Path
from typing import Any, ClassVar

import pytest
import trio
import trio.testing
from echoing import Echo

from streambus.kernel import (
    MILLISECOND,
    SECOND,
    ClockAdjusted,
    Closed,
    Connected,
    ConnectionId,
    Create,
    Dial,
    Drained,
    Effect,
    Event,
    FileName,
    FileSlice,
    Halt,
    Journal,
    Node,
    Received,
    Routes,
    Send,
    Severity,
    Started,
    StopRequested,
    Trace,
    Turn,
    Write,
    message,
    replay,
)
from streambus.real import Driver, listen


@message
class Rang(Event):
    number: int


@message
class Say(Effect):
    text: str


class Probe(Node):
    """Notes what it hears; does at its start what it is told to."""

    ROUTES: ClassVar[Routes] = dict.fromkeys((Started, StopRequested, Drained, Rang, ClockAdjusted, Connected, Received, Closed), "hear")

    def __init__(self, *effects: Effect) -> None:
        super().__init__()
        self.effects = effects
        self.heard: list[Event] = []
        self.times: list[int] = []
        self.alarms = 0

    def hear(self, turn: Turn, event: Event) -> None:
        self.heard.append(event)
        self.times.append(turn.now)
        if type(event) is Started:
            for effect in self.effects:
                turn.do(effect)
            for number in range(self.alarms):
                turn.wake_after(number * 250 * MILLISECOND, Rang(number))
        elif type(event) is StopRequested:
            turn.do(Halt())
        elif type(event) is Rang and event.number + 1 == self.alarms:
            turn.do(Halt("time is up"))
        elif type(event) is ClockAdjusted:
            turn.do(Halt("clocks are strange here"))
        elif type(event) is Received:
            raise ZeroDivisionError("our mistake")
        elif type(event) is Closed:
            turn.do(Halt(event.reason))


def run(node: Node, **options: Any) -> str | None:
    return trio.run(Driver(node, **options).run, clock=trio.testing.MockClock(autojump_threshold=0))


def test_alarms_ring_at_their_time_and_not_before() -> None:
    node = Probe()
    node.alarms = 4
    assert run(node) == "time is up"
    rang = [(event.number, time) for event, time in zip(node.heard, node.times, strict=True) if isinstance(event, Rang)]
    assert [number for number, _ in rang] == [0, 1, 2, 3]
    for number, time in rang:
        assert 0 <= time - number * 250 * MILLISECOND < MILLISECOND


def test_a_wall_clock_that_was_moved_is_reported() -> None:
    node = Probe()
    assert run(node) == "clocks are strange here"  # the driver's clock jumps ahead, the wall clock stays
    started, adjusted = node.heard[0], node.heard[-1]
    assert isinstance(started, Started)
    assert isinstance(adjusted, ClockAdjusted)
    assert abs(started.wall_offset - adjusted.wall_offset - SECOND) < 100 * MILLISECOND


def test_after_its_end_a_node_hears_nothing() -> None:
    node = Probe(Halt("enough"), Say("never"))
    driver = Driver(node)
    assert trio.run(driver.run) == "enough"
    driver.feed(Rang(1))
    assert [type(event) for event in node.heard] == [Started]


def test_effects_of_its_own_and_traces_are_handed_out() -> None:
    said: list[Effect] = []
    traced: list[Trace] = []
    trace = Trace(Severity.INFO, "hello", (("a", 1),))
    assert run(Probe(Say("one"), trace, Say("two"), Halt()), perform=said.append, trace=traced.append) is None
    assert said == [Say("one"), Say("two")]
    assert traced == [trace]


def test_an_effect_that_nobody_performs_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="no driver performs"):
        run(Probe(Say("one")))


def test_events_can_come_from_a_users_task() -> None:
    async def story() -> None:
        node = Probe()
        driver = Driver(node)
        async with trio.open_nursery() as nursery:
            await nursery.start(driver.run)
            driver.feed(Rang(1))
            driver.feed(Rang(2))
            await trio.testing.wait_all_tasks_blocked()
            assert node.heard[-3:] == [Rang(1), Rang(2), Drained()]
            driver.request_stop()

    trio.run(story)


def test_a_node_that_fails_takes_the_driver_with_it() -> None:
    async def story() -> None:
        listening = listen("test", "127.0.0.1", 0)
        failures: list[BaseException] = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(client, listening.port)
            try:
                await Driver(Probe(), listening=[listening]).run()
            except ZeroDivisionError as error:
                failures.append(error)
            nursery.cancel_scope.cancel()
        assert [str(failure) for failure in failures] == ["our mistake"]
        with pytest.raises(OSError, match="all attempts to connect"):
            await trio.open_tcp_stream("127.0.0.1", listening.port)

    async def client(port: int) -> None:
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(b"\0\0\0\1x")
            await trio.sleep_forever()

    trio.run(story)


def test_a_node_dials_and_is_answered() -> None:
    async def story() -> None:
        echo, caller = Echo(), Caller()
        listening = listen("test", "localhost", 0)
        server = Driver(echo, listening=[listening])
        caller.port = listening.port
        async with trio.open_nursery() as nursery:
            await nursery.start(server.run)
            assert await Driver(caller).run() == "answered \0\0\0\2hi"
            server.request_stop()

    trio.run(story)


class Caller(Node):
    """Dials, says hi, and ends with the answer."""

    ROUTES: ClassVar[Routes] = {Started: "dial", Connected: "say", Received: "end", Drained: "ignore", Closed: "ignore"}
    port = 0

    def dial(self, turn: Turn, _: Event) -> None:
        turn.do(Dial(ConnectionId(-1), "localhost", self.port))

    def say(self, turn: Turn, event: Connected) -> None:
        turn.do(Send(event.connection, (b"\0\0\0\2", b"hi")))

    def end(self, turn: Turn, event: Received) -> None:
        turn.do(Halt("answered " + bytes(event.data).decode()))

    def ignore(self, turn: Turn, event: Event) -> None:
        del turn, event


@pytest.mark.parametrize("size", [10, 200_000], ids=["in the loop", "in the thread"])
def test_effects_of_one_step_are_performed_in_order(tmp_path: Path, size: int) -> None:
    """A slice shows what was written before it, and what was asked for before the end is done at the end."""
    name = FileName("a")

    async def story() -> None:
        listening = listen("test", "127.0.0.1", 0)
        one = ConnectionId(1)
        node = Answer(
            Create(name),
            Write(name, 0, (b"x" * size,)),
            Send(one, (b"head", FileSlice(name, 0, size))),
            Write(name, size, (b"y" * size,)),
            Send(one, (FileSlice(name, size, size), b"tail")),
            Write(name, 2 * size, (b"z",)),
        )
        driver = Driver(node, folder=tmp_path, listening=[listening])
        async with trio.open_nursery() as nursery:
            await nursery.start(driver.run)
            async with await trio.open_tcp_stream("127.0.0.1", listening.port) as stream:
                await stream.send_all(b"\0\0\0\0")
                answer = bytearray()
                while len(answer) < 2 * size + 8:
                    answer += await stream.receive_some()
                assert answer == b"head" + b"x" * size + b"y" * size + b"tail"
                node.effects = (Write(name, 2 * size + 1, (b"!" * size,)), Halt())
                await stream.send_all(b"\0\0\0\0")
        assert (tmp_path / name).read_bytes() == b"x" * size + b"y" * size + b"z" + b"!" * size

    trio.run(story)


class Answer(Node):
    """Does what it is told to whenever it receives something."""

    ROUTES: ClassVar[Routes] = {Received: "answer", **dict.fromkeys((Started, Connected, Drained, Closed), "ignore")}

    def __init__(self, *effects: Effect) -> None:
        super().__init__()
        self.effects = effects

    def answer(self, turn: Turn, event: Event) -> None:
        del event
        for effect in self.effects:
            turn.do(effect)

    def ignore(self, turn: Turn, event: Event) -> None:
        del turn, event


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_dial_that_nobody_answers_ends_in_closed(host: str) -> None:
    door = listen("test", "127.0.0.1", 0)
    door.sock.close()
    assert trio.run(Driver(Probe(Dial(ConnectionId(-1), host, door.port))).run) == f"{host}:{door.port}: connection refused"


def test_a_name_that_does_not_exist_ends_in_closed() -> None:
    outcome = trio.run(Driver(Probe(Dial(ConnectionId(-7), "no-such-host.invalid", 1))).run)
    assert outcome is not None
    assert outcome.startswith("no-such-host.invalid:1: ")


def test_the_journal_of_a_life_replays_it(tmp_path: Path) -> None:
    journal = Journal()
    frame = b"\0\0\0\5hello"

    async def story() -> None:
        listening = listen("test", "127.0.0.1", 0)
        driver = Driver(Echo(durable=True), folder=tmp_path, listening=[listening], journal=journal, seed=7)
        async with trio.open_nursery() as nursery:
            await nursery.start(driver.run)
            async with await trio.open_tcp_stream("127.0.0.1", listening.port) as stream:
                for _ in range(3):
                    await stream.send_all(frame)
                    assert await stream.receive_some() == frame
            driver.request_stop()

    trio.run(story)
    effects = [effect for step in replay(Echo(durable=True), journal) for effect in step]
    assert [effect.parts for effect in effects if isinstance(effect, Send)] == [(frame,)] * 3
    assert effects[-1] == Halt()
