"""All at once."""

from collections.abc import Sequence
from threading import Thread
from typing import ClassVar

from streambus.chaos.equipment import Equipment
from streambus.chaos.nemesis import Nemesis, Target
from streambus.chaos.stage import Stage


class Mix:
    """A mix: everything else in random order, something done to the broker and something done to the network at the same time.

    May break: what none of them breaks alone, such as a retry over a cut connection to a broker that has just recovered from a torn write.
    """

    name: ClassVar[str] = "mix"
    target: ClassVar[Target] = "broker"

    def __init__(self, others: Sequence[Nemesis]) -> None:
        """`others` are those of which it is mixed."""
        self._by_target: dict[Target, list[Nemesis]] = {
            "broker": [nemesis for nemesis in others if nemesis.target == "broker"],
            "network": [nemesis for nemesis in others if nemesis.target == "network"],
        }
        self.equipment: tuple[Equipment, ...] = tuple(dict.fromkeys(each for nemesis in others for each in nemesis.equipment))

    def strike(self, stage: Stage) -> None:
        """Let one of each, or only one, strike."""
        chosen = [stage.dice.choice(nemeses) for nemeses in self._by_target.values() if nemeses and stage.toss(70)]
        failures: list[Exception] = []

        def strike(nemesis: Nemesis) -> None:
            try:
                nemesis.strike(stage)
            except Exception as failure:  # it belongs into the thread that called us
                failures.append(failure)

        threads = [Thread(target=strike, args=(nemesis,), name=nemesis.name, daemon=True) for nemesis in chosen]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
