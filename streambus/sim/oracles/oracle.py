"""What an oracle is: an observer with a last word."""

from typing import Protocol

from streambus.sim.simulation import Observer


class Oracle(Observer, Protocol):
    """Somebody who looks on and knows laws. A violation is told to the simulation by `fail`, in one sentence."""

    def on_end(self) -> None:
        """The run is over: look once more at what is only known in the end."""
        ...
