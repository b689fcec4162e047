"""Cut connections."""

from typing import ClassVar

from streambus.chaos.equipment import Equipment
from streambus.chaos.nemesis import Target
from streambus.chaos.stage import Stage


class ConnectionCuts:
    """Connection cuts: every connection is reset, in a volley of up to five.

    May break: answers that were on their way, whose records are there although nobody was told; retries, which must not make copies; what
    the broker remembers of connections that are gone (fetch sessions, waiting requests).
    """

    name: ClassVar[str] = "cuts"
    target: ClassVar[Target] = "network"
    equipment: ClassVar[tuple[Equipment, ...]] = ()

    def strike(self, stage: Stage) -> None:
        """Cut, and cut again while clients are just coming back."""
        with stage.fault("connections cut", "network") as details:
            cut = stage.proxy.cut()
            for _ in range(stage.dice.randrange(5)):
                stage.wait(0.02, 0.4)
                cut += stage.proxy.cut()
            details.append(f"{cut} connections")
