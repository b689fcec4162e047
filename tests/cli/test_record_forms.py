"""How records look outside of a broker."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streambus.cli.produce.input import PIECE_BYTES_MAX, Cutter, TooLong
from streambus.cli.record_forms.as_format import formatted, visible
from streambus.cli.record_forms.as_json import Draft, NoRecord, from_json, to_json
from streambus.cli.record_forms.escapes import unescaped
from streambus.records import Record

RECORD = Record(b"k", b"value", (("a", b"1"), ("b", None)), 1_700_000_000_000, 42)
data = st.none() | st.binary(max_size=20) | st.text(max_size=20).map(lambda text: text.encode())
names = st.text(st.characters(codec="utf-8"), max_size=8)


@given(key=data, value=data, headers=st.lists(st.tuples(names, data), max_size=3), timestamp=st.integers(-1, 2**62))
@settings(deadline=None)
def test_what_is_read_from_json_is_what_was_written(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]], timestamp: int
) -> None:
    line = to_json("t", 3, Record(key, value, tuple(headers), timestamp, 7))
    assert b"\n" not in line
    assert from_json(line) == Draft(key, value, tuple(headers), 3, timestamp)


def test_json_says_text_as_text_and_other_bytes_in_base64() -> None:
    assert json.loads(to_json("t", 0, Record(b"\xff", "ü".encode(), (("h", b"\x80"),), 5, 9))) == {
        "topic": "t",
        "partition": 0,
        "offset": 9,
        "timestamp": 5,
        "key_base64": "/w==",
        "value": "ü",
        "headers": [{"name": "h", "value_base64": "gA=="}],
    }


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"value": 1}', "value must be text or null, not 1"),
        (b'{"valeu": "x"}', "a record has no 'valeu'"),
        (b'{"value": "a", "value_base64": "YQ=="}', "two values for one thing"),
        (b'{"value_base64": "?"}', "value_base64 is not base64"),
        (b'{"value_base64": 7}', "value_base64 is not base64"),
        (b'{"partition": -1}', "partition must be a whole number from 0"),
        (b'{"partition": true}', "partition must be a whole number"),
        (b'{"timestamp": "now"}', "timestamp must be a whole number"),
        (b'{"headers": {"a": "b"}}', "headers must be a list"),
        (b'{"headers": [{"value": "b"}]}', "a header must have a name"),
        (b'{"headers": [{"name": "a", "key": "b"}]}', "a header has no 'key'"),
        (b'{"value": "\\ud800"}', "half a character"),
        (b"\xff", "not JSON"),
    ],
)
def test_a_line_that_is_no_record_is_refused_with_the_reason(line: bytes, why: str) -> None:
    with pytest.raises(NoRecord, match="^.*" + why.replace("?", r"\?")):
        from_json(line)


def test_a_format_has_the_tokens_of_kcat() -> None:
    form = formatted(r"%t|%p|%o|%k|%s|%h|%T|%I|%S|%K|%R|%%|\t\x41\101\\\n")
    assert form("t", 3, RECORD) == (b"t|3|42|k|value|a=1,b=NULL|1700000000000|2023-11-14T22:13:20.000+00:00|5|1|\0\0\0\5|%|\tAA\\\n")
    assert form("t", 0, Record(None, None)) == b"t|0|0||||-1|-|-1|-1|\xff\xff\xff\xff|%|\tAA\\\n"


@pytest.mark.parametrize("text", ["%y", "100%", r"\q", "\\"])
def test_a_format_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        formatted(text)


def test_on_a_terminal_nothing_can_steer_it() -> None:
    assert visible(b"plain \xc3\xbc") == "plain ü".encode()
    assert visible(b"\x1b[2J\xff\ttab\nline") == rb"\x1b[2J\xff" + b"\ttab\nline"
    assert formatted("%k=%s", is_shown=True)("t", 0, Record(b"\x07", b"\x1b")) == rb"\x07=\x1b"


@given(pieces=st.lists(st.text("ab\n;", max_size=5).map(str.encode), max_size=6), delimiter=st.sampled_from([b"\n", b";;", b"ab"]))
@settings(deadline=None)
def test_a_stream_is_cut_in_the_same_places_however_it_arrives(pieces: list[bytes], delimiter: bytes) -> None:
    cutter, found = Cutter(delimiter), []
    for piece in pieces:
        found += cutter.feed(piece)
    found += cutter.finish()
    whole = b"".join(pieces).split(delimiter)
    assert found == (whole if whole[-1] else whole[:-1])


def test_a_whole_file_is_one_piece_even_if_it_is_empty() -> None:
    cutter = Cutter(None)
    assert cutter.feed(b"a\n") + cutter.feed(b"b") + cutter.finish() == [b"a\nb"]
    assert Cutter(None).finish() == [b""]


def test_a_piece_without_an_end_is_refused() -> None:
    cutter = Cutter(b"\n")
    cutter.feed(b"x" * PIECE_BYTES_MAX)
    with pytest.raises(TooLong, match="what ends a record"):
        cutter.feed(b"x")


def test_escapes_stand_for_bytes() -> None:
    assert unescaped(r"a\t\0\x00\xff\\") == b"a\t\0\0\xff\\"
    with pytest.raises(ValueError, match="is no escape"):
        unescaped(r"\400")
