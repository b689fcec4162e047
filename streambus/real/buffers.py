"""Buffers that bytes are received into, and used again once nobody looks at them any more.

Machines keep memoryviews of what arrived: a batch stays where the socket put it until it is on disk. So a buffer may only be
reused when the last view of it is gone. CPython knows: a memoryview holds a reference to the object below it, and slices of a view
share it. If nobody but the pool refers to a bytearray, nobody can see its bytes.
"""

from collections import deque
from sys import getrefcount

RECEIVE_BYTES = 128 * 1024
"""The most that one receive takes into the shared chunk: enough for hundreds of small requests, little to move for a big one."""

CHUNK_BYTES = 512 * 1024
"""Small requests of all connections are received one behind the other into chunks of this size."""

CHUNKS_KEPT = 16
FRAME_BYTES_KEPT = 32 * 1024 * 1024
"""How much memory waits for reuse at most. More may be in use."""

UNHELD = 2
"""What `getrefcount` says of an object that only one local variable refers to."""


class Buffers:
    """The receive buffers of one driver: a chunk that all connections share, and whole buffers for frames that came in pieces."""

    __slots__ = ("chunk", "chunks", "frames", "frames_bytes", "position")

    def __init__(self) -> None:
        self.chunk = bytearray(CHUNK_BYTES)
        self.position = 0
        self.chunks: deque[bytearray] = deque(maxlen=CHUNKS_KEPT)
        self.frames: deque[bytearray] = deque()
        self.frames_bytes = 0

    def room(self) -> memoryview:
        """`RECEIVE_BYTES` of the chunk that nobody else looks at."""
        if self.position + RECEIVE_BYTES > CHUNK_BYTES:
            self._next_chunk()
        return memoryview(self.chunk)[self.position : self.position + RECEIVE_BYTES]

    def keep(self, length: int) -> None:
        """The first `length` bytes of the last `room` have been handed out."""
        self.position += length

    def reclaim(self) -> None:
        """Start the chunk over if everything handed out from it has been let go."""
        chunk = self.chunk
        if getrefcount(chunk) == UNHELD + 1:
            self.position = 0

    def take(self, capacity: int) -> bytearray:
        """A buffer for one frame, at least `capacity` long, with old bytes in it."""
        size = 1 << (capacity - 1).bit_length()
        for index, buffer in enumerate(self.frames):
            if len(buffer) == size and getrefcount(buffer) == UNHELD + 1:
                del self.frames[index]
                self.frames_bytes -= size
                return buffer
        return bytearray(size)

    def give_back(self, buffer: bytearray) -> None:
        """`buffer` was handed out; it may be taken again once nobody holds it."""
        self.frames.append(buffer)
        self.frames_bytes += len(buffer)
        while self.frames_bytes > FRAME_BYTES_KEPT:
            self.frames_bytes -= len(self.frames.popleft())

    def _next_chunk(self) -> None:
        """Retire the chunk; go on with the oldest one that nobody holds, or with a new one."""
        self.chunks.append(self.chunk)
        self.position = 0
        for index, chunk in enumerate(self.chunks):
            if getrefcount(chunk) == UNHELD + (2 if chunk is self.chunk else 1):
                del self.chunks[index]
                self.chunk = chunk
                return
        self.chunk = bytearray(CHUNK_BYTES)
