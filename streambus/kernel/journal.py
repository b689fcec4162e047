"""The journal: everything one life of a node was fed. Replay is feeding it back."""

import json
from collections.abc import Iterable, Iterator

import attrs

from streambus.kernel.encoding import decode_value, encode_value
from streambus.kernel.instants import Instant
from streambus.kernel.messages import Effect, Event
from streambus.kernel.node import Node


@attrs.define
class Journal:
    """`(now, event)` pairs in the order in which the node saw them."""

    entries: list[tuple[Instant, Event]] = attrs.field(factory=list)

    def append(self, now: Instant, event: Event) -> None:
        """Note that `event` is about to be taken in at `now`."""
        self.entries.append((now, event))

    def to_lines(self) -> Iterator[str]:
        """One JSON text per entry."""
        for now, event in self.entries:
            yield json.dumps([now, encode_value(event)], separators=(",", ":"))

    @classmethod
    def from_lines(cls, lines: Iterable[str]) -> "Journal":
        """The journal that `to_lines` wrote."""
        journal = cls()
        for line in lines:
            now, event = json.loads(line)
            journal.append(Instant(now), decode_value(event))
        return journal


def replay(node: Node, journal: Journal) -> Iterator[list[Effect]]:
    """Feed `journal` to a fresh `node`; yield the effects of every step."""
    for now, event in journal.entries:
        yield node.step(now, event)
