"""A record as one JSON object on one line, and back: what is read is what was written, byte by byte.

    {"topic": "orders", "partition": 0, "offset": 7, "timestamp": 1700000000000, "key": "ada", "value": "42", "headers": []}

Bytes that are text (UTF-8) stand there as text under `key` and `value`; others in base64 under `key_base64` and `value_base64`. Null is
null. Headers are a list, since their order counts and names may be repeated: `[{"name": "trace", "value": "a1"}, …]`, with the same
rule for their values.
"""

import json
from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from typing import Any

from streambus.cli.showing import json_bytes
from streambus.kernel import message
from streambus.records import Header, Record

KNOWN = frozenset(("topic", "partition", "offset", "timestamp", "key", "key_base64", "value", "value_base64", "headers"))
HEADER_KNOWN = frozenset(("name", "value", "value_base64"))

_encode = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode


class NoRecord(ValueError):
    """The line is no record. The text says why."""


@message
class Draft:
    """A record that is to be written. Without a partition the key decides, without a timestamp it is now."""

    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[Header, ...] = ()
    partition: int | None = None
    timestamp_ms: int | None = None


def to_json(topic: str, partition: int, record: Record) -> bytes:
    """The record on one line, without the end of the line."""
    told: dict[str, Any] = {"topic": topic, "partition": partition, "offset": record.offset, "timestamp": record.timestamp}
    told |= json_bytes("key", record.key) | json_bytes("value", record.value)
    told["headers"] = [{"name": name, **json_bytes("value", value)} for name, value in record.headers]
    return _encode(told).encode("utf-8", "surrogatepass")


def from_json(line: bytes) -> Draft:
    """The record that a line tells. Its topic and offset are not its own to choose and are passed over. `NoRecord` says what is wrong."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise NoRecord(f"not JSON: {error}") from error
    if not isinstance(told, dict):
        raise NoRecord('not a JSON object: expected for example {"value": "hello"}')
    _only(told, KNOWN, "a record")
    headers = told.get("headers") or []
    if not isinstance(headers, list):
        raise NoRecord('headers must be a list: [{"name": …, "value": …}]')
    return Draft(
        _bytes(told, "key"),
        _bytes(told, "value"),
        tuple(_header_of(header) for header in headers),
        _number(told, "partition", 0, 2**31 - 1),
        _number(told, "timestamp", -1, 2**63 - 1),
    )


def _header_of(told: Any) -> Header:
    if not isinstance(told, dict) or not isinstance(told.get("name"), str):
        raise NoRecord('a header must have a name: {"name": …, "value": …}')
    _only(told, HEADER_KNOWN, "a header")
    return told["name"], _bytes(told, "value")


def _bytes(told: Mapping[str, Any], name: str) -> bytes | None:
    coded = told.get(f"{name}_base64")
    if coded is not None:
        if told.get(name) is not None:
            raise NoRecord(f"{name} and {name}_base64 are two values for one thing")
        try:
            return b64decode(coded, validate=True)
        except (Error, ValueError, TypeError) as error:
            raise NoRecord(f"{name}_base64 is not base64") from error
    text = told.get(name)
    if text is None:
        return None
    if not isinstance(text, str):
        raise NoRecord(f"{name} must be text or null, not {json.dumps(text)[:60]}; quote it to write it as text")
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise NoRecord(f"{name} has half a character (a lone surrogate)") from error


def _number(told: Mapping[str, Any], name: str, least: int, most: int) -> int | None:
    number = told.get(name)
    if number is None:
        return None
    if type(number) is not int or not least <= number <= most:
        raise NoRecord(f"{name} must be a whole number from {least}")
    return number


def _only(told: Mapping[str, Any], known: frozenset[str], what: str) -> None:
    for name in told:
        if name not in known:
            raise NoRecord(f"{what} has no {name!r}; it has {', '.join(sorted(known))}")
