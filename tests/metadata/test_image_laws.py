"""Laws of the image: equal logs make equal images, snapshots lose nothing, every decision leads to an image that holds together."""

from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from metadata_cluster import Cluster, Topic, assigned, image_of, topic

from streambus.kernel import fingerprint
from streambus.metadata import Delta, Image, QuotaEntity, TopicImage, record_version
from streambus.wire import ErrorCode, decode_record, encode_record, messages

NAMES = ("a", "b", "a.b", "a_b", "c-d", "", "..", "__consumer_offsets")
TEXTS = ("1", "5", "-1", "delete", "compact", "LogAppendTime", "true", "nonsense", None)
KEYS = ("max_message_bytes", "retention_ms", "cleanup_policy", "message_timestamp_type", "preallocate", "no_such")

names = st.sampled_from(NAMES)
configs = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(TEXTS), max_size=2)
automatic = st.builds(
    lambda name, number, factor, settings: topic(name, number, factor, **settings), names, st.integers(-2, 5), st.integers(-2, 4), configs
)
pairs = st.tuples(st.integers(-1, 3), st.lists(st.integers(0, 4), max_size=3))
manual = st.builds(lambda name, chosen: assigned(name, *chosen), names, st.lists(pairs, min_size=1, max_size=3))
wanted = st.one_of(automatic, manual)


