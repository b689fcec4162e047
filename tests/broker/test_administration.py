"""What administrators ask of a broker: done once it is durable, there after a restart, and refused in time."""

from typing import Any

import pytest
from bench import Bench, batch_of, fetch_request, fetched, produce_request, produced

from streambus.kernel import Drained, Instant, Woken
from streambus.metadata import Delta
from streambus.wire import ApiKey, ErrorCode, messages

AlterQuotas = messages.AlterClientQuotasRequest
AlterCredentials = messages.AlterUserScramCredentialsRequest


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.create("t")
    return bench


def growth(count: int, name: str = "t", timeout_ms: int = 1_000) -> messages.CreatePartitionsRequest:
    request = messages.CreatePartitionsRequest
    topic = request.CreatePartitionsTopic(name=name, count=count, assignments=None)
    return request(topics=[topic], timeout_ms=timeout_ms)


def quota(value: float) -> AlterQuotas:
    entity = [AlterQuotas.EntityData(entity_type="user", entity_name="alice")]
    ops = [AlterQuotas.OpData(key="producer_byte_rate", value=value)]
    return AlterQuotas(entries=[AlterQuotas.EntryData(entity=entity, ops=ops)])


def credential(user: str) -> AlterCredentials:
    wish = AlterCredentials.ScramCredentialUpsertion(name=user, mechanism=1, iterations=4096, salt=b"s", salted_password=b"p")
    return AlterCredentials(upsertions=[wish])


def described_quotas(bench: Bench) -> list[float]:
    response = bench.connect().ask(messages.DescribeClientQuotasRequest(), 1)
    return [value.value for entry in response.entries for value in entry.values]


def described_users(bench: Bench) -> list[str]:
    response = bench.connect().ask(messages.DescribeUserScramCredentialsRequest(users=None), 0)
    return [result.user for result in response.results]


def reassignment(name: str, replicas: list[int] | None, timeout_ms: int = 1_000) -> messages.AlterPartitionReassignmentsRequest:
    request = messages.AlterPartitionReassignmentsRequest
    partitions = [request.ReassignablePartition(partition_index=0, replicas=replicas)]
    return request(topics=[request.ReassignableTopic(name=name, partitions=partitions)], timeout_ms=timeout_ms)


def election(timeout_ms: int = 1_000) -> messages.ElectLeadersRequest:
    request = messages.ElectLeadersRequest
    return request(topic_partitions=[request.TopicPartitions(topic="t", partitions=[0])], timeout_ms=timeout_ms)


# Partitions ----------------------------------------------------------------------------------------------------------------


def test_new_partitions_are_usable_as_soon_as_they_are_answered_and_after_a_power_cut(bench: Bench) -> None:
    client = bench.connect()
    client.send(growth(3), 3)
    bench.step(Drained())
    assert not client.answers
    early = bench.connect()
    early.send(produce_request("t", batch_of(b"a"), partition=2), 9)
    assert produced(early.answers.popleft().body).error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    bench.settle()
    (result,) = client.answers.popleft().body.results
    assert (result.name, result.error_code) == ("t", ErrorCode.NONE)
    assert produced(client.ask(produce_request("t", batch_of(b"a"), partition=2), 9)).error_code == ErrorCode.NONE
    bench.power_cut()
    asked = [messages.MetadataRequest.MetadataRequestTopic(name="t")]
    (topic,) = bench.connect().ask(messages.MetadataRequest(topics=asked), 12).topics
    assert sorted(partition.partition_index for partition in topic.partitions) == [0, 1, 2]
    assert fetched(bench.connect().ask(fetch_request("t", partition=2), 11)).high_watermark == 1


def test_on_one_broker_leaders_need_no_election_and_partitions_have_nowhere_to_go(bench: Bench) -> None:
    client = bench.connect()
    ((result,),) = [topic.partition_result for topic in client.ask(election(), 2).replica_election_results]
    assert result.error_code == ErrorCode.ELECTION_NOT_NEEDED
    assert client.ask(election(), 0).replica_election_results[0].partition_result[0].error_code == ErrorCode.ELECTION_NOT_NEEDED
    ((result,),) = [topic.partitions for topic in client.ask(reassignment("t", [1]), 1).responses]
    assert result.error_code == ErrorCode.NONE
    ((result,),) = [topic.partitions for topic in client.ask(reassignment("t", None), 0).responses]
    assert result.error_code == ErrorCode.NO_REASSIGNMENT_IN_PROGRESS
    assert client.ask(messages.ListPartitionReassignmentsRequest(topics=None), 0).topics == []


