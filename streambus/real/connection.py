"""One connection: one task that receives, and a second one only while the peer reads slower than we send.

Whatever goes wrong on a connection is a reason to close that connection and nothing else: `OSError`s end here.
"""

from __future__ import annotations

import os
from socket import SHUT_WR, gaierror, socket
from typing import TYPE_CHECKING

import trio
from trio.lowlevel import checkpoint, notify_closing, wait_readable, wait_writable

from streambus.kernel import Closed, Congested, ConnectionId, Part, Received, Relieved, Severity, Trace
from streambus.real.outgoing import Outgoing, Progress
from streambus.real.receiving import Receiver

if TYPE_CHECKING:
    from streambus.real.driver import Driver

CONGESTED_BYTES = 1024 * 1024
"""With more than this queued towards a peer, the node hears `Congested`; at a quarter of it, `Relieved`."""

RECEIVES_PER_TURN = 16
"""After so many receives in a row, the other connections have their turn."""

FLUSH_SECONDS = 5
"""How long a closed connection may take to accept what was sent before."""

LINGER_SECONDS = 1
"""How long a peer whose connection we closed may go on sending before it sees a reset."""


STALE = "too many requests are on their way, and this one has not come any further for longest"

_SCRATCH = bytearray(65536)
"""Where bytes go that nobody wants any more. One for all: ten thousand may leave at once."""


class Connection:
    """An open socket and what is queued towards it. `closing` is true from the moment the node or the peer gave it up."""

    __slots__ = (
        "_blocked",
        "_congested",
        "_driver",
        "_flushed",
        "_paused",
        "_reason",
        "_scope",
        "_sock",
        "closing",
        "connection_id",
        "outgoing",
        "touched",
    )

    def __init__(self, driver: Driver, connection_id: ConnectionId, sock: socket) -> None:
        self._driver = driver
        self._sock = sock
        self._scope = trio.CancelScope()
        self._paused: trio.Event | None = None
        self._flushed: trio.Event | None = None
        self._reason = ""
        self._blocked = False
        self._congested = False
        self.connection_id = connection_id
        self.outgoing = Outgoing(driver.disk)
        self.closing = False
        self.touched = False

    async def run(self) -> None:
        """The connection's whole life from here on: `Connected` has been said, `Closed` follows."""
        try:
            if not self.closing:
                receiver = Receiver(self._driver.buffers, self._give_up)
                try:
                    with self._scope:
                        self.close(await self._receive(receiver))
                finally:
                    receiver.end()
            await self._flush_all()
            self._driver.disconnected(self, Closed(self.connection_id, self._reason))
            await self._linger()
        finally:
            self.outgoing.clear()
            notify_closing(self._sock)
            self._sock.close()

    async def _receive(self, receiver: Receiver) -> str:
        """Hand over what arrives until there is a reason not to."""
        sock, feed, reclaim = self._sock, self._driver.feed, self._driver.buffers.reclaim
        receives = 0
        while True:
            if self._paused is not None:
                await self._paused.wait()
            try:
                data = receiver.receive(sock)
            except BlockingIOError:
                await wait_readable(sock)
                receives = 0
                continue
            except OSError as error:
                return describe(error)
            if data is None:
                return "closed by the peer"
            if data:
                feed(Received(self.connection_id, data))
                del data
                reclaim()
                if self.closing:
                    return self._reason
            receives += 1
            if receiver.emptied:
                await wait_readable(sock)
                receives = 0
            elif receives == RECEIVES_PER_TURN:
                await checkpoint()
                receives = 0

    def _give_up(self) -> None:
        """Others need the memory that a frame takes up of which nothing comes."""
        self._driver.note(Trace(Severity.WARNING, "closing a connection", (("reason", STALE),)))
        self.abort(STALE)

    # Sending ------------------------------------------------------------------------------------------------------------

    def send(self, parts: tuple[Part, ...]) -> None:
        """Queue `parts`; `flush` sends them."""
        if not self.closing:
            try:
                self.outgoing.push(parts)
            except OSError as error:
                self.abort(describe(error))

    def flush(self) -> None:
        """Send what is queued, now as far as that goes without waiting, the rest in the background."""
        self.touched = False
        if self._blocked:
            self._watch_congestion()
            return
        try:
            progress = self.outgoing.pump(self._sock)
        except (OSError, EOFError) as error:
            self.abort(describe(error))
            return
        if progress is Progress.DONE:
            self._note_progress()
        elif progress is Progress.SOCKET_FULL:
            self._blocked = True
            self._driver.spawn(self._send_rest)
            self._watch_congestion()
        else:
            self._driver.await_disk(self)
            self._watch_congestion()

    async def _send_rest(self) -> None:
        """Send whenever the peer has read something, until nothing is queued."""
        progress = Progress.SOCKET_FULL
        try:
            while progress is Progress.SOCKET_FULL:
                await wait_writable(self._sock)
                progress = self.outgoing.pump(self._sock)
                self._note_progress()
        except trio.ClosedResourceError:
            return
        except (OSError, EOFError) as error:
            self.abort(describe(error))
        finally:
            self._blocked = False
        if progress is Progress.AWAITS_DISK:
            self._driver.await_disk(self)

    def _watch_congestion(self) -> None:
        if self.outgoing.size > CONGESTED_BYTES and not self._congested and not self.closing:
            self._congested = True
            self._driver.feed(Congested(self.connection_id))

    def _note_progress(self) -> None:
        if self._congested and self.outgoing.size <= CONGESTED_BYTES // 4:
            self._congested = False
            if not self.closing:
                self._driver.feed(Relieved(self.connection_id))
        if self._flushed is not None and not self.outgoing.size:
            self._flushed.set()

    # Pausing and closing ------------------------------------------------------------------------------------------------

    def pause(self) -> None:
        """Receive no more until `resume`."""
        if self._paused is None:
            self._paused = trio.Event()

    def resume(self) -> None:
        """Receive again."""
        if self._paused is not None:
            self._paused.set()
            self._paused = None

    def close(self, reason: str) -> None:
        """Close once everything queued is on its way. The first reason counts."""
        if not self.closing:
            self.closing = True
            self._reason = reason
            self._scope.cancel()

    def abort(self, reason: str) -> None:
        """Close at once: what is queued cannot be sent any more."""
        self.close(reason)
        self.outgoing.clear()
        if self._flushed is not None:
            self._flushed.set()

    async def _flush_all(self) -> None:
        if self.outgoing.size:
            self._flushed = trio.Event()
            with trio.move_on_after(FLUSH_SECONDS):
                await self._flushed.wait()

    async def _linger(self) -> None:
        """Let the peer read to the end: a socket closed with unread bytes in it would take back what was sent."""
        try:
            self._sock.shutdown(SHUT_WR)
            with trio.move_on_after(LINGER_SECONDS):
                while True:
                    await wait_readable(self._sock)
                    if not self._sock.recv_into(_SCRATCH):
                        return
        except OSError:
            return


def describe(error: Exception) -> str:
    """What happened, in a few words for people."""
    if isinstance(error, gaierror):
        return (error.strerror or str(error)).lower()
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()
    return str(error)
