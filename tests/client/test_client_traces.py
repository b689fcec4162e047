"""Golden traces of the producer: its story as its broker sees it, line by line."""

from collections.abc import Callable, Sequence
from typing import Any

from stage import Stage
from test_producer import acknowledge, header, values

from streambus.client import Flush, Produce, Producer, ProducerConfig
from streambus.kernel import MILLISECOND, SECOND, Close, Dial, Effect, Send, Trace
from streambus.wire import ApiKey, ErrorCode


class Storyteller(Stage):
    """A stage that writes down what passes between the client, its user and the brokers."""

    def perform(self, effect: Effect) -> None:
        if isinstance(effect, Dial):
            self.tell(f"dial {effect.connection} to {effect.host}:{effect.port}")
        elif isinstance(effect, Close):
            self.tell(f"close {effect.connection}: {effect.reason}")
        elif not isinstance(effect, Send | Trace):
            self.tell(str(effect))
        super().perform(effect)

    def take_in(self, effect: Send) -> None:
        before = len(self.pending)
        reactions, self.automatic = self.automatic, {}
        super().take_in(effect)
        self.automatic = reactions
        for call in self.pending[before:]:
            self.tell(f"{call.connection} is asked {call.request.api_key.name} version {call.request.api_version}{details(call)}")
            if call.request.api_key in reactions:
                reactions[call.request.api_key](call)

    def tell(self, line: str) -> None:
        self.__dict__.setdefault("story", []).append(f"{self.now / MILLISECOND:10.3f} ms  {line}")


def details(call: Any) -> str:
    if call.request.api_key != ApiKey.PRODUCE:
        return ""
    batch = header(call)
    return f": epoch {batch.producer_epoch}, sequence {batch.base_sequence}, {values(call)}"


def test_a_batch_is_lost_repeated_and_acknowledged_and_another_one_is_refused(golden: Callable[[str, Sequence[str]], None]) -> None:
    stage = Storyteller(Producer(ProducerConfig((("seed", 9092),))), topics={"t": 1})
    stage.feed(Produce(1, "t", value=b"a", timestamp_ms=1))
    stage.feed(Produce(2, "t", value=b"b", timestamp_ms=2))
    stage.run(5 * MILLISECOND)
    lost = stage.call(ApiKey.PRODUCE)
    stage.tell(f"{lost.connection} breaks")
    stage.cut(lost.connection)
    stage.run(SECOND)
    acknowledge(stage.call(ApiKey.PRODUCE), 40)
    stage.feed(Produce(3, "t", value=b"c", timestamp_ms=3))
    stage.feed(Flush(4))
    stage.feed(Produce(5, "t", value=b"d", timestamp_ms=5))
    stage.run(5 * MILLISECOND)
    third, fourth = stage.calls(ApiKey.PRODUCE)
    acknowledge(third, -1, ErrorCode.MESSAGE_TOO_LARGE)
    acknowledge(fourth, -1, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    stage.run(SECOND)
    acknowledge(stage.call(ApiKey.PRODUCE), 42)
    golden("client_producer", stage.__dict__["story"])
