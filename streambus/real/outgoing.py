"""The outbound half of a connection: parts in, as few system calls as possible out.

- What one step answered leaves in one call: short parts joined, long ones listed (`sendmsg`).
- A long slice of a file goes straight from the page cache to the socket (`sendfile`).
- A run of short slices of one file that lie close together is read by one call and sent like memory.
- A slice of bytes that the disk has not written yet waits for them, and everything behind it too.
"""

import os
from collections import deque
from enum import Enum
from socket import MSG_MORE, socket

from streambus.kernel import Buffer, FileSlice, Part
from streambus.real.disk import Disk
from streambus.real.files import OpenFile, read_span

JOINED_BYTES_MAX = 64 * 1024
"""Up to this many bytes are copied together rather than listed."""

CALL_BYTES_MAX = 1024 * 1024
"""How much is gathered from memory for one call."""

CALL_PARTS_MAX = 512

TURN_BYTES_MAX = 4 * 1024 * 1024
"""A connection that takes everything at once lets the others have their turn after so many bytes."""

SENDFILE_BYTES_MIN = 64 * 1024

GAP_BYTES_MAX = 16 * 1024
"""Slices that lie closer together than this are read together with what is between them."""


class Progress(Enum):
    """How far `Outgoing.pump` came."""

    DONE = "everything is sent"
    SOCKET_FULL = "the peer must read first, or others have their turn"
    AWAITS_DISK = "the next bytes are not written yet"


class Slice:
    """A part that is still in its file. `opened` is None until the bytes are there to be read."""

    __slots__ = ("length", "name", "opened", "position")

    def __init__(self, part: FileSlice) -> None:
        self.name = part.file
        self.position = part.position
        self.length = part.length
        self.opened: OpenFile | None = None

    def __len__(self) -> int:
        return self.length


class Outgoing:
    """What is still to be sent on one connection. `size` is in bytes."""

    __slots__ = ("_disk", "_queue", "size")

    def __init__(self, disk: Disk | None) -> None:
        self._disk = disk
        self._queue: deque[Buffer | Slice] = deque()
        self.size = 0

    def push(self, parts: tuple[Part, ...]) -> None:
        """Send `parts` after everything pushed before."""
        for part in parts:
            if isinstance(part, FileSlice):
                piece = Slice(part)
                self._open(piece)
                self._queue.append(piece)
            else:
                self._queue.append(part)
            self.size += len(part)

    def clear(self) -> None:
        """Send nothing of it."""
        self._queue.clear()
        self.size = 0

    def pump(self, sock: socket) -> Progress:
        """Send until everything is sent or the way is blocked. Raises `OSError` if the connection or the file is broken."""
        queue = self._queue
        turn_end = self.size - TURN_BYTES_MAX
        try:
            while queue:
                if self.size < turn_end:
                    return Progress.SOCKET_FULL
                head = queue[0]
                if type(head) is Slice:
                    if head.opened is None and not self._open(head):
                        return Progress.AWAITS_DISK
                    if head.length >= SENDFILE_BYTES_MIN:
                        self._send_file(sock, head)
                        continue
                self._send_memory(sock)
        except BlockingIOError:
            return Progress.SOCKET_FULL
        return Progress.DONE

    def _open(self, piece: Slice) -> bool:
        assert self._disk is not None, "file slices are sent by nodes that have files"
        if not self._disk.is_settled(piece.name, piece.position + piece.length):
            return False
        piece.opened = self._disk.open(piece.name)
        return True

    def _send_file(self, sock: socket, piece: Slice) -> None:
        assert piece.opened is not None
        sent = os.sendfile(sock.fileno(), piece.opened.fd, piece.position, piece.length)
        if not sent:
            raise EOFError(f"{piece.name} ends before byte {piece.position + piece.length}")
        piece.position += sent
        piece.length -= sent
        self.size -= sent
        if not piece.length:
            self._queue.popleft()

    def _send_memory(self, sock: socket) -> None:
        """Send what is in memory, or short enough to be read into it, up to the next long slice: in one call."""
        queue = self._queue
        parts, total, more = self._gather()
        flags = MSG_MORE if more else 0
        if len(parts) == 1:
            sent = sock.send(parts[0], flags)
        elif total <= JOINED_BYTES_MAX:
            sent = sock.send(b"".join(parts), flags)
        else:
            sent = sock.sendmsg(parts, (), flags)
        self.size -= sent
        if sent == total:
            if len(parts) == len(queue):
                queue.clear()
            else:
                for _ in parts:
                    queue.popleft()
        else:
            self._drop(sent)

    def _gather(self) -> tuple[list[Buffer], int, bool]:
        """The parts for one call, their size, and whether something follows at once that is sent another way."""
        queue = self._queue
        parts: list[Buffer] = []
        total = 0
        for index, part in enumerate(queue):
            if type(part) is Slice:
                if part.length >= SENDFILE_BYTES_MIN or (part.opened is None and not self._open(part)):
                    return parts, total, True
                self._read_slices(index, part)
                part = queue[index]
            if total >= CALL_BYTES_MAX or len(parts) == CALL_PARTS_MAX:
                break
            parts.append(part)  # type: ignore[arg-type]
            total += len(part)
        return parts, total, False

    def _drop(self, sent: int) -> None:
        """The first `sent` bytes are gone; what is left of a part stays in front."""
        queue = self._queue
        while sent:
            part = queue.popleft()
            if sent < len(part):
                queue.appendleft(memoryview(part)[sent:])  # type: ignore[arg-type]
                return
            sent -= len(part)

    def _read_slices(self, first: int, head: Slice) -> None:
        """Replace `head`, the part number `first`, and the slices of the same file shortly behind it by their bytes, read in one call."""
        queue = self._queue
        assert head.opened is not None
        run = [(first, head)]
        start, end = head.position, head.position + head.length
        for index in range(first + 1, min(len(queue), first + CALL_PARTS_MAX)):
            piece = queue[index]
            if type(piece) is not Slice:
                continue
            if piece.opened is not head.opened or piece.length >= SENDFILE_BYTES_MIN:
                break
            if not start - GAP_BYTES_MAX <= piece.position <= end + GAP_BYTES_MAX or end - start > CALL_BYTES_MAX:
                break
            start, end = min(start, piece.position), max(end, piece.position + piece.length)
            run.append((index, piece))
        span = memoryview(read_span(head.opened.fd, start, end - start))
        for index, piece in run:
            data = span[piece.position - start : piece.position - start + piece.length]
            if len(data) < piece.length:
                raise EOFError(f"{piece.name} ends before byte {piece.position + piece.length}")
            queue[index] = data
