"""A history: everything the clients of one run did, and every fault they did it under."""

from collections.abc import Iterable, Iterator

import attrs

from streambus.checkers import lines as ndjson
from streambus.checkers.operations import Fault, Operation


@attrs.define
class History:
    """A list of operations, in any order, and beside it a list of faults.

    A recorder appends an operation when it has completed, so that one that stays open at the end is appended last, as `INFO`.
    """

    operations: list[Operation] = attrs.field(factory=list)
    faults: list[Fault] = attrs.field(factory=list)

    def append(self, operation: Operation) -> None:
        """Add an operation."""
        self.operations.append(operation)

    def add_fault(self, fault: Fault) -> None:
        """Add a fault."""
        self.faults.append(fault)

    def to_lines(self) -> Iterator[str]:
        """The history as ndjson, line by line without line ends; equal histories give equal lines. The form is told in `checkers.lines`."""
        return ndjson.to_lines(self.operations, self.faults)

    @classmethod
    def from_lines(cls, lines: Iterable[str]) -> "History":
        """The history that `to_lines` wrote. Raises `UnreadableHistory`."""
        return cls(*ndjson.from_lines(lines))

    def __len__(self) -> int:
        return len(self.operations)
