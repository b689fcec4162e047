"""Frames: what travels on a connection is `int32 size`, then `size` bytes, again and again."""

from struct import Struct

from streambus.kernel import Buffer

FRAME_BYTES_MAX = 100 * 1024 * 1024
"""Kafka's `socket.request.max.bytes`: nobody has a reason to send more at once."""

_size = Struct(">i").unpack_from


class FrameReader:
    """Cuts a stream of bytes into frames, whatever pieces it arrives in.

    A frame that lies within one piece is a view of it. One that does not is gathered; memory then grows with the bytes that have
    arrived, never by what a size claims. A size that cannot be sets `error`, a sentence; the reader reads no more after that.
    """

    __slots__ = ("error", "frame_bytes_max", "pending")

    def __init__(self, frame_bytes_max: int) -> None:
        self.frame_bytes_max = frame_bytes_max
        self.pending = bytearray()
        self.error: str | None = None

    def receive(self, data: Buffer) -> list[memoryview]:
        """The frames that `data` completes, without their sizes."""
        frames: list[memoryview] = []
        if self.error is not None:
            return frames
        view = memoryview(data)
        at, end = 0, len(view)
        if self.pending:
            at = self._complete(view, frames)
        while end - at >= 4 and self.error is None:
            size: int = _size(view, at)[0]
            if not 0 <= size <= self.frame_bytes_max:
                self._refuse(size)
                return frames
            after = at + 4 + size
            if after > end:
                break
            frames.append(view[at + 4 : after])
            at = after
        if at < end and self.error is None:
            self.pending += view[at:]
        return frames

    def _complete(self, view: memoryview, frames: list[memoryview]) -> int:
        """Add to the pending frame what it lacks; how much of `view` that was."""
        pending = self.pending
        at = 0
        if len(pending) < 4:
            at = min(4 - len(pending), len(view))
            pending += view[:at]
            if len(pending) < 4:
                return at
        size: int = _size(pending)[0]
        if not 0 <= size <= self.frame_bytes_max:
            self._refuse(size)
            return at
        lacking = 4 + size - len(pending)
        pending += view[at : at + lacking]
        if len(pending) == 4 + size:
            frames.append(memoryview(pending).toreadonly()[4:])
            self.pending = bytearray()
        return min(at + lacking, len(view))

    def _refuse(self, size: int) -> None:
        self.error = (
            f"a frame cannot have {size} bytes"
            if size < 0
            else f"a frame of {size} bytes is larger than the {self.frame_bytes_max} allowed"
        )
        self.pending = bytearray()
