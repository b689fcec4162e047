"""What users say to a client, and what they are told.

A user numbers its wishes with a `ticket` of its choice, never twice. Every ticket is answered by exactly one `Complete`.
"""

from streambus.kernel import Effect, Event, message
from streambus.records import Record
from streambus.wire import ErrorCode, Message

EARLIEST = -2
"""In place of an offset or a timestamp: the first record there is."""

LATEST = -1
"""In place of an offset or a timestamp: behind the last record there is."""

MAX_TIMESTAMP = -3
"""In place of a timestamp: the record with the largest one (KIP-734)."""

OFFSET_UNKNOWN = -1
"""The offset of a record that was sent with acks of NONE: the broker does not tell."""


@message
class Complete(Effect):
    """The one answer to `ticket`."""

    ticket: int
    result: object


@message
class Failed:
    """The wish was not fulfilled. `text` says why, to people; `error` is the broker's word for it, if it had one.

    `definite`: it surely had no effect and never will. Otherwise the outcome is unknown.
    """

    error: ErrorCode | None
    text: str
    definite: bool


# Producer --------------------------------------------------------------------------------------------------------------


@message
class Produce(Event):
    """Write a record. Without `partition` the key decides; without a key whatever is convenient. Answer: `Acknowledged`."""

    ticket: int
    topic: str
    partition: int | None = None
    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    timestamp_ms: int | None = None


@message
class Flush(Event):
    """Send everything now. Answer: `Flushed`, once every `Produce` before it is answered."""

    ticket: int


@message
class Acknowledged:
    """The record is written as strongly as `acks` asked for, at `offset` (or `OFFSET_UNKNOWN`)."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int


@message
class Flushed:
    """Nothing older than the `Flush` is outstanding."""


# Consumer --------------------------------------------------------------------------------------------------------------


@message
class Assign(Event):
    """Read these `(topic, partition, offset | EARLIEST | LATEST)` from now on, and nothing else. Answer: `Positioned`."""

    ticket: int
    positions: tuple[tuple[str, int, int], ...]


@message
class Seek(Event):
    """Go on reading an assigned partition at `offset`, EARLIEST or LATEST. Answer: `Positioned`."""

    ticket: int
    topic: str
    partition: int
    offset: int


@message
class Poll(Event):
    """Give up to `max_records`, as soon as there is one, at the latest after `timeout` microseconds. Answer: `Fetched`."""

    ticket: int
    max_records: int
    timeout: int


@message
class ListOffsets(Event):
    """Which offset has the first record at or after a timestamp (ms, EARLIEST, LATEST, MAX_TIMESTAMP)? Answer: `OffsetsListed`."""

    ticket: int
    targets: tuple[tuple[str, int, int], ...]


@message
class ListPositions(Event):
    """How far was each assigned partition read, counting what was given by polls and what is passed over? Answer: `Positioned`."""

    ticket: int


@message
class Positioned:
    """The next record of each `(topic, partition, offset)` will be at that offset or, should it be gone, behind it.

    The offset is -1 where it is not known yet.
    """

    positions: tuple[tuple[str, int, int], ...]


@message
class Fetched:
    """Records in the order of their offsets per partition; none if the time was up."""

    records: tuple[tuple[str, int, Record], ...]


@message
class OffsetsListed:
    """`(topic, partition, offset, timestamp)` per target, in its order; -1 and -1 where there is no such record."""

    offsets: tuple[tuple[str, int, int, int], ...]


# Admin -----------------------------------------------------------------------------------------------------------------


@message
class Ask(Event):
    """Send any request `body` to a live broker, to the controller if the request is of that kind, or to `broker`.

    `version`: the highest one to use; None leaves the choice. Answer: `Answered`.
    """

    ticket: int
    body: Message
    version: int | None = None
    broker: int | None = None


@message
class Answered:
    """The response. What it says about errors is left to the user."""

    body: Message
    version: int
