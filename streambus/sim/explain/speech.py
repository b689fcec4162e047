"""Requests and answers in words: what a frame asks or says, and which records it carries."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import attrs

from streambus.records import BadBatch, decode_records
from streambus.sim.explain.events import listed
from streambus.sim.oracles.door import Asked, error_name
from streambus.sim.users.stamp import LABEL_END
from streambus.wire import ApiKey

RECORDS_BYTES_MAX = 1 << 20
"""No more is unpacked to be told."""


@attrs.frozen
class Spoken:
    """One request or answer. `places` are the partitions it is about: partition, offset, labels of the records that it carries."""

    api: str
    correlation_id: int
    is_request: bool
    text: str
    places: tuple[tuple[str, int, tuple[str, ...]], ...] = ()

    @property
    def name(self) -> str:
        """As people call it."""
        return f"{self.api} #{self.correlation_id}"


class Names:
    """What topics are called, by the ids that stand for them on the wire and in logs."""

    def __init__(self) -> None:
        self.topics: dict[UUID, str] = {}

    def place(self, topic: Any, index: int) -> str:
        """A partition, by the topic's name or id."""
        if isinstance(topic, UUID):
            topic = self.topics.get(topic, str(topic)[:8])
        return f"{topic}-{index}"

    def of(self, entry: Any, index: int, field: str) -> str:
        """A partition of a topic in a message, which has a name or an id there."""
        return self.place(getattr(entry, field) or getattr(entry, "topic_id", ""), index)

    def log(self, log_id: str) -> str:
        """A log of a broker."""
        if log_id.startswith("__cluster_metadata"):
            return "the metadata log"
        identity, _, index = log_id.rpartition("-")
        return next((f"{name}-{index}" for topic_id, name in self.topics.items() if str(topic_id) == identity), log_id)

    def spelt(self, text: str) -> str:
        """`text` with names of topics where it has ids."""
        for topic_id, name in self.topics.items():
            text = text.replace(str(topic_id), name)
        return text


def request(asked: Asked, names: Names) -> Spoken:
    """What a request asks."""
    teller = _REQUESTS.get(asked.api_key)
    text, places = teller(asked.body, names) if teller is not None and asked.body is not None else ("", ())
    return Spoken(api_name(asked.api_key), asked.correlation_id, True, text, places)


def answer(asked: Asked, body: Any, names: Names) -> Spoken:
    """What an answer says."""
    teller = _ANSWERS.get(asked.api_key)
    text, places = teller(body, names) if teller is not None else (_error(getattr(body, "error_code", 0)), ())
    return Spoken(api_name(asked.api_key), asked.correlation_id, False, text, places)


def api_name(key: int) -> str:
    """The name of an API as people know it."""
    return "".join(word.capitalize() for word in ApiKey(key).name.split("_"))


def label_of(value: Any) -> str:
    """What the simulator's writers call a record: the beginning of its value."""
    return bytes(value or b"").partition(LABEL_END)[0][:32].decode("utf-8", "replace")


def labels_in(records: Any) -> tuple[str, ...]:
    """The labels of the records in batches. None if they cannot be read."""
    data = b"".join(map(bytes, records)) if isinstance(records, tuple) else bytes(records or b"")
    try:
        return tuple([label_of(record.value) for record in decode_records(data, limit=RECORDS_BYTES_MAX)])
    except BadBatch:
        return ()


def quoted(labels: tuple[str, ...]) -> str:
    """`record “a”`, `records “a” and “b”`."""
    return f"record{'s' if len(labels) > 1 else ''} {listed([f'“{label}”' for label in labels], 3)}" if labels else "no record"


def _error(code: int) -> str:
    return error_name(code) if code else ""


Told = tuple[str, tuple[tuple[str, int, tuple[str, ...]], ...]]


def _produce(body: Any, names: Names) -> Told:
    places = tuple(
        [(names.of(topic, data.index, "name"), -1, labels_in(data.records)) for topic in body.topic_data for data in topic.partition_data]
    )
    return ", ".join([f"{quoted(labels)} to {place}" for place, _, labels in places]), places


def _produced(body: Any, names: Names) -> Told:
    texts, places = [], []
    for topic in body.responses:
        for result in topic.partition_responses:
            place = names.of(topic, result.index, "name")
            error = _error(result.error_code)
            texts.append(f"{place}: {error}" if error else f"offset {result.base_offset:,} in {place}")
            places.append((place, -1 if error else result.base_offset, ()))
    return ", ".join(texts), tuple(places)


def _fetch(body: Any, names: Names) -> Told:
    places = tuple(
        [(names.of(topic, data.partition, "topic"), data.fetch_offset, ()) for topic in body.topics for data in topic.partitions]
    )
    return listed([f"{place} from {offset:,}" for place, offset, _ in places]) if places else "what is new", places


def _fetched(body: Any, names: Names) -> Told:
    texts, places = [], []
    for topic in body.responses:
        for data in topic.partitions:
            place = names.of(topic, data.partition_index, "topic")
            labels = labels_in(data.records)
            error = _error(data.error_code)
            texts.append(f"{place}: {error}" if error else f"{quoted(labels)} of {place}, high watermark {data.high_watermark:,}")
            places.append((place, data.high_watermark, labels))
    return listed(texts, 3) if texts else _error(body.error_code) or "nothing new", tuple(places)


def _list_offsets(body: Any, names: Names) -> Told:
    times = {-1: "end", -2: "beginning"}
    texts = [
        f"{names.of(topic, data.partition_index, 'name')}, {times.get(data.timestamp, f'time {data.timestamp}')}"
        for topic in body.topics
        for data in topic.partitions
    ]
    return listed(texts), ()


def _offsets_listed(body: Any, names: Names) -> Told:
    places = tuple([(names.of(topic, data.partition_index, "name"), data.offset, ()) for topic in body.topics for data in topic.partitions])
    errors = [_error(data.error_code) for topic in body.topics for data in topic.partitions if data.error_code]
    return listed(errors or [f"{place} at {offset:,}" for place, offset, _ in places]), places


def _topics(body: Any, _names: Names) -> Told:
    return listed([topic.name or "?" for topic in body.topics or []]), ()


def _topics_made(body: Any, _names: Names) -> Told:
    return listed([f"{topic.name}: {_error(topic.error_code) or 'done'}" for topic in body.topics]), ()


def _producer_given(body: Any, _names: Names) -> Told:
    return _error(body.error_code) or f"producer id {body.producer_id}", ()


_REQUESTS: dict[int, Callable[[Any, Names], Told]] = {
    ApiKey.PRODUCE: _produce,
    ApiKey.FETCH: _fetch,
    ApiKey.LIST_OFFSETS: _list_offsets,
    ApiKey.CREATE_TOPICS: _topics,
}

_ANSWERS: dict[int, Callable[[Any, Names], Told]] = {
    ApiKey.PRODUCE: _produced,
    ApiKey.FETCH: _fetched,
    ApiKey.LIST_OFFSETS: _offsets_listed,
    ApiKey.CREATE_TOPICS: _topics_made,
    ApiKey.INIT_PRODUCER_ID: _producer_given,
}
