"""Planted bugs are found by checks that know nothing of them, within a bounded number of seeds; without them the same seeds are clean."""

import pytest
from mutants import MUTANTS, Mutant

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import DiskSpeed, FaultMix, Load, Outcome, Scenario, run

SEEDS = range(1, 21)

STORM = Scenario(
    "power cuts, kills and resets, many a second",
    duration=2 * SECOND,
    load=Load(linger=0, batch_bytes=16_384, record_bytes=6_000, pause=20 * MILLISECOND, request_timeout=200 * MILLISECOND),
    disk=DiskSpeed(sync_min=MILLISECOND, sync_max=20 * MILLISECOND),
    faults=FaultMix(
        process_kill_every=600 * MILLISECOND,
        power_cut_every=200 * MILLISECOND,
        link_reset_every=200 * MILLISECOND,
        down_max=50 * MILLISECOND,
    ),
)


def first_found(mutant: Mutant, patch: pytest.MonkeyPatch) -> Outcome | None:
    """The first violation that is found while the bug is planted."""
    factories = mutant(patch)
    outcomes = (run(STORM, seed, factories=factories) for seed in SEEDS)
    return next((outcome for outcome in outcomes if not outcome.is_clean), None)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_planted_bug_is_found_and_without_it_the_same_seeds_are_clean(mutant: Mutant):
    with pytest.MonkeyPatch.context() as patch:
        found = first_found(mutant, patch)
    assert found is not None, f"not found in {len(SEEDS)} seeds"
    for seed in range(SEEDS[0], found.seed + 1):
        assert run(STORM, seed).violations == ()
