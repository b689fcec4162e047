"""Every law notices a bug that breaks it, and says so in its own words; without the bug the same runs are clean."""

import pytest
from oracle_bugs import BUGS, Plant

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import DiskSpeed, FaultMix, Load, Scenario, run

SEEDS = range(1, 9)

BUSY = Scenario(
    "a little of everything",
    duration=SECOND // 2,
    load=Load(
        writers=2,
        readers=1,
        linger=0,
        pause=15 * MILLISECOND,
        record_bytes=60,
        inquirers=1,
        inquire_every=15 * MILLISECOND,
        seek_every=100 * MILLISECOND,
        request_timeout=200 * MILLISECOND,
    ),
    disk=DiskSpeed(sync_min=MILLISECOND, sync_max=6 * MILLISECOND),
    faults=FaultMix(
        process_kill_every=250 * MILLISECOND,
        power_cut_every=200 * MILLISECOND,
        link_reset_every=100 * MILLISECOND,
        down_max=20 * MILLISECOND,
    ),
)

QUIET = Scenario("long polls that find nothing", duration=3 * SECOND, load=Load(writers=1, readers=1, pause=2 * SECOND))


@pytest.mark.parametrize(("bug", "plant", "words"), BUGS, ids=[bug.replace(" ", "-") for bug, _, _ in BUGS])
def test_a_law_notices(bug: str, plant: Plant, words: str, monkeypatch: pytest.MonkeyPatch):
    factories = plant(monkeypatch)
    heard: list[str] = []
    for seed in SEEDS:
        heard += run(QUIET if "idle" in bug else BUSY, seed, factories=factories).violations[:2]
        if any(words in violation for violation in heard):
            return
    raise AssertionError(f"{bug}: nobody said {words!r}, but {heard}")


@pytest.mark.parametrize("seed", SEEDS[:4])
def test_without_a_bug_nobody_complains(seed: int):
    assert run(BUSY, seed).violations == ()
