"""Definitions: what a message looks like on the wire, as a text that people read and a program understands.

    # What the request is for.

    ProduceRequest: api 0, versions 3-13, flexible 9+
        acks: int16
        topic_data: []TopicProduceData
            name: string @3-12 ignorable key
            topic_id: uuid @13+ ignorable key

- A message begins at the margin: its name; what it is; the versions; the flexible versions (KIP-482), or `none`. It is an `api N`, a
  `record N` of a log that frames its records, the `key N` or `value N` of a coordinator's record, or `data` inside something else.
- `open` behind that: bytes after the end are passed over. Requests always are, as in Kafka.
- A field is `name: type`, then, as needed and in this order: `= default`, `@versions` in which it exists (otherwise wherever its
  struct does), `tag N` (a tagged field), `ignorable` (left out in silence when a version has no place for it; otherwise only its
  default may be left out), `key` (the elements of an array differ in these fields).
- Types are `bool int8 int16 uint16 int32 uint32 int64 float64 string bytes records uuid`, a struct, or `[]` and one of these.
  `?` after the type means it may be null; `?7+` means it may be from version 7 on.
- A struct's fields are indented below the field that uses it. A struct used more than once stands first, as `struct Name`.
- Defaults are zero, false, empty unless said otherwise; `records` default to null. `#` begins a comment that runs to the end of the line.
"""

import re
from enum import Enum

import attrs

PRIMITIVES = frozenset(
    ("bool", "int8", "int16", "uint16", "int32", "uint32", "int64", "float64", "string", "bytes", "records", "uuid"),
)

Default = None | bool | int | str


class Kind(Enum):
    """What a message is for."""

    API = "api"
    RECORD = "record"
    KEY = "key"
    VALUE = "value"
    DATA = "data"


@attrs.frozen
class Versions:
    """The versions from `first` to `last`, both included; empty if `last < first`."""

    first: int
    last: int

    def __contains__(self, version: int) -> bool:
        return self.first <= version <= self.last


NEVER = Versions(0, -1)


@attrs.frozen
class Field:
    """A field. `type` is a primitive's or a struct's name; `is_array` says that there are many of it.

    `default` is None for null and for everything whose default is empty or zero by its type; `null_by_default` tells them apart.
    """

    name: str
    type: str
    is_array: bool
    versions: Versions
    nullable: Versions
    default: Default
    null_by_default: bool
    tag: int | None
    ignorable: bool
    key: bool
    about: str


@attrs.frozen
class Struct:
    """A named sequence of fields."""

    name: str
    fields: tuple[Field, ...]


@attrs.frozen
class Message:
    """A whole definition: the outermost struct, and every struct inside it by name, innermost first."""

    name: str
    kind: Kind
    key: int
    versions: Versions
    flexible: Versions
    is_open: bool
    about: str
    body: Struct
    structs: dict[str, Struct]

    def layouts(self) -> list[Versions]:
        """The versions in groups within which the bytes look alike."""
        starts = {self.versions.first}
        for struct in (*self.structs.values(), self.body):
            for field in struct.fields:
                for versions in (field.versions, field.nullable):
                    starts |= {versions.first, versions.last + 1}
        starts |= {self.flexible.first, self.flexible.last + 1}
        firsts = sorted(start for start in starts if start in self.versions)
        return [Versions(first, after - 1) for first, after in zip(firsts, [*firsts[1:], self.versions.last + 1], strict=True)]


class BadDefinition(ValueError):
    """A text is not a definition; says which line and why."""


_MESSAGE = re.compile(r"(\w+): (api|record|key|value|data)(?: (\d+))?, versions ([\d-]+), flexible (\d+\+|none)(, open)?$")
_VERSIONS = re.compile(r"^(\w+): .*, versions (\d+)(?:-(\d+))?,", re.MULTILINE)
_STRUCT = re.compile(r"struct (\w+)$")
_FIELD = re.compile(
    r"(?P<name>[a-z]\w*): (?P<array>(?:\[\])?)(?P<type>\w+)(?P<null>\?(?P<nullable>\d[\d+-]*)?)?"
    r"(?: = (?P<default>null|true|false|-?\d+|\"[^\"]*\"))?(?: @(?P<versions>[\d+-]+))?"
    r"(?: tag (?P<tag>\d+))?(?P<ignorable> ignorable)?(?P<key> key)?$",
)
_INDENT = 4


@attrs.frozen
class _Line:
    number: int
    depth: int
    text: str
    about: str


