"""The search: play, learn, mutate, until something goes wrong."""

from collections.abc import Callable
from time import process_time

import attrs

from streambus.kernel import Prng
from streambus.sim.faults import FAULTS, FaultMix
from streambus.sim.faults.deed import Deed, snake
from streambus.sim.guided.corpus import Corpus
from streambus.sim.guided.diversity import CANDIDATES, Diversity
from streambus.sim.guided.features import FeatureObserver
from streambus.sim.guided.mutation import Source, mutated
from streambus.sim.knobs import settled
from streambus.sim.registry import FACTORIES
from streambus.sim.run import Outcome, play
from streambus.sim.scenario import Scenario
from streambus.sim.simulation import Factories
from streambus.sim.streams import Streams
from streambus.sim.tape import drawn_tape

FRESH_ONE_IN = 3
"""One run in so many is a fresh draw."""

WARM_UP = 12
"""The first runs are all fresh."""


@attrs.frozen
class Found:
    """How a search ended: after how many runs, with which failing run, or with none."""

    plays: int
    cpu_seconds: float
    features: int
    corpus: int
    outcome: Outcome | None


def search(
    scenario: Scenario,
    seed: int,
    plays_max: int,
    *,
    factories: Factories = FACTORIES,
    show: Callable[[int, Corpus], None] = lambda _plays, _corpus: None,
) -> Found:
    """Search for a run of `scenario` in which something goes wrong. Equal arguments give equal searches."""
    began = process_time()
    dice = Prng(seed).fork("guided search")
    source = Source(scenario, fault_kinds(scenario))
    corpus = Corpus()
    diversity = Diversity()
    for number in range(plays_max):
        if number < WARM_UP or not corpus.entries or not source.kinds or dice.below(FRESH_ONE_IN) == 0:
            tape = max([drawn_tape(scenario, dice.bits64()) for _ in range(CANDIDATES)], key=diversity.worth)
        else:
            tape = mutated(corpus.choose(dice), corpus, source, dice)
        diversity.add(tape)
        observer = FeatureObserver()
        outcome = play(tape, factories=factories, observers=(observer,))
        if not outcome.is_clean:
            return Found(number + 1, process_time() - began, len(corpus.seen), len(corpus.entries), outcome)
        corpus.learn(tape, observer.first_seen, outcome.reached, outcome.events)
        show(number + 1, corpus)
    return Found(plays_max, process_time() - began, len(corpus.seen), len(corpus.entries), None)


def fault_kinds(scenario: Scenario) -> tuple[type[Deed], ...]:
    """The kinds of faults that can happen in `scenario`: those whose frequency is not always 0."""
    mixes: list[FaultMix] = [settled(scenario.faults, Streams(number), "kinds") for number in range(32)]
    return tuple([kind for kind in FAULTS if any(getattr(mix, f"{snake(kind)}_every") for mix in mixes)])
