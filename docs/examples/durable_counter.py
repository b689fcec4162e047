"""A first node: a counter that never forgets. Five minutes to read, runs in both worlds.

    python docs/examples/durable_counter.py real        # then `nc 127.0.0.1 7000`, type lines; kill it, start it, type more
    python docs/examples/durable_counter.py simulated   # the same machine on a simulated disk, with power cuts

Every line that a client sends counts one; the client is answered with the new total, but only once that total is on the disk. However
many clients send at the same time, they share one write and one sync: that is all there is to group commit.
"""

import sys
from pathlib import Path
from typing import ClassVar

from streambus.kernel import (
    MILLISECOND,
    SECOND,
    Buffer,
    Closed,
    Connected,
    ConnectionId,
    Create,
    Dial,
    DiskFailed,
    Drained,
    Event,
    FileName,
    Halt,
    Node,
    Read,
    Received,
    Routes,
    Send,
    Started,
    StopRequested,
    Sync,
    SyncDirectory,
    Turn,
    Write,
    message,
)

FILE = FileName("total")
DIGITS = 20


# What can happen to this node besides what every driver reports. An effect that completes carries its completion.


@message
class TotalRead(Event):
    """What an earlier life left; None if there was none."""

    data: Buffer | None = None


@message
class TotalSynced(Event):
    """`total` is on the disk."""

    total: int


@message
class Door:
    """Where clients knock."""

    name: str
    host: str
    port: int


@message
class CounterConfig:
    """What a counter is told when it is born. The simulator looks here for where a node listens."""

    listeners: tuple[Door, ...] = (Door("lines", "counter", 7000),)


class DurableCounter(Node):
    """Counts lines. Promises: a total that was answered survives any crash."""

    ROUTES: ClassVar[Routes] = {
        Started: "on_started",
        TotalRead: "on_total_read",
        Connected: "on_connected",
        Received: "on_received",
        Drained: "on_drained",
        TotalSynced: "on_total_synced",
        Closed: "on_closed",
        DiskFailed: "on_disk_failed",
        StopRequested: "on_stop_requested",
    }

    def __init__(self, config: CounterConfig) -> None:
        super().__init__()
        self.config = config
        self.total = 0  # total >= syncing >= durable
        self.syncing = 0
        self.durable = 0
        self.is_recovered = False
        self.waiting: list[tuple[int, ConnectionId]] = []

    def on_started(self, turn: Turn, event: Started) -> None:
        turn.do(Read(FILE, 0, DIGITS, TotalRead()))

    def on_total_read(self, turn: Turn, event: TotalRead) -> None:
        if event.data is None:
            turn.do(Create(FILE))
            turn.do(SyncDirectory())
        # A crash may have left the file empty: then nothing was ever answered.
        recovered = int(bytes(event.data or b"") or b"0")
        # Lines may have been counted while we read: they come on top.
        self.total += recovered
        self.waiting = [(total + recovered, connection) for total, connection in self.waiting]
        # What was found may be unsynced still: written by a life that was killed before its sync. Nothing above 0 is durable yet.
        self.is_recovered = True
        self._sync(turn)

    def on_connected(self, turn: Turn, event: Connected) -> None:
        turn.do(Send(event.connection, (b"count your lines\n",)))

    def on_received(self, turn: Turn, event: Received) -> None:
        for _ in range(bytes(event.data).count(b"\n")):
            self.total += 1
            self.waiting.append((self.total, event.connection))

    def on_drained(self, turn: Turn, event: Drained) -> None:
        if self.is_recovered:
            self._sync(turn)

    def on_total_synced(self, turn: Turn, event: TotalSynced) -> None:
        self.durable = event.total
        ready = [entry for entry in self.waiting if entry[0] <= self.durable]
        self.waiting = self.waiting[len(ready) :]
        for total, connection in ready:
            turn.do(Send(connection, (b"%d\n" % total,)))
        self._sync(turn)

    def on_closed(self, turn: Turn, event: Closed) -> None:
        self.waiting = [entry for entry in self.waiting if entry[1] != event.connection]

    def on_disk_failed(self, turn: Turn, event: DiskFailed) -> None:
        turn.do(Halt(f"cannot {event.operation} {event.file}: {event.error}"))

    def on_stop_requested(self, turn: Turn, event: StopRequested) -> None:
        turn.do(Halt())

    def _sync(self, turn: Turn) -> None:
        """One write and one sync for everything that was counted meanwhile, one at a time."""
        if self.total > self.syncing == self.durable:
            self.syncing = self.total
            turn.do(Write(FILE, 0, (b"%0*d" % (DIGITS, self.total),)))
            turn.do(Sync(FILE, TotalSynced(self.total)))


