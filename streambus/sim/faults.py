"""Faults: what is done to a cluster on purpose, as values. A plan of them is drawn from the seed or stated in a scenario.

The fault model of this simulator, fault by fault:

| fault | what happens | what a correct cluster may still lose |
|---|---|---|
| `ProcessKill` | the node is gone at once; the operating system keeps its page cache and resets its connections | what was not
acknowledged | | `PowerCut` | the machine is off: of what was not synced any part may survive, the last write may be torn; nobody is
told | the same | | `LinkReset` | one connection after the other between two hosts breaks, in the middle of a frame as likely as not
| nothing | | `Partition` | nothing passes between two hosts, in one direction or both, for a while; connections stay | nothing | |
`SlowDisk` | every disk operation takes many times as long for a while | nothing | | `ClockStep` | a wall clock jumps, forward or
back | nothing |

Every kind has random streams of its own. More faults belong here, as one class each with `begin` and `end`.
"""

from typing import Any, Protocol, cast

import attrs

from streambus import checkers
from streambus.kernel import MILLISECOND, SECOND, Prng
from streambus.sim.agenda import Occurrence, Streams
from streambus.sim.simulation import Simulation


class Deed(Protocol):
    """One fault as it is done: it begins, lasts and ends."""

    @property
    def target(self) -> str:
        """What it is done to."""
        ...

    @property
    def lasts(self) -> int:
        """Microseconds from `begin` to `end`."""
        ...

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Do it. False if it cannot be done now: then it has no end either."""
        ...

    def end(self, simulation: Simulation) -> None:
        """Undo it."""
        ...


@attrs.frozen
class ProcessKill:
    """SIGKILL, and a restart `lasts` microseconds later."""

    target: str
    lasts: int

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Kill."""
        host = simulation.hosts[self.target]
        if host.life is None:
            return False
        host.kill()
        return True

    def end(self, simulation: Simulation) -> None:
        """Start again."""
        simulation.hosts[self.target].start()


@attrs.frozen
class PowerCut:
    """The power is off for `lasts` microseconds."""

    target: str
    lasts: int

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Off."""
        host = simulation.hosts[self.target]
        if host.life is None:
            return False
        host.cut_power()
        return True

    def end(self, simulation: Simulation) -> None:
        """On."""
        simulation.hosts[self.target].start()


@attrs.frozen
class LinkReset:
    """Connections between `target` and `peer` break, each as likely as not."""

    target: str
    peer: str
    lasts: int = 0

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Break them."""
        network = simulation.network
        broken = [end for end in network.link(self.peer, self.target).endpoints if dice.chance(1, 2)]
        for endpoint in broken:
            network.reset(endpoint, "connection reset", dice)
        return bool(broken)

    def end(self, simulation: Simulation) -> None:
        """Nothing is left to undo."""


@attrs.frozen
class Partition:
    """Nothing passes from `target` to `peer`, nor back if `both`, for `lasts` microseconds."""

    target: str
    peer: str
    both: bool
    lasts: int

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Cut."""
        simulation.network.block(self.target, self.peer)
        if self.both:
            simulation.network.block(self.peer, self.target)
        return True

    def end(self, simulation: Simulation) -> None:
        """Mend."""
        simulation.network.unblock(self.target, self.peer)
        if self.both:
            simulation.network.unblock(self.peer, self.target)


@attrs.frozen
class SlowDisk:
    """Disk operations take `factor` times as long for `lasts` microseconds."""

    target: str
    factor: int
    lasts: int

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Slow down."""
        host = simulation.hosts[self.target]
        if host.disk_slowdown != 1:
            return False
        host.slow_disk(self.factor)
        return True

    def end(self, simulation: Simulation) -> None:
        """Back to normal."""
        simulation.hosts[self.target].slow_disk(1)


@attrs.frozen
class ClockStep:
    """The wall clock jumps by `microseconds`, which may be negative."""

    target: str
    microseconds: int
    lasts: int = 0

    def begin(self, simulation: Simulation, dice: Prng) -> bool:
        """Jump."""
        simulation.hosts[self.target].step_clock(self.microseconds)
        return True

    def end(self, simulation: Simulation) -> None:
        """Clocks stay wrong."""


@attrs.frozen
class Planned:
    """A fault with its date, in microseconds since the start."""

    at: int
    deed: Deed


