"""Records in a format of one's own, with the tokens of kcat:

%s value    %k key    %h headers (name=value,…)    %t topic    %p partition    %o offset
%S %K       how many bytes value and key have, -1 for null
%R          the same of the value, as four bytes (big endian)
%T          timestamp in milliseconds    %I timestamp as ISO 8601 in UTC (not in kcat)    %% a percent sign
\\n \\t \\r \\0 \\xNN
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from streambus.cli.record_forms.escapes import unescaped
from streambus.records import Record

Form = Callable[[str, int, Record], bytes]
TOKEN = re.compile(r"%(.)|%$", re.DOTALL)
NOTHING = b""


def formatted(text: str, *, is_shown: bool = False) -> Form:
    """A function that writes records as `text` says. `is_shown`: to a terminal, where nothing may harm it. `ValueError` for a bad token."""
    shown = visible if is_shown else bytes
    tokens = _tokens(shown)
    pieces: list[Form] = []
    at = 0
    for match in TOKEN.finditer(text):
        if match.start() > at:
            pieces.append(_fixed(unescaped(text[at : match.start()])))
        token = match.group(1)
        if token not in tokens:
            raise ValueError(f"{match.group()!r} in the format is unknown: there are %s %k %h %t %p %o %T %I %S %K %R and %%")
        pieces.append(tokens[token])
        at = match.end()
    if at < len(text):
        pieces.append(_fixed(unescaped(text[at:])))
    return lambda topic, partition, record: NOTHING.join([piece(topic, partition, record) for piece in pieces])


def visible(data: bytes) -> bytes:
    """The same for eyes: text as it is, everything that could steer a terminal as an escape."""
    text = data.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text.encode()
    return "".join(
        character if character.isprintable() or character in "\t\n" else character.encode("unicode_escape").decode() for character in text
    ).encode()


def _tokens(shown: Callable[[bytes], bytes]) -> dict[str | None, Form]:
    def headers(_topic: str, _partition: int, record: Record) -> bytes:
        return b",".join(shown(name.encode()) + b"=" + (b"NULL" if value is None else shown(value)) for name, value in record.headers)

    return {
        "s": lambda _topic, _partition, record: shown(record.value) if record.value else NOTHING,
        "k": lambda _topic, _partition, record: shown(record.key) if record.key else NOTHING,
        "h": headers,
        "t": lambda topic, _partition, _record: topic.encode(),
        "p": lambda _topic, partition, _record: b"%d" % partition,
        "o": lambda _topic, _partition, record: b"%d" % record.offset,
        "S": lambda _topic, _partition, record: b"%d" % _size(record.value),
        "K": lambda _topic, _partition, record: b"%d" % _size(record.key),
        "R": lambda _topic, _partition, record: _size(record.value).to_bytes(4, "big", signed=True),
        "T": lambda _topic, _partition, record: b"%d" % record.timestamp,
        "I": lambda _topic, _partition, record: iso(record.timestamp).encode(),
        "%": _fixed(b"%"),
    }


def iso(timestamp: int) -> str:
    """Milliseconds since 1970 as ISO 8601 in UTC; - if there is no such date."""
    try:
        return datetime.fromtimestamp(timestamp / 1000, UTC).isoformat(timespec="milliseconds") if timestamp >= 0 else "-"
    except (OverflowError, ValueError, OSError):
        return "-"


def _fixed(text: bytes) -> Form:
    return lambda _topic, _partition, _record: text


def _size(data: bytes | None) -> int:
    return -1 if data is None else len(data)
