"""SCRAM credentials: set, removed, described without their secrets."""

import hashlib
import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metadata_cluster import Cluster, image_of

from streambus.kernel import fingerprint
from streambus.metadata import ScramMechanism, describe_scram_credentials
from streambus.wire import ErrorCode, decode_record, encode_record, messages

Request = messages.AlterUserScramCredentialsRequest
DescribeRequest = messages.DescribeUserScramCredentialsRequest
Deletion = Request.ScramCredentialDeletion
Upsertion = Request.ScramCredentialUpsertion
SHA_256, SHA_512 = ScramMechanism.SHA_256, ScramMechanism.SHA_512

ABSENT = (ErrorCode.RESOURCE_NOT_FOUND, "Attempt to delete a user credential that does not exist")
TWICE = (ErrorCode.DUPLICATE_RESOURCE, "A user credential cannot be altered twice in the same request")


def upsertion(user: str, mechanism: int = SHA_256, iterations: int = 4096, password: bytes = b"salted") -> Upsertion:
    return Upsertion(name=user, mechanism=mechanism, iterations=iterations, salt=b"salt", salted_password=password)


def deletion(user: str, mechanism: int = SHA_256) -> Deletion:
    return Deletion(name=user, mechanism=mechanism)


def alter(cluster: Cluster, *wishes: Upsertion | Deletion) -> list[tuple[str, tuple[ErrorCode, str | None]]]:
    request = Request(
        deletions=[wish for wish in wishes if isinstance(wish, Deletion)],
        upsertions=[wish for wish in wishes if isinstance(wish, Upsertion)],
    )
    response = cluster.carry_out(cluster.controller.alter_scram_credentials(request))
    cluster.image.check()
    return [(result.user, (ErrorCode(result.error_code), result.error_message)) for result in response.results]


def describe(cluster: Cluster, *users: str) -> list[tuple[str, ErrorCode, list[tuple[int, int]]]]:
    asked = [DescribeRequest.UserName(name=user) for user in users]
    response = describe_scram_credentials(cluster.image, DescribeRequest(users=asked or None))
    assert (response.error_code, response.error_message) == (ErrorCode.NONE, "")
    return [
        (result.user, ErrorCode(result.error_code), [(info.mechanism, info.iterations) for info in result.credential_infos])
        for result in response.results
    ]


def test_what_is_kept_can_check_a_proof_and_give_none():
    cluster = Cluster()
    assert alter(cluster, upsertion("alice", SHA_512, password=b"secret")) == [("alice", (ErrorCode.NONE, None))]
    kept = cluster.image.scram_credentials["alice", SHA_512]
    client_key = hmac.new(b"secret", b"Client Key", "sha512").digest()
    assert kept.stored_key == hashlib.sha512(client_key).digest()
    assert kept.server_key == hmac.new(b"secret", b"Server Key", "sha512").digest()
    assert (kept.salt, kept.iterations) == (b"salt", 4096)
    written = encode_record(cluster.log[-1], 0)
    assert b"secret" not in written
    assert client_key not in written
    assert image_of([decode_record(encode_record(record, 0)) for record in cluster.log[-1:]]).scram_credentials == {
        ("alice", SHA_512): kept
    }


