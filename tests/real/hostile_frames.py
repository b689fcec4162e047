"""Requests as bytes, made by hand: those who are hostile have no library."""

import struct

from streambus.records import Record, encode_batch

API_VERSIONS = 18


def request(key: int, version: int, body: bytes = b"") -> bytes:
    """A frame with the header of a request whose correlation id is 7, and any body."""
    content = struct.pack(">hhih", key, version, 7, -1) + body
    return struct.pack(">i", len(content)) + content


def produce(topic: str, value: bytes) -> bytes:
    """One record for partition 0, acks=all; version 8."""
    batch = encode_batch([Record(None, value, (), 1, 0)])
    name = struct.pack(">h", len(topic)) + topic.encode()
    return request(0, 8, struct.pack(">hhii", -1, -1, 10_000, 1) + name + struct.pack(">iii", 1, 0, len(batch)) + batch)


def fetch(topic: str, offset: int) -> bytes:
    """All there is in partition 0; version 4."""
    name = struct.pack(">h", len(topic)) + topic.encode()
    body = struct.pack(">iiiibi", -1, 0, 1, 1 << 26, 0, 1) + name + struct.pack(">iiqi", 1, 0, offset, 1 << 26)
    return request(1, 4, body)
