"""How to write a nemesis of one's own: half a minute with one that kills a frozen broker.

    python jepsen-style/my_own_nemesis.py [SECONDS] [FOLDER]

A nemesis is any object with a name, a target, the equipment that it needs and a method `strike`. Everything it can act on is on the stage:
the broker's process, the proxy, a disk, a clock, a cable. It says what it does as a fault, and leaves everything as it was.
"""

import sys
from pathlib import Path

from streambus.chaos import play
from streambus.chaos.stage import Stage


class FrozenDeath:
    """A frozen death: the broker stands still for a moment and is killed before it wakes up.

    May break: whatever a broker that knows it will end would have brought to an end.
    """

    name = "frozen-death"
    target = "broker"
    equipment = ()

    def strike(self, stage: Stage) -> None:
        """Freeze, wait, kill, start."""
        with stage.fault("frozen, then killed", "broker"):
            stage.broker.freeze()
            stage.wait(0.2, 1.0)
            stage.kill()
            stage.start()


def run(seconds: float, folder: Path) -> bool:
    """Let it strike for some seconds; whether every promise was kept."""
    story = play([FrozenDeath()], left_out={}, seconds=seconds, seed=1, folder=folder, say=print, progress=lambda _state: None)
    print(f"report: {story.report}")
    return story.held


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(not run(float(given[0]) if given else 30.0, Path(given[1] if len(given) > 1 else "reports/frozen-death")))
