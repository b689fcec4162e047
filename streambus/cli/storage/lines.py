"""Lines: what a dump consists of, for people and for scripts."""

from collections.abc import Iterator
from typing import Any

import attrs

from streambus.cli.showing import json_bytes, text_of, time_of
from streambus.records import BadBatch, BatchHeader, Codec, check_batch, control_type, decode_batch, parse_header
from streambus.wire import decode_record
from streambus.wire.primitives import DecodeError


@attrs.frozen
class Line:
    """One thing: its kind, and what is said of it, by name. `depth` says in what it is. Fields that are None are not said."""

    kind: str
    depth: int
    fields: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """For scripts."""
        said: dict[str, Any] = {"kind": self.kind}
        for name, value in self.fields.items():
            if isinstance(value, bytes):
                said |= json_bytes(name, value)
            elif value is not None:
                said[name] = value
        return said

    def to_text(self) -> str:
        """For people."""
        said = []
        for name, value in self.fields.items():
            if name == "end_offset" or value is None:
                continue
            if name == "first_offset":
                name, value = "offsets", f"{value}..{self.fields['end_offset'] - 1}"
            elif isinstance(value, bytes):
                value = text_of(value)
            elif name.endswith("timestamp"):
                name, value = name.removesuffix("timestamp") + "time", time_of(value)
            elif isinstance(value, dict):
                value = "{" + ", ".join(f"{key}: {text}" for key, text in value.items()) + "}"
            said.append(f"{name} {value}")
        return f"{'  ' * self.depth}{self.kind:<12} {'  '.join(said)}"


def line(kind: str, depth: int = 0, **fields: Any) -> Line:
    """A line."""
    return Line(kind, depth, fields)


def batch_line(header: BatchHeader, depth: int, data: bytes | memoryview | None = None, **fields: Any) -> Line:
    """What the header of a batch says; with its `data`, also whether that is whole."""
    return line(
        "batch",
        depth,
        **fields,
        first_offset=header.base_offset,
        end_offset=header.next_offset,
        bytes=header.size,
        records=header.record_count,
        leader_epoch=header.leader_epoch,
        max_timestamp=header.max_timestamp,
        codec=_codec(header),
        producer=f"{header.producer_id}/{header.producer_epoch}/{header.base_sequence}" if header.has_producer else None,
        transactional=True if header.is_transactional else None,
        control=_control(header, data) if header.is_control and data is not None else None,
        damaged=_fault(header, data) if data is not None else None,
    )


def record_lines(data: bytes | memoryview, depth: int, *, is_metadata: bool) -> Iterator[Line]:
    """The records of a batch; those of the metadata log are said in its own words."""
    try:
        header = parse_header(data)
        check_batch(data, header, compacted=True)
        if header.is_control:
            return
        records = decode_batch(header, data)
    except BadBatch as bad:
        yield line("damage", depth, reason=bad.reason)
        return
    for record in records:
        headers = {name: text_of(value) for name, value in record.headers}
        told = line("record", depth, offset=record.offset, timestamp=record.timestamp, key=record.key, value=record.value)
        if is_metadata:
            try:
                told = line(
                    "record", depth, offset=record.offset, timestamp=record.timestamp, says=repr(decode_record(record.value or b""))
                )
            except DecodeError as fault:
                told.fields["unknown"] = str(fault)
        if headers:
            told.fields["headers"] = headers
        yield told


def _codec(header: BatchHeader) -> str | None:
    try:
        return header.codec.name.lower() if header.codec is not Codec.NONE else None
    except ValueError:
        return "unknown"


def _control(header: BatchHeader, data: bytes | memoryview) -> str:
    try:
        found = control_type(header, data)
    except BadBatch:
        found = None
    return found.name.lower() if found is not None else "unknown"


def _fault(header: BatchHeader, data: bytes | memoryview) -> str | None:
    try:
        check_batch(data, header, compacted=True)
    except BadBatch as bad:
        return bad.reason
    return None
