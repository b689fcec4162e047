"""One seed is one run: in any process, with any hash seed, with frozen messages, and in a replay."""

import io
import json
import os
import subprocess
import sys

import pytest

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import FACTORIES, FaultMix, Load, Scenario, UnreadableJournal, replay_journal, run

SEED = 11

SCENARIO = Scenario(
    "a little of everything",
    duration=SECOND,
    load=Load(topics=2, partitions=2, codec=None, request_timeout=500 * MILLISECOND),
    faults=FaultMix(
        process_kill_every=400 * MILLISECOND,
        power_cut_every=400 * MILLISECOND,
        link_reset_every=200 * MILLISECOND,
        partition_every=300 * MILLISECOND,
        slow_disk_every=300 * MILLISECOND,
        clock_step_every=200 * MILLISECOND,
        packet_loss_every=300 * MILLISECOND,
        narrow_link_every=300 * MILLISECOND,
        flipped_bit_every=300 * MILLISECOND,
        detour_every=300 * MILLISECOND,
        half_open_every=300 * MILLISECOND,
        slow_reader_every=300 * MILLISECOND,
        client_crash_every=300 * MILLISECOND,
        process_pause_every=300 * MILLISECOND,
        crash_loop_every=300 * MILLISECOND,
        rolling_upgrade_every=300 * MILLISECOND,
        monotonic_drift_every=300 * MILLISECOND,
        coarse_clock_every=300 * MILLISECOND,
        bad_weather_max=200 * MILLISECOND,
        pause_max=200 * MILLISECOND,
        upgrade_max=200 * MILLISECOND,
        down_max=100 * MILLISECOND,
        partition_max=200 * MILLISECOND,
    ),
)

PROGRAM = f"from test_determinism import SCENARIO; from streambus.sim import run; print(run(SCENARIO, {SEED}).trace_hash)"


def hash_in_another_process(hash_seed: str, *options: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.path.dirname(__file__)}
    told = subprocess.run([sys.executable, *options, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    return told.stdout.strip()


@pytest.fixture(scope="module")
def journal() -> list[str]:
    file = io.StringIO()
    assert run(SCENARIO, SEED, name="little", journal=file).violations == ()
    return file.getvalue().splitlines()


def test_two_processes_with_two_hash_seeds_have_one_trace_hash():
    here = run(SCENARIO, SEED).trace_hash
    assert hash_in_another_process("1") == here
    assert hash_in_another_process("2", "-X", "dev") == here


def test_another_seed_is_another_run():
    assert run(SCENARIO, SEED).trace_hash != run(SCENARIO, SEED + 1).trace_hash


def test_to_look_on_changes_nothing():
    assert run(SCENARIO, SEED, journal=io.StringIO()).trace_hash == run(SCENARIO, SEED).trace_hash


def test_a_journal_fed_to_fresh_nodes_gives_the_same_effects(journal: list[str]):
    replayed = replay_journal(journal, FACTORIES)
    assert replayed.divergence is None
    assert (replayed.scenario, replayed.seed) == ("little", SEED)
    assert replayed.events > 1_000
    assert replayed.lives > 8


def test_the_first_effect_that_differs_is_named(journal: list[str]):
    number = next(number for number, line in enumerate(journal) if line.startswith('["step"') and len(json.loads(line)[4]) > 1)
    entry = json.loads(journal[number])
    entry[4][1] = "0" * 16
    replayed = replay_journal([*journal[:number], json.dumps(entry), *journal[number + 1 :]], FACTORIES)
    assert replayed.divergence is not None
    assert replayed.divergence.line == number + 1
    assert replayed.divergence.life == entry[1]
    assert replayed.divergence.difference.startswith("effect 2 of ")


def test_effects_too_many_or_too_few_are_differences(journal: list[str]):
    number = next(number for number, line in enumerate(journal) if line.startswith('["step"') and len(json.loads(line)[4]) == 1)
    entry = json.loads(journal[number])
    for digests, words in (([], "did also"), ([entry[4][0], "more"], "did only 1")):
        lines = [*journal[:number], json.dumps([*entry[:4], digests]), *journal[number + 1 :]]
        divergence = replay_journal(lines, FACTORIES).divergence
        assert divergence is not None
        assert words in divergence.difference


def test_an_event_that_a_node_does_not_know_is_a_difference(journal: list[str]):
    entry = ["step", "broker-1/1", 0, {"m": ["streambus.kernel.purgatory:DelayExpired", 1]}, []]
    stray = json.dumps([*entry[:3], {"m": ["streambus.sim.journal:Divergence", 1, "", None, ""]}, []])
    divergence = replay_journal([*journal[:2], stray], FACTORIES).divergence
    assert divergence is not None
    assert "the replay raised UnroutedEvent" in divergence.difference


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("not json", "line 2"),
        ('["dance", "broker-1/1"]', "unknown entry 'dance'"),
        ('["step", "nobody/1", 0, {"m": ["streambus.kernel.world:Woken"]}, []]', "nobody/1 was never born"),
        ('["birth", "x/1", {"m": ["streambus.kernel.world:Woken"]}]', "nothing is made from a Woken"),
        ('["step", "x/1", 0, {"m": ["os:system", "true"]}, []]', "line 2"),
    ],
)
def test_what_is_not_a_journal_is_refused_with_its_line(journal: list[str], line: str, words: str):
    with pytest.raises(UnreadableJournal, match=words):
        replay_journal([journal[0], line], FACTORIES)


@pytest.mark.parametrize("lines", [[], ["{}"], ["hello"]])
def test_a_file_that_does_not_begin_like_a_journal_is_refused(lines: list[str]):
    with pytest.raises(UnreadableJournal, match="line 1"):
        replay_journal(lines, FACTORIES)
