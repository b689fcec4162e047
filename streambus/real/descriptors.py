"""Descriptors: a process may have so many, and connections must not take those that its files need.

A broker that cannot open the next file of its log has a disk that failed: it refuses records until it is started again. Somebody who only
opens connections could bring that about. So some descriptors are kept for files, and who connects when the others are taken is hung up on.
"""

import resource

FILES_MAX = 4096
"""What is kept for files, if there is so much."""

FILES_PART = 4
"""Of few descriptors this part is kept."""


def connections_max() -> int:
    """How many connections this process may have, as it may open files now."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return 1 << 30
    return soft - min(FILES_MAX, soft // FILES_PART)


def raise_limit() -> None:
    """Have as many descriptors as may be asked for. Most systems give a process few, and let it have many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):  # some systems say "unlimited" and do not mean it
            return
