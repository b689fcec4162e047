"""The causal cone: everything that something rests on."""

from collections import deque
from collections.abc import Iterable

from streambus.sim.explain.events import Happening


def cone(roots: Iterable[int], happenings: list[Happening]) -> dict[int, int]:
    """All causes of the roots, and their causes, with how many links away from a root each is."""
    distance = dict.fromkeys(roots, 0)
    waiting = deque(distance)
    while waiting:
        number = waiting.popleft()
        for cause in happenings[number].causes:
            if cause not in distance:
                distance[cause] = distance[number] + 1
                waiting.append(cause)
    return distance
