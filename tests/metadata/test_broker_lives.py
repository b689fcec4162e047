"""Brokers begin lives: registration, epochs, and what a restart does to the partitions they led."""

from uuid import UUID

import pytest
from metadata_cluster import Cluster, assigned, image_of, topic

from streambus.kernel import Prng
from streambus.metadata import METADATA_VERSION, NO_LEADER, SUPPORTED_FEATURES, Delta, Endpoint, Image, id_text, new_cluster_id, random_id
from streambus.metadata.registrations import UNASSIGNED_DIRECTORY
from streambus.wire import messages


def test_a_fresh_log_begins_with_the_features_that_say_how_to_read_the_rest():
    cluster = Cluster(brokers=0)
    assert cluster.log == [messages.FeatureLevelRecord(name="metadata.version", feature_level=30)]
    assert dict(cluster.image.features) == {METADATA_VERSION: 30}
    assert SUPPORTED_FEATURES == {METADATA_VERSION: (30, 30)}


def test_a_log_that_was_begun_is_not_begun_again():
    assert Cluster().controller.bootstrap().records == ()


def test_a_broker_is_registered_fenced_and_then_unfenced():
    cluster = Cluster(brokers=0)
    epoch = cluster.register(1, Endpoint("PLAINTEXT", "here", 9092), Endpoint("INSIDE", "there", 9093), rack="north")
    registered, unfenced = cluster.log[1:]
    assert registered.fenced
    assert unfenced == messages.BrokerRegistrationChangeRecord(broker_id=1, broker_epoch=epoch, fenced=-1)
    broker = cluster.image.brokers[1]
    assert (broker.fenced, broker.is_active, broker.rack) == (False, True, "north")
    assert broker.endpoint("INSIDE") == Endpoint("INSIDE", "there", 9093, 0)
    assert broker.endpoint("OUTSIDE") is None
    assert broker.features == (("metadata.version", 30, 30),)


def test_the_broker_epoch_is_the_offset_of_the_record_that_began_the_life():
    cluster = Cluster(brokers=0)
    for _ in range(3):
        cluster.create(topic("a"))
        epoch = cluster.register(1)
        assert cluster.log[epoch].broker_epoch == epoch
        assert cluster.image.brokers[1].broker_epoch == epoch


def test_the_controller_registers_the_node_it_is():
    cluster = Cluster(brokers=0)
    decision = cluster.controller.register_broker([Endpoint("PLAINTEXT", "here", 9092)], cluster.dice, len(cluster.log))
    assert cluster.carry_out(decision) == cluster.image.brokers[1].broker_epoch


def test_a_new_life_has_a_new_incarnation_in_the_same_directory():
    cluster = Cluster()
    before = cluster.image.brokers[1]
    cluster.register(1)
    after = cluster.image.brokers[1]
    assert before.incarnation_id != after.incarnation_id
    assert before.broker_epoch < after.broker_epoch
    assert before.log_dirs == after.log_dirs
    assert before.log_dirs[0].int >= 100


def test_a_restarted_broker_leads_what_it_led_in_a_new_leader_epoch():
    cluster = Cluster()
    cluster.create(topic("a", 2))
    for life in range(1, 4):
        cluster.register(1)
        for index in range(2):
            partition = cluster.image.partition("a", index)
            assert (partition.leader, partition.leader_epoch, partition.partition_epoch) == (1, life, life)
        cluster.image.check()


def test_a_restart_moves_no_partition_that_others_lead():
    cluster = Cluster(brokers=2)
    cluster.create(assigned("a", (0, [1, 2]), (1, [2, 1])))
    cluster.register(2)
    assert [(part.leader, part.leader_epoch) for part in cluster.image.topics["a"].partitions.values()] == [(1, 0), (2, 1)]