# Quotas, credentials, features -----------------------------------------------------------------------------------------------


def test_quotas_and_credentials_are_described_once_they_are_durable_and_survive_power_cuts(bench: Bench) -> None:
    client = bench.connect()
    client.send(quota(5.0), 1)
    client.send(credential("alice"), 0)
    bench.step(Drained())
    assert not client.answers
    assert (described_quotas_now(bench), described_users_now(bench)) == ([], [])
    bench.settle()
    assert client.answers.popleft().body.entries[0].error_code == ErrorCode.NONE
    assert client.answers.popleft().body.results[0].error_code == ErrorCode.NONE
    for life in (bench.restart, bench.power_cut):
        life()
        assert (described_quotas(bench), described_users(bench)) == ([5.0], ["alice"])
    gone = AlterCredentials(deletions=[AlterCredentials.ScramCredentialDeletion(name="alice", mechanism=1)])
    assert bench.connect().ask(gone, 0).results[0].error_code == ErrorCode.NONE
    bench.power_cut()
    assert described_users(bench) == []


def described_quotas_now(bench: Bench) -> list[Any]:
    """Without letting the disk work."""
    client = bench.connect()
    client.send(messages.DescribeClientQuotasRequest(), 0)
    return list(client.answers.popleft().body.entries)


def described_users_now(bench: Bench) -> list[Any]:
    client = bench.connect()
    client.send(messages.DescribeUserScramCredentialsRequest(users=None), 0)
    return list(client.answers.popleft().body.results)


def test_features_that_this_broker_has_not_are_refused_and_what_is_finalized_stays(bench: Bench) -> None:
    client = bench.connect()
    request = messages.UpdateFeaturesRequest
    updates = [request.FeatureUpdateKey(feature="group.version", max_version_level=1)]
    assert client.ask(request(feature_updates=updates), 2).error_code == ErrorCode.INVALID_UPDATE_VERSION
    updates = [request.FeatureUpdateKey(feature="metadata.version", max_version_level=30)]
    (result,) = client.ask(request(feature_updates=updates), 1).results
    assert (result.feature, result.error_code) == ("metadata.version", ErrorCode.NONE)
    versions = client.ask(messages.ApiVersionsRequest(client_software_name="a", client_software_version="1"), 4)
    assert [(feature.name, feature.max_version_level) for feature in versions.finalized_features] == [("metadata.version", 30)]


def test_a_broker_does_not_forget_itself(bench: Bench) -> None:
    client = bench.connect()
    assert client.ask(messages.UnregisterBrokerRequest(broker_id=1), 0).error_code == ErrorCode.INVALID_REQUEST
    assert client.ask(messages.UnregisterBrokerRequest(broker_id=2), 0).error_code == ErrorCode.BROKER_ID_NOT_REGISTERED


# Time ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("timeout_ms", [0, -1])
def test_in_no_time_nothing_is_done(bench: Bench, timeout_ms: int) -> None:
    client = bench.connect()
    create = messages.CreateTopicsRequest
    wanted = create(topics=[create.CreatableTopic(name="u", num_partitions=1, replication_factor=1)], timeout_ms=timeout_ms)
    assert client.ask(wanted, 7).topics[0].error_code == ErrorCode.REQUEST_TIMED_OUT
    gone = messages.DeleteTopicsRequest(topic_names=["t"], timeout_ms=timeout_ms)
    assert client.ask(gone, 5).responses[0].error_code == ErrorCode.REQUEST_TIMED_OUT
    assert client.ask(growth(3, timeout_ms=timeout_ms), 3).results[0].error_code == ErrorCode.REQUEST_TIMED_OUT
    for version in (0, 2):
        answer = client.ask(election(timeout_ms), version)
        assert answer.replica_election_results[0].partition_result[0].error_code == ErrorCode.REQUEST_TIMED_OUT
    assert client.ask(reassignment("t", [1], timeout_ms), 1).error_code == ErrorCode.REQUEST_TIMED_OUT
    assert {name: len(topic) for name, topic in bench.broker.image.topics.items()} == {"t": 1}


