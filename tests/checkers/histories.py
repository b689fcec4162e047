"""Short ways to write histories down, and a correct log to take them from."""

from collections.abc import Iterable

from hypothesis import strategies as st

from streambus.checkers import Action, Assigned, History, Operation, Outcome, Polled, Sent

TOPIC = "orders"


def sent(value: str, offset: int | None = None, partition: int = 0) -> Sent:
    return Sent(TOPIC, partition, value.encode(), offset)


def polled(offset: int, value: str, partition: int = 0) -> Polled:
    return Polled(TOPIC, partition, offset, value.encode())


def assigned(*partitions: int) -> Assigned:
    return Assigned(tuple((TOPIC, partition) for partition in partitions))


def ok(process: str, *actions: Action) -> tuple[str, Outcome, tuple[Action, ...]]:
    return (process, Outcome.OK, actions)


def fail(process: str, *actions: Action) -> tuple[str, Outcome, tuple[Action, ...]]:
    return (process, Outcome.FAIL, actions)


def info(process: str, *actions: Action) -> tuple[str, Outcome, tuple[Action, ...]]:
    return (process, Outcome.INFO, actions)


def history(*steps: tuple[str, Outcome, tuple[Action, ...]]) -> History:
    """A history whose operations happen one after the other, 10 µs apart."""
    return History([Operation(process, outcome, at * 10, at * 10 + 5, actions) for at, (process, outcome, actions) in enumerate(steps)])


def written(*values: str, partition: int = 0, process: str = "producer") -> list[tuple[str, Outcome, tuple[Action, ...]]]:
    """Acknowledged sends that fill a partition from offset 0."""
    return [ok(process, sent(value, offset, partition)) for offset, value in enumerate(values)]


class CorrectLog:
    """A log that keeps its promises, and the history of clients that use it. Everything is decided by `choose(n)`, a number below n."""

    def __init__(self, choose, partitions: int = 2) -> None:
        self.choose = choose
        self.logs: list[list[bytes]] = [[] for _ in range(partitions)]
        self.positions: dict[str, list[int]] = {}
        self.late: list[tuple[int, bytes]] = []
        self.history = History()
        self.now = 0
        self.values = 0

    def step(self) -> None:
        """One operation of one client."""
        self.now += self.choose(3) + 1
        (self.send, self.send, self.poll, self.poll, self.assign, self.land_late)[self.choose(6)]()

    def send(self, outcome: Outcome | None = None) -> None:
        if outcome is None:
            outcome = (Outcome.OK, Outcome.OK, Outcome.OK, Outcome.FAIL, Outcome.INFO)[self.choose(5)]
        process = f"producer {self.choose(2)}"
        actions = []
        for _ in range(1 + self.choose(2)):
            partition, value = self.choose(len(self.logs)), b"v%d" % self.values
            self.values += 1
            offset = len(self.logs[partition])
            fate = self.choose(3)
            if outcome is Outcome.OK or (outcome is Outcome.INFO and fate == 0):
                self.logs[partition].append(value)
            elif outcome is Outcome.INFO and fate == 1:
                self.late.append((partition, value))
            actions.append(Sent(TOPIC, partition, value, offset if outcome is Outcome.OK else None))
        self._record(process, outcome, actions)

    def land_late(self) -> None:
        """A send that its client had given up arrives after all."""
        if self.late:
            partition, value = self.late.pop(self.choose(len(self.late)))
            self.logs[partition].append(value)

    def poll(self, process: str | None = None, limit: int = 4) -> None:
        process = process or f"consumer {self.choose(2)}"
        positions = self.positions.setdefault(process, [0] * len(self.logs))
        actions = []
        for partition, log in enumerate(self.logs):
            for offset in range(positions[partition], min(len(log), positions[partition] + 1 + self.choose(limit))):
                actions.append(Polled(TOPIC, partition, offset, log[offset]))
                positions[partition] = offset + 1
        outcome = (Outcome.OK, Outcome.OK, Outcome.OK, Outcome.INFO)[self.choose(4)] if process != "last reader" else Outcome.OK
        self._record(process, outcome, actions if outcome is Outcome.OK else [])

    def assign(self) -> None:
        process = f"consumer {self.choose(2)}"
        self.positions[process] = [self.choose(len(log) + 1) for log in self.logs]
        self._record(process, Outcome.OK, [assigned(*range(len(self.logs)))])

    def finish(self) -> History:
        """Read everything to its end; the whole history."""
        while self.positions.get("last reader") != [len(log) for log in self.logs]:
            self.now += 1
            self.poll("last reader", limit=20)
        return self.history

    def _record(self, process: str, outcome: Outcome, actions: Iterable[Action]) -> None:
        begun = self.now
        self.now += self.choose(3)
        self.history.append(Operation(process, outcome, begun, self.now, tuple(actions)))


@st.composite
def correct_histories(draw: st.DrawFn) -> History:
    """Histories of clients of a correct log, read to its end."""
    log = CorrectLog(lambda n: draw(st.integers(0, n - 1)))
    for _ in range(draw(st.integers(0, 25))):
        log.step()
    return log.finish()


@st.composite
def rich_histories(draw: st.DrawFn) -> History:
    """Correct histories of one partition that hold sends of every outcome, and several of one producer."""
    log = CorrectLog(lambda n: draw(st.integers(0, n - 1)), partitions=1)
    for outcome in (Outcome.OK, Outcome.FAIL, Outcome.OK, Outcome.INFO, Outcome.OK, Outcome.OK, Outcome.OK):
        log.now += 1
        log.send(outcome)
        if draw(st.booleans()):
            log.step()
    return log.finish()
