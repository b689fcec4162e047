"""Buffers that bytes are received into, and used again once nobody looks at them any more.

Machines keep memoryviews of what arrived: a batch stays where the socket put it until it is on disk. So a buffer may only be
reused when the last view of it is gone. CPython knows: a memoryview holds a reference to the object below it, and slices of a view
share it. If nothing but the pool refers to a bytearray, nobody can see its bytes.
"""

from sys import getrefcount
from typing import Protocol

RECEIVE_BYTES = 128 * 1024
"""The most that one receive takes into the shared chunk: enough for hundreds of small requests, little to move for a big one."""

CHUNK_BYTES = 512 * 1024
"""Small requests of all connections are received one behind the other into chunks of this size."""

CHUNKS_KEPT = 16
FRAME_BYTES_KEPT = 32 * 1024 * 1024
"""How much memory waits for reuse at most. More may be in use."""


UNFINISHED_BYTES_MAX = 256 * 1024 * 1024
"""What all frames together may take up that have begun to arrive and are not there yet. A slow crowd must not take all memory."""

LARGE_BYTES = 64 * 1024
"""Of those whose frames take up less than this there have to be very many."""


class Unfinished(Protocol):
    """Somebody whose frame is not all there."""

    def give_up(self) -> None:
        """Wait for the rest no longer."""


def _references(buffers: list[bytearray], index: int) -> int:
    """How many refer to `buffers[index]`, give or take what asking adds, which differs between versions of Python."""
    return getrefcount(buffers[index])


UNHELD = _references([bytearray(1)], 0)
"""What that says of a buffer that nothing but its list refers to."""


class Buffers:
    """The receive buffers of one driver: a chunk that all connections share, and whole buffers for frames that came in pieces."""

    __slots__ = ("_chunks", "_frames", "_unfinished", "frames_bytes", "position", "unfinished_bytes")

    def __init__(self) -> None:
        self._chunks = [bytearray(CHUNK_BYTES)]  # the last one is in use, the others are perhaps still held
        self.position = 0
        self._frames: list[bytearray] = []
        self.frames_bytes = 0
        self._unfinished: dict[Unfinished, int] = {}  # the one whose buffer has not grown for longest comes first
        self.unfinished_bytes = 0

    def room(self) -> memoryview:
        """`RECEIVE_BYTES` of the chunk that nobody else looks at."""
        if self.position + RECEIVE_BYTES > CHUNK_BYTES:
            self._next_chunk()
        return memoryview(self._chunks[-1])[self.position : self.position + RECEIVE_BYTES]

    def keep(self, length: int) -> None:
        """The first `length` bytes of the last `room` have been handed out."""
        self.position += length

    def reclaim(self) -> None:
        """Start the chunk over if everything handed out from it has been let go."""
        if self.position and _references(self._chunks, -1) == UNHELD:
            self.position = 0

    def take(self, capacity: int) -> bytearray:
        """A buffer for one frame, at least `capacity` long, with old bytes in it."""
        size = 1 << (capacity - 1).bit_length()
        frames = self._frames
        for index in range(len(frames)):
            if len(frames[index]) == size and _references(frames, index) == UNHELD:
                self.frames_bytes -= size
                return frames.pop(index)
        return bytearray(size)

    def give_back(self, buffer: bytearray) -> None:
        """`buffer` was handed out; it may be taken again once nobody holds it."""
        self._frames.append(buffer)
        self.frames_bytes += len(buffer)
        while self.frames_bytes > FRAME_BYTES_KEPT:
            self.frames_bytes -= len(self._frames.pop(0))

    def begun(self, owner: Unfinished, size: int) -> None:
        """The frame of `owner`, which is not all there, has a buffer of `size` now. If that is too much, the stalest is given up for it."""
        self.ended(owner)
        self._unfinished[owner] = size
        self.unfinished_bytes += size
        while self.unfinished_bytes > UNFINISHED_BYTES_MAX and len(self._unfinished) > 1:
            stalest = next((each for each, taken in self._unfinished.items() if taken >= LARGE_BYTES), next(iter(self._unfinished)))
            if stalest is owner:
                return
            self.ended(stalest)
            stalest.give_up()

    def ended(self, owner: Unfinished) -> None:
        """The frame of `owner`, if there was one, is there, or nobody waits for it any more."""
        self.unfinished_bytes -= self._unfinished.pop(owner, 0)

    def _next_chunk(self) -> None:
        """Go on with the oldest chunk that nobody holds, or with a new one."""
        chunks = self._chunks
        self.position = 0
        for index in range(len(chunks)):
            if _references(chunks, index) == UNHELD:
                chunks.append(chunks.pop(index))
                return
        chunks.append(bytearray(CHUNK_BYTES))
        if len(chunks) > CHUNKS_KEPT:
            del chunks[0]
