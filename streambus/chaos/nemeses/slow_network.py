"""Delay and little bandwidth."""

from typing import ClassVar

from streambus.chaos.equipment import Equipment
from streambus.chaos.nemesis import Target
from streambus.chaos.network import Conditions
from streambus.chaos.stage import Stage

LIKE = {
    "another continent": Conditions(delay=0.15, jitter=0.05),
    "a crowded wireless": Conditions(delay=0.01, jitter=0.8),
    "a modem": Conditions(delay=0.1, bytes_per_second=8_000),
    "the moon": Conditions(delay=1.3),
}
"""By what a report calls them."""


class SlowNetwork:
    """A slow network: every byte takes its time, or few fit through.

    May break: time-outs of clients that ask again while the first request is still on its way; many requests of one connection under way
    at once, which must be answered in their order.
    """

    name: ClassVar[str] = "slow-network"
    target: ClassVar[Target] = "network"
    equipment: ClassVar[tuple[Equipment, ...]] = ()

    def strike(self, stage: Stage) -> None:
        """Choose what the network is like for a while."""
        name = stage.dice.choice(list(LIKE))
        with stage.fault(f"slow: like {name}", "network"):
            stage.proxy.conditions = LIKE[name]
            try:
                stage.wait(1.0, 4.0)
            finally:
                stage.proxy.heal()