def test_who_asks_for_nothing_in_no_time_gets_it(bench: Bench) -> None:
    client = bench.connect()
    create = messages.CreateTopicsRequest
    twice = [create.CreatableTopic(name="u", num_partitions=1, replication_factor=1)] * 2
    assert [result.error_code for result in client.ask(create(topics=twice, timeout_ms=0), 7).topics] == [ErrorCode.INVALID_REQUEST]
    twice_gone = messages.DeleteTopicsRequest(topic_names=["t", "t"], timeout_ms=0)
    assert [result.error_code for result in client.ask(twice_gone, 5).responses] == [ErrorCode.INVALID_REQUEST]
    assert client.ask(messages.CreatePartitionsRequest(topics=[], timeout_ms=0), 3).results == []
    assert client.ask(messages.ElectLeadersRequest(topic_partitions=[], timeout_ms=0), 2).replica_election_results == []
    assert client.ask(messages.AlterPartitionReassignmentsRequest(topics=[], timeout_ms=0), 1).responses == []


@pytest.mark.parametrize("version", [0, 2])
def test_what_is_not_durable_in_time_is_doubted_whatever_the_version(bench: Bench, version: int) -> None:
    """Nobody has led the partition: the election is a decision, and its time runs out before it is durable."""
    topic_id = bench.topic_id("t")
    change = messages.PartitionChangeRecord(topic_id=topic_id, partition_id=0, leader=-1)
    bench.broker.controller.image.apply(change, Delta())
    client = bench.connect()
    client.send(election(timeout_ms=10), version)
    bench.now = Instant(bench.now + 10_000)
    bench.step(Woken())
    answer = client.answers.popleft().body
    assert answer.error_code == (ErrorCode.REQUEST_TIMED_OUT if version else ErrorCode.NONE)
    assert answer.replica_election_results[0].partition_result[0].error_code == ErrorCode.REQUEST_TIMED_OUT


# What there is not -----------------------------------------------------------------------------------------------------------


def acls(kind: int = 2) -> list[tuple[Any, str]]:
    """A request of each kind, about things of this type, and where its errors are."""
    create, delete = messages.CreateAclsRequest, messages.DeleteAclsRequest
    made = create.AclCreation(
        resource_type=kind, resource_name="t", resource_pattern_type=3, principal="User:a", host="*", operation=3, permission_type=3
    )
    found = delete.DeleteAclsFilter(
        resource_type_filter=kind, resource_name_filter="t", pattern_type_filter=3, operation=2, permission_type=3
    )
    described = messages.DescribeAclsRequest(
        resource_type_filter=kind, resource_name_filter="t", pattern_type_filter=3, operation=2, permission_type=3
    )
    return [(described, ""), (create(creations=[made, made]), "results"), (delete(filters=[found]), "filter_results")]


@pytest.mark.parametrize("version", [1, 2, 3])
def test_without_an_authorizer_there_are_no_acls(bench: Bench, version: int) -> None:
    for request, where in acls():
        answer = bench.connect().ask(request, version)
        results = getattr(answer, where) if where else [answer]
        assert {result.error_code for result in results} == {ErrorCode.SECURITY_DISABLED}
        assert all(result.error_message.startswith("No Authorizer is configured") for result in results)
    assert bench.connect().ask(messages.CreateAclsRequest(creations=[]), version).results == []


def test_who_asks_for_acls_of_no_known_kind_is_hung_up_on(bench: Bench) -> None:
    for request, _ in acls(kind=0):
        client = bench.connect()
        client.send(request, 3)
        bench.settle()
        assert client.closed_because is not None


@pytest.mark.parametrize("version", [1, 2, 3])
def test_nobody_who_has_not_proved_anything_gets_a_token(bench: Bench, version: int) -> None:
    client = bench.connect()
    asked = messages.CreateDelegationTokenRequest(renewers=[], max_lifetime_ms=-1)
    if version == 3:
        asked.owner_principal_type, asked.owner_principal_name = "User", "b"
    answer = client.ask(asked, version)
    assert answer.error_code == ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED
    assert (answer.principal_type, answer.principal_name) == ("User", "b" if version == 3 else "ANONYMOUS")
    assert answer.token_requester_principal_name == ("ANONYMOUS" if version == 3 else "")
    others: list[Any] = [messages.DescribeDelegationTokenRequest(owners=None)]
    if version < 3:
        others += [messages.RenewDelegationTokenRequest(hmac=b"a"), messages.ExpireDelegationTokenRequest(hmac=b"a")]
    for other in others:
        assert client.ask(other, version).error_code == ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED


