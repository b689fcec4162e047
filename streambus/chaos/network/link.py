"""A link: one client's connection through the proxy, two sockets with a relay for each direction between them.

A relay is two tasks with a short queue between them, so that a delay delays bytes without thinning them out: one receives and says when a
chunk is due, the other waits for that moment and for the conditions, and sends.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from socket import SO_LINGER, SOL_SOCKET
from struct import pack

import trio

from streambus.chaos.network.conditions import Conditions, Direction
from streambus.chaos.network.framing import Framing

CHUNK_BYTES = 64 * 1024
NARROW_CHUNK_BYTES = 1024
"""Where bandwidth is short, bytes come in small pieces."""

CHUNKS_UNDER_WAY_MAX = 256
RESET_WHEN_CLOSED = pack("ii", 1, 0)
"""Linger for no time at all: closing sends a reset, and what was not sent yet is thrown away."""


class Weather:
    """The conditions of the moment, shared by all links, and a bell that rings when they change."""

    def __init__(self, conditions: Conditions, dice: random.Random) -> None:
        self.conditions = conditions
        self.dice = dice
        self.changed = trio.Event()

    def change(self, conditions: Conditions) -> None:
        """From now on the conditions are these."""
        self.conditions = conditions
        self.changed.set()
        self.changed = trio.Event()

    def due(self) -> float:
        """When something that is sent now arrives, on trio's clock."""
        return trio.current_time() + self.conditions.delay + self.dice.random() * self.conditions.jitter

    async def allows(self, direction: Direction) -> None:
        """Wait until bytes may go in `direction`."""
        while direction in self.conditions.held:
            await self.changed.wait()


class Link:
    """One connection through the proxy. `run` is its life; the other methods hurt it, in the thread of the proxy."""

    def __init__(self, client: trio.SocketStream, broker: trio.SocketStream, weather: Weather, relayed: Callable[[int], None]) -> None:
        self._ends = {Direction.TO_CLIENT: client, Direction.TO_BROKER: broker}
        """Where a direction leads to."""
        self._weather = weather
        self._relayed = relayed
        self._scope = trio.CancelScope()
        self._cut_in: Direction | None = None
        self._lost: Direction | None = None

    async def run(self) -> None:
        """Relay until both directions have ended, one of them is broken, or it is reset."""
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    for direction in Direction:
                        nursery.start_soon(self._relay, direction)
        finally:
            for end in self._ends.values():
                end.socket.close()

    @property
    def is_damaged(self) -> bool:
        """Whether it is half open, or will be cut."""
        return self._lost is not None or self._cut_in is not None

    def reset(self) -> None:
        """Both peers learn at once that the connection is gone."""
        for end in self._ends.values():
            _reset_when_closed(end)
        self._scope.cancel()

    def cut_inside(self, direction: Direction) -> None:
        """Reset it as soon as a part of a frame, and not all of it, has gone in `direction`."""
        self._cut_in = direction

    def lose(self, direction: Direction) -> None:
        """The end that `direction` leads to is reset; the other one is not told, and talks to nobody from here on."""
        if self._lost is None:
            self._lost = direction
            _reset_when_closed(self._ends[direction])
            self._ends[direction].socket.close()

    async def _relay(self, direction: Direction) -> None:
        queue, outlet = trio.open_memory_channel[tuple[float, bytes]](CHUNKS_UNDER_WAY_MAX)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._receive, direction, queue)
            nursery.start_soon(self._send, direction, outlet)

    async def _receive(self, direction: Direction, queue: trio.MemorySendChannel[tuple[float, bytes]]) -> None:
        source = self._ends[direction.opposite]
        last_due = 0.0
        async with queue:
            while True:
                narrow = self._weather.conditions.bytes_per_second is not None
                try:
                    data = bytes(await source.receive_some(NARROW_CHUNK_BYTES if narrow else CHUNK_BYTES))
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    if self._lost is direction.opposite:
                        return
                    self.reset()
                    return
                if not data:
                    return
                last_due = max(last_due, self._weather.due())
                await queue.send((last_due, data))

    async def _send(self, direction: Direction, outlet: trio.MemoryReceiveChannel[tuple[float, bytes]]) -> None:
        sink, framing = self._ends[direction], Framing()
        try:
            async for due, data in outlet:
                await trio.sleep_until(due)
                await self._weather.allows(direction)
                if self._lost is not None:
                    continue
                if self._cut_in is direction:
                    await sink.send_all(data[: framing.cut_in(data)])
                    self._hang_up_behind_what_was_sent(direction)
                    return
                self._relayed(len(data))
                await sink.send_all(data)
                framing.feed(data)
                rate = self._weather.conditions.bytes_per_second
                if rate is not None:
                    with trio.move_on_after(len(data) / rate):
                        await self._weather.changed.wait()
            if self._lost is None:
                await sink.send_eof()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            if self._lost is None:
                self.reset()

    def _hang_up_behind_what_was_sent(self, direction: Direction) -> None:
        """The end that was given a part of a frame shall see that part: it is closed, the other one is reset."""
        _reset_when_closed(self._ends[direction.opposite])
        self._scope.cancel()


def _reset_when_closed(end: trio.SocketStream) -> None:
    if end.socket.fileno() >= 0:
        end.socket.setsockopt(SOL_SOCKET, SO_LINGER, RESET_WHEN_CLOSED)
