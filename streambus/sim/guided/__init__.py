"""Guided search: seeds that learn from each other.

Theory of operation
===================

A random seed knows nothing of the seeds before it. A guided search keeps a **corpus** of tapes, each of which did something that no tape
before it had done, and makes new tapes from them.

1. What a run does is described by **features** (`features`): coarse pictures of a broker and of its clients, each together with what just
   happened to them; and the rare branches that were taken.
2. A run with a feature that is new goes into the corpus, together with the **moments** at which the new features appeared (`corpus`).
3. The next tape is a **mutation** of one in the corpus (`mutation`): one more fault, aimed at such a moment or soon after another fault; a
   fault moved, repeated, left out; other luck; another future from some moment on; the faults of two tapes together. One in a few is a
   fresh draw, so that nothing is ever out of reach: of a dozen tapes that were drawn, the one least like those before (`diversity`).
4. Tapes whose features are rare, and that have not been tried often, are chosen more often.

The idea is that of coverage-guided fuzzing (AFL), with states of a distributed system in place of branches of a program. It is
worth what it finds: `streambus sim search` says how many runs it needed, and can be compared with plain random seeds.
"""

from streambus.sim.guided.corpus import Corpus, Entry
from streambus.sim.guided.features import FeatureObserver
from streambus.sim.guided.mutation import mutated
from streambus.sim.guided.search import Found, search

__all__ = ["Corpus", "Entry", "FeatureObserver", "Found", "mutated", "search"]
