"""What is really durable of what was appended, found out from disk operations alone, whatever the node believes.

An append is durable when a sync is done that was asked for after the write that carries it. Writes carry everything that was appended
before them and is not written yet, which is what group commit does.
"""

import re
from collections.abc import Iterator
from typing import Any

import attrs

from streambus.kernel import Event, Read, Sync, SyncDirectory, Work, Write
from streambus.sim.explain.disks import Piece
from streambus.sim.explain.events import Happening, span

DUE = re.compile("⟨due ([0-9]+)⟩")


@attrs.define(eq=False)
class Append:
    """Offsets `first` to `end` of a log, appended in `step`."""

    place: str
    first: int
    end: int
    step: int
    write: Happening | None = None
    file: str = ""
    sync: Happening | None = None


class Durability:
    """Of one life."""

    def __init__(self) -> None:
        self.appends: list[Append] = []
        self.writes: list[tuple[Piece, Happening]] = []
        self.awaited: list[tuple[Any, Happening]] = []

    # What happens ------------------------------------------------------------------------------------------------------

    def appended(self, place: str, first: int, end: int, step: int) -> None:
        """A log has grown. A write in the same step carries it already."""
        append = Append(place, first, end, step)
        for (file, _, _), work in self.writes:
            if step in work.causes:
                append.write, append.file = work, file
                append.sync = next((sync for _, sync in self.awaited if step in sync.causes and sync.title.startswith("sync seg")), None)
        self.appends.append(append)

    def asked(self, effect: Any, work: Happening) -> list[int]:
        """A disk operation was asked for. The answer is the steps that appended what it writes."""
        steps = []
        if isinstance(effect, Write):
            self.writes.append(((effect.file, effect.position, sum(map(len, effect.parts))), work))
            for append in self.appends:
                if append.write is None:
                    append.write, append.file = work, effect.file
                    steps.append(append.step)
        elif isinstance(effect, Sync):
            for append in self.appends:
                if append.write is not None and append.file == effect.file and append.sync is None:
                    append.sync = work
                    steps.append(append.step)
        if isinstance(effect, Sync | SyncDirectory | Read | Work) and effect.then is not None:
            self.awaited.append((effect.then, work))
        return steps

    def completions_of(self, then: Event | None) -> Iterator[Happening]:
        """The operation that ends with this completion."""
        for at, (awaited, work) in enumerate(self.awaited):
            is_filled_in = hasattr(awaited, "data") or hasattr(awaited, "result")
            if awaited is then or (type(awaited) is type(then) and is_filled_in and work.state != "under way"):
                del self.awaited[at]
                yield work
                return

    # What one wants to know --------------------------------------------------------------------------------------------

    def doubt(self, place: str, offset: int) -> tuple[str, int | None] | None:
        """Why `offset` is not durable, if it is not, and what should have been waited for."""
        for append in self.appends:
            if append.place == place and append.first <= offset < append.end:
                return _doubt(append)
        return None

    def doubt_of_step(self, step: int) -> tuple[str, int | None] | None:
        """The same of anything that was appended in `step`."""
        return next((doubt for append in self.appends if append.step == step and (doubt := _doubt(append)) is not None), None)

    def writers_of(self, pieces: list[Piece]) -> list[int]:
        """The writes of these pieces."""
        return [
            work.number
            for (file, position, length), work in self.writes
            if any(file == name and position < start + size and start < position + length for name, start, size in pieces)
        ]

    def never_durable(self) -> list[tuple[str, int, int, int]]:
        """What was appended and never synced."""
        return [(append.place, append.first, append.end, append.step) for append in self.appends if not _is_durable(append)]


def _is_durable(append: Append) -> bool:
    return append.sync is not None and append.sync.state == "done"


def _doubt(append: Append) -> tuple[str, int | None] | None:
    if _is_durable(append):
        return None
    if append.write is None:
        return f"what was appended to {append.place} has not even been handed to the disk", append.step
    if append.sync is None:
        return f"no sync was asked for after the write of {append.place} ({append.write.title})", append.write.number
    if append.sync.state.startswith("failed"):
        return f"the sync that was to make it durable has {append.sync.state}", append.sync.number
    return f"the sync that will make it durable is still under way ({append.sync.title}{due_mark(append.sync.number)})", append.sync.number


def due_mark(number: int) -> str:
    """Stands in a text for how long a disk operation will still take, which is only known when the queue has it."""
    return f"⟨due {number}⟩"


def resolved(text: str, at: int, works: list[Happening]) -> str:
    """`text` of something that happened `at` a time, with what the marks stand for."""

    def when(mark: re.Match[str]) -> str:
        due = works[int(mark[1])].ends_at
        return f", due {span(due - at)} later" if due is not None and due > at else ""

    return DUE.sub(when, text)
