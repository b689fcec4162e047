"""Planted bugs are found with a counterexample of few steps, by checks that know nothing of them; without them the same world is clean."""

import attrs
import planted
import pytest
import small_worlds
from planted import Mutant

from streambus.sim import FACTORIES
from streambus.sim.exhaust import Counterexample, Spec, explore, replay


@attrs.frozen
class Hunt:
    """A planted bug, the world in which it shows, and the counterexample: words of the violation, most steps, exact delays."""

    mutant: Mutant
    spec: Spec
    words: str
    steps: int
    delays: int = 0


HUNTS = (
    Hunt(planted.acknowledge_before_sync, small_worlds.POWER, "was committed up to offset 2, but was recovered up to 1 only", 19),
    Hunt(planted.producers_forgotten_after_restart, small_worlds.KILL, " in t-0: ", 28),
    Hunt(planted.high_watermark_before_durable, small_worlds.NEW_WRITER, "the high watermark of t-0 is 1, but only 0 is durable", 4),
    Hunt(planted.dedupe_window_off, small_worlds.CUT, " in t-0: ", 15),
    Hunt(planted.recovery_keeps_a_torn_tail, small_worlds.TORN, " in t-0: ", 27),
    Hunt(planted.expired_batches_surely_failed, small_worlds.IMPATIENT, "certainly failed", 6, delays=2),
    Hunt(planted.readers_see_what_is_not_durable, small_worlds.READER, "was acknowledged or read up to offset 4", 34, delays=2),
    Hunt(planted.lost_batches_are_overtaken, small_worlds.ONE_AT_A_TIME, " in t-0: ", 17),
)


@pytest.mark.parametrize("hunt", HUNTS, ids=lambda hunt: hunt.mutant.__name__)
def test_a_planted_bug_is_found_and_its_counterexample_replays(hunt: Hunt):
    with pytest.MonkeyPatch.context() as patch:
        factories = hunt.mutant(patch)
        found = explore(hunt.spec, factories, delays=2)
        assert found.violation is not None
        assert hunt.words in found.violation
        assert found.delays == hunt.delays
        assert len(found.actions) <= hunt.steps
        kept = Counterexample.from_text(Counterexample.of("somewhere", found).to_text())
        replayed = kept.replay(hunt.spec, factories)
        assert replayed.violation == found.violation
        assert kept.story(replayed).endswith(f"VIOLATION: {found.violation}")
    assert replay(hunt.spec, kept.actions, FACTORIES, strict=False).violation is None


@pytest.mark.parametrize("hunt", HUNTS, ids=lambda hunt: hunt.mutant.__name__)
def test_without_a_planted_bug_the_same_world_is_exhausted_clean(hunt: Hunt):
    found = explore(hunt.spec, FACTORIES, delays=0)
    assert found.violation is None
    assert found.exhausted
