"""The driver: hosts, a network and a clock, run step by step until somebody says stop.

It knows nothing of brokers. What a run is made of (a cluster, its clients, faults, an end) is composed by `streambus.sim.run`.
"""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from traceback import format_exception
from typing import Any, Protocol

from streambus.kernel import Effect, Event, Halt, Instant, Node, Work
from streambus.sim.agenda import Agenda
from streambus.sim.disk_queue import Disk, DiskSpeed
from streambus.sim.host import Host
from streambus.sim.life import Life
from streambus.sim.network import LinkSpeed, SimulatedNetwork
from streambus.sim.streams import Streams
from streambus.sim.trace import TraceHash

Factories = Mapping[type, Callable[[Any], Node]]
"""Which config message makes which node."""

NEW_OBJECTS_MAX = 200_000
"""So many objects more, and garbage is looked for: some tens of megabytes."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Let Python look for garbage cycles seldom. Machines make next to none, and looking for them takes a tenth of a run's time.

    Around many runs it saves as much again: a run that is over is thrown away with others, instead of being looked through all along.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(NEW_OBJECTS_MAX, 10, 100)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


class Observer(Protocol):
    """Somebody who looks on: a journal, a check, a test. It must not change anything.

    One who has an attribute `hosts` hears of the lives on the hosts with these names only, which costs the others nothing. One who has
    an attribute `unmoved_by`, a tuple of event types, does not hear of steps on such an event that have no effects: half of all steps
    are of that kind. What is in a simulation's list of observers when `run` begins, or a life, counts.
    """

    def on_birth(self, life: Life) -> None:
        """A life begins."""
        ...

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """A node has taken one step; its effects have not been performed yet."""
        ...

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """A node has raised `error` instead."""
        ...


Look = Callable[["Life", Instant, Event, list[Effect]], None]
"""How an observer hears of a step."""


class Looks(dict[type, tuple[Look, ...]]):
    """Who looks at one host: at steps with effects all of them, at steps without, by type of event, those whom it moves."""

    def __init__(self, observers: list[Observer]) -> None:
        super().__init__()
        self.observers = observers
        self.at_effects = tuple([observer.on_step for observer in observers])

    def __missing__(self, event: type) -> tuple[Look, ...]:
        found = tuple([observer.on_step for observer in self.observers if event not in getattr(observer, "unmoved_by", ())])
        self[event] = found
        return found


class Simulation:
    """One world, decided by its seed. Everything that a node does in it is a step, counted in `events` and noted in `trace`.

    What happens between the nodes is counted apart, in `agenda.occurrences`.
    """

    def __init__(
        self,
        seed: int,
        factories: Factories,
        link_speed: LinkSpeed = LinkSpeed(),  # noqa: B008 (a frozen value)
        calm: tuple[str, ...] = (),
    ) -> None:
        self.agenda = Agenda()
        self.streams = Streams(seed, calm)
        self.network = SimulatedNetwork(self.agenda, self.streams, link_speed)
        self.factories = factories
        self.hosts: dict[str, Host] = {}
        self.afflictions: dict[Any, Any] = {}
        """What faults that are going on remember until they end, by kind and place. A place that is taken refuses another of the kind."""
        self.trace = TraceHash()
        self.events = 0
        self.observers: list[Observer] = []
        self._looks: dict[str, Looks] = {}
        """By host: everybody who looks at it."""
        self.failures: list[str] = []
        """What no node may do: raise, or end its own life with an error. The first one stops the run."""
        self.supervisors: dict[str, Callable[[Life, Halt], bool]] = {}
        """By host, who is told when its node ends its own life, and says whether that is in order."""
        self.failed_at: tuple[int, int] | None = None
        """When the first of them happened: how many events there had been, and the simulated time."""
        self.is_mischievous = False
        """Whether nodes do unusual things now and then (`Turn.buggify`)."""
        self.is_stopped = False

    def add_host(
        self,
        name: str,
        config: Any,
        disk: Disk,
        disk_speed: DiskSpeed = DiskSpeed(),  # noqa: B008 (a frozen value)
        performers: Mapping[type[Effect], Callable[[Any], None]] | None = None,
    ) -> Host:
        """A machine beside its disk, not yet started."""
        assert name not in self.hosts, name
        host = self.hosts[name] = Host(self, name, config, disk, disk_speed, dict(performers or {}))
        return host

    def run(self, until: int) -> None:
        """Let things happen until simulated time `until`, or until `stop`."""
        end = self.agenda.at(until, lambda _occurrence: self.stop())
        self.is_stopped = False
        self._watch()
        step = self.agenda.step
        with rare_collections():
            while not self.is_stopped:
                step()
        end.cancel()

    def stop(self) -> None:
        """End `run` after what is happening now."""
        self.is_stopped = True

    def fail(self, reason: str) -> None:
        """Note a failure, in a sentence, and stop."""
        self.failures.append(reason)
        self.failed_at = self.failed_at or (self.events, self.agenda.now)
        self.stop()

    # What lives report -------------------------------------------------------------------------------------------------

    def make(self, config: Any) -> Node:
        """A fresh node for `config`."""
        return self.factories[type(config)](config)

    def born(self, life: Life) -> None:
        """A life begins."""
        self._watch()
        for observer in self._observers_of(life.name):
            observer.on_birth(life)

    def stepped(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """A node has taken one step."""
        self.events += 1
        self.trace.note(life.host.index, now, event, effects)
        looks = self._looks[life.name]
        for look in looks.at_effects if effects else looks[type(event)]:
            look(life, now, event, effects)

    def raised(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """A node has raised: whatever was asked of it, that is its mistake."""
        for observer in self._observers_of(life.name):
            observer.on_failure(life, now, event, error)
        where = "".join(format_exception(error)[-2:]).strip()
        self.fail(f"{life.name} raised {type(error).__name__} on {type(event).__name__}: {error}\n{where}")

    def work_raised(self, life: Life, work: Work, error: Exception) -> None:
        """Long work that a node asked for has raised what is no failure of a disk: that is its mistake, too."""
        where = "".join(format_exception(error)[-2:]).strip()
        self.fail(f"{life.name} asked for {type(work.task).__name__}, which raised {type(error).__name__}: {error}\n{where}")

    def halted(self, life: Life, halt: Halt) -> None:
        """A node has ended its own life."""
        supervisor = self.supervisors.get(life.name)
        is_in_order = supervisor(life, halt) if supervisor is not None else halt.error is None
        if not is_in_order:
            self.fail(f"{life.name} halted: {halt.error}")

    def _watch(self) -> None:
        """Work out who looks at which host."""
        self._looks = {name: Looks(self._observers_of(name)) for name in self.hosts}

    def _observers_of(self, host: str) -> list[Observer]:
        return [observer for observer in self.observers if host in (getattr(observer, "hosts", ()) or (host,))]
