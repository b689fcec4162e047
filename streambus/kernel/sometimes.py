"""Sometimes-assertions: rare branches that a search through simulated disasters must have reached.

A machine says `sometimes("storage: a torn tail is cut")` where it does something rare. It costs a dictionary entry, changes nothing and is
read by nobody but those who search: a branch that ten thousand disasters never reached is either dead or untested, and both are
mistakes. The idea is known as "code probes" (FoundationDB) and "sometimes assertions" (Antithesis).

The names are literals, each used in one place, so that the list of all of them can be read off the source.
"""

_reached: dict[str, int] = {}


def sometimes(name: str) -> None:
    """This branch was reached."""
    _reached[name] = _reached.get(name, 0) + 1


def reached() -> dict[str, int]:
    """How often each branch was reached in this process since `forget_reached`; those that never were are missing."""
    return dict(sorted(_reached.items()))


def forget_reached() -> None:
    """Begin to count anew."""
    _reached.clear()