# The real world --------------------------------------------------------------------------------------------------------


def really() -> None:
    """Serve on 127.0.0.1:7000 with the total in ./counter-data, until Ctrl-C."""
    import trio

    from streambus.real import Driver, listen
    from streambus.real.serving import run_until_signal

    folder = Path("counter-data")
    folder.mkdir(exist_ok=True)
    door = listen("lines", "127.0.0.1", 7000)
    print(f"counting lines on {door.address}")
    trio.run(run_until_signal, Driver(DurableCounter(CounterConfig()), folder=folder, listening=[door]))


# The simulated world ---------------------------------------------------------------------------------------------------


@message
class CallerConfig:
    """A caller needs to know nothing."""


@message
class CallAgain(Event):
    """Time to dial once more."""


class Caller(Node):
    """Sends a line, waits for the answer, sends the next; dials again when the line goes dead."""

    ROUTES: ClassVar[Routes] = {
        Started: "on_call_again",
        CallAgain: "on_call_again",
        Connected: "on_connected",
        Received: "on_received",
        Closed: "on_closed",
        Drained: (),
    }

    def __init__(self, config: CallerConfig) -> None:
        super().__init__()
        self.calls = 0
        self.rest = b""
        self.answers: list[int] = []

    def on_call_again(self, turn: Turn, event: Event) -> None:
        self.calls += 1
        turn.do(Dial(ConnectionId(-self.calls), "counter", 7000))
        # A machine without power does not say that it is gone.
        turn.wake_after(SECOND, CallAgain())

    def on_connected(self, turn: Turn, event: Connected) -> None:
        self.rest = b""
        turn.do(Send(event.connection, (b"tick\n",)))

    def on_received(self, turn: Turn, event: Received) -> None:
        # A stream has no lines: an answer may come in pieces, and the simulator sees to it that it does.
        *lines, self.rest = (self.rest + bytes(event.data)).split(b"\n")
        totals = [int(line) for line in lines if line.isdigit()]
        self.answers += totals
        if totals and event.connection == -self.calls:
            turn.wake_after(SECOND, CallAgain())
            turn.do(Send(event.connection, (b"tick\n",)))

    def on_closed(self, turn: Turn, event: Closed) -> None:
        if event.connection == -self.calls:
            turn.wake_after(50 * MILLISECOND, CallAgain())


def simulated(seed: int = 1) -> list[int]:
    """Ten simulated seconds with a power cut every second; the totals that the caller was told."""
    from streambus.kernel import Prng
    from streambus.sim.disk import SimulatedDisk
    from streambus.sim.simulation import Simulation

    simulation = Simulation(seed, {CounterConfig: DurableCounter, CallerConfig: Caller})
    counter = simulation.add_host("counter", CounterConfig(), SimulatedDisk(Prng(seed)))
    caller = simulation.add_host("caller", CallerConfig(), SimulatedDisk(Prng(seed)))
    counter.start()
    life = caller.start()
    for second in range(1, 10):
        simulation.agenda.at(second * SECOND, lambda _: counter.cut_power())
        simulation.agenda.at(second * SECOND + 100 * MILLISECOND, lambda _: counter.start())
    simulation.run(10 * SECOND)
    node = life.node
    assert isinstance(node, Caller)
    print(f"seed {seed}: {simulation.events} events, {counter.lives} lives, {len(node.answers)} answers, the last is {node.answers[-1]}")
    assert node.answers == sorted(set(node.answers)), "a total was answered and then forgotten"
    return node.answers


if __name__ == "__main__":
    {"real": really, "simulated": simulated}[sys.argv[1] if len(sys.argv) > 1 else "simulated"]()
