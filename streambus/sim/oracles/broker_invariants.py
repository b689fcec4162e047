"""What must hold of a broker at every step, looked at from inside, without waiting for a client to notice.

- The high watermark of a partition never goes back within a life, and never exceeds what the store calls durable.
- What an earlier life showed as committed, or acknowledged to a producer, is there again when a later life serves: recovery lost
  nothing that was promised.
- Every so often, the broker's own `check`.
"""

from streambus.broker import Broker, Ready
from streambus.kernel import Effect, Event, Instant
from streambus.sim.life import Life
from streambus.sim.simulation import Simulation

CHECK_EVERY = 256
"""Steps between two calls of `Broker.check`, which looks at everything."""


class BrokerInvariants:
    """An observer of one broker over all its lives. A violation fails the simulation."""

    def __init__(self, simulation: Simulation, host: str, acknowledged: dict[tuple[str, int], int]) -> None:
        self.simulation = simulation
        self.host = host
        self.acknowledged = acknowledged
        self.high_watermarks: dict[tuple[str, int], int] = {}
        self.steps = 0

    def on_birth(self, life: Life) -> None:
        """Nothing can be wrong with a newborn."""

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """The simulation knows already."""

    def on_end(self) -> None:
        """All has been looked at as it happened."""

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """Look at the broker after its step."""
        broker = life.node
        if life.name != self.host or not isinstance(broker, Broker):
            return
        for effect in effects:
            if type(effect) is Ready:
                self._check_recovered(broker)
        self._check_watermarks(broker)
        self.steps += 1
        if self.steps % CHECK_EVERY == 0:
            self._check_all(broker)

    def _check_watermarks(self, broker: Broker) -> None:
        known = self.high_watermarks
        for place, partition in broker.partitions.items():
            high_watermark = partition.high_watermark
            if high_watermark == known.get(place, 0):
                continue
            recovery_point = partition.log.recovery_point
            if high_watermark < known.get(place, 0):
                self._fail(f"the high watermark of {_shown(place)} went back from {known[place]} to {high_watermark}")
            elif high_watermark > recovery_point:
                self._fail(f"the high watermark of {_shown(place)} is {high_watermark}, but only {recovery_point} is durable")
            known[place] = high_watermark

    def _check_recovered(self, broker: Broker) -> None:
        for promises, words in ((self.high_watermarks, "was committed"), (self.acknowledged, "was acknowledged")):
            for place, end in promises.items():
                partition = broker.partitions.get(place)
                recovered = partition.log.log_end_offset if partition is not None else 0
                if recovered < end:
                    self._fail(f"{_shown(place)} {words} up to offset {end}, but was recovered up to {recovered} only")

    def _check_all(self, broker: Broker) -> None:
        try:
            broker.check()
        except AssertionError as error:
            self._fail(f"its own check says: {error}")

    def _fail(self, what: str) -> None:
        self.simulation.fail(f"{self.host}: {what}")


def _shown(place: tuple[str, int]) -> str:
    return f"{place[0]}-{place[1]}"
