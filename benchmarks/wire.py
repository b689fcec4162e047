"""The few Kafka requests that are sent over a bare socket: where even librdkafka would be the limit, or would hide the first moment.

Written out by hand on purpose: a benchmark must not share code with what it measures.
Non-flexible versions, which every broker since 2.4 speaks: CreateTopics 4, DeleteTopics 3, Metadata 8, Produce 8.
"""

import socket
import struct
import time
from collections.abc import Mapping, Sequence

from crc32c import crc32c

CREATE_TOPICS, CREATE_TOPICS_VERSION = 19, 4
DELETE_TOPICS, DELETE_TOPICS_VERSION = 20, 3
METADATA, METADATA_VERSION = 3, 8
PRODUCE, PRODUCE_VERSION = 0, 8
NONE, TOPIC_ALREADY_EXISTS = 0, 36
_CLIENT_ID = "bench"


class BrokerRefused(Exception):
    """The broker answered with an error; the text names request and code."""


def _string(text: str) -> bytes:
    return struct.pack(">h", len(text)) + text.encode()


def frame(api_key: int, api_version: int, body: bytes, correlation_id: int = 7) -> bytes:
    """A whole request: size, header version 1, body."""
    message = struct.pack(">hhi", api_key, api_version, correlation_id) + _string(_CLIENT_ID) + body
    return struct.pack(">i", len(message)) + message


def create_topic_frame(topic: str, partitions: int, configs: Mapping[str, str]) -> bytes:
    """CreateTopics for one topic of replication factor one."""
    return create_topics_frame([topic], partitions, configs)


def create_topics_frame(topics: Sequence[str], partitions: int, configs: Mapping[str, str]) -> bytes:
    """CreateTopics for topics of replication factor one that are all alike."""
    shape = struct.pack(">ihi", partitions, 1, 0)
    shape += struct.pack(">i", len(configs)) + b"".join(_string(name) + _string(value) for name, value in configs.items())
    body = struct.pack(">i", len(topics)) + b"".join(_string(topic) + shape for topic in topics)
    return frame(CREATE_TOPICS, CREATE_TOPICS_VERSION, body + struct.pack(">i?", 30_000, False))


def delete_topics_frame(topics: Sequence[str]) -> bytes:
    """DeleteTopics by name."""
    body = struct.pack(">i", len(topics)) + b"".join(map(_string, topics)) + struct.pack(">i", 30_000)
    return frame(DELETE_TOPICS, DELETE_TOPICS_VERSION, body)


def metadata_frame() -> bytes:
    """Metadata of all topics; none is made on the way, and nobody asks what may be done to them."""
    return frame(METADATA, METADATA_VERSION, struct.pack(">i???", -1, False, False, False))


def create_topics(connection: socket.socket, topics: Sequence[str], partitions: int, configs: Mapping[str, str]) -> None:
    """Make topics with one request. `BrokerRefused` if one of them cannot be made."""
    response = ask(connection, create_topics_frame(topics, partitions, configs))
    position = 4 + 4 + 4 + 4  # size, correlation id, throttle time, count
    for _ in topics:
        position += 2 + error_at(response, position)  # A length is a number of two bytes like an error code.
        error, length = error_at(response, position), error_at(response, position + 2)
        if error:
            raise BrokerRefused(f"CreateTopics was answered with error {error}")
        position += 4 + max(length, 0)


def record_batch(value: bytes, timestamp_ms: int) -> bytes:
    """A record batch v2 with one record that has a value and nothing else."""
    record = b"\0" + _varint(0) + _varint(0) + _varint(-1) + _varint(len(value)) + value + _varint(0)
    record = _varint(len(record)) + record
    checked = struct.pack(">hiqqqhii", 0, 0, timestamp_ms, timestamp_ms, -1, -1, -1, 1) + record
    return struct.pack(">qiibI", 0, 4 + 1 + 4 + len(checked), 0, 2, crc32c(checked)) + checked


def _varint(number: int) -> bytes:
    number = number << 1 ^ number >> 63
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def produce_frame(topic: str, partition: int, value: bytes) -> bytes:
    """Produce with acks=all of one record into one partition."""
    batch = record_batch(value, time.time_ns() // 1_000_000)
    body = struct.pack(">hhii", -1, -1, 30_000, 1) + _string(topic) + struct.pack(">iii", 1, partition, len(batch)) + batch
    return frame(PRODUCE, PRODUCE_VERSION, body)


def produce_error_position(topic: str) -> int:
    """Where in the response frame to a `produce_frame` the error code is: behind size, correlation id, counts, topic and partition."""
    return 4 + 4 + 4 + 2 + len(topic) + 4 + 4


def error_at(response: bytes, position: int) -> int:
    """The error code at a position of a response."""
    return int(struct.unpack_from(">h", response, position)[0])


def ask(connection: socket.socket, request: bytes) -> bytes:
    """Send one frame and wait for the whole answer, size included. `ConnectionError` when the broker hangs up."""
    connection.sendall(request)
    response = bytearray()
    while len(response) < 4 or len(response) < 4 + int.from_bytes(response[:4], "big"):
        piece = connection.recv(65_536)
        if not piece:
            raise ConnectionResetError("the broker closed the connection")
        response += piece
    return bytes(response)


def connect(port: int) -> socket.socket:
    """A connection to a broker on this machine, with its timeouts set."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def create_topic(port: int, topic: str, partitions: int, configs: Mapping[str, str]) -> None:
    """Make a topic and wait until every partition takes records, which makes one record in each of them."""
    with connect(port) as connection:
        response = ask(connection, create_topic_frame(topic, partitions, configs))
        # size, correlation id, throttle time, count, name
        error = error_at(response, 4 + 4 + 4 + 4 + 2 + len(topic))
        if error not in (NONE, TOPIC_ALREADY_EXISTS):
            raise BrokerRefused(f"CreateTopics of {topic} was answered with error {error}")
        for partition in range(partitions):
            await_leader(connection, topic, partition)


def await_leader(connection: socket.socket, topic: str, partition: int) -> None:
    """Produce one record, again and again until it is acknowledged."""
    request = produce_frame(topic, partition, b"first")
    deadline = time.monotonic() + 30
    while error := error_at(ask(connection, request), produce_error_position(topic)):
        if time.monotonic() > deadline:
            raise BrokerRefused(f"Produce to {topic}-{partition} was answered with error {error} for 30 s")
        time.sleep(0.002)
