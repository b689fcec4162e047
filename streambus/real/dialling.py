"""Opening connections: a name and a port in, a connected non-blocking socket out."""

import os
from socket import AI_NUMERICHOST, IPPROTO_TCP, SO_ERROR, SO_KEEPALIVE, SOCK_STREAM, SOL_SOCKET, TCP_NODELAY, gaierror, getaddrinfo, socket
from typing import Any

import trio
from trio.lowlevel import wait_writable

DIAL_SECONDS = 10
"""How long one address may take to answer."""


async def dial(host: str, port: int) -> socket:
    """Connect to the first address of `host` that answers. Raises the `OSError` of the last one that does not."""
    failure = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in await _resolve(host, port):
        sock = socket(family, kind, protocol)
        try:
            await _connect(sock, address)
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure


def tune(sock: socket) -> None:
    """Never wait for a fuller packet: answers are sent in one call anyway. And have the system ask whether a silent peer is still there."""
    sock.setblocking(False)
    sock.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
    sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)


async def _resolve(host: str, port: int) -> list[Any]:
    """An address needs nobody's help; a name is looked up in a thread."""
    try:
        return getaddrinfo(host, port, type=SOCK_STREAM, flags=AI_NUMERICHOST)
    except gaierror:
        return list(await trio.to_thread.run_sync(lambda: getaddrinfo(host, port, type=SOCK_STREAM), abandon_on_cancel=True))


async def _connect(sock: socket, address: Any) -> None:
    tune(sock)
    with trio.move_on_after(DIAL_SECONDS):
        try:
            sock.connect(address)
        except BlockingIOError:
            await wait_writable(sock)
        error = sock.getsockopt(SOL_SOCKET, SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))
        return
    raise TimeoutError(f"no answer within {DIAL_SECONDS} s")
