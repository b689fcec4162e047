"""What Kafka says to batches, good and bad: the cases, and how an answer is written down.

`kafka_produce_answers.txt` beside this file is what a stock Kafka 4.3.1 answered to each of them. It is made anew by

    python tests/broker/produce_cases.py HOST:PORT

with a broker of that version there. Every case has a topic of its own, which is deleted in the end.
"""

import re
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from struct import pack
from typing import Any
from uuid import UUID

import attrs
import cramjam

from streambus.records import Codec, Record, compress, crc32c, decode_batch, encode_batch, split_batches
from streambus.records.varints import varint_of
from streambus.wire import ClientConnection, ErrorCode, messages

ANSWERS = Path(__file__).with_name("kafka_produce_answers.txt")
VERSION = 11
HOUR_MS = 3_600_000
NO_TIMESTAMP = -1
LONG_MAX = 2**63 - 1


def raw_record(
    *,
    attributes: int = 0,
    timestamp: int = 0,
    offset: int = 0,
    key: bytes | None = None,
    value: bytes | None = b"value",
    key_length: int | None = None,
    value_length: int | None = None,
    headers: bytes = b"\0",
    length: int | None = None,
    behind: bytes = b"",
) -> bytes:
    """A record whose numbers say what they are told to say."""

    def field(content: bytes | None, claimed: int | None) -> bytes:
        actual = -1 if content is None else len(content)
        return varint_of(actual if claimed is None else claimed) + (content or b"")

    body = bytes([attributes]) + varint_of(timestamp) + varint_of(offset) + field(key, key_length) + field(value, value_length)
    body += headers + behind
    return varint_of(len(body) if length is None else length) + body


def raw_batch(payload: bytes, **fields: int) -> bytes:
    """A batch whose header says what it is told to say; its checksum is right unless it is told."""
    count = fields.get("record_count", 1)
    timestamp = fields.get("base_timestamp", 0)
    checked = pack(
        ">hiqqqhii",
        fields.get("attributes", 0),
        fields.get("last_offset_delta", count - 1),
        timestamp,
        fields.get("max_timestamp", timestamp),
        fields.get("producer_id", -1),
        fields.get("producer_epoch", -1),
        fields.get("base_sequence", -1),
        count,
    )
    checked += payload
    length = fields.get("length", 9 + len(checked))
    crc = fields.get("crc", crc32c(checked))
    return pack(">qiibI", fields.get("base_offset", 0), length, fields.get("leader_epoch", -1), fields.get("magic", 2), crc) + checked


@attrs.frozen
class Case:
    """Batches for a topic of their own, one after the other; `batches` makes them for a clock that says so many milliseconds."""

    name: str
    batches: Callable[[int], Sequence[bytes | None]]
    configs: dict[str, str] = attrs.field(factory=dict)
    version: int = VERSION
    acks: int = -1
    partition: int = 0
    transactional_id: str | None = None


def one(payload: bytes, **fields: int) -> Callable[[int], list[bytes]]:
    """One batch of these bytes, stamped with the time."""
    return lambda now: [raw_batch(payload, **{"base_timestamp": now, **fields})]


def squeezed(codec: Codec, payload: bytes, **fields: int) -> Callable[[int], list[bytes]]:
    """One compressed batch of these bytes."""
    return one(bytes(compress(codec, payload)), **{"attributes": int(codec), **fields})


def numbered(now: int, sequence: int, count: int = 1, epoch: int = 0, producer_id: int = 4_711, **fields: int) -> bytes:
    """A batch of an idempotent producer."""
    return plain(now, count, producer_id=producer_id, producer_epoch=epoch, base_sequence=sequence, **fields)


def plain(now: int, count: int = 1, **fields: int) -> bytes:
    payload = b"".join(raw_record(offset=row) for row in range(count))
    return raw_batch(payload, **{"base_timestamp": now, "record_count": count, **fields})


def records_of(now: int) -> list[Record]:
    """Records of every shape there is."""
    return [
        Record(None, b"no key", (), now),
        Record(b"", b"", (), now + 3),
        Record(b"key", None, (("name", b"content"), ("name", None), ("", b"")), now - 7),
        Record(b"k" * 300, b"v" * 3_000, (), now + 100),
        Record(None, None, (), now + 99),
    ]


