"""The corpus: tapes that did something new, and how often everything was seen."""

import attrs

from streambus.kernel import Prng
from streambus.sim.guided.features import Feature
from streambus.sim.tape import Tape

CORPUS_MAX = 400
"""More tapes than these are not kept: the ones that were tried most leave."""

CHEAP_EVENTS = 500
"""Below so many events a run costs what a run costs."""


@attrs.define
class Entry:
    """A tape, the moments at which it did something new, and the features that only few have."""

    tape: Tape
    moments: tuple[int, ...]
    features: tuple[Feature, ...]
    events: int = 0
    """How many there were when it was played: what it costs."""
    tries: int = 0


class Corpus:
    """Grows by whatever is new."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.seen: dict[Feature, int] = {}

    def learn(self, tape: Tape, first_seen: dict[Feature, int], reached: dict[str, int], events: int = 0) -> bool:
        """Take in what a run of so many events did. True if some of it was new."""
        features = {**first_seen, **{("rare", name): 0 for name in reached}}
        new = {feature: at for feature, at in features.items() if feature not in self.seen}
        for feature in features:
            self.seen[feature] = self.seen.get(feature, 0) + 1
        if not new:
            return False
        moments = tuple(sorted({at for at in new.values() if 0 < at < tape.scenario.duration}))
        self.entries.append(Entry(tape, moments, tuple(new), events))
        if len(self.entries) > CORPUS_MAX:
            self.entries.remove(max(self.entries, key=lambda entry: entry.tries))
        return True

    def choose(self, dice: Prng) -> Entry:
        """A tape to go on from: of three at random the one that promises most."""
        drawn = [self.entries[dice.below(len(self.entries))] for _ in range(3)]
        entry = max(drawn, key=self._promise)
        entry.tries += 1
        return entry

    def _promise(self, entry: Entry) -> float:
        rarest = min(self.seen[feature] for feature in entry.features)
        return len(entry.features) / (rarest * (1.0 + entry.tries) ** 2 * (CHEAP_EVENTS + entry.events))
