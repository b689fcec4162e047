"""Input: stdin and files, cut into pieces, one for each record."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import trio

from streambus.cli.misuse import Misuse

CHUNK_BYTES = 256 * 1024
PIECE_BYTES_MAX = 128 * 1024 * 1024
"""A piece without an end is no record: no broker takes one of this size."""

STDIN = "stdin"


class TooLong(Exception):
    """The input goes on and on without the end of a record."""


class Cutter:
    """Cuts a stream where `delimiter` stands. What follows the last delimiter is a piece, too, unless it is empty."""

    def __init__(self, delimiter: bytes | None) -> None:
        self.delimiter = delimiter
        self._rest: list[bytes] = []
        self._rest_bytes = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The pieces that are complete now. Raises `TooLong`."""
        delimiter = self.delimiter
        if delimiter is None:
            self._keep(chunk)
            return []
        if len(delimiter) > 1 and self._rest:  # the delimiter itself may have been cut in two
            chunk = self._take() + chunk
        *pieces, rest = chunk.split(delimiter)
        if pieces and self._rest:
            pieces[0] = self._take() + pieces[0]
        self._keep(rest)
        return pieces

    def finish(self) -> list[bytes]:
        """What is left at the end of the stream. A whole file is a piece even if it is empty."""
        rest = self._take()
        return [rest] if rest or self.delimiter is None else []

    def _keep(self, chunk: bytes) -> None:
        if chunk:
            self._rest.append(chunk)
            self._rest_bytes += len(chunk)
            if self._rest_bytes > PIECE_BYTES_MAX:
                raise TooLong(f"a record of more than {PIECE_BYTES_MAX // 2**20} MiB is too large for any broker; what ends a record?")

    def _take(self) -> bytes:
        rest = b"".join(self._rest)
        self._rest.clear()
        self._rest_bytes = 0
        return rest


@attrs.frozen
class Input:
    """One file, or stdin, which is open already. Chunks are read in a thread, so that nothing else waits for them."""

    name: str
    file: Any
    delimiter: bytes | None

    async def read(self) -> bytes:
        """The next bytes, as soon as there are some; none at the end."""
        chunk: bytes | None = await trio.to_thread.run_sync(self.file.read, CHUNK_BYTES, abandon_on_cancel=True)
        return chunk or b""

    def close(self) -> None:
        """It was read to its end. Stdin is not ours to close."""
        if self.name != STDIN:
            self.file.close()

    def cutter(self) -> Cutter:
        """What cuts it."""
        return Cutter(self.delimiter)


def inputs_of(names: Sequence[str], delimiter: bytes | None) -> list[Input]:
    """Open what was named; `-` is stdin. Raises `Misuse` before anything is read."""
    inputs = []
    for name in names:
        if name == "-":
            inputs.append(Input(STDIN, _raw(sys.stdin.buffer), delimiter))
            continue
        path = Path(name)
        try:
            if path.is_dir():
                raise IsADirectoryError(21, os.strerror(21))
            inputs.append(Input(name, path.open("rb", buffering=0), delimiter))
        except OSError as error:
            raise Misuse(f"cannot read {name}: {(error.strerror or str(error)).lower()}") from error
    return inputs


def _raw(stream: Any) -> Any:
    """Without a buffer and its lock: a thread that is left behind in a read must not hold what the interpreter wants at its end."""
    return getattr(stream, "raw", stream)