def sequences(*rows: tuple[int, int, int]) -> Callable[[int], list[bytes]]:
    """Batches of one idempotent producer: (sequence, count, epoch) each."""
    return lambda now: [numbered(now, sequence, count, epoch) for sequence, count, epoch in rows]


R = raw_record()
TWO = R + raw_record(offset=1)
COMPACT = {"cleanup.policy": "compact"}
APPEND_TIME = {"message.timestamp.type": "LogAppendTime"}
BOMB = raw_record(value=bytes(3_000_000))

CASES: list[Case] = [
    # what is there at all
    Case("empty records", lambda _: [b""]),
    Case("two batches", lambda now: [plain(now) * 2]),
    Case("garbage behind", lambda now: [plain(now) + b"garbage"]),
    Case("garbage as long as a header behind", lambda now: [plain(now) + bytes(70)]),
    Case("five bytes", lambda _: [b"12345"]),
    Case("cut in the header", lambda now: [plain(now)[:40]]),
    Case("cut in the records", lambda now: [plain(now)[:-1]]),
    Case("says more than there is", lambda now: [plain(now, length=170)]),
    Case("says less than there is", lambda now: [plain(now, length=60)]),
    Case("length 0", lambda now: [plain(now, length=0)]),
    Case("length -1", lambda now: [plain(now, length=-1)]),
    Case("length 48", lambda now: [plain(now, length=48)]),
    Case("header alone", one(b"")),
    Case("header alone without records", one(b"", record_count=0)),
    Case("magic 0", lambda now: [plain(now, magic=0)]),
    Case("magic 1", lambda now: [plain(now, magic=1)]),
    Case("magic 3", lambda now: [plain(now, magic=3)]),
    Case("magic below 0", lambda now: [plain(now, magic=-1)]),
    Case("wrong checksum", lambda now: [plain(now, crc=5)]),
    Case("wrong checksum and too large", lambda now: [plain(now, 100, crc=5)], {"max.message.bytes": "200"}),
    Case("bad acks", lambda now: [plain(now)], acks=2),
    Case("bad acks with a bad batch", lambda _: [b""], acks=2),
    Case("unknown partition", lambda now: [plain(now)], partition=7),
    Case("unknown partition with a bad batch", lambda _: [b""], partition=7),
    Case("negative partition", lambda now: [plain(now)], partition=-1),
    Case("too few replicas", lambda now: [plain(now)], {"min.insync.replicas": "2"}),
    Case("too few replicas with a bad batch", lambda now: [plain(now, crc=5)], {"min.insync.replicas": "2"}),
    Case("too few replicas with acks 1", lambda now: [plain(now)], {"min.insync.replicas": "2"}, acks=1),
    *(Case(f"good in version {version}", lambda now: [plain(now)], version=version) for version in range(3, 14)),
    *(Case(f"zstd in version {version}", squeezed(Codec.ZSTD, R), version=version) for version in (3, 6, 7)),
    *(Case(f"refused in version {version}", lambda now: [plain(now, attributes=0x20)], version=version) for version in (3, 7, 8, 9)),
    # counts and offsets
    Case("base offset 5", lambda now: [plain(now, base_offset=5)]),
    Case("base offset -1", lambda now: [plain(now, base_offset=-1)]),
    Case("leader epoch 7", lambda now: [plain(now, leader_epoch=7)]),
    Case("no count", one(R, record_count=0, last_offset_delta=0)),
    Case("negative count", one(R, record_count=-1, last_offset_delta=0)),
    Case("negative offset delta", one(R, last_offset_delta=-1)),
    Case("more offsets than records", one(R, last_offset_delta=3)),
    Case("count larger than records", one(TWO, record_count=3)),
    Case("count smaller than records", one(TWO, record_count=1)),
    # attributes
    Case("control", lambda now: [plain(now, attributes=0x20)]),
    Case("control and transactional", lambda now: [plain(now, attributes=0x30)]),
    Case("transactional without an id", lambda now: [numbered(now, 0, attributes=0x10)]),
    Case("transactional with an unknown id", lambda now: [numbered(now, 0, attributes=0x10)], transactional_id="produce-case"),
    Case(
        "transactional with an unknown id in version 12",
        lambda now: [numbered(now, 0, attributes=0x10)],
        version=12,
        transactional_id="produce-case",
    ),
    Case("transactional without a producer", lambda now: [plain(now, attributes=0x10)], transactional_id="produce-case"),
    Case("an id of a transaction, but no transaction", lambda now: [plain(now)], transactional_id="produce-case"),
    Case("delete horizon", lambda now: [plain(now, attributes=0x40)]),
    Case("unused attribute", lambda now: [plain(now, attributes=0x80)]),
    Case("upper attribute", lambda now: [plain(now, attributes=0x0100)]),
    Case("codec 5", lambda now: [plain(now, attributes=5)]),
    Case("codec 7", lambda now: [plain(now, attributes=7)]),
    Case("append time by the producer", lambda now: [plain(now, attributes=8)]),
    Case("append time by the producer, none", lambda _: [plain(-1, attributes=8)]),
    Case("append time by the producer and the topic", lambda now: [plain(now, 2, attributes=8)], APPEND_TIME),
    Case("control with a bad count", lambda now: [plain(now, attributes=0x20, last_offset_delta=9)]),
    # producers
    Case("producer without epoch", lambda now: [numbered(now, 0, epoch=-1)]),
    Case("producer without sequence", lambda now: [numbered(now, -1)]),
    Case("producer without either", lambda now: [numbered(now, -1, epoch=-1)]),
    Case("sequence -5", lambda now: [numbered(now, -5)]),
    Case("epoch -5", lambda now: [numbered(now, 0, epoch=-5)]),
    Case("producer -2", lambda now: [numbered(now, 0, producer_id=-2)]),
    Case("epoch without producer", lambda now: [plain(now, producer_epoch=3)]),
    Case("sequence without producer", lambda now: [plain(now, base_sequence=3)]),
    Case("control of a producer without sequence", lambda now: [numbered(now, -1, attributes=0x20)]),
    Case("sequences in order", sequences((0, 1, 0), (1, 3, 0), (4, 1, 0))),
    Case("first sequence not 0", sequences((5, 1, 0), (6, 1, 0))),
    Case("sequence gap", sequences((0, 2, 0), (3, 1, 0))),
    Case("sequence again", sequences((0, 2, 0), (2, 1, 0), (0, 2, 0), (2, 1, 0))),
    Case("sequence again with another count", sequences((0, 2, 0), (0, 1, 0))),
    Case("sequence again, overlapping", sequences((0, 2, 0), (1, 2, 0))),
    Case("sequence again, five back", sequences(*((row, 1, 0) for row in range(6)), (1, 1, 0))),
    Case("sequence again, six back", sequences(*((row, 1, 0) for row in range(6)), (0, 1, 0))),
    Case("epoch goes up", sequences((0, 1, 0), (0, 1, 1), (1, 1, 1))),
    Case("epoch goes up, sequence not 0", sequences((0, 1, 0), (1, 1, 1))),
    Case("epoch goes down", sequences((0, 1, 3), (1, 1, 2))),
    Case("epoch goes down with sequence 0", sequences((0, 1, 3), (0, 1, 2))),
    Case("sequence wraps", sequences((2**31 - 1, 1, 0), (0, 1, 0), (0, 1, 0))),
    Case("sequence wraps within a batch", sequences((2**31 - 2, 4, 0), (2, 1, 0), (2**31 - 2, 4, 0))),
    Case("sequence again with other records", lambda now: [numbered(now, 0), numbered(now + 5, 0, producer_id=4_711)]),
    Case("sequence gap in a bad batch", lambda now: [numbered(now, 0), numbered(now, 5, attributes=0x20)]),
    Case("sequence again in append time", sequences((0, 1, 0), (0, 1, 0)), APPEND_TIME),
    # timestamps
    Case("no timestamp", lambda _: [plain(-1)]),
    Case("timestamp 0", lambda _: [plain(0)]),
    Case("timestamp -2", lambda _: [plain(-2)]),
    Case("far future", lambda now: [plain(now + 2 * HOUR_MS)]),
    Case("far future in the header alone", lambda now: [plain(now, max_timestamp=now + 2 * HOUR_MS)]),
    Case(
        "far future in one record alone",
        lambda now: [raw_batch(R + raw_record(offset=1, timestamp=2 * HOUR_MS) + raw_record(offset=2), base_timestamp=now, record_count=3)],
    ),
    Case("far future in append time", lambda now: [plain(now + 2 * HOUR_MS)], APPEND_TIME),
    Case("far future, compressed", squeezed(Codec.LZ4, raw_record(timestamp=2 * HOUR_MS))),
    Case(
        "max timestamp too small",
        lambda now: [raw_batch(R + raw_record(offset=1, timestamp=50), base_timestamp=now, max_timestamp=now, record_count=2)],
    ),
    Case("max timestamp too small, compressed", squeezed(Codec.ZSTD, R + raw_record(offset=1, timestamp=50), record_count=2)),
    Case("max timestamp too large", lambda now: [plain(now, max_timestamp=now + 60)]),
    Case("max timestamp -1", lambda now: [plain(now, max_timestamp=-1)]),
    Case(
        "timestamps go down",
        lambda now: [raw_batch(R + raw_record(offset=1, timestamp=-500), base_timestamp=now, max_timestamp=now, record_count=2)],
    ),
    Case("too old", lambda now: [plain(now - HOUR_MS)], {"message.timestamp.before.max.ms": "60000"}),
    Case(
        "too old in one record alone",
        lambda now: [raw_batch(R + raw_record(offset=1, timestamp=-HOUR_MS), base_timestamp=now, max_timestamp=now, record_count=2)],
        {"message.timestamp.before.max.ms": "60000"},
    ),
    Case("no timestamp where old ones are refused", lambda _: [plain(-1)], {"message.timestamp.before.max.ms": "60000"}),
    Case("a small step into the future", lambda now: [plain(now + 60_000)], {"message.timestamp.after.max.ms": "1000"}),
    Case("append time", lambda now: [encode_batch(records_of(now))], APPEND_TIME),
    *(
        Case(f"append time in {codec.name.lower()}", lambda now, codec=codec: [encode_batch(records_of(now), codec=codec)], APPEND_TIME)
        for codec in Codec
        if codec
    ),
    # what is in records
    Case("records of every shape", lambda now: [encode_batch(records_of(now))]),
    *(
        Case(f"records of every shape in {codec.name.lower()}", lambda now, codec=codec: [encode_batch(records_of(now), codec=codec)])
        for codec in Codec
        if codec
    ),
    Case("many records", lambda now: [plain(now, 5_000)]),
    Case("offsets not in order", one(R + raw_record(offset=5), record_count=2)),
    Case("offsets all 0", one(R + R, record_count=2)),
    Case("offset of one record negative", one(R + raw_record(offset=-1), record_count=2)),
    Case("bytes behind the records", one(R + b"behind")),
    Case("a record too long by one", one(raw_record(length=12))),
    Case("a record too short by one", one(raw_record(length=10))),
    Case("a record of a negative length", one(raw_record(length=-1))),
    Case("a record of no length", one(raw_record(length=0))),
    Case("a record of a huge length", one(raw_record(length=2**31 - 1))),
    Case("a record with bytes behind its headers", one(raw_record(behind=b"xx"))),
    Case("a key of length -2", one(raw_record(key_length=-2))),
    Case("a key longer than its record", one(raw_record(key=b"key", key_length=500))),
    Case("a value of length -2", one(raw_record(value=None, value_length=-2))),
    Case("a value longer than its record", one(raw_record(value_length=900))),
    Case("a value shorter than its record", one(raw_record(value_length=4))),
    Case("a value that reaches into the next record", one(raw_record(value_length=7) + raw_record(offset=1), record_count=2)),
    Case("headers of count -1", one(raw_record(headers=b"\1"))),
    Case("headers that are not there", one(raw_record(headers=b"\x08"))),
    Case("headers of a huge count", one(raw_record(headers=varint_of(2**31 - 1)))),
    Case("a header without a name", one(raw_record(headers=b"\2\1\2x"))),
    Case("a header with a broken name", one(raw_record(headers=b"\2\4\xff\xfe\2x"))),
    Case("a header without a value", one(raw_record(headers=b"\2\2n\1"))),
    Case("a header of a negative value", one(raw_record(headers=b"\2\2n\5"))),
    Case("a header longer than its record", one(raw_record(headers=b"\2\2n\x7e"))),
    Case("record attributes", one(raw_record(attributes=0xFF))),
    Case("a number of eleven bytes", one(b"\x1e\0" + b"\x80" * 10 + b"\0\0\1\1\0")),
    Case("a number in a longer form", one(b"\x0e\0\0\0\x81\0\1\0")),
    Case("a record that breaks off", one(b"\x0c\0\0")),
    # the same, compressed
    *(Case(f"not {codec.name.lower()}", one(b"this is nothing of the kind", attributes=int(codec))) for codec in Codec if codec),
    *(
        Case(
            f"{codec.name.lower()} that breaks off",
            lambda now, codec=codec: [
                raw_batch(bytes(compress(codec, R * 300))[:-9], attributes=int(codec), base_timestamp=now, record_count=300)
            ],
        )
        for codec in Codec
        if codec
    ),
    *(
        Case(f"bytes behind {codec.name.lower()}", one(bytes(compress(codec, R)) + b"behind it", attributes=int(codec)))
        for codec in Codec
        if codec
    ),
    *(Case(f"nothing in {codec.name.lower()}", squeezed(codec, b"")) for codec in Codec if codec),
    *(Case(f"no bytes as {codec.name.lower()}", one(b"", attributes=int(codec))) for codec in Codec if codec),
    Case("raw snappy", one(bytes(cramjam.snappy.compress_raw(R)), attributes=2)),
    Case(
        "snappy in two chunks",
        one(
            b"\x82SNAPPY\0\0\0\0\1\0\0\0\1"
            + b"".join(pack(">i", len(block)) + block for block in (bytes(cramjam.snappy.compress_raw(part)) for part in (R[:5], R[5:]))),
            attributes=2,
        ),
    ),
    Case("gzip in two members", one(bytes(compress(Codec.GZIP, R[:5])) + bytes(compress(Codec.GZIP, R[5:])), attributes=1)),
    Case("lz4 in two frames", one(bytes(compress(Codec.LZ4, R[:5])) + bytes(compress(Codec.LZ4, R[5:])), attributes=3)),
    Case("zstd in two frames", one(bytes(compress(Codec.ZSTD, R[:5])) + bytes(compress(Codec.ZSTD, R[5:])), attributes=4)),
    Case("count larger than records, compressed", squeezed(Codec.ZSTD, TWO, record_count=3)),
    Case("count smaller than records, compressed", squeezed(Codec.ZSTD, TWO, record_count=1)),
    Case("offsets not in order, compressed", squeezed(Codec.ZSTD, R + raw_record(offset=5), record_count=2)),
    Case("a record too long by one, compressed", squeezed(Codec.ZSTD, raw_record(length=12))),
    Case("a record too short by one, compressed", squeezed(Codec.ZSTD, raw_record(length=10))),
    Case("a record of a negative length, compressed", squeezed(Codec.ZSTD, raw_record(length=-1))),
    Case("a record of a huge length, compressed", squeezed(Codec.ZSTD, raw_record(length=2**31 - 1))),
    Case("headers of count -1, compressed", squeezed(Codec.ZSTD, raw_record(headers=b"\1"))),
    Case("a header without a name, compressed", squeezed(Codec.ZSTD, raw_record(headers=b"\2\1\2x"))),
    Case("bytes behind the records, compressed", squeezed(Codec.ZSTD, R + b"behind")),
    Case("record attributes, compressed", squeezed(Codec.ZSTD, raw_record(attributes=0xFF))),
    Case("three megabytes in a few bytes", squeezed(Codec.ZSTD, BOMB)),
    # keys
    Case("no keys where they are needed", lambda now: [plain(now, 5)], COMPACT),
    Case("some keys where they are needed", lambda now: [encode_batch(records_of(now))], COMPACT),
    Case("some keys where they are needed, compressed", lambda now: [encode_batch(records_of(now), codec=Codec.GZIP)], COMPACT),
    Case(
        "no keys and in the future",
        lambda now: [raw_batch(R + raw_record(offset=1, key=b"k", timestamp=2 * HOUR_MS), base_timestamp=now, record_count=2)],
        COMPACT,
    ),
    Case("keys where they are needed", one(raw_record(key=b"k") + raw_record(key=b"", offset=1), record_count=2), COMPACT),
    Case(
        "no keys and a sequence gap",
        lambda now: [
            raw_batch(raw_record(key=b"k"), base_timestamp=now, producer_id=7, producer_epoch=0, base_sequence=0),
            numbered(now, 7, producer_id=7),
        ],
        COMPACT,
    ),
    # sizes
    Case("as large as allowed", lambda now: [plain(now, 3)], {"max.message.bytes": "97"}),
    Case("larger than allowed", lambda now: [plain(now, 3)], {"max.message.bytes": "96"}),
    Case("larger than allowed when decompressed", squeezed(Codec.GZIP, raw_record(value=bytes(9_000))), {"max.message.bytes": "200"}),
    Case(
        "larger than a segment",
        lambda now: [raw_batch(raw_record(value=bytes(1_100_000)), base_timestamp=now)],
        {"segment.bytes": "1048576", "max.message.bytes": "4000000"},
    ),
    Case(
        "larger than allowed once it is decompressed for good",
        squeezed(Codec.GZIP, raw_record(value=bytes(9_000))),
        {"max.message.bytes": "200", "compression.type": "uncompressed"},
    ),
    Case(
        "larger than allowed before it is compressed",
        one(raw_record(value=bytes(9_000))),
        {"max.message.bytes": "200", "compression.type": "gzip"},
    ),
    Case("larger than allowed and control", lambda now: [plain(now, 3, attributes=0x20)], {"max.message.bytes": "96"}),
    # conversions
    *(
        Case(
            f"{codec.name.lower()} to {target}",
            lambda now, codec=codec: [
                encode_batch(records_of(now), codec=codec, producer_id=9, producer_epoch=2, base_sequence=0),
                encode_batch(records_of(now), codec=codec, producer_id=9, producer_epoch=2, base_sequence=5),
            ],
            {"compression.type": target},
        )
        for codec in Codec
        for target in ("producer", "uncompressed", "gzip", "snappy", "lz4", "zstd")
    ),
    *(
        Case(
            f"{codec.name.lower()} to {target} in append time",
            lambda now, codec=codec: [encode_batch(records_of(now), codec=codec)],
            {"compression.type": target, **APPEND_TIME},
        )
        for codec, target in ((Codec.NONE, "zstd"), (Codec.LZ4, "uncompressed"), (Codec.GZIP, "snappy"), (Codec.LZ4, "lz4"))
    ),
    Case("converted with record attributes", one(raw_record(attributes=0xFF)), {"compression.type": "gzip"}),
    Case("converted with a delete horizon", lambda now: [plain(now, attributes=0x40)], {"compression.type": "gzip"}),
    Case(
        "converted with a base timestamp that is not the first",
        lambda now: [
            raw_batch(
                raw_record(timestamp=5) + raw_record(offset=1, timestamp=9), base_timestamp=now, max_timestamp=now + 9, record_count=2
            )
        ],
        {"compression.type": "gzip"},
    ),
    Case("converted with a wrong max timestamp", lambda now: [plain(now, max_timestamp=now + 60)], {"compression.type": "gzip"}),
    Case("converted without timestamps", lambda _: [plain(-1, 2)], {"compression.type": "zstd"}),
    Case("converted control", lambda now: [plain(now, attributes=0x20)], {"compression.type": "gzip"}),
    Case("converted and sent again", lambda now: [numbered(now, 0, 2), numbered(now, 0, 2)], {"compression.type": "gzip"}),
    Case(
        "converted at the strongest level",
        lambda now: [encode_batch(records_of(now))],
        {"compression.type": "gzip", "compression.gzip.level": "9"},
    ),
]