def test_a_restarted_broker_leads_what_nobody_leads_if_it_holds_everything():
    cluster = Cluster(brokers=2)
    cluster.create(assigned("a", (0, [1, 2])))
    topic_id = cluster.image.topics["a"].topic_id
    cluster.append(messages.PartitionChangeRecord(partition_id=0, topic_id=topic_id, leader=NO_LEADER, isr=[2]))
    cluster.register(1)
    assert cluster.image.partition("a", 0).leader == NO_LEADER
    cluster.register(2)
    assert cluster.image.partition("a", 0).leader == 2


def test_a_change_record_changes_only_what_it_names():
    cluster = Cluster(brokers=2)
    cluster.create(assigned("a", (0, [1, 2])))
    before = cluster.image.partition("a", 0)
    topic_id = cluster.image.topics["a"].topic_id
    directory = UUID(int=1000)
    delta = cluster.append(
        messages.PartitionChangeRecord(
            partition_id=0,
            topic_id=topic_id,
            isr=[1],
            leader_recovery_state=1,
            directories=[directory, directory],
            eligible_leader_replicas=[2],
            last_known_elr=[2],
            adding_replicas=[2],
            removing_replicas=[1],
        )
    )
    after = cluster.image.partition("a", 0)
    assert delta.partitions_changed == {(topic_id, 0): after}
    assert (after.isr, after.elr, after.last_known_elr, after.leader_recovery_state) == ((1,), (2,), (2,), 1)
    assert (after.adding_replicas, after.removing_replicas, after.directories) == ((2,), (1,), (directory, directory))
    assert (after.leader, after.leader_epoch, after.replicas) == (before.leader, before.leader_epoch, before.replicas)
    assert after.partition_epoch == before.partition_epoch + 1
    assert image_of(list(cluster.image.to_records())) == cluster.image


def test_brokers_are_fenced_shut_down_and_forgotten():
    cluster = Cluster(brokers=2)
    epoch = cluster.image.brokers[2].broker_epoch
    cluster.fence(2)
    assert cluster.image.brokers[2].fenced
    cluster.append(messages.UnfenceBrokerRecord(id=2, epoch=epoch))
    assert cluster.image.brokers[2].is_active
    change = messages.BrokerRegistrationChangeRecord(
        broker_id=2, broker_epoch=epoch, in_controlled_shutdown=1, log_dirs=[UUID(int=500)] * 2
    )
    cluster.append(change)
    assert not cluster.image.brokers[2].is_active
    assert cluster.image.brokers[2].directory == UNASSIGNED_DIRECTORY
    delta = cluster.append(messages.UnregisterBrokerRecord(broker_id=2, broker_epoch=epoch))
    assert delta.brokers_changed == {2: None}
    assert list(cluster.image.brokers) == [1]


def test_a_record_of_an_earlier_life_does_not_fit():
    cluster = Cluster()
    with pytest.raises(AssertionError, match="broker 1 has epoch"):
        cluster.append(messages.FenceBrokerRecord(id=1, epoch=99))


def test_a_record_that_no_image_knows_stops_the_node():
    with pytest.raises(AssertionError, match="no image knows a MetadataRequest"):
        Image().apply(messages.MetadataRequest(), Delta())


def test_offsets_are_taken_in_once_and_may_be_passed_over():
    cluster = Cluster()
    end = cluster.controller.end_offset
    with pytest.raises(AssertionError, match="was taken in before"):
        cluster.controller.apply([messages.NoOpRecord()], end - 1)
    assert cluster.controller.apply([messages.NoOpRecord()], end + 5).is_empty
    assert cluster.controller.statistics()["end_offset"] == end + 6


def test_ids_are_random_and_shown_as_kafka_shows_them():
    dice = Prng(1)
    drawn = [random_id(dice) for _ in range(500)]
    assert len(set(drawn)) == 500
    assert not any(id_text(each).startswith("-") for each in drawn)
    assert id_text(UUID(int=1)) == "AAAAAAAAAAAAAAAAAAAAAQ"
    assert len(new_cluster_id(dice)) == 22
