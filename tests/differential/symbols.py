"""Symbols: what stands in a script for values that each side gives out itself, or that differ from run to run.

A `$` in any text is the prefix of the run, the same on both sides, so that runs do not meet.
"""

from __future__ import annotations

import uuid
from typing import Any

import attrs

from streambus.records import Codec, Record, crc32c, encode_batch

NOBODYS_PRODUCER_ID = 4_000_000
"""Stands for the id of a producer that a side has not given out, and counts up."""

NOBODYS_SESSION_ID = 77


@attrs.define
class Memory:
    """What one side has answered so far, as far as later steps may refer to it."""

    prefix: str
    now_ms: int
    cluster_id: str = ""
    log_dir: str = ""
    topic_ids: dict[str, list[uuid.UUID]] = attrs.Factory(dict)
    """By name, oldest first: a topic that was deleted and made again has another id."""
    producer_ids: list[int] = attrs.Factory(list)
    session_ids: list[int] = attrs.Factory(list)


@attrs.frozen
class TopicId:
    """The id that the topic had when it was made the `nth` time; by default its newest."""

    name: str
    nth: int = -1

    def resolve(self, memory: Memory) -> uuid.UUID:
        """The side's id, or one that no side gives out."""
        try:
            return memory.topic_ids[self.name.replace("$", memory.prefix)][self.nth]
        except (KeyError, IndexError):
            return nobodys_topic_id(self.name)


@attrs.frozen
class ProducerId:
    """The `nth` producer id that was given out."""

    nth: int

    def resolve(self, memory: Memory) -> int:
        """The side's id, or one that no side gives out."""
        return memory.producer_ids[self.nth] if self.nth < len(memory.producer_ids) else NOBODYS_PRODUCER_ID + self.nth


@attrs.frozen
class SessionId:
    """The `nth` fetch session that was opened."""

    nth: int

    def resolve(self, memory: Memory) -> int:
        """The side's id, or one that it most likely did not give out."""
        return memory.session_ids[self.nth] if self.nth < len(memory.session_ids) else NOBODYS_SESSION_ID


@attrs.frozen
class Now:
    """Milliseconds since 1970 when the script began, and so many more."""

    plus_ms: int = 0

    def resolve(self, memory: Memory) -> int:
        """The same on both sides."""
        return memory.now_ms + self.plus_ms


@attrs.frozen
class ClusterId:
    """What the side's cluster is called."""

    def resolve(self, memory: Memory) -> str:
        """As the side tells it."""
        return memory.cluster_id


@attrs.frozen
class LogDir:
    """Where the side keeps its logs."""

    def resolve(self, memory: Memory) -> str:
        """As the side tells it."""
        return memory.log_dir


@attrs.frozen
class Batch:
    """A record batch. `patches` are written over its bytes, before the checksum is made right again unless `wrong_sum`; then `cut` of its
    bytes are left.
    """

    values: tuple[bytes | None, ...] = (b"a",)
    keys: tuple[bytes | None, ...] = (None,)
    """Taken in turns."""
    timestamps: tuple[Now | int, ...] = (Now(),)
    """Taken in turns."""
    codec: int = 0
    producer_id: ProducerId | int = -1
    producer_epoch: int = -1
    base_sequence: int = -1
    base_offset: int = 0
    is_transactional: bool = False
    is_control: bool = False
    headers: tuple[tuple[str, bytes | None], ...] = ()
    patches: tuple[tuple[int, bytes], ...] = ()
    wrong_sum: bool = False
    cut: int | None = None
    times: int = 1
    """How often the batch stands there."""

    def resolve(self, memory: Memory) -> bytes:
        """The bytes."""
        records = [
            Record(self.keys[at % len(self.keys)], value, self.headers, resolved(self.timestamps[at % len(self.timestamps)], memory))
            for at, value in enumerate(self.values)
        ]
        batch = bytearray(
            encode_batch(
                records,
                codec=Codec(self.codec),
                base_offset=self.base_offset,
                producer_id=resolved(self.producer_id, memory),
                producer_epoch=self.producer_epoch,
                base_sequence=self.base_sequence,
                is_transactional=self.is_transactional,
                is_control=self.is_control,
            )
        )
        for at, patch in self.patches:
            batch[at : at + len(patch)] = patch
        checksum = crc32c(bytes(batch[21:])) ^ (1 if self.wrong_sum else 0)
        batch[17:21] = checksum.to_bytes(4, "big")
        return bytes(batch[: self.cut]) * self.times


SYMBOLS = (TopicId, ProducerId, SessionId, Now, ClusterId, LogDir, Batch)


def nobodys_topic_id(name: str) -> uuid.UUID:
    """An id that belongs to no topic."""
    return uuid.uuid5(uuid.NAMESPACE_DNS, name)


def resolved(value: Any, memory: Memory) -> Any:
    """`value` with all symbols in it replaced by what they are to one side."""
    if isinstance(value, SYMBOLS):
        return value.resolve(memory)
    if isinstance(value, str):
        return value.replace("$", memory.prefix)
    if isinstance(value, dict):
        return {name: resolved(item, memory) for name, item in value.items()}
    if isinstance(value, list):
        return [resolved(item, memory) for item in value]
    return value


def shown(value: Any) -> str:
    """A value as Python source, symbols without what is their default."""
    if isinstance(value, SYMBOLS):
        kind = type(value)
        given = [
            f"{field.name}={shown(getattr(value, field.name))}"
            for field in attrs.fields(kind)
            if getattr(value, field.name) != field.default
        ]
        return f"{kind.__name__}({', '.join(given)})"
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{name}": {shown(item)}' for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        inner = ", ".join(map(shown, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\0", "\\0") + '"'
    if isinstance(value, bytes) and len(value) > 64 and len(set(value)) == 1:
        return f"{value[:1]!r} * {len(value)}"
    return repr(value)
