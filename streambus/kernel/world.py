"""The world's vocabulary: the events every driver can report and the effects every driver can perform.

Duties of a driver
==================

1. The first event of a life is `Started`; after `Halt` or a crash there is no further event.
2. Effects are performed in the order in which `step` returned them. Disk effects run first in, first out, in the background; their
   completions come back in that order, and a failure comes back before any later completion.
3. Inbound connections are numbered 1, 2, 3 … by the driver and never reused; outbound ones are numbered -1, -2, -3 … by the node.
4. After `Closed` no event mentions that connection again; effects on a closed connection are ignored in silence.
5. `Received.data` stays valid and unchanged for as long as anybody holds it, and is never written to by a machine.
   A driver delivers whole frames in one piece when that is easy; a machine does not rely on it.
6. When everything that was ready has been handed over, `Drained` follows. At the latest after 64 events.
7. `FileSlice` parts are read when the `Send` is performed; bytes that were written before (in effect order) are seen.
8. `Work` (`streambus.kernel.work`) stands outside the order of the disk effects: it holds none of them up and waits for none, and its
   completion comes whenever it is done. When the life ends, in whatever way, its task goes no further than the file operation it is
   at: of its operations none, a beginning, or all have happened.
"""

from enum import Enum
from typing import NewType

from streambus.kernel.messages import Effect, Event, message

ConnectionId = NewType("ConnectionId", int)
FileName = NewType("FileName", str)
"""A path below the node's data folder, with forward slashes. Folders on the way are made by `Create`."""

Buffer = bytes | bytearray | memoryview


@message
class FileSlice:
    """`length` bytes of `file` from `position`, that travel to a socket without entering the machine."""

    file: FileName
    position: int
    length: int

    def __len__(self) -> int:
        return self.length


Part = Buffer | FileSlice
"""A piece of what is sent. `len(part)` is its size in bytes (memoryviews are of bytes, one-dimensional)."""


class Severity(Enum):
    """How much a person should care about a trace line."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


# Life and time ---------------------------------------------------------------------------------------------------------


@message
class Started(Event):
    """The node was born, or born again beside the disk of an earlier life.

    `wall_offset`: wall clock minus `Instant` clock, in microseconds. `seed`: of the node's dice. `mischief`: which of the unusual things
    that it may do (`Turn.buggify`) it does now and then; 0 for none, as in production.
    """

    wall_offset: int
    seed: int
    mischief: int = 0


@message
class Woken(Event):
    """Time has passed; `next_deadline` may have come. The kernel turns it into the events that are due."""


@message
class Drained(Event):
    """The driver has handed over everything that was ready: whatever was put off to be done together is done now."""


@message
class ClockAdjusted(Event):
    """The wall clock was stepped: wall time is now `Instant + wall_offset` microseconds."""

    wall_offset: int


@message
class StopRequested(Event):
    """Someone asked the node to shut down cleanly. It answers with `Halt` when it is done."""


@message
class Halt(Effect):
    """End this life: nothing comes after. `error` is None for a clean end, else one line that says why."""

    error: str | None = None


@message
class Trace(Effect):
    """A line for people to read later. `fields` are names and values that belong to it."""

    severity: Severity
    text: str
    fields: tuple[tuple[str, int | str], ...] = ()


# Connections -----------------------------------------------------------------------------------------------------------


@message
class Connected(Event):
    """A connection is open: accepted on `listener` (inbound), or dialled by this node (outbound, listener empty)."""

    connection: ConnectionId
    peer: str
    listener: str = ""


@message
class Received(Event):
    """Bytes arrived."""

    connection: ConnectionId
    data: Buffer


@message
class Closed(Event):
    """The connection is gone, whoever ended it; also the answer to a `Dial` that failed. `reason` is for people."""

    connection: ConnectionId
    reason: str


@message
class Congested(Event):
    """The peer reads slower than we send: more than the driver's limit is queued towards it."""

    connection: ConnectionId


@message
class Relieved(Event):
    """The queue towards a congested peer has drained."""

    connection: ConnectionId


@message
class Dial(Effect):
    """Open a connection to `host:port`; `Connected` or `Closed` follows. The node chose the number (negative, never reused)."""

    connection: ConnectionId
    host: str
    port: int


@message
class Send(Effect):
    """Send `parts`, in order, after everything sent before on this connection."""

    connection: ConnectionId
    parts: tuple[Part, ...]


@message
class Pause(Effect):
    """Read no more from this connection until `Resume`: the back-pressure towards a peer that sends too much."""

    connection: ConnectionId


@message
class Resume(Effect):
    """Read again from a paused connection."""

    connection: ConnectionId


@message
class Close(Effect):
    """Close the connection once what was sent is on its way; `Closed` follows. `reason` is for people."""

    connection: ConnectionId
    reason: str


# Disk ------------------------------------------------------------------------------------------------------------------


@message
class Create(Effect):
    """Make `file`, empty, and the folders above it. Fails if it exists. Durable only after `SyncDirectory`."""

    file: FileName


@message
class Write(Effect):
    """Write `parts` one after the other from `position` on. A part may be held by others: it is not changed.

    Durable only after a `Sync` that was asked for later.
    """

    file: FileName
    position: int
    parts: tuple[Buffer, ...]


@message
class Sync(Effect):
    """Make everything written to `file` so far durable, length included; then `then` happens."""

    file: FileName
    then: Event


@message
class SyncDirectory(Effect):
    """Make creations, renames and deletions of files durable; then `then` happens."""

    then: Event | None = None


@message
class Truncate(Effect):
    """Cut `file` down to `length` bytes. Durable only after a later `Sync`."""

    file: FileName
    length: int


@message
class Rename(Effect):
    """Give `source` the name `target`, replacing what had it. Durable only after `SyncDirectory`."""

    source: FileName
    target: FileName


@message
class Delete(Effect):
    """Remove `file`; harmless if there is none. Durable only after `SyncDirectory`."""

    file: FileName


@message
class Read(Effect):
    """Read up to `length` bytes from `position`; `then` happens with its `data` field filled in.

    `data` is shorter at the end of the file and None if there is no such file.
    """

    file: FileName
    position: int
    length: int
    then: Event


@message
class MeasureRoom(Effect):
    """Ask how much room there is on the disk; `then` happens with its `total_bytes` and `usable_bytes` filled in, -1 if nobody knows."""

    then: Event


@message
class DiskFailed(Event):
    """A disk operation did not happen, or only in part. `operation` is the effect's name in lower case, `error` an errno name.

    Of a `Work` that failed: the file and the name of that one of its file operations that did.
    `then` is the completion that will not come. A failed sync has lost what it was to make durable: it must never be tried again.
    """

    file: FileName
    operation: str
    error: str
    then: Event | None = None
