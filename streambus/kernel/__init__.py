"""The kernel: the few words in which every StreamBus machine is written.

Theory of operation
===================

A **Node** (a broker, a client, later a controller or a registry) is a pure state machine with one door,
`step(now, event) -> list[Effect]`. Two nouns cross that door:

- an **Event** is something that happened, named in the past tense: bytes arrived, a sync completed, time passed;
- an **Effect** is something the world shall do, named in the imperative: send, write, sync, dial.

A **driver** owns the world and the loop. It takes an event, calls `step`, performs the effects *in order*, and wakes the
node when `next_deadline` has come. There are two drivers: `streambus.sim` and `streambus.real`. No machine can tell which one it has.

Inside a node, sub-machines are ordinary mutable classes whose methods are given a **Turn**: the time, the dice, and four verbs.

1. `turn.do(effect)` asks the driver for something.
2. `turn.tell(event)` tells a sibling a fact; the node routes it later in the same turn, first in, first out, by its `ROUTES` table.
3. `turn.wake_at(when, event)` has `event` happen at `when`; 4. `turn.cancel(event)` forgets it again.

Rules every machine keeps:

- Calls go down, facts come up. A parent calls its child's methods; a child tells facts.
- An effect that completes carries its completion: `Sync(file, then=Synced(...))`. Nothing is looked up when it comes back; what is
  stale is recognised by the epoch or position inside the completion.
- Disk effects of one node are performed and completed first in, first out. A failed one comes back as `DiskFailed` *before* the
  completion of anything that was asked for after it.
- What takes long is a **Task**: a value that says what to do with files that do not change any more and files of its own. `Work` has it
  run beside everything else, outside that order; the state changes when its result comes back, not before.
- State holds no clock, no socket, no callable, no set that is iterated: any machine can be deep-copied, compared, printed and
  fingerprinted. `turn.dice` is the only randomness, `turn.now` and `turn.wall_ms` the only clocks. Nobody calculates with floats; one
  that came in a message is carried as it came, bit for bit.
- A request waits in a **Purgatory** or nowhere.
- Group commit needs to know when a burst is over: the driver sends `Drained()` once it has handed over everything that was ready.

A **Journal** is the list of `(now, event)` a node was fed. Replay is feeding it back: equal events give equal effects and states.

What the kernel leaves out on purpose: I/O, threads, Kafka. It imports the standard library's pure parts and attrs.
"""

from streambus.kernel.dice import Prng
from streambus.kernel.encoding import decode_value, encode_value
from streambus.kernel.fingerprint import digest, fingerprint
from streambus.kernel.instants import MICROSECOND, MILLISECOND, SECOND, Instant
from streambus.kernel.journal import Journal, replay
from streambus.kernel.messages import Effect, Event, message
from streambus.kernel.node import Node, Routes, UnroutedEvent
from streambus.kernel.purgatory import Delayed, DelayExpired, Purgatory, PurgatoryFull
from streambus.kernel.sometimes import forget_reached, reached, sometimes
from streambus.kernel.timers import Timers
from streambus.kernel.turn import Turn
from streambus.kernel.work import FileAccess, Task, Work
from streambus.kernel.world import (
    Buffer,
    ClockAdjusted,
    Close,
    Closed,
    Congested,
    Connected,
    ConnectionId,
    Create,
    Delete,
    Dial,
    DiskFailed,
    Drained,
    FileName,
    FileSlice,
    Halt,
    MeasureRoom,
    Part,
    Pause,
    Read,
    Received,
    Relieved,
    Rename,
    Resume,
    Send,
    Severity,
    Started,
    StopRequested,
    Sync,
    SyncDirectory,
    Trace,
    Truncate,
    Woken,
    Write,
)

__all__ = [
    "MICROSECOND",
    "MILLISECOND",
    "SECOND",
    "Buffer",
    "ClockAdjusted",
    "Close",
    "Closed",
    "Congested",
    "Connected",
    "ConnectionId",
    "Create",
    "DelayExpired",
    "Delayed",
    "Delete",
    "Dial",
    "DiskFailed",
    "Drained",
    "Effect",
    "Event",
    "FileAccess",
    "FileName",
    "FileSlice",
    "Halt",
    "Instant",
    "Journal",
    "MeasureRoom",
    "Node",
    "Part",
    "Pause",
    "Prng",
    "Purgatory",
    "PurgatoryFull",
    "Read",
    "Received",
    "Relieved",
    "Rename",
    "Resume",
    "Routes",
    "Send",
    "Severity",
    "Started",
    "StopRequested",
    "Sync",
    "SyncDirectory",
    "Task",
    "Timers",
    "Trace",
    "Truncate",
    "Turn",
    "UnroutedEvent",
    "Woken",
    "Work",
    "Write",
    "decode_value",
    "digest",
    "encode_value",
    "fingerprint",
    "forget_reached",
    "message",
    "reached",
    "replay",
    "sometimes",
]