class Metadata(RuleBasedStateMachine):
    """A cluster that is asked for anything, beside a table of the topics that it said it made."""

    def __init__(self) -> None:
        super().__init__()
        self.cluster = Cluster(brokers=3)
        self.model: dict[str, int] = {}
        self.follower = Image(self.cluster.image.properties)
        self.followed = 0

    @rule(topics=st.lists(wanted, min_size=1, max_size=3), validate_only=st.booleans())
    def create(self, topics: list[Topic], validate_only: bool) -> None:
        for result in self.cluster.create(*topics, validate_only=validate_only):
            assert (result.error_code == ErrorCode.NONE) == (result.error_message is None)
            if result.error_code == ErrorCode.NONE and not validate_only:
                assert result.name not in self.model
                self.model[result.name] = result.num_partitions

    @rule(chosen=st.lists(names, max_size=3))
    def delete(self, chosen: list[str]) -> None:
        request = messages.DeleteTopicsRequest(topic_names=chosen)
        for result in self.cluster.carry_out(self.cluster.controller.delete_topics(request, 4)).responses:
            if result.error_code == ErrorCode.NONE:
                del self.model[result.name]
            elif result.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
                assert result.name not in self.model

    @rule(chosen=st.lists(names, max_size=3))
    def ask_for(self, chosen: list[str]) -> None:
        for result in self.cluster.carry_out(self.cluster.controller.auto_create(chosen, self.cluster.dice)).topics:
            if result.error_code == ErrorCode.NONE:
                self.model[result.name] = result.num_partitions

    @rule(name=names, count=st.integers(0, 6))
    def grow(self, name: str, count: int) -> None:
        request = messages.CreatePartitionsRequest(topics=[messages.CreatePartitionsRequest.CreatePartitionsTopic(name=name, count=count)])
        request.topics[0].assignments = None
        for result in self.cluster.carry_out(self.cluster.controller.create_partitions(request, self.cluster.dice)).results:
            if result.error_code == ErrorCode.NONE:
                assert self.model[result.name] < count
                self.model[result.name] = count

    @rule(name=names, replicas=st.none() | st.lists(st.integers(1, 4), max_size=3))
    def move(self, name: str, replicas: list[int] | None) -> None:
        request = messages.AlterPartitionReassignmentsRequest
        partition = request.ReassignablePartition(partition_index=0, replicas=replicas)
        topics = [request.ReassignableTopic(name=name, partitions=[partition])]
        self.cluster.carry_out(self.cluster.controller.alter_reassignments(request(topics=topics)))

    @rule(election=st.integers(0, 1))
    def elect(self, election: int) -> None:
        request = messages.ElectLeadersRequest(election_type=election, topic_partitions=None)
        self.cluster.carry_out(self.cluster.controller.elect_leaders(request))

    @rule(user=st.sampled_from([None, "u"]), value=st.sampled_from([1.0, 2.5, -1.0]), remove=st.booleans())
    def give_a_quota(self, user: str | None, value: float, remove: bool) -> None:
        request = messages.AlterClientQuotasRequest
        op = request.OpData(key="request_percentage", value=value, remove=remove)
        entity = [request.EntityData(entity_type="user", entity_name=user)]
        self.cluster.carry_out(self.cluster.controller.alter_client_quotas(request(entries=[request.EntryData(entity=entity, ops=[op])])))

    @rule(broker_id=st.integers(1, 4))
    def restart(self, broker_id: int) -> None:
        self.cluster.register(broker_id)

    @precondition(lambda self: self.cluster.image.brokers[1].is_active)
    @rule()
    def allocate_producer_ids(self) -> None:
        before = self.cluster.image.next_producer_id
        block = self.cluster.carry_out(self.cluster.controller.allocate_producer_ids(self.cluster.image.brokers[1].broker_epoch))
        assert (block.first, block.first + block.length) == (before, self.cluster.image.next_producer_id)

    @precondition(lambda self: len([broker for broker in self.cluster.image.brokers.values() if broker.is_active]) > 1)
    @rule(broker_id=st.integers(1, 3))
    def fence(self, broker_id: int) -> None:
        self.cluster.fence(broker_id)

    @rule()
    def follow(self) -> None:
        """Another image takes in what is new at once, and what its delta says is the difference."""
        before = dict(self.follower.topics_by_id)
        partitions = _partitions(before)
        delta = Delta()
        for record in self.cluster.log[self.followed :]:
            self.follower.apply(record, delta)
        self.followed = len(self.cluster.log)
        after = dict(self.follower.topics_by_id)
        assert sorted(delta.topics_created) == sorted(after.keys() - before.keys())
        assert sorted(delta.topics_deleted) == sorted(before.keys() - after.keys())
        changed = {key: value for key, value in _partitions(after).items() if partitions.get(key) != value}
        assert delta.partitions_changed == changed
        assert self.follower == self.cluster.image

    @invariant()
    def the_image_holds_together_and_has_what_was_made(self) -> None:
        self.cluster.image.check()
        assert {name: len(made) for name, made in self.cluster.image.topics.items()} == dict(sorted(self.model.items()))

    def teardown(self) -> None:
        image = self.cluster.image
        replayed = self.cluster.replayed()
        assert replayed == image
        assert fingerprint(replayed) == fingerprint(image)
        restored = image_of(list(image.to_records()), image.properties)
        assert restored == image
        assert fingerprint(restored) == fingerprint(image)
        assert restored.statistics() == image.statistics()


def _partitions(topics: dict[object, TopicImage]) -> dict[object, object]:
    return {(topic_id, index): part for topic_id, made in topics.items() for index, part in made.partitions.items()}


TestMetadata = Metadata.TestCase
TestMetadata.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


@given(topics=st.lists(wanted, max_size=4), seed=st.integers(0, 3))
@settings(max_examples=50, deadline=None)
def test_equal_dice_and_requests_lead_to_equal_logs(topics: list[Topic], seed: int):
    one, other = Cluster(brokers=2, seed=seed), Cluster(brokers=2, seed=seed)
    assert one.create(*topics) == other.create(*topics)
    assert one.log == other.log
    assert fingerprint(one.controller) == fingerprint(other.controller)


def test_the_log_reads_back_from_its_bytes():
    cluster = Cluster(brokers=2)
    cluster.create(topic("a", 2, 2, retention_ms="5"), topic("b"))
    cluster.register(1)
    cluster.carry_out(cluster.controller.allocate_producer_ids(cluster.image.brokers[1].broker_epoch))
    read = [decode_record(encode_record(record, record_version(record))) for record in cluster.log]
    assert read == cluster.log
    assert fingerprint(image_of(read)) == fingerprint(cluster.image)


