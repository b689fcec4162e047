"""A decision: what shall be written to the metadata log, and what the asker is told once it is durable there."""

from typing import Generic, TypeVar

from attrs import frozen

from streambus.wire import Message

ReplyT = TypeVar("ReplyT")


@frozen
class Decision(Generic[ReplyT]):
    """`records` become true together, in this order, or not at all; `reply` is true once they are durable.

    Without records the reply is true already.
    """

    records: tuple[Message, ...]
    reply: ReplyT
