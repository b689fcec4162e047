"""A bug that the liveness check found, and the chain of waits explained: "a consumer that could fetch and does not"."""

from streambus.client import Assign, Consumer, ConsumerConfig
from streambus.client.cluster import MetadataChanged
from streambus.client.lookup import OffsetFound
from streambus.kernel import Instant, Started


def test_a_position_that_is_found_after_the_metadata_changed_in_one_turn_is_fetched():
    consumer = Consumer(ConsumerConfig((("broker", 9092),)))
    consumer.step(Instant(0), Started(0, 1))
    consumer.step(Instant(1), Assign(1, (("topic", 0, -2),)))
    (search,) = consumer.searching
    consumer.step(Instant(2), MetadataChanged())
    assert not consumer.is_stirred
    consumer.step(Instant(2), OffsetFound(search, 0, -1))
    assert consumer.is_stirred, "the end of the burst has something to look at"
