"""Receiving: whole frames in place, whatever the pieces in which they come, and no byte changes under a view."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import given, settings
from hypothesis import strategies as st

from streambus.real.buffers import CHUNK_BYTES, FRAME_BYTES_KEPT, RECEIVE_BYTES, Buffers
from streambus.real.receiving import FIRST_CAPACITY, Receiver


@contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        far.setblocking(False)
        yield near, far


def received(receiver: Receiver, near: socket.socket) -> list[memoryview]:
    """Everything that is there now, as it is handed over."""
    views = []
    while True:
        try:
            data = receiver.receive(near)
        except BlockingIOError:
            return views
        if data is None:
            return views
        if data:
            views.append(data)


def send(far: socket.socket, data: memoryview) -> memoryview:
    """Send as much of `data` as fits in; the rest."""
    try:
        return data[far.send(data) :]
    except BlockingIOError:
        return data


def checked(views: list[memoryview], stream: bytes, position: int, ends: set[int], held: list[tuple[memoryview, bytes]]) -> int:
    """The position behind `views`, which are whole frames of `stream` and are kept in `held`."""
    for view in views:
        assert view == stream[position : position + len(view)]
        position += len(view)
        assert position in ends
        held.append((view, bytes(view)))
    return position


SIZES = st.one_of(
    st.integers(0, 300),
    st.integers(FIRST_CAPACITY - 10, FIRST_CAPACITY + 10),
    st.integers(RECEIVE_BYTES - 10, RECEIVE_BYTES + 10),
    st.integers(0, 600_000),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(SIZES, max_size=30), st.lists(st.integers(1, 200_000), min_size=1, max_size=10), st.integers(1, 5))
def test_frames_come_whole_and_stay_as_they_came(sizes: list[int], pieces: list[int], kept: int) -> None:
    stream = b"".join(struct.pack(">i", size) + bytes([number % 251 + 1]) * size for number, size in enumerate(sizes))
    ends = {0}
    for size in sizes:
        ends.add(max(ends) + 4 + size)
    buffers = Buffers()
    held: list[tuple[memoryview, bytes]] = []
    position, turn = 0, 0
    with pair() as (near, far):
        receiver = Receiver(buffers)
        rest = memoryview(stream)
        while position < len(stream):
            piece = pieces[turn] if turn < len(pieces) else 200_000
            unsent = send(far, rest[:piece])
            rest = rest[min(piece, len(rest)) - len(unsent) :]
            turn += 1
            position = checked(received(receiver, near), stream, position, ends, held if turn % kept == 0 else [])
            buffers.reclaim()
    for view, copy in held:
        assert view == copy


def test_a_claimed_length_allocates_nothing() -> None:
    buffers = Buffers()
    with pair() as (near, far):
        receivers = [Receiver(buffers) for _ in range(10)]
        for receiver in receivers:
            far.send(struct.pack(">i", 100_000_000) + b"x")
            assert received(receiver, near) == []
        assert all(len(receiver._frame or b"") <= FIRST_CAPACITY for receiver in receivers)


def test_the_end_of_the_stream_is_said_even_within_a_frame() -> None:
    for head in (b"", b"\0\0", b"\0\0\0\5abc"):
        with pair() as (near, far):
            receiver = Receiver(Buffers())
            if head:
                far.send(head)
                assert receiver.receive(near) == b""
            far.close()
            assert receiver.receive(near) is None


def test_a_chunk_is_started_over_once_nobody_holds_it() -> None:
    buffers = Buffers()
    view = buffers.room()[:100]
    buffers.keep(100)
    buffers.reclaim()
    assert buffers.position == 100
    del view
    buffers.reclaim()
    assert buffers.position == 0


def test_full_chunks_are_used_again_but_not_while_they_are_held() -> None:
    buffers = Buffers()
    held = []
    seen = set()
    for number in range(100):
        view = buffers.room()
        view[:4] = b"%04d" % number
        held.append((view[:4], b"%04d" % number))
        buffers.keep(CHUNK_BYTES // 4)
        seen.add(id(view.obj))
        del view
        del held[:-10]
        assert all(view == copy for view, copy in held)
    assert len(seen) <= 6


def test_frames_are_used_again_but_not_while_they_are_held() -> None:
    buffers = Buffers()
    first = buffers.take(100_000)
    number = id(first)
    view = memoryview(first)[10:]
    buffers.give_back(first)
    del first
    second = buffers.take(100_000)
    assert id(second) != number
    del view
    assert id(buffers.take(70_000)) == number


def test_only_so_much_memory_waits_for_reuse() -> None:
    buffers = Buffers()
    for _ in range(10):
        buffers.give_back(bytearray(FRAME_BYTES_KEPT // 4))
    assert buffers.frames_bytes == FRAME_BYTES_KEPT == sum(map(len, buffers._frames))
