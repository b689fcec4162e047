"""Outgoing: memory and file slices in any mixture arrive in order, however slowly the peer reads."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streambus.kernel import Create, Drained, FileName, FileSlice, Part, Sync, Write
from streambus.real.disk import Disk
from streambus.real.files import Files
from streambus.real.outgoing import GAP_BYTES_MAX, SENDFILE_BYTES_MIN, Outgoing, Progress

A, B = FileName("a"), FileName("b")
FILE_BYTES = 400_000
CONTENT = {A: bytes(range(256)) * 1600, B: bytes(reversed(range(256))) * 1600}


@contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        far.setblocking(False)
        yield near, far


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    for name, content in CONTENT.items():
        (tmp_path / name).write_bytes(content)
    disk = Disk(Files(tmp_path), lambda: None)
    yield disk
    disk.finish()


def bytes_of(part: Part) -> bytes:
    return CONTENT[part.file][part.position : part.position + part.length] if isinstance(part, FileSlice) else bytes(part)


def drain(far: socket.socket, length: int) -> bytes:
    try:
        return far.recv(length)
    except BlockingIOError:
        return b""


def slices(longest: int) -> st.SearchStrategy[FileSlice]:
    return st.builds(FileSlice, st.sampled_from([A, B]), st.integers(0, FILE_BYTES - longest), st.integers(1, longest))


PARTS = st.lists(
    st.one_of(
        st.binary(max_size=100),
        st.integers(1, 100_000).map(lambda length: memoryview(b"m" * length)),
        slices(300),
        slices(GAP_BYTES_MAX),
        slices(2 * SENDFILE_BYTES_MIN),
    ),
    max_size=25,
).map(tuple)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PARTS, min_size=1, max_size=3), st.integers(1_000, 500_000))
def test_everything_arrives_in_order(disk: Disk, sends: list[tuple[Part, ...]], appetite: int) -> None:
    outgoing = Outgoing(disk)
    arrived = bytearray()
    with pair() as (near, far):
        for parts in sends:
            outgoing.push(parts)
            outgoing.pump(near)
        while outgoing.size:
            arrived += drain(far, appetite)
            outgoing.pump(near)
        assert outgoing.pump(near) is Progress.DONE
        while data := drain(far, 1 << 20):
            arrived += data
    assert arrived == b"".join(bytes_of(part) for parts in sends for part in parts)


def test_neighbouring_slices_leave_in_one_call(disk: Disk) -> None:
    outgoing = Outgoing(disk)
    near, far = socket.socketpair(type=socket.SOCK_SEQPACKET)
    parts: list[Part] = []
    for number in range(50):
        parts += [b"%04d" % number, FileSlice(A, number * 1_000, 900)]
    with near, far:
        outgoing.push(tuple(parts))
        assert outgoing.pump(near) is Progress.DONE
        assert drain(far, 1 << 20) == b"".join(map(bytes_of, parts))  # packets keep their borders: it was one call


def test_a_slice_waits_until_its_bytes_are_written(tmp_path: Path) -> None:
    completed = threading.Semaphore(0)
    disk = Disk(Files(tmp_path), completed.release, inline_microseconds_max=0)
    outgoing = Outgoing(disk)
    with pair() as (near, far):
        assert disk.submit([Create(A), Write(A, 0, (b"0123456789",)), Sync(A, Drained())]) == []
        outgoing.push((b"head", FileSlice(A, 2, 3), b"tail"))
        assert outgoing.pump(near) is Progress.AWAITS_DISK
        assert drain(far, 99) == b"head"
        events = []
        while not events:
            assert completed.acquire(timeout=10)
            events += disk.completions()
        assert outgoing.pump(near) is Progress.DONE
        assert drain(far, 99) == b"234tail"
    disk.finish()


@pytest.mark.parametrize("length", [100, 2 * SENDFILE_BYTES_MIN])
def test_a_slice_beyond_the_end_of_its_file_breaks_the_connection(disk: Disk, length: int) -> None:
    outgoing = Outgoing(disk)
    with pair() as (near, _):
        outgoing.push((FileSlice(A, len(CONTENT[A]) - 10, length),))
        with pytest.raises(EOFError, match="a ends before byte"):
            pump_to_the_end(outgoing, near)


def pump_to_the_end(outgoing: Outgoing, near: socket.socket) -> None:
    while outgoing.pump(near) is not Progress.DONE:
        pass


def test_a_slice_of_a_missing_file_breaks_the_connection(disk: Disk) -> None:
    with pytest.raises(FileNotFoundError):
        Outgoing(disk).push((FileSlice(FileName("c"), 0, 1),))
