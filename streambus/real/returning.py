"""Memory that nobody uses any more is returned to the system.

A crowd of connections leaves holes between what stays. The allocator keeps them for the next crowd, and the process looks as if this one were
still there. glibc can be asked to return whole pages in the middle; that takes a few milliseconds, so it is done soon after a crowd has left
and not for every guest. Where the C library has no such call nothing happens.
"""

import ctypes

CROWD = 500
"""So many have to leave before it is worth while."""


class Returning:
    """Says when it is worth while to return memory, and does it."""

    __slots__ = ("_trim", "left")

    def __init__(self) -> None:
        self.left = 0
        """How many connections have ended since memory was returned."""
        self._trim = getattr(ctypes.CDLL(None), "malloc_trim", None)

    def look(self) -> bool:
        """To be called now and then. Whether something was done."""
        if self.left < CROWD or self._trim is None:
            return False
        self.left = 0
        self._trim(0)
        return True
