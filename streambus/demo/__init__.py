"""The demo: a real broker is killed under load, every acknowledged record is looked for, and the same story is played in the simulator.

Theory of operation
===================

1. `BrokerProcess` (of `streambus.chaos`) runs `streambus serve` on a fresh folder and a free port.
2. `Chaos` kills it with SIGKILL at random moments and starts it again.
3. `Writers` are stock Kafka producers (confluent-kafka), one for each codec, all idempotent. They write the named characters of
   Unicode, which every Python has on board: real data, readable, no two records alike. What they learn goes into a history.
4. `read_back` is a stock consumer that reads everything from the first record to the last; the checker judges the history.
5. The simulator plays the same story, with power cuts instead of kills, over many seeds; one report tells both.
"""

from streambus.demo.story import DemoResult, play

__all__ = ["DemoResult", "play"]
