"""The specs that come with StreamBus are exhausted and clean: without an option at a small bound, with `--exhaust` in every order."""

from pathlib import Path

import pytest

from streambus.sim import FACTORIES
from streambus.sim.exhaust import NoSpec, explore, find_spec

SPECS = ("first_batches", "long_poll", "lost_acknowledgement", "reader_and_crash", "topic_creation", "two_writers")


@pytest.mark.parametrize("name", SPECS)
def test_a_spec_is_exhausted_and_clean(name: str, bound: int):
    _, spec = find_spec(name)
    found = explore(spec, FACTORIES, delays=bound)
    assert found.violation is None
    assert found.exhausted
    assert found.terminal > 1
    assert found.states > 200


def test_every_spec_in_the_folder_is_explored():
    assert tuple(sorted(path.stem for path in Path("scenarios/exhaust").glob("*.py"))) == SPECS


def test_more_delays_only_add_to_what_is_seen():
    _, spec = find_spec("topic_creation")
    found = explore(spec, FACTORIES, delays=1)
    states = [level.states for level in found.levels]
    assert [level.delays for level in found.levels] == [0, 1]
    assert states[0] < states[1]
    assert found.is_clean
    assert explore(spec, FACTORIES, delays=0).states == states[0]


def test_an_exploration_is_the_same_every_time():
    _, spec = find_spec("topic_creation")
    first, second = (explore(spec, FACTORIES, delays=0) for _ in range(2))
    assert (first.states, first.transitions, first.terminal, first.local_states) == (
        second.states,
        second.transitions,
        second.terminal,
        second.local_states,
    )


def test_a_spec_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(NoSpec, match="no spec 'nowhere': neither a file nor one of scenarios/exhaust/: first_batches, long_poll"):
        find_spec("nowhere")


def test_a_file_without_a_spec_says_so(tmp_path: Path):
    file = tmp_path / "empty.py"
    file.write_text("SPEC = 1\n")
    with pytest.raises(NoSpec, match="has no value SPEC"):
        find_spec(str(file))
    file.write_text("1 / 0\n")
    with pytest.raises(NoSpec, match="cannot be read: ZeroDivisionError"):
        find_spec(str(file))
