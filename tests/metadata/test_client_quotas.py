"""Client quotas: who gets what, and which filters find whom."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metadata_cluster import Cluster, image_of

from streambus.kernel import fingerprint
from streambus.metadata import describe_client_quotas
from streambus.wire import ErrorCode, messages

Request = messages.AlterClientQuotasRequest
DescribeRequest = messages.DescribeClientQuotasRequest
Parts = tuple[tuple[str, str | None], ...]
Component = tuple[str, int, str | None]

EXACT, DEFAULT, ANY = 0, 1, 2
ALICE: Parts = (("user", "alice"),)
ADDRESS: Parts = (("ip", "1.2.3.4"),)
RATE = "producer_byte_rate"
CONNECTIONS = "connection_creation_rate"


def entry(parts: Parts, **quotas: float | None) -> Request.EntryData:
    return Request.EntryData(
        entity=[Request.EntityData(entity_type=kind, entity_name=name) for kind, name in parts],
        ops=[Request.OpData(key=key, value=value or 0.0, remove=value is None) for key, value in quotas.items()],
    )


def alter(cluster: Cluster, *entries: Request.EntryData, validate_only: bool = False) -> list[tuple[Parts, str | None]]:
    """Who got what they wanted: the entity and the complaint."""
    request = Request(entries=list(entries), validate_only=validate_only)
    response = cluster.carry_out(cluster.controller.alter_client_quotas(request))
    cluster.image.check()
    assert {result.error_code for result in response.entries} <= {ErrorCode.NONE, ErrorCode.INVALID_REQUEST}
    return [(tuple((part.entity_type, part.entity_name) for part in result.entity), result.error_message) for result in response.entries]


def ask(cluster: Cluster, *components: Component, strict: bool = False) -> messages.DescribeClientQuotasResponse:
    asked = [DescribeRequest.ComponentData(entity_type=kind, match_type=how, match=name) for kind, how, name in components]
    return describe_client_quotas(cluster.image, DescribeRequest(components=asked, strict=strict))


def found(cluster: Cluster, *components: Component, strict: bool = False) -> dict[Parts, dict[str, float]]:
    response = ask(cluster, *components, strict=strict)
    assert (response.error_code, response.error_message) == (ErrorCode.NONE, "")
    return {
        tuple((part.entity_type, part.entity_name) for part in told.entity): {value.key: value.value for value in told.values}
        for told in response.entries or ()
    }


def complaint(parts: Parts, **quotas: float | None) -> str | None:
    cluster = Cluster()
    before = len(cluster.log)
    ((_, text),) = alter(cluster, entry(parts, **quotas))
    assert text is None or len(cluster.log) == before
    return text


def test_quotas_are_set_changed_and_taken_away():
    cluster = Cluster()
    assert alter(cluster, entry(ALICE, producer_byte_rate=5.0, request_percentage=0.5)) == [(ALICE, None)]
    assert found(cluster) == {ALICE: {"producer_byte_rate": 5.0, "request_percentage": 0.5}}
    alter(cluster, entry(ALICE, producer_byte_rate=6.0, request_percentage=None))
    assert found(cluster) == {ALICE: {"producer_byte_rate": 6.0}}
    alter(cluster, entry(ALICE, producer_byte_rate=None))
    assert found(cluster) == {}
    assert not cluster.image.client_quotas


def test_what_is_so_already_is_not_written_again():
    cluster = Cluster()
    alter(cluster, entry(ALICE, producer_byte_rate=5.0))
    before = len(cluster.log)
    assert alter(cluster, entry(ALICE, producer_byte_rate=5.0, consumer_byte_rate=None)) == [(ALICE, None)]
    assert alter(cluster, entry((("user", "nobody"),), no_such_key=None)) == [((("user", "nobody"),), None)]
    assert len(cluster.log) == before


def test_validating_writes_nothing():
    cluster = Cluster()
    assert alter(cluster, entry(ALICE, producer_byte_rate=5.0), entry((), x=1.0), validate_only=True) == [
        (ALICE, None),
        ((), "Invalid empty client quota entity"),
    ]
    assert found(cluster) == {}


def test_the_parts_of_an_entity_have_one_order_and_one_name_each():
    cluster = Cluster()
    both: Parts = (("client-id", "c"), ("user", None))
    assert alter(cluster, entry(both[::-1], producer_byte_rate=5.0)) == [(both, None)]
    alter(cluster, entry(both, producer_byte_rate=6.0))
    assert found(cluster) == {both: {RATE: 6.0}}
    assert alter(cluster, entry((("user", "a"), ("user", "b")), producer_byte_rate=1.0)) == [((("user", "b"),), None)]


def test_an_entity_that_is_asked_for_twice_gets_nothing():
    cluster = Cluster()
    text = "Ignoring duplicate entity ClientQuotaEntity(entries={client-id=null, user=alice})"
    parts: Parts = (("client-id", None), ("user", "alice"))
    entries = (entry(parts, producer_byte_rate=5.0), entry(ALICE, producer_byte_rate=7.0), entry(parts[::-1], consumer_byte_rate=5.0))
    assert alter(cluster, *entries) == [(parts, text), (ALICE, None)]
    assert found(cluster) == {ALICE: {RATE: 7.0}}
    twice = entry(ALICE, producer_byte_rate=8.0)
    twice.ops.append(Request.OpData(key=RATE, value=9.0))
    assert alter(cluster, twice) == [(ALICE, "Ignoring duplicate entity ClientQuotaEntity(entries={user=alice})")]
    assert found(cluster) == {ALICE: {RATE: 7.0}}


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ((), "Invalid empty client quota entity"),
        ((("group", "g"),), "Unhandled client quota entity type: group"),
        ((("user", "a"), ("", "x")), "Unhandled client quota entity type: "),
        ((("user", ""),), "Empty user not supported"),
        ((("ip", ""),), "Empty ip not supported"),
        ((("user", "a"), ("ip", None)), "Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId"),
        ((("client-id", "a"), ("ip", "::1")), "Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId"),
        ((("ip", "not an ip!"),), "not an ip! is not a valid IP or resolvable host."),
        ((("ip", "1.2.3.4"),), None),
        ((("ip", "::1"),), None),
        ((("ip", "localhost"),), None),
        ((("ip", None),), None),
    ],
)
def test_entities_must_make_sense(parts: Parts, text: str | None):
    assert complaint(parts, connection_creation_rate=5.0) == text


@pytest.mark.parametrize(
    ("parts", "key", "value", "text"),
    [
        (ALICE, "foo", 1.0, "Invalid configuration key foo"),
        (ALICE, CONNECTIONS, 1.0, f"Invalid configuration key {CONNECTIONS}"),
        (ADDRESS, RATE, 1.0, f"Invalid configuration key {RATE}"),
        (ALICE, RATE, -0.0, f"Quota {RATE} must be greater than 0"),
        (ALICE, "request_percentage", float("-inf"), "Quota request_percentage must be greater than 0"),
        (ALICE, RATE, 1.5, f"{RATE} cannot be a fractional value."),
        (ALICE, RATE, 9.3e18, f"Proposed value for {RATE} is too large for a LONG."),
        (ADDRESS, CONNECTIONS, 2.0**31, f"Proposed value for {CONNECTIONS} is too large for an INT."),
        (ALICE, RATE, 1.0000001, None),
        (ALICE, RATE, 1e-7, None),
        (ALICE, RATE, float("nan"), None),
        (ALICE, "request_percentage", 1e300, None),
        (ALICE, "controller_mutation_rate", float("inf"), None),
        (ADDRESS, CONNECTIONS, 2.0**31 - 1, None),
    ],
)
def test_values_must_fit_their_keys(parts: Parts, key: str, value: float, text: str | None):
    assert complaint(parts, **{key: value}) == text


def test_one_bad_value_refuses_the_whole_entry():
    cluster = Cluster()
    ((_, text),) = alter(cluster, entry(ALICE, producer_byte_rate=1.0, foo=1.0))
    assert text == "Invalid configuration key foo"
    assert found(cluster) == {}


@pytest.mark.parametrize(
    ("components", "error", "text"),
    [
        ([("", ANY, None)], ErrorCode.INVALID_REQUEST, "Invalid empty entity type."),
        ([("foo", ANY, None)], ErrorCode.UNSUPPORTED_VERSION, "Unsupported entity type foo"),
        (
            [("user", ANY, None), ("user", DEFAULT, None)],
            ErrorCode.INVALID_REQUEST,
            "Entity type user cannot appear more than once in the filter.",
        ),
        (
            [("user", EXACT, None)],
            ErrorCode.INVALID_REQUEST,
            "Request specified MATCH_TYPE_EXACT, but set match string to null.",
        ),
        (
            [("user", DEFAULT, "x")],
            ErrorCode.INVALID_REQUEST,
            "Request specified MATCH_TYPE_DEFAULT, but also specified a match string.",
        ),
        (
            [("user", ANY, "x")],
            ErrorCode.INVALID_REQUEST,
            "Request specified MATCH_TYPE_SPECIFIED, but also specified a match string.",
        ),
        ([("user", 3, None)], ErrorCode.INVALID_REQUEST, "Unknown match type 3"),
        (
            [("ip", ANY, None), ("user", ANY, None)],
            ErrorCode.INVALID_REQUEST,
            "Invalid entity filter component combination. IP filter component should not be used with user or clientId filter component.",
        ),
    ],
)
def test_filters_must_make_sense(components: list[Component], error: ErrorCode, text: str):
    response = ask(Cluster(), *components)
    assert (response.error_code, response.error_message, response.entries) == (error, text, None)


names = st.sampled_from([None, "a", "b"])
kinds = st.sampled_from([("user",), ("client-id",), ("client-id", "user"), ("ip",)])
entities = kinds.flatmap(lambda chosen: st.tuples(*(st.tuples(st.just(kind), names) for kind in chosen)))
addresses = {"a": "1.2.3.4", "b": "::1", None: None}
quotas = st.dictionaries(st.sampled_from([RATE, "request_percentage"]), st.sampled_from([1.0, 2.0, None]), max_size=2)
matches = st.one_of(st.tuples(st.just(EXACT), st.sampled_from(["a", "b", "c"])), st.sampled_from([(DEFAULT, None), (ANY, None)]))
filters = st.one_of(
    st.dictionaries(st.sampled_from(["user", "client-id"]), matches, max_size=2), st.dictionaries(st.just("ip"), matches, max_size=1)
)


def fits(parts: Parts, wanted: dict[str, tuple[int, str | None]], *, strict: bool) -> bool:
    """A filter, read slowly."""
    has = dict(parts)
    for kind, (how, name) in wanted.items():
        if kind not in has:
            return False
        if how == EXACT and has[kind] != name:
            return False
        if how == DEFAULT and has[kind] is not None:
            return False
    return not strict or set(has) == set(wanted)


@given(changes=st.lists(st.tuples(entities, quotas), max_size=8), wanted=filters, strict=st.booleans())
@settings(max_examples=150, deadline=None)
def test_filters_find_whom_they_describe(
    changes: list[tuple[Parts, dict[str, float | None]]], wanted: dict[str, tuple[int, str | None]], strict: bool
):
    cluster = Cluster()
    model: dict[Parts, dict[str, float]] = {}
    for parts, asked in changes:
        if parts[0][0] == "ip":
            parts = (("ip", addresses[parts[0][1]]),)
            asked = {CONNECTIONS: list(asked.values())[-1]} if asked else {}
        alter(cluster, entry(parts, **asked))
        kept = {**model.pop(parts, {}), **asked}
        model |= {parts: {key: value for key, value in kept.items() if value is not None}} if any(kept.values()) else {}
    wanted = {kind: (how, addresses.get(name, "9.9.9.9") if kind == "ip" else name) for kind, (how, name) in wanted.items()}
    expected = {parts: kept for parts, kept in model.items() if fits(parts, wanted, strict=strict)}
    assert found(cluster, *((kind, how, name) for kind, (how, name) in wanted.items()), strict=strict) == expected
    restored = image_of(list(cluster.image.to_records()))
    assert restored == cluster.replayed() == cluster.image
    assert fingerprint(restored) == fingerprint(cluster.image)
    assert cluster.image.statistics()["client_quotas"] == sum(len(kept) for kept in model.values())