def parse(text: str) -> list[Message]:
    """The messages that `text` defines; `BadDefinition` if it does not."""
    lines: list[_Line] = []
    about: list[str] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        code, _, comment = raw.partition("#")
        if code.strip():
            depth, rest = divmod(len(code) - len(code.lstrip()), _INDENT)
            if rest:
                raise BadDefinition(f"line {number} is indented by {rest} too much: {raw!r}")
            lines.append(_Line(number, depth, code.strip(), comment.strip()))
        elif not lines:
            about.append(comment.strip())
    starts = [index for index, line in enumerate(lines) if line.depth == 0]
    if lines and (not starts or starts[0] != 0):
        raise BadDefinition(f"line {lines[0].number} belongs to no message: {lines[0].text!r}")
    return [_message(lines[start:end], "\n".join(about).strip()) for start, end in zip(starts, [*starts[1:], len(lines)], strict=False)]


def head_versions(text: str, name: str) -> range:
    """The versions of the message called `name` in `text`, without reading the rest; `KeyError` if it is not there."""
    for found, first, last in _VERSIONS.findall(text):
        if found == name:
            return range(int(first), int(last or first) + 1)
    raise KeyError(name)


def parse_versions(text: str, within: Versions) -> Versions:
    """`3`, `3+` or `3-7` as far as it lies `within`."""
    first, dash, last = text.rstrip("+").partition("-")
    end = within.last if text.endswith("+") else int(last if dash else first)
    return Versions(max(int(first), within.first), min(end, within.last))


def _message(lines: list[_Line], about: str) -> Message:
    head = lines[0]
    found = _MESSAGE.match(head.text)
    if found is None:
        raise BadDefinition(f"line {head.number} is not the head of a message: {head.text!r}")
    name, kind, key, valid, flexible, is_open = found.groups()
    first, _, last = valid.partition("-")
    versions = Versions(int(first), int(last or first))
    structs: dict[str, Struct] = {}
    fields, rest = _fields(lines[1:], 1, versions, versions, structs)
    if rest:
        raise BadDefinition(f"line {rest[0].number} is indented too deep: {rest[0].text!r}")
    flexible_versions = NEVER if flexible == "none" else parse_versions(flexible, versions)
    body = Struct(name, tuple(fields))
    return Message(
        name=name,
        kind=Kind(kind),
        key=int(key or -1),
        versions=versions,
        flexible=flexible_versions,
        is_open=bool(is_open) or name.endswith("Request"),
        about=about,
        body=body,
        structs=structs,
    )


def _fields(
    lines: list[_Line], depth: int, valid: Versions, scope: Versions, structs: dict[str, Struct]
) -> tuple[list[Field], list[_Line]]:
    """The fields at `depth`, and the lines behind them."""
    fields: list[Field] = []
    while lines and lines[0].depth == depth:
        line, lines = lines[0], lines[1:]
        shared = _STRUCT.match(line.text)
        if shared is not None:
            inner, lines = _fields(lines, depth + 1, valid, valid, structs)
            structs[shared[1]] = Struct(shared[1], tuple(inner))
            continue
        field = _field(line, valid, scope)
        if lines and lines[0].depth == depth + 1:
            inner, lines = _fields(lines, depth + 1, valid, field.versions, structs)
            structs[field.type] = Struct(field.type, tuple(inner))
        if field.type not in PRIMITIVES and field.type not in structs:
            raise BadDefinition(f"line {line.number} names a struct that is not defined: {line.text!r}")
        fields.append(field)
    return fields, lines


def _field(line: _Line, valid: Versions, scope: Versions) -> Field:
    found = _FIELD.match(line.text)
    if found is None:
        raise BadDefinition(f"line {line.number} is not a field: {line.text!r}")
    versions = parse_versions(found["versions"], valid) if found["versions"] else scope
    nullable = NEVER
    if found["null"]:
        nullable = parse_versions(found["nullable"], versions) if found["nullable"] else versions
    default = found["default"]
    return Field(
        name=found["name"],
        type=found["type"],
        is_array=bool(found["array"]),
        versions=versions,
        nullable=nullable,
        default=_default(default),
        null_by_default=default == "null" or (found["type"] == "records" and not found["array"]),
        tag=int(found["tag"]) if found["tag"] else None,
        ignorable=bool(found["ignorable"]),
        key=bool(found["key"]),
        about=line.about,
    )


def _default(text: str | None) -> Default:
    if text is None or text == "null":
        return None
    if text in ("true", "false"):
        return text == "true"
    return text[1:-1] if text.startswith('"') else int(text)