def test_it_is_too_late_for_sasl_and_the_connection_stays(bench: Bench) -> None:
    client = bench.connect()
    for version in (0, 1):
        answer = client.ask(messages.SaslHandshakeRequest(mechanism="PLAIN"), version)
        assert (answer.error_code, answer.mechanisms) == (ErrorCode.ILLEGAL_SASL_STATE, [])
    for version in (0, 1, 2):
        answer = client.ask(messages.SaslAuthenticateRequest(auth_bytes=b"\0a\0b"), version)
        assert answer.error_code == ErrorCode.ILLEGAL_SASL_STATE
        assert answer.error_message == "SaslAuthenticate request received after successful authentication"
    assert client.closed_because is None


def test_there_are_no_transactions_to_list_or_describe(bench: Bench) -> None:
    client = bench.connect()
    request = messages.ListTransactionsRequest
    answer = client.ask(request(state_filters=["Ongoing", "Foo", "empty", "Foo"], transactional_id_pattern="a.*"), 2)
    assert (answer.error_code, answer.unknown_state_filters, answer.transaction_states) == (ErrorCode.NONE, ["Foo", "empty"], [])
    for pattern in ("a(", "*", "(?=a)", r"(a)\1"):
        assert client.ask(request(transactional_id_pattern=pattern), 2).error_code == ErrorCode.INVALID_REGULAR_EXPRESSION
    assert client.ask(request(transactional_id_pattern=r"\\1"), 2).error_code == ErrorCode.NONE
    described = client.ask(messages.DescribeTransactionsRequest(transactional_ids=["a", ""]), 0).transaction_states
    assert [state.error_code for state in described] == [ErrorCode.TRANSACTIONAL_ID_NOT_FOUND, ErrorCode.INVALID_REQUEST]


# Names -----------------------------------------------------------------------------------------------------------------------


LEGAL = ("a" * 249, "-", "_", "...", "A.b_c-9", "__consumer_offsets", "__transaction_state", "__share_group_state")
ILLEGAL = ("", ".", "..", "a" * 250, "a b", "a/b", "ä", "a\n", "a\0b")


@pytest.mark.parametrize("name", [*LEGAL, *ILLEGAL, "__cluster_metadata"], ids=range(18))
def test_the_limits_of_names(bench: Bench, name: str) -> None:
    create = messages.CreateTopicsRequest
    topic = create.CreatableTopic(name=name, num_partitions=1, replication_factor=1)
    (result,) = bench.connect().ask(create(topics=[topic], timeout_ms=1_000), 7).topics
    if name == "__cluster_metadata":
        assert (result.error_code, result.error_message) == (
            ErrorCode.INVALID_REQUEST,
            "Creation of internal topic __cluster_metadata is prohibited.",
        )
    else:
        assert result.error_code == (ErrorCode.NONE if name in LEGAL else ErrorCode.INVALID_TOPIC_EXCEPTION)
    gone = messages.DeleteTopicsRequest(topic_names=[name], timeout_ms=1_000)
    (result,) = bench.connect().ask(gone, 5).responses
    assert result.error_code == (ErrorCode.NONE if name in LEGAL else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)


def test_one_batch_holds_so_much_and_no_more(bench: Bench) -> None:
    create = messages.CreateTopicsRequest

    def ask(*counts: int) -> list[tuple[ErrorCode, str | None]]:
        topics = [create.CreatableTopic(name=f"u{place}", num_partitions=count, replication_factor=1) for place, count in enumerate(counts)]
        response = bench.connect().ask(create(topics=topics, timeout_ms=1_000, validate_only=True), 7)
        return [(ErrorCode(result.error_code), result.error_message) for result in response.topics]

    too_many = (ErrorCode.POLICY_VIOLATION, "Excessively large number of partitions per request.")
    too_large = (ErrorCode.POLICY_VIOLATION, "Unable to perform excessively large batch operation.")
    assert ask(5_001, 5_000) == [too_many] * 2
    assert ask(10_000) == [too_large]
    assert ask(10_000, 0) == [too_large] * 2
    assert ask(9_999) == [(ErrorCode.NONE, None)]


def test_what_this_broker_can_it_says(bench: Bench) -> None:
    answer = bench.connect().ask(messages.ApiVersionsRequest(client_software_name="a", client_software_version="1"), 3)
    told = {key.api_key: (key.min_version, key.max_version) for key in answer.api_keys}
    assert told[ApiKey.CREATE_PARTITIONS] == (0, 3)
    assert ApiKey.ADD_RAFT_VOTER not in told
    assert list(told) == sorted(told)
