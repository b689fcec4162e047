"""What both sides of a connection know about headers: which message an API's requests and responses are, and how tags are skipped."""

from typing import Any

import attrs

from streambus.wire import messages
from streambus.wire.catalogue import ApiKey, pascal_case
from streambus.wire.primitives import DecodeError, Message, skip_tags


@attrs.frozen
class Api:
    """One direction of one API."""

    api_key: ApiKey
    message: type[Message]


class _Apis(dict[int, Api]):
    """By api key, which must have a definition; the message is built when it is first asked for."""

    def __init__(self, suffix: str) -> None:
        super().__init__()
        self.suffix = suffix

    def __missing__(self, key: int) -> Api:
        found: Any = getattr(messages, pascal_case(ApiKey(key)) + self.suffix)
        self[key] = Api(ApiKey(key), found)
        return self[key]


REQUESTS = _Apis("Request")
RESPONSES = _Apis("Response")


def end_of_header(frame: memoryview, position: int) -> int:
    """Where a flexible header ends whose tagged fields, none of which is known, begin at `position`."""
    try:
        first = frame[position]
        return skip_tags(frame, first, position + 1) if first else position + 1
    except IndexError:
        raise DecodeError("a header ends within its tagged fields") from None