TIMES = re.compile(r"\b1[78]\d{11}\b|-92233702\d{11}\b")


def topic_of(case: Case) -> str:
    """The topic that belongs to a case alone."""
    return "produce-case-" + re.sub(r"[^a-z0-9]+", "-", case.name)


def create_request(case: Case) -> Any:
    request = messages.CreateTopicsRequest
    configs = [request.CreatableTopicConfig(name=name, value=value) for name, value in case.configs.items()]
    topic = request.CreatableTopic(name=topic_of(case), num_partitions=1, replication_factor=1, configs=configs)
    return request(topics=[topic], timeout_ms=10_000)


def produce_request(case: Case, batch: bytes | None, topic_id: UUID) -> Any:
    request = messages.ProduceRequest
    data = request.PartitionProduceData(index=case.partition, records=batch)
    topic = request.TopicProduceData(partition_data=[data])
    if case.version >= 13:
        topic.topic_id = topic_id
    else:
        topic.name = topic_of(case)
    return request(acks=case.acks, timeout_ms=10_000, topic_data=[topic], transactional_id=case.transactional_id)


def fetch_request(case: Case) -> Any:
    request = messages.FetchRequest
    asked = request.FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=2**30)
    return request(max_wait_ms=0, min_bytes=0, max_bytes=2**30, topics=[request.FetchTopic(topic=topic_of(case), partitions=[asked])])