def test_a_user_may_have_one_credential_per_mechanism():
    cluster = Cluster()
    alter(cluster, upsertion("bob"), upsertion("alice", SHA_512, 8192))
    alter(cluster, upsertion("alice", iterations=16384))
    assert describe(cluster) == [
        ("alice", ErrorCode.NONE, [(SHA_256, 16384), (SHA_512, 8192)]),
        ("bob", ErrorCode.NONE, [(SHA_256, 4096)]),
    ]
    assert alter(cluster, deletion("alice", SHA_512)) == [("alice", (ErrorCode.NONE, None))]
    assert describe(cluster, "alice") == [("alice", ErrorCode.NONE, [(SHA_256, 16384)])]
    assert cluster.image.statistics()["scram_credentials"] == 2


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        (upsertion("a", iterations=4095), (ErrorCode.UNACCEPTABLE_CREDENTIAL, "Too few iterations")),
        (upsertion("a", SHA_512, -1), (ErrorCode.UNACCEPTABLE_CREDENTIAL, "Too few iterations")),
        (upsertion("a", iterations=16385), (ErrorCode.UNACCEPTABLE_CREDENTIAL, "Too many iterations")),
        (upsertion("a", password=b""), (ErrorCode.UNACCEPTABLE_CREDENTIAL, "Salted password must not be empty")),
        (upsertion(""), (ErrorCode.UNACCEPTABLE_CREDENTIAL, "Username must not be empty")),
        (deletion("", 9), (ErrorCode.UNACCEPTABLE_CREDENTIAL, "Username must not be empty")),
        (upsertion("a", 0), (ErrorCode.UNSUPPORTED_SASL_MECHANISM, "Unknown SCRAM mechanism")),
        (deletion("a", 3), (ErrorCode.UNSUPPORTED_SASL_MECHANISM, "Unknown SCRAM mechanism")),
        (deletion("a"), ABSENT),
    ],
)
def test_what_cannot_be_is_refused(wish: Upsertion | Deletion, refusal: tuple[ErrorCode, str]):
    cluster = Cluster()
    before = len(cluster.log)
    assert alter(cluster, wish) == [(wish.name, refusal)]
    assert len(cluster.log) == before


def test_a_user_with_two_wishes_gets_neither():
    cluster = Cluster()
    alter(cluster, upsertion("alice"))
    assert alter(cluster, upsertion("a"), upsertion("b"), upsertion("a", SHA_512)) == [("b", (ErrorCode.NONE, None)), ("a", TWICE)]
    assert alter(cluster, deletion("alice"), deletion("alice")) == [("alice", TWICE)]
    assert alter(cluster, deletion("alice"), upsertion("alice")) == [("alice", TWICE)]
    assert describe(cluster, "alice") == [("alice", ErrorCode.NONE, [(SHA_256, 4096)])]


def test_the_first_refusal_stands():
    cluster = Cluster()
    assert alter(cluster, deletion("a"), deletion("a"), upsertion("a")) == [("a", ABSENT)]


def test_who_is_unknown_or_named_twice_is_not_described():
    cluster = Cluster()
    alter(cluster, upsertion("a"))
    asked = [DescribeRequest.UserName(name=name) for name in ("z", "a", "a")]
    twice, absent = describe_scram_credentials(cluster.image, DescribeRequest(users=asked)).results
    assert (twice.user, twice.error_code) == ("a", ErrorCode.DUPLICATE_RESOURCE)
    assert twice.error_message == "Cannot describe SCRAM credentials for the same user twice in a single request: a"
    assert (absent.user, absent.error_code) == ("z", ErrorCode.RESOURCE_NOT_FOUND)
    assert absent.error_message == "Attempt to describe a user credential that does not exist: z"


users = st.sampled_from(["a", "b", ""])
mechanisms = st.sampled_from([SHA_256, SHA_512])
wishes = st.one_of(st.builds(deletion, users, mechanisms), st.builds(upsertion, users, mechanisms, st.sampled_from([4096, 5000, 1])))


@given(requests=st.lists(st.lists(wishes, max_size=3), max_size=5))
@settings(max_examples=80, deadline=None)
def test_those_who_were_told_so_have_what_they_wanted(requests: list[list[Upsertion | Deletion]]):
    cluster = Cluster()
    model: dict[tuple[str, int], int] = {}
    for request in requests:
        answers = dict(alter(cluster, *request))
        assert sorted(answers) == sorted({wish.name for wish in request})
        for wish in request:
            if answers[wish.name][0] != ErrorCode.NONE:
                continue
            if isinstance(wish, Deletion):
                del model[wish.name, wish.mechanism]
            else:
                model[wish.name, wish.mechanism] = wish.iterations
    assert {key: kept.iterations for key, kept in cluster.image.scram_credentials.items()} == model
    restored = image_of(list(cluster.image.to_records()))
    assert restored == cluster.replayed() == cluster.image
    assert fingerprint(restored) == fingerprint(cluster.image)
