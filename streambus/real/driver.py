"""The driver: gives one node real time, real connections and a real disk.

The heart is `Driver.feed`: one event in, the effects out, performed in order. Everything else in this package only finds out that
something happened and calls it. It never waits and never runs inside itself: what happens while a step is under way is taken in after it.
"""

import os
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from socket import socket
from time import time_ns
from typing import Any

import trio
from trio.lowlevel import checkpoint, current_clock, current_task, current_trio_token, reschedule, wait_task_rescheduled

from streambus.kernel import (
    MILLISECOND,
    SECOND,
    ClockAdjusted,
    Close,
    Closed,
    Connected,
    ConnectionId,
    Dial,
    Drained,
    Effect,
    Event,
    FileSlice,
    Halt,
    Instant,
    Journal,
    Node,
    Pause,
    Received,
    Resume,
    Send,
    Started,
    StopRequested,
    Trace,
    Woken,
    Work,
)
from streambus.real.buffers import Buffers
from streambus.real.connection import Connection, describe
from streambus.real.descriptors import connections_max
from streambus.real.dialling import dial
from streambus.real.disk import DISK_EFFECTS, Disk
from streambus.real.files import Files, FileSystem
from streambus.real.listening import Listening, accept
from streambus.real.returning import Returning
from streambus.real.work import Worker

EVENTS_BEFORE_DRAINED_MAX = 64
"""At the latest after so many events the node hears `Drained`."""

WALL_CLOCK_CHECK_SECONDS = 1
WALL_CLOCK_TOLERANCE = 50 * MILLISECOND
"""A wall clock that was moved by more than this is reported."""