def answers_of(case: Case, ask: Callable[[Any, int], Any], now: int) -> list[str]:
    """How a broker that `ask` asks answers the case, in lines; and what is in its log then."""
    (created,) = ask(create_request(case), 7).topics
    assert created.error_code == ErrorCode.NONE, (case.name, created)
    lines = [f"# {case.name}"]
    for batch in case.batches(now):
        (topic,) = ask(produce_request(case, batch, created.topic_id), case.version).responses
        (answer,) = topic.partition_responses
        lines.append(_answer(answer))
    (topic,) = ask(fetch_request(case), 11).responses
    (fetched,) = topic.partitions
    for header, batch in split_batches(bytes(fetched.records or b"")):
        lines.append("  " + _stored(header, now))
        try:
            found = decode_batch(header, batch)
        except ValueError as unreadable:
            lines.append(f"    unreadable: {unreadable}")
            continue
        for record in found[:6]:
            timestamp = "" if header.is_log_append_time else _time(record.timestamp, now) + " "
            headers = "".join(f" {name}={value!r}" for name, value in record.headers)
            lines.append(f"    {record.offset}: {timestamp}{_shown(record.key)} {_shown(record.value)}{headers}")
    return [line.rstrip() for line in lines]


def _answer(answer: Any) -> str:
    name = ErrorCode(answer.error_code).name
    text = TIMES.sub("<time>", answer.error_message or "-")
    errors = "".join(
        f" [{error.batch_index} {TIMES.sub('<time>', error.batch_index_error_message or '-')}]" for error in answer.record_errors
    )
    appended = "append time " if answer.log_append_time_ms != NO_TIMESTAMP else ""
    return f"{name} {answer.base_offset} {answer.log_start_offset} {appended}{text}{errors}"


