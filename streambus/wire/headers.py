"""What both sides of a connection know about headers: which message an API's requests and responses are, and how tags are skipped."""

from typing import Any

import attrs

from streambus.wire import messages
from streambus.wire.catalogue import VERSIONS, ApiKey, pascal_case
from streambus.wire.primitives import DecodeError, Message, read_varint


@attrs.frozen
class Api:
    """One direction of one API."""

    api_key: ApiKey
    message: type[Message]


class _Apis(dict[int, Api]):
    """By api key; the message is built when it is first asked for. `KeyError` for an API without a definition."""

    def __init__(self, suffix: str) -> None:
        super().__init__()
        self.suffix = suffix

    def __missing__(self, key: int) -> Api:
        if key not in VERSIONS:
            raise KeyError(key)
        found: Any = getattr(messages, pascal_case(ApiKey(key)) + self.suffix)
        self[key] = Api(ApiKey(key), found)
        return self[key]


REQUESTS = _Apis("Request")
RESPONSES = _Apis("Response")


def skip_tags(frame: memoryview, position: int) -> int:
    """Where a header's tagged fields, none of which is known, end."""
    try:
        count, position = read_varint(frame, position)
        for _ in range(count):
            _, position = read_varint(frame, position)
            length, position = read_varint(frame, position)
            position += length
    except IndexError:
        position = len(frame) + 1
    if position > len(frame):
        raise DecodeError("a header ends within its tagged fields")
    return position
