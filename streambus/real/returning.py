"""Memory that nobody uses any more is returned to the system.

A crowd of connections leaves holes between what stays. The allocator keeps them for the next crowd, and the process looks as if this one
were still there. glibc can be asked to return whole pages in the middle; that takes a few milliseconds, so it is done once a crowd has left
and not for every guest. Where the C library has no such call nothing happens.
"""

import ctypes

CROWD = 500
"""So many have to leave before it is worth while."""


class Returning:
    """Says when it is worth while to return memory, and does it."""

    __slots__ = ("_seen", "_trim", "left")

    def __init__(self) -> None:
        self.left = 0
        """How many connections have ended since memory was returned."""
        self._seen = 0
        self._trim = getattr(ctypes.CDLL(None), "malloc_trim", None)

    def look(self) -> bool:
        """To be called now and then. Whether something was done: if many have left, and nobody since the last look."""
        is_over = self._seen == self.left
        self._seen = self.left
        if self.left < CROWD or not is_over or self._trim is None:
            return False
        self.left = self._seen = 0
        self._trim(0)
        return True
