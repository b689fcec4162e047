"""Framing: the one thing that the proxy understands of what it carries. A frame is four bytes of length, and as many bytes as they say."""

PREFIX_BYTES = 4


class Framing:
    """Where in a stream of frames we are."""

    __slots__ = ("_missing", "_prefix")

    def __init__(self) -> None:
        self._prefix = b""
        self._missing = 0

    def feed(self, data: bytes) -> None:
        """`data` has passed."""
        self._prefix, self._missing, _ = self._walk(data)

    def cut_in(self, data: bytes) -> int:
        """How many bytes of `data` to let pass so that the stream ends within a frame. `data` is not empty; the answer may be 0."""
        _, _, ends = self._walk(data)
        middle = (len(data) + 1) // 2
        return middle if middle not in ends else middle - 1

    @property
    def is_inside(self) -> bool:
        """Whether the stream, as far as it has come, ends within a frame."""
        return bool(self._prefix or self._missing)

    def _walk(self, data: bytes) -> tuple[bytes, int, set[int]]:
        """Where we would be behind `data`, and the positions in `data` at which a frame ends."""
        prefix, missing, position, ends = self._prefix, self._missing, 0, set()
        while position < len(data):
            if missing:
                step = min(missing, len(data) - position)
                missing -= step
            else:
                step = min(PREFIX_BYTES - len(prefix), len(data) - position)
                prefix += data[position : position + step]
                if len(prefix) == PREFIX_BYTES:
                    prefix, missing = b"", int.from_bytes(prefix, "big")
            position += step
            if not prefix and not missing:
                ends.add(position)
        return prefix, missing, ends
