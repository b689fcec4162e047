"""The inbound half of a connection: bytes off the socket, whole frames out.

A frame is a four-byte length and that many bytes: Kafka's framing, and all that the driver knows about the protocol. Whatever small
frames one receive brings are handed over together, in place. A frame that is not all there gets a buffer of its own, so that it arrives
in one contiguous view however big it is. Memory follows the bytes that came, never the length that was claimed. When the claim is
absurd the bytes are passed on as they come: what to say about it is the machine's business.
"""

from collections.abc import Callable
from socket import MSG_PEEK, socket
from struct import Struct

from streambus.real.buffers import RECEIVE_BYTES, Buffers

FRAME_BYTES_MAX = 100 * 1024 * 1024
"""A longer frame is not waited for: Kafka's `socket.request.max.bytes`."""

LENGTH_BYTES = 4
FIRST_CAPACITY = 4096
GROWTH = 4
"""A frame's buffer is at most this many times as long as what has arrived of it."""

_length_at = Struct(">i").unpack_from


class Receiver:
    """One connection's inbound bytes. `emptied` says that the last receive left nothing behind in the socket.

    `give_up` is called when there is no room left for its frame, which has not grown for longer than all others.
    """

    __slots__ = ("_buffers", "_filled", "_frame", "_needed", "_raw", "_stream_of", "emptied", "give_up")

    def __init__(self, buffers: Buffers, give_up: Callable[[], None] = lambda: None) -> None:
        self._buffers = buffers
        self.give_up = give_up
        self._frame: bytearray | None = None
        self._filled = 0
        self._needed = 0
        self._raw = False
        self._stream_of = 0  # the size of the big frame that came last, 0 after small ones
        self.emptied = False

    def receive(self, sock: socket) -> memoryview | None:
        """Receive once from `sock`. Returns the whole frames that are there now (perhaps none yet), or None at the end of the stream.

        Raises `OSError` as the socket does, `BlockingIOError` when there is nothing to receive.
        """
        if self._frame is None and self._stream_of:
            self._peek(sock)
        if self._frame is not None:
            return self._receive_frame(sock, self._frame)
        view = self._buffers.room()
        received = sock.recv_into(view)
        if not received:
            return None
        self.emptied = received < RECEIVE_BYTES
        whole = received if self._raw else self._whole_frames(view, received)
        self._buffers.keep(whole)
        return view[:whole]

    def end(self) -> None:
        """Nothing more is received."""
        self._buffers.ended(self)

    def _whole_frames(self, view: memoryview, received: int) -> int:
        """How many of the bytes are whole frames; the rest is moved to a buffer of its own."""
        start = 0
        while received - start >= LENGTH_BYTES:
            (length,) = _length_at(view, start)
            if not 0 <= length <= FRAME_BYTES_MAX:
                self._raw = True
                return received
            if start + LENGTH_BYTES + length > received:
                self._begin_frame(view[start:received], LENGTH_BYTES + length)
                return start
            start += LENGTH_BYTES + length
        if start < received:
            self._begin_frame(view[start:received], LENGTH_BYTES)
        return start

    def _begin_frame(self, head: memoryview, needed: int) -> None:
        filled = len(head)
        frame = self._buffers.take(min(needed, max(FIRST_CAPACITY, GROWTH * filled)))
        frame[:filled] = head
        self._frame, self._filled, self._needed = frame, filled, needed
        self._buffers.begun(self, len(frame))

    def _receive_frame(self, sock: socket, frame: bytearray) -> memoryview | None:
        asked = min(self._needed, len(frame)) - self._filled
        received = sock.recv_into(memoryview(frame)[self._filled :], asked)
        if not received:
            return None
        self.emptied = received < asked
        self._filled += received
        if self._filled == LENGTH_BYTES == self._needed:
            (length,) = _length_at(frame)
            if not 0 <= length <= FRAME_BYTES_MAX:
                self._raw = True
                return self._end_frame(frame)
            self._needed += length
        if self._filled == self._needed:
            return self._end_frame(frame)
        if self._filled == len(frame):
            self._grow(frame)
        return memoryview(b"")

    def _end_frame(self, frame: bytearray) -> memoryview:
        self._stream_of = self._needed if self._needed >= RECEIVE_BYTES else 0
        self._frame = None
        self._buffers.ended(self)
        self._buffers.give_back(frame)
        return memoryview(frame)[: self._filled]

    def _grow(self, frame: bytearray) -> None:
        self._begin_frame(memoryview(frame), self._needed)
        self._buffers.give_back(frame)

    def _peek(self, sock: socket) -> None:
        """After a big frame another is likely: look at its length first, and receive it where it shall stay."""
        head = sock.recv(LENGTH_BYTES, MSG_PEEK)
        if len(head) == LENGTH_BYTES:
            (length,) = _length_at(head)
            if RECEIVE_BYTES <= length <= FRAME_BYTES_MAX:
                self._filled, self._needed = 0, LENGTH_BYTES + length
                self._frame = self._buffers.take(min(self._needed, self._stream_of))
                self._buffers.begun(self, len(self._frame))
                return
        self._stream_of = 0
