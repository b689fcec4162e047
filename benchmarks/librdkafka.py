"""librdkafka at C speed, without a compiler: `ctypes` on the library that the confluent-kafka wheel carries.

A thousand records cross from Python to C in one call, delivery reports come back as one event per batch, and consumed records
are counted by a C function that librdkafka calls itself. Nothing in Python runs per record, so the client is as lean as a C program.
"""

import array
import ctypes
import time
from collections.abc import Callable, Mapping
from ctypes import POINTER, byref, c_char_p, c_int, c_int32, c_int64, c_size_t, c_ssize_t, c_void_p
from pathlib import Path
from typing import Any

import confluent_kafka
import confluent_kafka.cimpl  # loading the extension loads the libraries that librdkafka itself needs

from .payloads import Payloads

PRODUCER, CONSUMER = 0, 1
COPY = 0x2
"""Message flag: librdkafka copies the payload. Without it the payload must stay as it is until its delivery report."""
EACH_ITS_PARTITION = 0x8
"""Message flag: the partition is taken from each message rather than from the call."""
_EVENT_DELIVERY_REPORT = 0x1


class ClientFailed(Exception):
    """librdkafka could not do what was asked; the text says why."""


class Message(ctypes.Structure):
    """`rd_kafka_message_t`."""

    _fields_ = [
        ("err", c_int),
        ("rkt", c_void_p),
        ("partition", c_int32),
        ("payload", c_void_p),
        ("len", c_size_t),
        ("key", c_void_p),
        ("key_len", c_size_t),
        ("offset", c_int64),
        ("_private", c_void_p),
    ]


def _library_path() -> Path:
    package = Path(confluent_kafka.__file__).parent
    for folder in (package.with_name("confluent_kafka.libs"), package / ".dylibs"):
        for path in sorted(folder.glob("librdkafka[-.]*")):
            return path
    raise ClientFailed(f"no librdkafka beside {package}: the benchmarks need confluent-kafka installed as a wheel")


_FUNCTIONS: Mapping[str, tuple[Any, tuple[Any, ...]]] = {
    "version_str": (c_char_p, ()),
    "err2str": (c_char_p, (c_int,)),
    "conf_new": (c_void_p, ()),
    "conf_set": (c_int, (c_void_p, c_char_p, c_char_p, c_char_p, c_size_t)),
    "conf_set_events": (None, (c_void_p, c_int)),
    "new": (c_void_p, (c_int, c_void_p, c_char_p, c_size_t)),
    "destroy": (None, (c_void_p,)),
    "topic_new": (c_void_p, (c_void_p, c_char_p, c_void_p)),
    "topic_destroy": (None, (c_void_p,)),
    "metadata": (c_int, (c_void_p, c_int, c_void_p, POINTER(c_void_p), c_int)),
    "metadata_destroy": (None, (c_void_p,)),
    "produce_batch": (c_int, (c_void_p, c_int32, c_int, c_void_p, c_int)),
    "purge": (c_int, (c_void_p, c_int)),
    "outq_len": (c_int, (c_void_p,)),
    "poll": (c_int, (c_void_p, c_int)),
    "queue_get_main": (c_void_p, (c_void_p,)),
    "queue_new": (c_void_p, (c_void_p,)),
    "queue_destroy": (None, (c_void_p,)),
    "queue_poll": (c_void_p, (c_void_p, c_int)),
    "event_type": (c_int, (c_void_p,)),
    "event_message_count": (c_size_t, (c_void_p,)),
    "event_error": (c_int, (c_void_p,)),
    "event_destroy": (None, (c_void_p,)),
    "query_watermark_offsets": (c_int, (c_void_p, c_char_p, c_int32, POINTER(c_int64), POINTER(c_int64), c_int)),
    "consume_start_queue": (c_int, (c_void_p, c_int32, c_int64, c_void_p)),
    "consume_stop": (c_int, (c_void_p, c_int32)),
    "consume_batch_queue": (c_ssize_t, (c_void_p, c_int, c_void_p, c_size_t)),
    "consume_callback_queue": (c_int, (c_void_p, c_int, c_void_p, c_void_p)),
    "message_destroy": (None, (c_void_p,)),
}


class _Library:
    """The functions of librdkafka that are used here, without their `rd_kafka_`."""

    def __init__(self) -> None:
        self._dll = ctypes.CDLL(str(_library_path()))
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(self._dll, "rd_kafka_" + name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)
        # Takes a message and returns a field of it: as a consume callback, the cheapest thing that can be called.
        self.ignore_message = ctypes.cast(self._dll.rd_kafka_message_status, c_void_p)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


_rd = _Library()


def version() -> str:
    """librdkafka's version."""
    return str(_rd.version_str().decode())


def error_text(error: int) -> str:
    """What librdkafka says about one of its error codes."""
    return str(_rd.err2str(error).decode())


def _client(kind: int, bootstrap: str, settings: Mapping[str, object], *, events: int) -> int:
    text = ctypes.create_string_buffer(512)
    conf = _rd.conf_new()
    for name, value in {"bootstrap.servers": bootstrap, "log_level": 2, "api.version.request.timeout.ms": 30_000, **settings}.items():
        if _rd.conf_set(conf, name.encode(), str(value).encode(), text, len(text)) != 0:
            raise ClientFailed(text.value.decode())
    if events:
        _rd.conf_set_events(conf, events)
    client = _rd.new(kind, conf, text, len(text))
    if not client:
        raise ClientFailed(text.value.decode())
    return int(client)


