"""kcat: a command line, on the librdkafka of the distribution. Every operation is one run of the program, or a few."""

import json
import re
import subprocess
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from confluent_kafka import KafkaError

from tests.stock.family import ClientRefused, Unsupported, to_bytes, to_text

SECONDS = 20
BETWEEN_RECORDS, AFTER_KEY = "<|record|>", "<|key|>"
CODES = {KafkaError(code).str(): code for code in range(1, 130)}
"""librdkafka tells people texts; its own table says which codes they are for."""


def _run(bootstrap: str, *arguments: str, given: bytes = b"", seconds: float = SECONDS) -> tuple[bytes, str]:
    """Run it: what came out, and what it said. Raises `ClientRefused` if it says that something failed."""
    command = ["kcat", "-b", bootstrap, "-m", "10", "-X", "allow.auto.create.topics=false", *arguments]
    try:
        run = subprocess.run(command, input=given, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise ClientRefused(None, None, f"it was not done within {seconds} s") from None
    said = run.stderr.decode(errors="replace")
    if run.returncode or "ERROR" in said or "Delivery failed" in said:
        raise _refused(said)
    return run.stdout, said


def _refused(said: str) -> ClientRefused:
    texts = re.findall(r"(?:Broker|Local): [A-Z][\w ,'/-]*", said)
    code = next((CODES[text.strip()] for text in texts if CODES.get(text.strip(), 0) > 0), None)
    return ClientRefused(code, texts[0] if texts else None, said.strip())


class Kcat:
    """The operations as kcat does them."""

    name = "kcat"

    @property
    def version(self) -> str:
        told = subprocess.run(["kcat", "-V"], capture_output=True, check=True, text=True).stdout
        match = re.search(r"Version (\S+) .*librdkafka (\S+)", told)
        assert match is not None
        return f"{match[1]} (librdkafka {match[2]})"

    def produce(
        self,
        bootstrap: str,
        topic: str,
        records: list[dict[str, Any]],
        codec: str,
        acks: str,
        idempotent: bool,
        max_bytes: int | None,
        pause_ms: int,
    ) -> dict[str, Any]:
        if pause_ms:
            raise Unsupported("it sends what it reads at once")
        settings = {"compression.codec": codec, "acks": acks, "enable.idempotence": str(idempotent).lower(), "message.timeout.ms": "15000"}
        if max_bytes is not None:
            settings["message.max.bytes"] = str(max_bytes)
        options = [part for key, value in settings.items() for part in ("-X", f"{key}={value}")]
        placed: list[list[Any]] = []
        for how, some in _together(records):
            content = b"".join(_written(record) for record in some)
            _, said = _run(bootstrap, "-P", "-t", topic, "-vvv", *options, *how, given=content)
            found = re.findall(r"delivered to partition (-?\d+)(?: \(offset (\d+)\))?", said)
            if acks != "0":
                assert len(found) == len(some), said
                placed += [[int(partition), int(offset)] for partition, offset in found]
            else:
                placed += [[record["partition"], None] for record in some]
        return {"placed": placed}

    def consume(
        self, bootstrap: str, topic: str, partition: int, offset: int | str, count: int, timeout_ms: int, committed: bool
    ) -> dict[str, Any]:
        start = {"earliest": "beginning", "latest": "end"}.get(str(offset), str(offset))
        isolation = "read_committed" if committed else "read_uncommitted"
        options = ("-X", f"isolation.level={isolation}", "-X", "topic.auto.offset.reset=error", "-X", "check.crcs=true")
        told, _ = _run(
            bootstrap, "-C", "-t", topic, "-p", str(partition), "-o", start, "-c", str(count), "-e", "-q", *options,
            "-f", "%o %T %K %S\n%k%s%h\n", seconds=timeout_ms / 1000 + 5,
        )  # fmt: skip
        return {"records": _read(told)}

    def offset(self, bootstrap: str, topic: str, partition: int, at: int | str) -> dict[str, Any]:
        if at == "max_timestamp":
            raise Unsupported("its librdkafka does not know how to ask for the largest timestamp")
        number = {"earliest": -2, "latest": -1}[at] if isinstance(at, str) else at
        told, _ = _run(bootstrap, "-Q", "-t", f"{topic}:{partition}:{number}")
        found = re.search(r"offset (-?\d+)", told.decode())
        assert found is not None, told
        return {"offset": int(found[1]), "timestamp": None}

    def list_topics(self, bootstrap: str) -> dict[str, Any]:
        return {"topics": sorted(topic["topic"] for topic in self._metadata(bootstrap)["topics"])}

    def describe_topic(self, bootstrap: str, topic: str) -> dict[str, Any]:
        (found,) = self._metadata(bootstrap, "-t", topic)["topics"]
        if "error" in found:
            raise _refused(found["error"])
        partitions = [
            {
                "partition": partition["partition"],
                "leader": partition["leader"],
                "replicas": [replica["id"] for replica in partition["replicas"]],
                "isr": [replica["id"] for replica in partition["isrs"]],
            }
            for partition in found["partitions"]
        ]
        return {"topic_id": None, "partitions": partitions}

    def describe_cluster(self, bootstrap: str) -> dict[str, Any]:
        found = self._metadata(bootstrap)
        addresses = [(broker["id"], *broker["name"].rsplit(":", 1)) for broker in found["brokers"]]
        brokers = [{"id": number, "host": host, "port": int(port)} for number, host, port in addresses]
        return {"cluster_id": None, "controller": found["controllerid"], "brokers": brokers}

    @staticmethod
    def _metadata(bootstrap: str, *arguments: str) -> Any:
        told, _ = _run(bootstrap, "-L", "-J", *arguments)
        return json.loads(told)


def _together(records: list[dict[str, Any]]) -> Iterator[tuple[tuple[str, ...], list[dict[str, Any]]]]:
    """What one run can send. It reports per partition, so that a record whose partition is its choice goes alone."""
    for how, same in groupby(records, _how):
        some = list(same)
        if "-p" in how:
            yield how, some
        else:
            yield from ((how, [record]) for record in some)


def _how(record: dict[str, Any]) -> tuple[str, ...]:
    """The options a record needs. Records that need the same are sent by one run."""
    if record["timestamp"] is not None:
        raise Unsupported("it has no way to say a record's timestamp")
    key, value = to_bytes(record["key"]), to_bytes(record["value"])
    if key is None and not value:
        raise Unsupported("it skips a record that has neither a key nor a value")
    if (key == b"" and value is None) or any(mark in (key or b"") + (value or b"") for mark in (b"<|", b"|>")):
        raise Unsupported("an empty key and no value cannot be said apart")
    options = ["-D", BETWEEN_RECORDS]
    if record["partition"] is not None:
        options += ["-p", str(record["partition"])]
    if key is not None:
        options += ["-K", AFTER_KEY]
    if value is None:
        options += ["-Z"]
    for name, header in record["headers"]:
        content = to_bytes(header)
        try:
            options += ["-H", name if content is None else f"{name}={content.decode()}"]
        except UnicodeDecodeError:
            raise Unsupported("its headers are texts") from None
    return tuple(options)


def _written(record: dict[str, Any]) -> bytes:
    key, value = to_bytes(record["key"]), to_bytes(record["value"])
    return (b"" if key is None else key + AFTER_KEY.encode()) + (value or b"") + BETWEEN_RECORDS.encode()


def _read(told: bytes) -> list[dict[str, Any]]:
    """The records in its output: a line of numbers, then key and value in as many bytes, then the headers up to the end of the line."""
    records, rest = [], told
    while rest:
        numbers, _, rest = rest.partition(b"\n")
        offset, timestamp, key_size, value_size = (int(number) for number in numbers.split())
        key, rest = (None, rest) if key_size < 0 else (rest[:key_size], rest[key_size:])
        value, rest = (None, rest) if value_size < 0 else (rest[:value_size], rest[value_size:])
        headers, _, rest = rest.partition(b"\n")
        records.append(
            {
                "offset": offset,
                "timestamp": timestamp,
                "timestamp_type": None,
                "key": to_text(key),
                "value": to_text(value),
                "headers": [_header(header) for header in headers.split(b",") if header],
            }
        )
    return records


def _header(told: bytes) -> list[str | None]:
    name, _, value = told.partition(b"=")
    return [name.decode(), None if value == b"NULL" else to_text(value)]


CLIENT = Kcat()
