"""Listening sockets: bound before the node is made, so that it can be told where it is to be found."""

from __future__ import annotations

import errno
from socket import AF_INET6, AI_PASSIVE, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, gaierror, getaddrinfo, socket
from typing import TYPE_CHECKING

import attrs
import trio
from trio.lowlevel import wait_readable

from streambus.kernel import Severity, Trace
from streambus.real.dialling import tune

if TYPE_CHECKING:
    from streambus.real.driver import Driver

BACKLOG = 1024

EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
EXHAUSTED_SECONDS = 0.1
"""How long to wait for someone to leave when no more connections fit in."""

ACCEPTS_PER_TURN = 16


class CannotListen(Exception):
    """The address is no address of this machine, or is taken. Its text is one line for people."""


@attrs.frozen
class Listening:
    """An open door: the listener's name and where it really listens (the port is never 0)."""

    name: str
    host: str
    port: int
    sock: socket

    @property
    def address(self) -> str:
        """`host:port`, as people write it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def listen(name: str, host: str, port: int) -> Listening:
    """Listen on `host:port`; port 0 takes any free one. Raises `CannotListen`."""
    try:
        family, kind, protocol, _, address = getaddrinfo(host or None, port, type=SOCK_STREAM, flags=AI_PASSIVE)[0]
    except gaierror as error:
        raise CannotListen(f"cannot listen on {host}:{port}: {error.strerror}") from error
    sock = socket(family, kind, protocol)
    try:
        sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        why = "another program listens there" if error.errno == errno.EADDRINUSE else (error.strerror or str(error)).lower()
        raise CannotListen(f"cannot listen on {host}:{port}: {why}") from error
    sock.setblocking(False)
    return Listening(name, host, sock.getsockname()[1], sock)


async def accept(driver: Driver, listening: Listening) -> None:
    """Hand every connection that is made to `listening` to `driver`, until cancelled."""
    accepts = 0
    is_refusing = False
    with listening.sock as door:
        while True:
            if accepts == ACCEPTS_PER_TURN:
                await trio.lowlevel.checkpoint()
                accepts = 0
            try:
                sock, address = door.accept()
            except BlockingIOError:
                await wait_readable(door)
                accepts = 0
                continue
            except OSError as error:
                # One that left before we looked is no reason to stop; nor is having no room for more.
                if error.errno in EXHAUSTED:
                    if not is_refusing:
                        driver.note(Trace(Severity.WARNING, "cannot accept more connections", (("error", errno.errorcode[error.errno]),)))
                    is_refusing = True
                    await trio.sleep(EXHAUSTED_SECONDS)
                continue
            accepts += 1
            if driver.is_full:  # told by hanging up: nobody waits for an answer that does not come
                sock.close()
                if not is_refusing:
                    driver.note(Trace(Severity.WARNING, "hanging up on new connections: the other descriptors are for files"))
                is_refusing = True
                continue
            is_refusing = False
            tune(sock)
            driver.accepted(
                sock, f"[{address[0]}]:{address[1]}" if door.family == AF_INET6 else f"{address[0]}:{address[1]}", listening.name
            )
