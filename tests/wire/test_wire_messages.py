"""Every message, in every version: what is written is read back; what cannot be written is refused; what cannot be read is an error."""

import copy
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_strategies import DEFINITIONS, messages_of

from streambus.kernel import FileName, FileSlice, decode_value, encode_value, fingerprint
from streambus.wire import VERSIONS, ZERO_UUID, ApiKey, DecodeError, EncodeError, messages
from streambus.wire.catalogue import WITHOUT_DEFINITION, pascal_case
from streambus.wire.definition import Field

NAMES = messages.MESSAGES


def all_fields(name: str) -> list[Field]:
    """The fields of a message and of everything in it."""
    message = DEFINITIONS[name]
    return [field for struct in (*message.structs.values(), message.body) for field in struct.fields]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_what_is_written_is_read_back(name: str, data: st.DataObject) -> None:
    cls = getattr(messages, name)
    version = data.draw(st.sampled_from(cls.VERSIONS))
    message = data.draw(messages_of(name, version))
    assert cls.decode(b"".join(message.encode(version)), version) == message


@pytest.mark.parametrize("name", NAMES)
def test_a_message_of_defaults_is_legal_in_every_version(name: str) -> None:
    cls = getattr(messages, name)
    for version in cls.VERSIONS:
        assert cls.decode(b"".join(cls().encode(version)), version) == cls()


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=4, deadline=None)
@given(data=st.data())
def test_a_message_that_is_cut_short_is_an_error_and_only_open_ones_may_be_too_long(name: str, data: st.DataObject) -> None:
    cls = getattr(messages, name)
    version = data.draw(st.sampled_from(cls.VERSIONS))
    whole = b"".join(data.draw(messages_of(name, version)).encode(version))
    cut = data.draw(st.integers(0, len(whole)))
    if cut < len(whole):
        with pytest.raises(DecodeError):
            cls.decode(whole[:cut], version)
    if DEFINITIONS[name].is_open:
        assert cls.decode(whole + b"\0", version) == cls.decode(whole, version)
    else:
        with pytest.raises(DecodeError):
            cls.decode(whole + b"\0", version)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_any_bytes_are_a_message_or_an_error(name: str, data: st.DataObject) -> None:
    cls = getattr(messages, name)
    version = data.draw(st.sampled_from(cls.VERSIONS))
    whole = bytearray(b"".join(data.draw(messages_of(name, version)).encode(version)))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(whole)))
        end = data.draw(st.integers(start, min(len(whole), start + 4)))
        whole[start:end] = data.draw(st.binary(max_size=5) | st.sampled_from([b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff\x0f", b"\x80\0\0\0"]))
    try:
        decoded = cls.decode(bytes(whole), version)
    except DecodeError:
        return
    assert cls.decode(b"".join(decoded.encode(version)), version) == decoded


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_messages_are_values(name: str, data: st.DataObject) -> None:
    cls = getattr(messages, name)
    version = data.draw(st.sampled_from(cls.VERSIONS))
    message = data.draw(messages_of(name, version))
    decoded = cls.decode(b"".join(message.encode(version)), version)
    others = [decoded, copy.deepcopy(decoded)]
    for other in (*others, decode_value(encode_value(decoded))):
        assert other == message
        assert fingerprint(other) == fingerprint(message)
        assert repr(other) == repr(message) or any(field.type in ("bytes", "records") for field in all_fields(name))
    assert message != object()


@pytest.mark.parametrize("name", NAMES)
def test_a_field_without_a_place_is_left_out_only_if_it_may_be(name: str) -> None:
    cls = getattr(messages, name)
    examples = {"string": "x", "bool": True, "uuid": UUID(int=7), "bytes": b"x"}
    for field in DEFINITIONS[name].body.fields:
        if field.type in DEFINITIONS[name].structs:
            value = getattr(cls, field.type)()
        else:
            value = examples.get(field.type, 7)
        if field.default is not None and field.default == value:
            value = not field.default
        message = cls(**{field.name: [value] if field.is_array else value})
        for version in (version for version in cls.VERSIONS if version not in field.versions):
            if field.ignorable:
                assert cls.decode(b"".join(message.encode(version)), version) == cls()
            elif message != cls():
                with pytest.raises(EncodeError, match=field.name):
                    message.encode(version)


def test_a_nested_field_without_a_place_is_refused_too() -> None:
    topic = messages.MetadataRequest.MetadataRequestTopic(name=None)
    with pytest.raises(EncodeError, match="MetadataRequest version 9"):
        messages.MetadataRequest(topics=[topic]).encode(9)


def test_versions_that_are_not_defined_can_be_neither_read_nor_written() -> None:
    with pytest.raises(EncodeError, match="no version 2"):
        messages.ProduceRequest().encode(2)
    with pytest.raises(DecodeError, match="no version 14"):
        messages.ProduceRequest.decode(b"", 14)


def test_a_null_where_there_must_be_a_value_is_an_error_both_ways() -> None:
    with pytest.raises(EncodeError):
        messages.MetadataRequest(topics=None).encode(0)
    with pytest.raises(EncodeError):
        messages.TopicRecord(name=None).encode(0)  # type: ignore[arg-type]
    with pytest.raises(DecodeError, match="topics is null"):
        messages.MetadataRequest.decode(b"\xff\xff\xff\xff", 0)


def test_a_number_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(EncodeError, match="ProduceRequest version 9"):
        messages.ProduceRequest(acks=40_000).encode(9)


def test_an_impossible_count_is_refused_before_anything_is_built() -> None:
    for count in (b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00"):
        with pytest.raises(DecodeError, match="topics has a length of"):
            messages.MetadataRequest.decode(count, 1)
    with pytest.raises(DecodeError, match="topics has a length of"):
        messages.MetadataRequest.decode(b"\xff\xff\xff\xff\x0f\0\0\0", 9)


def test_a_varint_of_more_than_32_bits_is_refused() -> None:
    with pytest.raises(DecodeError, match="5 bytes"):
        messages.MetadataRequest.decode(b"\xff\xff\xff\xff\xff\x01", 9)
    with pytest.raises(DecodeError, match="32 bits"):
        messages.MetadataRequest.decode(b"\xff\xff\xff\xff\x7f", 9)


def test_text_that_is_not_utf8_is_an_error() -> None:
    with pytest.raises(DecodeError, match="not UTF-8"):
        messages.FindCoordinatorRequest.decode(b"\0\1\xff", 0)


def test_unknown_tagged_fields_are_skipped() -> None:
    plain = b"".join(messages.DescribeClusterRequest(include_cluster_authorized_operations=True).encode(0))
    assert plain == b"\1\0"
    assert messages.DescribeClusterRequest.decode(b"\1\2\x05\3abc\xff\x01\0", 0).include_cluster_authorized_operations


def test_a_message_with_many_tagged_fields_is_read_to_its_end() -> None:
    tags = b"".join(bytes((tag & 0x7F | 0x80, tag >> 7, 0)) for tag in range(1, 201))
    assert messages.DescribeClusterRequest.decode(b"\1\xc8\1" + tags, 0).include_cluster_authorized_operations
    with pytest.raises(DecodeError, match="ends too early"):
        messages.DescribeClusterRequest.decode(b"\1\xc9\1" + tags, 0)
    with pytest.raises(DecodeError, match="a tagged field has a length of 9"):
        messages.DescribeClusterRequest.decode(b"\1\1\0\x09", 0)


def test_a_tagged_field_is_as_long_as_it_says() -> None:
    record = messages.PartitionRecord(leader_recovery_state=1)
    encoded = b"".join(record.encode(0))
    assert encoded.endswith(b"\1\0\1\1")
    with pytest.raises(DecodeError, match="leader_recovery_state"):
        messages.PartitionRecord.decode(encoded[:-2] + b"\2\1\1", 0)


def test_records_are_views_of_what_was_received() -> None:
    partition = messages.ProduceRequest.PartitionProduceData(0, b"batch")
    request = messages.ProduceRequest(topic_data=[messages.ProduceRequest.TopicProduceData("t", ZERO_UUID, [partition])])
    received = bytearray(b"".join(request.encode(9)))
    decoded = messages.ProduceRequest.decode(received, 9).topic_data[0].partition_data[0].records
    assert isinstance(decoded, memoryview)
    assert decoded.obj is received


def test_large_records_and_slices_of_files_travel_as_parts_of_their_own() -> None:
    large, small = memoryview(bytes(10_000)), b"tail"
    file_slice = FileSlice(FileName("log"), 100, 300)
    partition = messages.FetchResponse.PartitionData(records=(large, file_slice, small))
    response = messages.FetchResponse(responses=[messages.FetchResponse.FetchableTopicResponse("t", ZERO_UUID, [partition])])
    for version in (11, 12):
        parts = response.encode(version)
        assert [part is large or part is file_slice for part in parts] == [False, True, True, False]
        flat = b"".join(part if not isinstance(part, FileSlice) else bytes(part.length) for part in parts)
        decoded = messages.FetchResponse.decode(flat, version).responses[0].partitions[0].records
        assert isinstance(decoded, memoryview)
        assert decoded == bytes(10_300) + small
    partition.records = (file_slice,)
    assert response.encode(12)[1] is file_slice


def test_null_records_are_not_empty_records() -> None:
    partition = messages.FetchResponse.PartitionData(records=None)
    response = messages.FetchResponse(responses=[messages.FetchResponse.FetchableTopicResponse("t", ZERO_UUID, [partition])])
    for version in (4, 12):
        null = b"".join(response.encode(version))
        partition.records = b""
        empty = b"".join(response.encode(version))
        assert null != empty
        assert messages.FetchResponse.decode(null, version).responses[0].partitions[0].records is None
        assert messages.FetchResponse.decode(empty, version).responses[0].partitions[0].records == b""
        partition.records = None


def test_long_contents_are_shortened_for_people() -> None:
    assert repr(messages.ProduceRequest.PartitionProduceData(0, bytes(100))) == (
        "ProduceRequest.PartitionProduceData(index=0, records=<100 bytes>)"
    )
    assert "records=b'x'" in repr(messages.ProduceRequest.PartitionProduceData(0, memoryview(b"x")))


def test_a_name_that_is_no_message_is_no_attribute() -> None:
    assert not hasattr(messages, "ProduceReqest")
    assert "ProduceRequest" in dir(messages)


def test_every_api_has_both_its_messages_in_the_same_versions() -> None:
    for key, versions in VERSIONS.items():
        for suffix in ("Request", "Response"):
            cls = getattr(messages, pascal_case(key) + suffix)
            assert versions == cls.VERSIONS
            assert key == cls.API_KEY


def test_the_versions_are_those_of_kafka_4_3() -> None:
    written = " ".join(f"{key.name.lower()} {versions[0]}-{versions[-1]}" for key, versions in VERSIONS.items())
    assert written == (
        "produce 3-13 fetch 4-18 list_offsets 1-11 metadata 0-13 offset_commit 2-10 offset_fetch 1-10 find_coordinator 0-6 "
        "join_group 0-9 heartbeat 0-4 leave_group 0-5 sync_group 0-5 describe_groups 0-6 list_groups 0-5 sasl_handshake 0-1 "
        "api_versions 0-4 create_topics 2-7 delete_topics 1-6 delete_records 0-2 init_producer_id 0-6 offset_for_leader_epoch 2-4 "
        "add_partitions_to_txn 0-5 add_offsets_to_txn 0-4 end_txn 0-5 write_txn_markers 1-2 txn_offset_commit 0-5 describe_acls "
        "1-3 create_acls 1-3 delete_acls 1-3 describe_configs 1-4 alter_configs 0-2 alter_replica_log_dirs 1-2 describe_log_dirs "
        "1-5 sasl_authenticate 0-2 create_partitions 0-3 create_delegation_token 1-3 renew_delegation_token 1-2 "
        "expire_delegation_token 1-2 describe_delegation_token 1-3 delete_groups 0-2 elect_leaders 0-2 incremental_alter_configs "
        "0-1 alter_partition_reassignments 0-1 list_partition_reassignments 0-0 offset_delete 0-0 describe_client_quotas 0-1 "
        "alter_client_quotas 0-1 describe_user_scram_credentials 0-0 alter_user_scram_credentials 0-0 vote 0-2 begin_quorum_epoch "
        "0-1 end_quorum_epoch 0-1 describe_quorum 0-2 alter_partition 2-3 update_features 0-2 envelope 0-0 fetch_snapshot 0-1 "
        "describe_cluster 0-2 describe_producers 0-0 broker_registration 0-4 broker_heartbeat 0-2 unregister_broker 0-0 "
        "describe_transactions 0-0 list_transactions 0-2 allocate_producer_ids 0-0 consumer_group_heartbeat 0-1 "
        "consumer_group_describe 0-1 controller_registration 0-0 get_telemetry_subscriptions 0-0 push_telemetry 0-0 "
        "assign_replicas_to_dirs 0-0 list_config_resources 0-1 describe_topic_partitions 0-0 share_group_heartbeat 1-1 "
        "share_group_describe 1-1 share_fetch 1-2 share_acknowledge 1-2 add_raft_voter 0-1 remove_raft_voter 0-0 "
        "update_raft_voter 0-0 initialize_share_group_state 0-0 read_share_group_state 0-0 write_share_group_state 0-1 "
        "delete_share_group_state 0-0 read_share_group_state_summary 0-1 streams_group_heartbeat 0-0 streams_group_describe 0-0 "
        "describe_share_group_offsets 0-1 alter_share_group_offsets 0-0 delete_share_group_offsets 0-0"
    )
    assert VERSIONS.keys() == set(ApiKey) - WITHOUT_DEFINITION
    assert len(VERSIONS) == 89
    assert ApiKey.STOP_REPLICA not in VERSIONS