def test_a_copy_goes_its_own_way():
    cluster = Cluster()
    cluster.create(topic("a"))
    copied = deepcopy(cluster.controller)
    assert copied.image == cluster.image
    cluster.create(topic("b"))
    assert list(copied.image.topics) == ["a"]
    copied.image.check()


def test_a_topic_made_and_removed_in_one_delta_leaves_no_trace():
    cluster = Cluster()
    decision = cluster.controller.create_topics(messages.CreateTopicsRequest(topics=[topic("a", 2)]), cluster.dice)
    topic_id = decision.records[0].topic_id
    delta = cluster.append(*decision.records, messages.RemoveTopicRecord(topic_id=topic_id))
    assert delta.is_empty


def test_a_delta_names_what_changed():
    cluster = Cluster()
    decision = cluster.controller.create_topics(messages.CreateTopicsRequest(topics=[topic("a", 2, retention_ms="5")]), cluster.dice)
    delta = cluster.append(*decision.records)
    made = cluster.image.topics["a"]
    assert delta.topics_created == {made.topic_id: made}
    assert list(delta.partitions_changed) == [(made.topic_id, 0), (made.topic_id, 1)]
    assert list(delta.configs_changed) == [(2, "a")]
    assert cluster.append(messages.FeatureLevelRecord(name="group.version", feature_level=1)).features_changed == {"group.version": 1}
    assert cluster.append(messages.FeatureLevelRecord(name="group.version", feature_level=0)).features_changed == {"group.version": 0}
    assert list(cluster.image.features) == ["metadata.version"]


def test_a_delta_names_whose_quotas_and_credentials_changed():
    cluster = Cluster()
    entity = [messages.ClientQuotaRecord.EntityData(entity_type="user", entity_name="u")]
    quota = messages.ClientQuotaRecord(entity=entity, key="request_percentage", value=0.5, remove=False)
    assert list(cluster.append(quota).quotas_changed) == [QuotaEntity((("user", "u"),))]
    credential = messages.UserScramCredentialRecord(name="u", mechanism=2, salt=b"s", stored_key=b"k", server_key=b"k", iterations=4096)
    assert list(cluster.append(credential).credentials_changed) == [("u", 2)]
    assert list(cluster.append(messages.RemoveUserScramCredentialRecord(name="u", mechanism=2)).credentials_changed) == [("u", 2)]
    assert not cluster.image.scram_credentials


def test_a_snapshot_holds_everything_in_as_few_records_as_can_be():
    cluster = Cluster()
    cluster.create(topic("b", 2), topic("a", retention_ms="5"))
    cluster.register(1)
    cluster.carry_out(cluster.controller.allocate_producer_ids(cluster.image.brokers[1].broker_epoch))
    entity = [messages.ClientQuotaRecord.EntityData(entity_type="user", entity_name=None)]
    cluster.append(messages.UserScramCredentialRecord(name="u", mechanism=1, salt=b"s", stored_key=b"k", server_key=b"k", iterations=4096))
    cluster.append(messages.ClientQuotaRecord(entity=entity, key="request_percentage", value=0.5, remove=False))
    assert [type(record).__name__ for record in cluster.image.to_records()] == [
        "FeatureLevelRecord",
        "RegisterBrokerRecord",
        "TopicRecord",
        "PartitionRecord",
        "TopicRecord",
        "PartitionRecord",
        "PartitionRecord",
        "ConfigRecord",
        "ClientQuotaRecord",
        "UserScramCredentialRecord",
        "ProducerIdsRecord",
    ]
    restored = image_of(list(cluster.image.to_records()))
    assert (restored, fingerprint(restored)) == (cluster.image, fingerprint(cluster.image))


def test_configs_of_brokers_are_kept_too():
    cluster = Cluster()
    cluster.append(messages.ConfigRecord(resource_type=4, resource_name="1", name="num.partitions", value="3"))
    assert {resource: dict(found) for resource, found in cluster.image.configs.items()} == {(4, "1"): {"num.partitions": "3"}}
    cluster.image.check()
