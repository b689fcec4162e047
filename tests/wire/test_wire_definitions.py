"""Definitions: texts that say everything the protocol can say, and sentences about those that do not."""

import copy
from pathlib import Path

import pytest

import streambus.wire
from streambus.wire import (
    ApiKey,
    DecodeError,
    EncodeError,
    GroupRecordType,
    RecordKey,
    RemoteRecordKey,
    ShareRecordType,
    TransactionRecordType,
    primitives,
)
from streambus.wire.catalogue import MESSAGES, WITHOUT_DEFINITION, definition, pascal_case
from streambus.wire.definition import BadDefinition, Kind, Versions, parse
from streambus.wire.generator import build
from streambus.wire.stubs import stub_source

EVERYTHING = """
# A message with one of everything.

EverythingRequest: api 99, versions 0-4, flexible 2+
    struct Shared
        name: string key
        weight: float64 = 0
    first: []Shared           # Used twice.
    second: Shared? = null @1+
    inner: Inner? @3+
        flags: []bool
        big: uint32 = 7
        small: int8 = -1
        blobs: []bytes
        names: []string
        ids: []uuid?
    label: string?2+ = "none"
    blob: bytes? = null
    raw: bytes
    batches: records
    late: []Shared? = null @2+ tag 0
    later: Shared @2+ tag 5
    latest: bytes @2+ tag 130 ignorable
    on: bool = true ignorable
"""


def everything() -> type[primitives.Message]:
    (message,) = parse(EVERYTHING)
    return build(message, __name__)


def test_a_definition_says_everything() -> None:
    (message,) = parse(EVERYTHING)
    fields = {field.name: field for field in message.body.fields}
    assert (message.name, message.kind, message.key, message.about) == (
        "EverythingRequest",
        Kind.API,
        99,
        "A message with one of everything.",
    )
    assert message.flexible == Versions(2, 4)
    assert list(message.structs) == ["Shared", "Inner"]
    assert message.structs["Shared"].fields[0].key
    assert fields["first"].is_array
    assert fields["first"].about == "Used twice."
    assert fields["second"].versions == Versions(1, 4)
    assert fields["label"].nullable == Versions(2, 4)
    assert fields["latest"].tag == 130
    assert fields["latest"].ignorable
    assert message.layouts() == [Versions(0, 0), Versions(1, 1), Versions(2, 2), Versions(3, 4)]


@pytest.mark.parametrize("version", range(5))
def test_everything_that_can_be_said_can_be_written_and_read(version: int) -> None:
    cls = everything()
    shared = cls.Shared("s", 0.5)  # type: ignore[attr-defined]
    message = cls(first=[shared, shared], blob=b"b", raw=b"r", batches=b"batch", on=False)  # type: ignore[call-arg]
    if version >= 1:
        message.second = shared  # type: ignore[attr-defined]
    if version >= 2:
        message.label, message.late, message.later, message.latest = None, [shared], shared, b"x" * 200  # type: ignore[attr-defined]
    if version >= 3:
        message.inner = cls.Inner([True, False], 8, 1, [b"x", b""], ["a"], None)  # type: ignore[attr-defined]
    decoded = cls.decode(b"".join(message.encode(version)), version)  # type: ignore[arg-type]
    assert decoded == message
    assert copy.deepcopy(decoded) == message


def test_defaults_are_as_the_definition_says() -> None:
    message = everything()()
    assert repr(message) == (
        "EverythingRequest(first=[], second=None, inner=EverythingRequest.Inner(flags=[], big=7, small=-1, blobs=[], names=[], ids=[]), "
        "label='none', blob=None, raw=b'', batches=None, late=None, later=EverythingRequest.Shared(name='', weight=0), latest=b'', on=True)"
    )


def test_only_defaults_can_be_left_out() -> None:
    cls = everything()
    for name, value in (("late", []), ("later", cls.Shared("x")), ("second", cls.Shared()), ("inner", None)):  # type: ignore[attr-defined]
        with pytest.raises(EncodeError, match=name):
            cls(**{name: value}, batches=b"").encode(0)
    with pytest.raises(EncodeError, match="batches cannot be null"):
        cls().encode(0)


def test_a_null_struct_in_an_array_of_bytes_is_refused() -> None:
    with pytest.raises(DecodeError, match="first is null"):
        everything().decode(b"\xff\xff\xff\xff", 0)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("    acks: int16", "line 1 belongs to no message"),
        ("ProduceRequest", "line 1 is not the head of a message"),
        ("A: data, versions 0, flexible none\n  acks: int16", "line 2 is indented by 2"),
        ("A: data, versions 0, flexible none\n        acks: int16", "line 2 is indented too deep"),
        ("A: data, versions 0, flexible none\n    acks int16", "line 2 is not a field"),
        ("A: data, versions 0, flexible none\n    acks: Acks", "line 2 names a struct that is not defined"),
    ],
)
def test_a_text_that_is_no_definition_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(BadDefinition, match=reason):
        parse(text)


def test_an_empty_text_defines_nothing() -> None:
    assert parse("# Nothing yet.\n") == []


def test_every_text_is_in_the_catalogue_and_everything_in_the_catalogue_has_a_text() -> None:
    folder = Path(streambus.wire.__file__).with_name("definitions")
    defined = {}
    for path in sorted(folder.rglob("*.txt")):
        for message in parse(path.read_text()):
            assert definition(message.name) == message
            assert message.about
            defined[message.name] = path.relative_to(folder).as_posix()
    assert sorted(defined) == sorted(MESSAGES)


NUMBERED = {
    Kind.API: [("", ApiKey)],
    Kind.RECORD: [("records/", RecordKey), ("remote/", RemoteRecordKey)],
    Kind.KEY: [("groups/", GroupRecordType), ("transactions/", TransactionRecordType), ("shares/", ShareRecordType)],
    Kind.VALUE: [("groups/", GroupRecordType), ("transactions/", TransactionRecordType), ("shares/", ShareRecordType)],
}


@pytest.mark.parametrize("kind", NUMBERED)
def test_a_text_lies_under_its_number_and_name_and_says_the_same_number(kind: Kind) -> None:
    folder = Path(streambus.wire.__file__).with_name("definitions")
    suffixes = {Kind.API: ["Request", "Response"], Kind.RECORD: ["Record"], Kind.KEY: ["Key"], Kind.VALUE: ["Value"]}[kind]
    for place, numbers in NUMBERED[kind]:
        for number in numbers:
            if number in WITHOUT_DEFINITION and numbers is ApiKey:
                continue
            path = folder / f"{place}{number:02d}_{number.name.lower()}.txt"
            found = [message for message in parse(path.read_text()) if message.kind is kind]
            assert [message.name for message in found] == [pascal_case(number) + suffix for suffix in suffixes]
            assert {message.key for message in found} == {number}


def test_what_a_definition_is_for_is_said_in_words() -> None:
    for name in MESSAGES:
        first = definition(name).about.partition("\n")[0]
        assert first.endswith((".", ":", ",")) or " " in first, name


def test_definitions_fit_on_a_screen() -> None:
    folder = Path(streambus.wire.__file__).with_name("definitions")
    assert max(len(line) for path in folder.rglob("*.txt") for line in path.read_text().splitlines()) <= 140


def test_the_types_of_all_messages_are_written_down_as_they_are() -> None:
    written = Path(streambus.wire.__file__).with_name("messages.pyi").read_text()
    assert written == stub_source(), "run `python -m streambus.wire`"
