"""What the differential oracle is made of, without brokers."""

import uuid

from streambus.records import check_batch, decode_records, parse_header
from streambus.wire import messages

from .client import Answer, Closed, framed
from .compare import Difference, differences
from .explain import ANYTHING, Known, Text, fits
from .grammar import REQUESTS, script
from .known import KNOWN
from .normalise import normalised
from .render import DOCUMENT, rendered
from .script import API_KEYS, Script, Spoil, Step, built, told
from .shrink import shrunk
from .sides import address_of
from .symbols import Batch, ClusterId, LogDir, Memory, Now, ProducerId, SessionId, TopicId, nobodys_topic_id, resolved, shown


def memory() -> Memory:
    return Memory("r1", 1_000_000, "cluster", "/logs")


def last_versions() -> dict[str, tuple[int, int]]:
    spoken = {}
    for api in REQUESTS:
        versions = getattr(messages, f"{api}Request").VERSIONS
        spoken[api] = (versions.start, versions.stop - 1)
    return spoken


def test_the_document_tells_what_is_known() -> None:
    assert DOCUMENT.read_text() == rendered(), "write it again with `python -m tests.differential --render`"


def test_every_known_difference_has_a_reason_and_a_title_of_its_own() -> None:
    assert all(known.reason.endswith(".") for known in KNOWN)
    assert len({known.title for known in KNOWN}) == len(KNOWN)


def test_a_seed_is_a_script() -> None:
    versions = last_versions()
    assert script(7, versions) == script(7, versions)
    assert script(7, versions) != script(8, versions)


def test_every_script_has_bytes_in_every_version() -> None:
    asked = set()
    for seed in range(300):
        for step in script(seed, last_versions()):
            asked.add(step.api)
            if step.raw is None:
                assert isinstance(step.api, str)
                built(step.api, step.version, resolved(step.body, memory())).encode(step.version)
    assert asked == set(REQUESTS)


def test_what_is_printed_is_the_script() -> None:
    names = {kind.__name__: kind for kind in (Batch, ClusterId, LogDir, Now, ProducerId, SessionId, Spoil, Step, TopicId)}
    for seed in range(50):
        made = script(seed, last_versions())
        assert eval(told(made), names) == made


def test_symbols_are_what_a_side_has_answered() -> None:
    side = memory()
    side.producer_ids.append(12)
    side.session_ids.append(99)
    side.topic_ids["r1a"] = [uuid.UUID(int=1), uuid.UUID(int=2)]
    assert resolved([ProducerId(0), SessionId(0), Now(5), ClusterId(), LogDir(), "$b"], side) == [
        12,
        99,
        1_000_005,
        "cluster",
        "/logs",
        "r1b",
    ]
    assert resolved([TopicId("$a"), TopicId("$a", 0)], side) == [uuid.UUID(int=2), uuid.UUID(int=1)]
    assert resolved(TopicId("$b"), side) == nobodys_topic_id("$b")


def test_a_batch_is_whole_unless_it_shall_not_be() -> None:
    batch = Batch((b"a", b"b"), timestamps=(5, 6)).resolve(memory())
    check_batch(batch, parse_header(batch))
    assert [record.timestamp for record in decode_records(batch)] == [5, 6]
    assert len(Batch(cut=40).resolve(memory())) == 40
    assert shown(Batch(cut=40)) == "Batch(cut=40)"


def test_lists_are_compared_by_what_names_their_elements() -> None:
    one = {"topics": [{"name": "a", "error_code": 0}, {"name": "b", "error_code": 3}]}
    other = {"topics": [{"name": "b", "error_code": 4}, {"name": "c", "error_code": 0}]}
    assert [difference.path for difference in differences(one, other)] == ["topics/a", "topics/b/error_code", "topics/c"]
    assert differences(one, one) == []
    turned = {"topics": one["topics"][::-1]}
    assert [difference.path for difference in differences(one, turned)] == ["topics/order"]


def test_null_is_not_empty_and_true_is_not_one() -> None:
    assert differences({"a": None}, {"a": ""}) != []
    assert differences({"a": True}, {"a": 1}) != []


def test_ids_become_the_names_of_what_they_belong_to() -> None:
    side = memory()
    topic = uuid.uuid4()
    side.topic_ids["r1a"] = [topic]
    body = messages.CreateTopicsResponse(
        topics=[messages.CreateTopicsResponse.CreatableTopicResult("r1a", topic, 36, "Topic 'r1a' exists")]
    )
    seen = normalised("CreateTopics", Answer(body, 7), side)
    assert seen["topics"][0]["name"] == "$a"
    assert seen["topics"][0]["topic_id"] == "id 0 of $a"
    assert seen["topics"][0]["error_message"] == "Topic '$a' exists"
    assert "throttle_time_ms" not in seen


def test_a_closed_connection_is_something_seen() -> None:
    assert normalised("Metadata", Closed(), memory()) == "the connection is closed"


def test_a_known_difference_fits_only_what_it_says() -> None:
    known = Known("t", ("Metadata",), (("topics/*/error_code", 3, ANYTHING),), "r")
    step = Step("Metadata", 1)
    assert fits(known, step, Difference("topics/a/error_code", "topics/error_code", 3, 5))
    assert not fits(known, step, Difference("topics/a/error_code", "topics/error_code", 4, 5))
    assert not fits(known, Step("Fetch", 4), Difference("topics/a/error_code", "topics/error_code", 3, 5))
    assert not fits(known, step, Difference("topics/a/name", "topics/name", 3, 5))
    text = Known("t", ("*",), (("*", Text("a.*"), Text("b")),), "r")
    assert fits(text, step, Difference("x", "x", "abc", "b"))
    assert not fits(text, step, Difference("x", "x", "abc", "bb"))


def test_shrinking_leaves_what_it_takes() -> None:
    def shows(candidate: Script) -> bool:
        bodies = [step.body for step in candidate]
        return bool(bodies) and any("a" in body for body in bodies) and {"name": "bad"} in bodies[-1].get("topics", [])

    noise = [Step("Metadata", 1, {"b": 1, "topics": [{"name": "fine"}]}) for _ in range(9)]
    whole = (
        *noise[:4],
        Step("Metadata", 1, {"a": 1, "b": 2}),
        *noise[4:],
        Step("Metadata", 1, {"c": 1, "topics": [{"name": "fine"}, {"name": "bad"}]}),
    )
    assert shrunk(whole, shows) == (Step("Metadata", 1, {"a": 1}), Step("Metadata", 1, {"topics": [{"name": "bad"}]}))


def test_a_spoilt_frame_still_says_how_long_it_is() -> None:
    assert framed(b"abcdef", None) == b"\x00\x00\x00\x06abcdef"
    assert framed(b"abcdef", Spoil(cut=2, more=b"z")) == b"\x00\x00\x00\x03abz"


def test_addresses_and_keys() -> None:
    assert address_of("127.0.0.1:9092") == ("127.0.0.1", 9092)
    assert API_KEYS["DescribeTopicPartitions"] == 75
