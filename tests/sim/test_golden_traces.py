"""Golden traces: the main flows, line by line. `--rewrite` records them anew; commit a difference only if you can explain it."""

from collections.abc import Callable, Iterable

from stages import BrokerStage

from streambus import client
from streambus.kernel import MILLISECOND, SECOND

Golden = Callable[[str, Iterable[str]], None]


def test_produce(golden: Golden):
    stage = BrokerStage()
    producer = stage.producer()
    story = stage.tell("producer", "broker-1")
    stage.ask(producer, client.Produce(4, "story", 0, b"key", b"second"))
    golden("produce", story.lines)
    assert stage.results[4].offset == 1


def test_fetch_long_poll(golden: Golden):
    stage = BrokerStage()
    producer, consumer = stage.producer(), stage.consumer()
    consumer.tell(client.Poll(5, 10, SECOND))
    stage.run(600 * MILLISECOND)
    story = stage.tell("consumer", "broker-1")
    stage.ask(producer, client.Produce(6, "story", 0, b"key", b"news"))
    golden("fetch_long_poll", story.lines)
    assert [record.value for _, _, record in stage.results[5].records] == [b"news"]


def test_crash_and_recovery(golden: Golden):
    stage = BrokerStage()
    producer = stage.producer()
    story = stage.tell("producer", "broker-1")
    producer.tell(client.Produce(7, "story", 0, b"key", b"in danger"))
    stage.run(500)
    stage.broker.cut_power()
    stage.run(10 * MILLISECOND)
    stage.broker.start()
    stage.run(40 * SECOND)
    golden("crash_and_recovery", story.lines)
    assert stage.results[7].offset == 1
