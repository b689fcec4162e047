"""Set the clock."""

from typing import ClassVar

from streambus.chaos.equipment import Equipment
from streambus.chaos.nemesis import Target
from streambus.chaos.stage import Stage

STEPS_SECONDS = (1, 30, 1_500, 3_000)
"""Less than an hour: further ahead of the broker's clock than that, records of a client are refused (message.timestamp.after.max.ms)."""

FAR_AHEAD_SECONDS = (86_400, 366 * 86_400)
"""Forwards there is no such limit."""


class ClockSteps:
    """Clock steps: the broker's wall clock is set forward and back, by a second or by a year.

    May break: time-outs that are measured by a clock that jumps; producers that are forgotten because they seem to have been silent for a
    year, so that their retries become copies; anything ordered by time.
    """

    name: ClassVar[str] = "clock-steps"
    target: ClassVar[Target] = "broker"
    equipment: ClassVar[tuple[Equipment, ...]] = (Equipment.CLOCK,)

    def strike(self, stage: Stage) -> None:
        """Set it off, at times restart the broker while it is, and set it right."""
        clock = stage.clock
        assert clock is not None
        seconds = stage.dice.choice(FAR_AHEAD_SECONDS) if stage.toss(30) else stage.dice.choice(STEPS_SECONDS) * stage.dice.choice((1, -1))
        with stage.fault("clock step", "broker") as details:
            details.append(f"{seconds:+,} s")
            clock.shift(seconds)
            try:
                stage.wait(1.2, 3.0)
                if stage.toss(25):
                    stage.kill()
                    stage.start()
                    details.append("killed and restarted")
            finally:
                clock.shift(0)
