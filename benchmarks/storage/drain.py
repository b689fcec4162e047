"""A process that reads a socket to its end: `python drain.py <descriptor>`. It answers with the number of bytes it has read."""

import socket
import sys

_PIECE = 1 << 20


def drain(connection: socket.socket) -> None:
    """Say hello, read until nothing more comes, say how much it was."""
    connection.sendall(b"!")
    buffer = bytearray(_PIECE)
    total = 0
    while received := connection.recv_into(buffer):
        total += received
    connection.sendall(total.to_bytes(8, "big"))


if __name__ == "__main__":
    drain(socket.socket(fileno=int(sys.argv[1])))
