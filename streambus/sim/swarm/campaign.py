"""A campaign: a scenario, a range of seeds, and what came of it so far."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from time import perf_counter

import attrs

from streambus.sim.scenario import Scenario
from streambus.sim.swarm.chunk import Tally, play_chunk
from streambus.sim.swarm.logbook import Logbook

CHUNK = 8
"""Seeds that are handed over at once: about a second's work."""

AHEAD = 4
"""Chunks per engine that wait their turn: enough that no process is ever idle."""


@attrs.define
class Progress:
    """How far a campaign is."""

    total: int
    tally: Tally = attrs.field(factory=Tally)
    resumed: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Progress") -> "Progress":
        return Progress(
            self.total + other.total,
            self.tally + other.tally,
            self.resumed + other.resumed,
            self.seconds + other.seconds,
        )

    @property
    def mismatches(self) -> tuple[int, ...]:
        """The seeds whose two runs were not the same run."""
        return self.tally.mismatches

    @property
    def done(self) -> int:
        """Seeds played, now or before."""
        return self.tally.runs

    @property
    def rate(self) -> float:
        """Seeds per second, of those played now."""
        return (self.done - self.resumed) / self.seconds if self.seconds else 0.0


class Campaign:
    """Plays `seeds` of `scenario`. With two engines every chunk is played on both, and compared."""

    def __init__(self, name: str, scenario: Scenario, seeds: range, engines: tuple[Executor, ...], logbook: Logbook | None = None) -> None:
        assert seeds.step == 1, seeds
        self.name = name
        self.scenario = scenario
        self.seeds = seeds
        self.engines = engines
        self.logbook = logbook
        self.progress = Progress(len(seeds))
        self.began = perf_counter()

    def run(self, show: Callable[[Progress], None]) -> Progress:
        """Play everything that has not been played; `show` hears of every chunk."""
        done = self._resume()
        chunks = (start for start in range(self.seeds.start, self.seeds.stop, CHUNK) if start not in done)
        waiting: dict[Future[Tally], tuple[int, list[Future[Tally]]]] = {}
        finished = False
        while waiting or not finished:
            while not finished and len(waiting) < AHEAD * len(self.engines) * 4:
                start = next(chunks, None)
                if start is None:
                    finished = True
                    break
                copies = [self._submit(engine, start) for engine in self.engines]
                waiting[copies[0]] = (start, copies)
            wait(waiting, return_when=FIRST_COMPLETED)
            for future in [future for future in waiting if future.done()]:
                start, copies = waiting.pop(future)
                self._take_in(start, [copy.result() for copy in copies])
                show(self.progress)
        return self.progress

    def _submit(self, engine: Executor, start: int) -> Future[Tally]:
        return engine.submit(play_chunk, self.name, self.scenario, start, min(start + CHUNK, self.seeds.stop))

    def _take_in(self, start: int, copies: list[Tally]) -> None:
        mismatches = tuple([seed for other in copies[1:] for seed in _different(copies[0], other)])
        first = attrs.evolve(copies[0], mismatches=mismatches)
        if self.logbook is not None:
            self.logbook.add(start, first)
        self.progress.tally += attrs.evolve(first, hashes=())
        self.progress.seconds = perf_counter() - self.began

    def _resume(self) -> set[int]:
        if self.logbook is None:
            return set()
        done: set[int] = set()
        for start, tally in self.logbook.begin():
            if start in self.seeds and start not in done:
                done.add(start)
                self.progress.tally += attrs.evolve(tally, hashes=())
        self.progress.resumed = self.progress.done
        return done


def _different(one: Tally, other: Tally) -> Iterator[int]:
    for (seed, trace_hash), (_, other_hash) in zip(one.hashes, other.hashes, strict=True):
        if trace_hash != other_hash:
            yield seed