def _topic(client: int, name: str) -> int:
    """A topic whose metadata the client has, so that nothing measured waits for it."""
    topic = int(_rd.topic_new(client, name.encode(), None))
    metadata = c_void_p()
    error = _rd.metadata(client, 0, topic, byref(metadata), 30_000)
    if error:
        raise ClientFailed(f"no metadata of {name}: {error_text(error)}")
    _rd.metadata_destroy(metadata)
    return topic


class Messages:
    """An array of messages, `partitions` taking turns; made once, produced many times.

    `words` are the bytes of all values, one behind the other, for those who write into them; its length must stay.
    """

    def __init__(self, payloads: Payloads, count: int, partitions: int = 1) -> None:
        self.count = count
        size = payloads.record_bytes
        self.words = array.array("Q", b"".join(payloads.record(number) for number in range(count)))
        address, _ = self.words.buffer_info()
        self.array = (Message * count)()
        for number, message in enumerate(self.array):
            message.payload, message.len, message.partition = address + number * size, size, number % partitions
        self._address = ctypes.addressof(self.array)

    def at(self, number: int) -> int:
        """The address of the `number`-th message."""
        return self._address + number * ctypes.sizeof(Message)


class Producer:
    """One producer of one topic. `acknowledged` and `failed` count delivery reports as `collect` meets them."""

    def __init__(self, bootstrap: str, topic: str, settings: Mapping[str, object], *, reports: bool = True) -> None:
        self._client = _client(PRODUCER, bootstrap, {"acks": "all", **settings}, events=_EVENT_DELIVERY_REPORT if reports else 0)
        self._topic = _topic(self._client, topic)
        self._queue = _rd.queue_get_main(self._client)
        self.acknowledged = 0
        self.failed = 0
        self.last_error = 0

    def produce(self, messages: Messages, first: int, count: int, flags: int = 0) -> int:
        """Enqueue messages `first … first + count` of the array; how many fitted into the queue."""
        return int(_rd.produce_batch(self._topic, 0, flags, messages.at(first), count))

    def collect(self, timeout_ms: int) -> None:
        """Take the delivery reports that are there, waiting up to `timeout_ms` for the first."""
        while event := _rd.queue_poll(self._queue, timeout_ms):
            if _rd.event_type(event) == _EVENT_DELIVERY_REPORT:
                count = _rd.event_message_count(event)
                # A delivery report event is one batch, and carries the one error of the batch.
                if error := _rd.event_error(event):
                    self.failed += count
                    self.last_error = error
                else:
                    self.acknowledged += count
            _rd.event_destroy(event)
            timeout_ms = 0

    @property
    def waiting(self) -> int:
        """Records (and reports) that are still on their way."""
        return int(_rd.outq_len(self._client))

    def close(self) -> None:
        """Forget what is still queued, and the client."""
        _rd.purge(self._client, 0x1 | 0x2)
        _rd.queue_destroy(self._queue)
        _rd.topic_destroy(self._topic)
        _rd.destroy(self._client)

    def __enter__(self) -> "Producer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Consumer:
    """Reads partitions `0 … partitions` of one topic from where it is told, without a group."""

    def __init__(self, bootstrap: str, topic: str, partitions: int, settings: Mapping[str, object]) -> None:
        self._client = _client(CONSUMER, bootstrap, {"fetch.queue.backoff.ms": 1, **settings}, events=0)
        self._name = topic
        self._topic = _topic(self._client, topic)
        self._queue = _rd.queue_new(self._client)
        self._partitions = range(partitions)

    def end_offsets(self) -> list[int]:
        """Where each partition ends now."""
        ends = []
        for partition in self._partitions:
            low, high = c_int64(), c_int64()
            error = _rd.query_watermark_offsets(self._client, self._name.encode(), partition, byref(low), byref(high), 30_000)
            if error:
                raise ClientFailed(f"no offsets of {self._name}-{partition}: {error_text(error)}")
            ends.append(high.value)
        return ends

    def start(self, offsets: list[int]) -> None:
        """Begin to fetch, each partition at its offset."""
        for partition, offset in zip(self._partitions, offsets, strict=True):
            if _rd.consume_start_queue(self._topic, partition, offset, self._queue) != 0:
                raise ClientFailed(f"cannot consume {self._name}-{partition}")

    def count(self, timeout_ms: int) -> int:
        """Consume all that is there, waiting up to `timeout_ms` for the first, and only count it."""
        return int(_rd.consume_callback_queue(self._queue, timeout_ms, _rd.ignore_message, None))

    def visit(self, size: int, timeout_ms: int, visitor: Callable[[list[int], int], None]) -> int:
        """Show `visitor` the addresses of the messages that are there (at most `size`) and the time (monotonic ns); how many there were.

        Waits up to `timeout_ms` for the first message, for no second one. The messages live as long as the visit.
        """
        pointers = (c_void_p * size)()
        count = _rd.consume_batch_queue(self._queue, timeout_ms, pointers, 1)
        if count == 1:
            count += _rd.consume_batch_queue(self._queue, 0, byref(pointers, ctypes.sizeof(c_void_p)), size - 1)
        now = time.monotonic_ns()
        found = [address for address in pointers[:count] if address]
        try:
            visitor(found, now)
        finally:
            destroy = _rd.message_destroy
            for address in found:
                destroy(address)
        return len(found)

    def close(self) -> None:
        """Stop fetching and forget the client."""
        for partition in self._partitions:
            _rd.consume_stop(self._topic, partition)
        _rd.queue_destroy(self._queue)
        _rd.topic_destroy(self._topic)
        _rd.destroy(self._client)

    def __enter__(self) -> "Consumer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
