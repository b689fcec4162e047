"""Actions: everything that may happen next in a world, as values that can be written down and done again."""

from typing import Any

from streambus.kernel import message

Source = tuple[int, int, int]
"""Something that is ready: what it is, a client's place, a connection's number. Sorted, this is the order in which news are noticed."""

DISK, TO_BROKER, TO_CLIENT, USER, BURST_END, WORK = range(6)
DISK_SOURCE: Source = (DISK, 0, 0)
WORK_SOURCE: Source = (WORK, 0, 0)


@message
class Advance:
    """The source goes on by one: a disk completes, a message arrives, a user speaks, a burst ends, long work is done.

    `delays`: how many others had to let it pass. `holds`: the burst that begins with it goes on, until its end has its turn.
    """

    source: Source
    delays: int = 0
    holds: bool = False


@message
class PassTime:
    """Time passes until the first node wants to be woken. It is a deviation if something else could have happened."""

    delays: int = 0


@message
class PowerCut:
    """After `done` of the queued disk operations the machine loses power, and is up again. `survived` names what was left.

    `worked`: and after so many file operations of the long work under way.
    """

    done: int
    survived: str
    worked: int = 0


@message
class Kill:
    """After `done` of the queued disk operations the broker's process is killed, and started again. The page cache stays.

    `half`: and after the first half of the write that comes next. `worked`: and after so many file operations of the long work under way.
    """

    done: int
    half: bool = False
    worked: int = 0


@message
class CutConnection:
    """A connection breaks, and what was under way on it is lost. `late`: but what goes to the broker is only held up, and so is its end."""

    client: int
    number: int
    late: bool = False


@message
class LateArrival:
    """What was held up of a broken connection is ready to arrive at the broker."""

    client: int
    number: int


Action = Advance | PassTime | PowerCut | Kill | CutConnection | LateArrival

_BY_NAME: dict[str, Any] = {kind.__name__: kind for kind in (Advance, PassTime, PowerCut, Kill, CutConnection, LateArrival)}


class UnreadableAction(ValueError):
    """The text does not describe an action."""


def to_plain(action: Action) -> list[Any]:
    """The action as a list that JSON can write."""
    if isinstance(action, Advance):
        return ["Advance", *action.source, action.delays, *([True] if action.holds else [])]
    if isinstance(action, PassTime):
        return ["PassTime", action.delays]
    if isinstance(action, PowerCut):
        return ["PowerCut", action.done, action.survived, *([action.worked] if action.worked else [])]
    if isinstance(action, Kill):
        return ["Kill", action.done, action.half, *([action.worked] if action.worked else [])]
    if isinstance(action, CutConnection):
        return ["CutConnection", action.client, action.number, action.late]
    return ["LateArrival", action.client, action.number]


def from_plain(plain: Any) -> Action:
    """The action that `to_plain` wrote; `UnreadableAction` if there is none."""
    try:
        name, *fields = plain
        if name == "Advance":
            kind, client, number, delays = map(int, fields[:4])
            return Advance((kind, client, number), delays, *map(bool, fields[4:]))
        action: Action = _BY_NAME[name](*fields)
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableAction(f"not an action: {plain!r}") from error
    return action
