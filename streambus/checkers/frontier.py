"""Frontiers: since when it is known that something has come at least so far."""

from array import array
from bisect import bisect_left, bisect_right

NEVER = 2**62
"""Later than any time of a history."""


class Frontier:
    """Facts `at this time it had reached this value`, of which only those are kept that no earlier one outdoes.

    Both times and values of what is kept grow strictly. 16 bytes for each step.
    """

    __slots__ = ("times", "values")

    def __init__(self) -> None:
        self.times = array("q")
        self.values = array("q")

    def reached(self, time: int, value: int) -> None:
        """At `time` it had reached `value`, or more."""
        times, values = self.times, self.values
        if not times:
            times.append(time)
            values.append(value)
        elif time >= times[-1]:
            if value > values[-1]:
                if time == times[-1]:
                    values[-1] = value
                else:
                    times.append(time)
                    values.append(value)
        else:
            self._insert(time, value)

    def since(self, value: int) -> int:
        """The earliest time at which it is known to have reached `value`, or `NEVER`."""
        values = self.values
        if not values or values[-1] < value:
            return NEVER
        return self.times[bisect_left(values, value)]

    def before(self, time: int) -> int | None:
        """The furthest it was known to have reached strictly before `time`."""
        place = bisect_left(self.times, time)
        return self.values[place - 1] if place else None

    def _insert(self, time: int, value: int) -> None:
        times, values = self.times, self.values
        place = bisect_right(times, time)
        if place and values[place - 1] >= value:
            return
        if place and times[place - 1] == time:
            place -= 1
        end = bisect_right(values, value, place)
        times[place:end] = array("q", [time])
        values[place:end] = array("q", [value])