def _stored(header: Any, now: int) -> str:
    times = "append time" if header.is_log_append_time else f"{_time(header.base_timestamp, now)} {_time(header.max_timestamp, now)}"
    return (
        f"batch at {header.base_offset} epoch {header.leader_epoch} attributes {header.attributes:#x} times {times}"
        f" producer {header.producer_id} {header.producer_epoch} {header.base_sequence}"
        f" count {header.record_count} of {header.last_offset_delta + 1}"
    )


def _time(timestamp: int, now: int) -> str:
    return f"now{timestamp - now:+}" if abs(timestamp - now) < 10**9 else str(timestamp)


def _shown(content: bytes | None) -> str:
    return repr(content) if content is None or len(content) < 20 else f"{len(content)} bytes {crc32c(content):08x}"


class Reference:
    """A broker behind a socket, asked one thing after the other."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=20)
        self.connection = ClientConnection("produce-cases")

    def ask(self, body: Any, version: int) -> Any:
        _, parts = self.connection.send(body, version)
        self.socket.sendall(b"".join(bytes(part) for part in parts))  # type: ignore[arg-type]
        if type(body) is messages.CreateTopicsRequest:
            time.sleep(0.05)  # it is answered before the partition has a leader
        while True:
            data = self.socket.recv(1 << 20)
            if not data:
                raise ConnectionError("the broker closed the connection")
            for response in self.connection.receive(data):
                return response.body


def main(address: str) -> None:
    """Write down what the broker at `address` answers."""
    lines: list[str] = []
    names = {topic_of(case) for case in CASES}
    assert len(names) == len(CASES), "every case has a topic of its own"
    for case in CASES:
        try:
            lines += answers_of(case, Reference(address).ask, time.time_ns() // 1_000_000)
        except (ConnectionError, TimeoutError) as closed:
            lines += [f"# {case.name}", f"closed: {closed}"]
    deleting = messages.DeleteTopicsRequest
    Reference(address).ask(deleting(topics=[deleting.DeleteTopicState(name=name) for name in sorted(names)], timeout_ms=20_000), 6)
    ANSWERS.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
