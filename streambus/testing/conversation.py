"""A conversation: requests to one broker from the thread that asks, one after the other, without a client in between."""

import socket
from collections.abc import Iterator, Mapping
from typing import Any

from streambus.records import Record, decode_records, split_batches
from streambus.wire import ClientConnection, ErrorCode, Message, messages

PATIENCE_SECONDS = 30.0
RECEIVE_BYTES = 1 << 20
FETCH_BYTES = 16 << 20

EARLIEST, LATEST = -2, -1


class RequestFailed(Exception):
    """The broker refused something. `error` is Kafka's code."""

    def __init__(self, error: ErrorCode, text: str | None) -> None:
        super().__init__(f"{error.name}: {text}" if text else error.name)
        self.error = error


class Conversation:
    """One connection to a broker. Use it as a context manager."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), PATIENCE_SECONDS)
        self._connection = ClientConnection("streambus.testing")

    def __enter__(self) -> "Conversation":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, body: Message, version: int) -> Any:
        """The answer to one request. Raises `ConnectionError` if the broker would rather close the connection."""
        _, parts = self._connection.send(body, version)
        self._socket.sendall(b"".join(bytes(part) for part in parts if isinstance(part, bytes | bytearray | memoryview)))
        while True:
            data = self._socket.recv(RECEIVE_BYTES)
            responses = self._connection.receive(data) if data else []
            if responses:
                return responses[0].body
            if not data:
                raise ConnectionError("the broker closed the connection instead of answering")

    def create_topic(self, name: str, partitions: int, configs: Mapping[str, str]) -> None:
        """Make a topic."""
        request = messages.CreateTopicsRequest
        settings = [request.CreatableTopicConfig(name=key, value=value) for key, value in configs.items()]
        topic = request.CreatableTopic(name=name, num_partitions=partitions, replication_factor=-1, configs=settings)
        result = self.ask(request(topics=[topic], timeout_ms=int(PATIENCE_SECONDS * 1000)), 7).topics[0]
        _require(result.error_code, result.error_message)

    def delete_topic(self, name: str) -> None:
        """Remove a topic."""
        request = messages.DeleteTopicsRequest
        body = request(topics=[request.DeleteTopicState(name=name)], timeout_ms=int(PATIENCE_SECONDS * 1000))
        result = self.ask(body, 6).responses[0]
        _require(result.error_code, result.error_message)

    def topics(self) -> dict[str, int]:
        """The topics that clients see, with their numbers of partitions."""
        answer = self.ask(messages.MetadataRequest(topics=None, allow_auto_topic_creation=False), 12)
        return {topic.name: len(topic.partitions) for topic in answer.topics if not topic.is_internal}

    def records(self, topic: str, partition: int) -> Iterator[Record]:
        """What a consumer from the beginning to the end as it is now would see."""
        position, end = self._offset(topic, partition, EARLIEST), self._offset(topic, partition, LATEST)
        while position < end:
            data = self._fetched(topic, partition, position)
            for header, batch in split_batches(data, partial_last=True):
                if not header.is_control:
                    yield from (record for record in decode_records(batch) if position <= record.offset < end)
                position = max(position, header.next_offset)

    def _offset(self, topic: str, partition: int, timestamp: int) -> int:
        request = messages.ListOffsetsRequest
        asked = request.ListOffsetsTopic(
            name=topic, partitions=[request.ListOffsetsPartition(partition_index=partition, timestamp=timestamp)]
        )
        found = self.ask(request(replica_id=-1, topics=[asked]), 6).topics[0].partitions[0]
        _require(found.error_code, None)
        return int(found.offset)

    def _fetched(self, topic: str, partition: int, offset: int) -> Any:
        request = messages.FetchRequest
        asked = request.FetchTopic(
            topic=topic,
            partitions=[request.FetchPartition(partition=partition, fetch_offset=offset, partition_max_bytes=FETCH_BYTES)],
        )
        answer = self.ask(request(max_wait_ms=0, min_bytes=0, max_bytes=FETCH_BYTES, session_epoch=-1, topics=[asked]), 12)
        found = answer.responses[0].partitions[0]
        _require(found.error_code, None)
        return found.records


def _require(error_code: int, text: str | None) -> None:
    if error_code != ErrorCode.NONE:
        raise RequestFailed(ErrorCode(error_code), text)  # type: ignore[call-arg]