@attrs.frozen
class FaultMix:
    """How often each kind of fault befalls a cluster: the mean microseconds between two of a kind, 0 for never; and how bad they get."""

    process_kill_every: Any = 0
    power_cut_every: Any = 0
    link_reset_every: Any = 0
    partition_every: Any = 0
    slow_disk_every: Any = 0
    clock_step_every: Any = 0
    down_max: Any = 2 * SECOND
    """A killed broker, or one without power, is back after at most this time."""
    partition_max: Any = 3 * SECOND
    slow_disk_max: Any = 2 * SECOND
    slow_disk_factor_max: Any = 100
    clock_step_max: Any = 3_600 * SECOND


def drawn_plan(mix: FaultMix, brokers: list[str], clients: list[str], duration: int, streams: Streams) -> tuple[Planned, ...]:
    """The faults of one run of `duration` microseconds, by date."""

    def process_kill(dice: Prng) -> Deed:
        return ProcessKill(_one(brokers, dice), dice.between(MILLISECOND, mix.down_max))

    def power_cut(dice: Prng) -> Deed:
        return PowerCut(_one(brokers, dice), dice.between(MILLISECOND, mix.down_max))

    def link_reset(dice: Prng) -> Deed:
        return LinkReset(_one(brokers, dice), _one(clients, dice))

    def partition(dice: Prng) -> Deed:
        pair = (_one(brokers, dice), _one(clients, dice))
        source, target = pair if dice.chance(1, 2) else pair[::-1]
        return Partition(source, target, both=dice.chance(1, 2), lasts=dice.between(MILLISECOND, mix.partition_max))

    def slow_disk(dice: Prng) -> Deed:
        return SlowDisk(_one(brokers, dice), dice.between(2, mix.slow_disk_factor_max), dice.between(MILLISECOND, mix.slow_disk_max))

    def clock_step(dice: Prng) -> Deed:
        return ClockStep(_one(brokers + clients, dice), dice.between(-mix.clock_step_max, mix.clock_step_max))

    kinds = (
        (mix.process_kill_every, process_kill),
        (mix.power_cut_every, power_cut),
        (mix.link_reset_every, link_reset),
        (mix.partition_every, partition),
        (mix.slow_disk_every, slow_disk),
        (mix.clock_step_every, clock_step),
    )
    plan: list[Planned] = []
    for every, draw in kinds:
        dice = streams.stream("faults", draw.__name__)
        at = dice.below(2 * every) if every else duration
        while at < duration:
            plan.append(Planned(at, draw(dice)))
            at += 1 + dice.below(2 * every)
    return tuple(sorted(plan, key=lambda planned: planned.at))


def _one(names: list[str], dice: Prng) -> str:
    return names[dice.below(len(names))]


class FaultInjector:
    """Carries a plan out and notes in the history what was really done."""

    def __init__(self, simulation: Simulation, plan: tuple[Planned, ...], history: checkers.History) -> None:
        self.simulation = simulation
        self.history = history
        self.dice = simulation.streams.stream("faults", "deeds")
        self.active: dict[int, tuple[Deed, int]] = {}
        for number, planned in enumerate(plan):
            simulation.agenda.at(planned.at, self._begin, (number, planned.deed))

    def heal(self) -> None:
        """End everything that is still going on. Nothing begins any more."""
        for number in list(self.active):
            self._end(number)

    def _begin(self, occurrence: Occurrence) -> None:
        number, deed = occurrence.subject
        if not deed.begin(self.simulation, self.dice):
            return
        self.active[number] = (deed, self.simulation.agenda.now)
        if deed.lasts:
            self.simulation.agenda.after(deed.lasts, lambda _occurrence: self._end(number))
        else:
            self._end(number)

    def _end(self, number: int) -> None:
        entry = self.active.pop(number, None)
        if entry is None:
            return
        deed, began_at = entry
        deed.end(self.simulation)
        self.history.add_fault(checkers.Fault(_words(deed), deed.target, began_at, self.simulation.agenda.now, _details(deed)))


def _words(deed: Deed) -> str:
    name = type(deed).__name__
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _details(deed: Deed) -> str:
    fields = attrs.asdict(cast(attrs.AttrsInstance, deed))
    return ", ".join(f"{name} {value}" for name, value in fields.items() if name not in ("target", "lasts"))