class Driver:
    """Hosts one life of one node. `run` is that life; `feed` may be called from any trio task meanwhile.

    `folder` is where its files are (None: it has none). `perform` is given the effects the driver does not know: what a client
    node tells its user. `trace` is given the lines for people. `journal`, if any, notes every event. `open_files` says what the disk
    stands on, `wall_clock` what people call the time, in nanoseconds. Once `is_over`, the node hears nothing any more.
    """

    def __init__(
        self,
        node: Node,
        *,
        folder: Path | None = None,
        listening: Sequence[Listening] = (),
        perform: Callable[[Effect], None] | None = None,
        trace: Callable[[Trace], None] | None = None,
        journal: Journal | None = None,
        seed: int | None = None,
        open_files: Callable[[Path], FileSystem] = Files,
        wall_clock: Callable[[], int] = time_ns,
    ) -> None:
        self.node = node
        self.buffers = Buffers()
        files = None if folder is None else open_files(folder)
        self.disk = None if files is None else Disk(files, self._completed_soon)
        self.worker = None if files is None else Worker(files, self._worked_soon)
        self._listening = listening
        self._perform_other = perform
        self._trace = trace
        self._journal = journal
        self._wall_clock = wall_clock
        self._seed = int.from_bytes(os.urandom(8), "big") if seed is None else seed
        self._connections: dict[ConnectionId, Connection] = {}
        self._connections_max = connections_max()
        self._returning = Returning()
        self._inbound = 0
        self._inbox: deque[Event] = deque()
        self._stepping = False
        self.is_over = False
        self._halt: Halt | None = None
        self._failure: Exception | None = None
        self._touched: list[Connection] = []
        self._disk_group: list[Effect] = []
        self._awaiting_disk: dict[Connection, None] = {}
        self._undrained = 0
        self._flusher: trio.lowlevel.Task | None = None
        self._wake_scope: trio.CancelScope | None = None
        self._armed: Instant | None = None
        self._perform: dict[type[Effect], Callable[[Any], None]] = {
            Send: self._send,
            Close: self._close,
            Pause: self._pause,
            Resume: self._resume,
            Dial: self._dial,
            Trace: self.note,
            Halt: self._end,
            **dict.fromkeys(DISK_EFFECTS, self._disk_group.append),
            Work: self._work,
        }

    # The life -----------------------------------------------------------------------------------------------------------

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> str | None:
        """Host the node until it halts. Returns what `Halt` said: None after a clean end, else one line that says why.

        Raises what `step` or a task raised, after everything is closed: a node that failed is never half alive. Cancelling is a power cut
        for the node, except that the disk effects it asked for are still performed. Long work is never waited for: it is cut off.
        """
        clock = current_clock()
        self._current_time = clock.current_time
        self._origin = clock.current_time()
        self._wall_offset = self._read_wall_offset()
        self._token = current_trio_token()
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                self.feed(Started(self._wall_offset, self._seed))
                nursery.start_soon(self._drain)
                nursery.start_soon(self._wake)
                nursery.start_soon(self._watch_wall_clock)
                for listening in self._listening:
                    nursery.start_soon(accept, self, listening)
                task_status.started()
        finally:
            self.is_over = True
            if self.worker is not None:
                self.worker.finish()
            if self.disk is not None:
                self.disk.finish()
        if self._failure is not None:
            raise self._failure
        return self._halt.error if self._halt is not None else None

    def request_stop(self) -> None:
        """Ask the node to shut down cleanly."""
        self.feed(StopRequested())

    def now(self) -> Instant:
        """Microseconds since `run` began."""
        return Instant(int((self._current_time() - self._origin) * SECOND))

    def feed(self, event: Event) -> None:
        """Let the node take in `event` and perform what follows. After the node's end it does nothing."""
        if not self.is_over:
            self._inbox.append(event)
            self._take_in()

    def _take_in(self) -> None:
        """Step until the inbox is empty, unless that is what is going on already."""
        if self._stepping or self.is_over:
            return
        inbox = self._inbox
        self._stepping = True
        try:
            while inbox and not self.is_over:
                self._step(inbox.popleft())
                if not inbox:
                    self._settle()
        except Exception as error:  # whatever it is: a node that could not take an event must not take another
            self._fail(error)
        finally:
            self._stepping = False

    def _step(self, event: Event) -> None:
        now = self.now()
        if self._journal is not None:
            self._journal.append(now, lasting(event))
        if type(event) is Drained:
            self._undrained = 0
        else:
            self._undrained += 1
        effects = self.node.step(now, event)
        if effects:
            perform = self._perform
            for effect in effects:
                (perform.get(type(effect)) or self._pass_on)(effect)
                if self.is_over:
                    return
            if self._disk_group:
                self._flush()  # nobody's answer waits for a disk that has nothing to do with it
                self._submit()

    def _settle(self) -> None:
        """The inbox is empty: send what is to be sent, see to it that `Drained` and `Woken` come."""
        self._flush()
        if self._undrained:
            if self._undrained >= EVENTS_BEFORE_DRAINED_MAX:
                self._inbox.append(Drained())
            elif self._flusher is not None:
                flusher, self._flusher = self._flusher, None
                reschedule(flusher)
        deadline = self.node.next_deadline
        if deadline is not None and (self._armed is None or deadline < self._armed):
            self._arm(deadline)

    def _flush(self) -> None:
        touched, self._touched = self._touched, []
        for connection in touched:
            connection.flush()

    def _fail(self, error: Exception) -> None:
        self._failure = error
        self._finish()

    def _finish(self) -> None:
        """No event after this one. What was sent before is on its way as far as the sockets take it."""
        self.is_over = True
        self._inbox.clear()
        self._flush()
        self._nursery.cancel_scope.cancel()

    # Draining and waking ------------------------------------------------------------------------------------------------

    async def _drain(self) -> None:
        """Say `Drained` one scheduler pass after an event: then everything that was ready with it has been handed over."""
        while True:
            if self._undrained:
                await checkpoint()
            else:
                self._flusher = current_task()
                await wait_task_rescheduled(self._give_up_draining)
            self.feed(Drained())

    def _give_up_draining(self, _: object) -> trio.lowlevel.Abort:
        self._flusher = None
        return trio.lowlevel.Abort.SUCCEEDED

    async def _wake(self) -> None:
        """Say `Woken` when the node's next deadline has come."""
        while True:
            deadline = self.node.next_deadline
            if deadline is not None and deadline <= self.now():
                self.feed(Woken())
            with trio.CancelScope() as scope:
                self._wake_scope, self._armed = scope, None
                deadline = self.node.next_deadline
                if deadline is not None:
                    self._arm(deadline)
                await trio.sleep_forever()
            self._wake_scope = None

    def _arm(self, deadline: Instant) -> None:
        """Have `_wake` look again at `deadline`. It is never armed later than needed; waking too early is harmless."""
        if self._wake_scope is not None:
            self._armed = deadline
            self._wake_scope.deadline = self._origin + (deadline + 1) / SECOND

    async def _watch_wall_clock(self) -> None:
        """Once a second: whether somebody has moved the clock, and whether a crowd has left."""
        while True:
            await trio.sleep(WALL_CLOCK_CHECK_SECONDS)
            self._returning.look()
            wall_offset = self._read_wall_offset()
            if abs(wall_offset - self._wall_offset) > WALL_CLOCK_TOLERANCE:
                self._wall_offset = wall_offset
                self.feed(ClockAdjusted(wall_offset))

    def _read_wall_offset(self) -> int:
        return self._wall_clock() // 1_000 - self.now()

    # Effects on connections ---------------------------------------------------------------------------------------------

    def _send(self, effect: Send) -> None:
        connection = self._connections.get(effect.connection)
        if connection is not None:
            if self._disk_group and any(type(part) is FileSlice for part in effect.parts):
                self._submit()  # what was to be written before is to be seen
            connection.send(effect.parts)
            if not connection.touched:
                connection.touched = True
                self._touched.append(connection)

    def _close(self, effect: Close) -> None:
        connection = self._connections.get(effect.connection)
        if connection is not None:
            connection.close(effect.reason)

    def _pause(self, effect: Pause) -> None:
        connection = self._connections.get(effect.connection)
        if connection is not None:
            connection.pause()

    def _resume(self, effect: Resume) -> None:
        connection = self._connections.get(effect.connection)
        if connection is not None:
            connection.resume()

    def _dial(self, effect: Dial) -> None:
        self._nursery.start_soon(self._run_outbound, effect)

    async def _run_outbound(self, effect: Dial) -> None:
        try:
            sock = await dial(effect.host, effect.port)
        except OSError as error:
            self.feed(Closed(effect.connection, f"{effect.host}:{effect.port}: {describe(error)}"))
            return
        await self._connected(sock, Connected(effect.connection, f"{effect.host}:{effect.port}")).run()

    # What connections and listeners report ------------------------------------------------------------------------------

    @property
    def is_full(self) -> bool:
        """Whether there is no descriptor left for one more connection."""
        return len(self._connections) >= self._connections_max

    def accepted(self, sock: socket, peer: str, listener: str) -> None:
        """Someone connected to `listener`."""
        self._inbound += 1
        connection = self._connected(sock, Connected(ConnectionId(self._inbound), peer, listener))
        self._nursery.start_soon(connection.run)

    def _connected(self, sock: socket, event: Connected) -> Connection:
        connection = self._connections[event.connection] = Connection(self, event.connection, sock)
        self.feed(event)
        return connection

    def disconnected(self, connection: Connection, event: Closed) -> None:
        """`connection` is gone."""
        self._returning.left += 1
        del self._connections[connection.connection_id]
        self._awaiting_disk.pop(connection, None)
        self.feed(event)

    def spawn(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run `task` beside the others until the node's end."""
        self._nursery.start_soon(task)

    # Effects on the disk ------------------------------------------------------------------------------------------------

    def _submit(self) -> None:
        assert self.disk is not None, "only a node with a folder has files"
        group = self._disk_group[:]
        self._disk_group.clear()
        self._inbox.extend(self.disk.submit(group))

    def _completed_soon(self) -> None:
        self._token.run_sync_soon(self._take_completions)

    def _take_completions(self) -> None:
        assert self.disk is not None
        self._inbox.extend(self.disk.completions())
        self._take_in()
        waiting, self._awaiting_disk = self._awaiting_disk, {}
        for connection in waiting:
            connection.flush()

    def await_disk(self, connection: Connection) -> None:
        """Flush `connection` again when the disk has got further."""
        self._awaiting_disk[connection] = None

    def _work(self, effect: Work) -> None:
        assert self.worker is not None, "only a node with a folder has files"
        assert self.disk is not None
        self.worker.submit(effect)
        self.disk.has_company = True

    def _worked_soon(self) -> None:
        self._token.run_sync_soon(self._take_work)

    def _take_work(self) -> None:
        assert self.worker is not None
        assert self.disk is not None
        if self.worker.mistake is not None and not self.is_over:
            self._fail(self.worker.mistake)
        self._inbox.extend(self.worker.completions())
        self.disk.has_company = self.worker.is_busy
        self._take_in()

    # Other effects ------------------------------------------------------------------------------------------------------

    def note(self, effect: Trace) -> None:
        """Pass on a line for people."""
        if self._trace is not None:
            self._trace(effect)

    def _pass_on(self, effect: Effect) -> None:
        if self._perform_other is None:
            raise TypeError(f"no driver performs {effect!r}")
        self._perform_other(effect)

    def _end(self, effect: Halt) -> None:
        self._halt = effect
        if self._disk_group:
            self._submit()
        self._finish()


def lasting(event: Event) -> Event:
    """`event` with its own copy of what it holds of a receive buffer."""
    if isinstance(event, Received):
        return Received(event.connection, bytes(event.data))
    return event
