"""Producer ids: blocks that never overlap, for brokers in their present life."""

from metadata_cluster import Cluster

from streambus.metadata import ProducerIds
from streambus.metadata.producer_ids import allocate_producer_ids
from streambus.wire import ErrorCode, messages


def ask(cluster: Cluster, broker_id: int) -> ProducerIds:
    return cluster.carry_out(allocate_producer_ids(cluster.image, broker_id, cluster.image.brokers[broker_id].broker_epoch))


def test_every_block_begins_where_the_last_one_ended():
    cluster = Cluster(brokers=2)
    assert ask(cluster, 1) == ProducerIds(ErrorCode.NONE, 0, 1000)
    assert ask(cluster, 2) == ProducerIds(ErrorCode.NONE, 1000, 1000)
    assert cluster.image.next_producer_id == 2000


def test_the_controller_asks_for_its_own_broker():
    cluster = Cluster()
    decision = cluster.controller.allocate_producer_ids(cluster.image.brokers[1].broker_epoch)
    assert decision.reply.length == 1000
    assert decision.records[0].broker_id == 1


def test_an_earlier_life_gets_none():
    cluster = Cluster()
    old = cluster.image.brokers[1].broker_epoch
    cluster.register(1)
    decision = allocate_producer_ids(cluster.image, 1, old)
    assert (decision.records, decision.reply.error_code) == ((), ErrorCode.STALE_BROKER_EPOCH)


def test_a_stranger_gets_none():
    decision = allocate_producer_ids(Cluster().image, 9, 0)
    assert (decision.records, decision.reply.error_code) == ((), ErrorCode.BROKER_ID_NOT_REGISTERED)


def test_the_last_ids_are_not_given():
    cluster = Cluster()
    delta = cluster.append(messages.ProducerIdsRecord(broker_id=1, broker_epoch=1, next_producer_id=2**63 - 1000))
    assert delta.next_producer_id == 2**63 - 1000
    assert ask(cluster, 1).error_code == ErrorCode.UNKNOWN_SERVER_ERROR
