"""Games with one store: none goes wrong, equal seeds are equal games, and what is broken is seen."""

from pathlib import Path

import pytest

from streambus.kernel import Prng
from streambus.records import Record, encode_batch, parse_header
from streambus.sim.disk import SimulatedDisk
from streambus.sim.mutation import read_catalogue
from streambus.sim.stores import play_store
from streambus.sim.stores.game import Game
from streambus.sim.stores.life import StoreLife
from streambus.storage import LogId, StoreConfig
from streambus.storage.cleaning import CleaningPolicy

CATALOGUE = Path(__file__).parents[1] / "mutants"

QUICKLY_FOUND = [
    "records_tables_that_are_not_synced",
    "takes_the_checkpoint_too_late",
    "replays_from_the_segment_before",
    "checkpoints_miss_a_producer",
    "takes_all_neighbours_for_a_run",
    "mixes_up_cached_blocks",
    "puts_new_layers_last",
    "forgets_the_last_puts_of_a_write",
]


@pytest.mark.parametrize("first", [1, 11, 21, 31, 41, 51, 61, 71])
def test_no_game_goes_wrong(first: int):
    assert [wrong for seed in range(first, first + 10) if (wrong := play_store(seed)) is not None] == []


def test_equal_seeds_are_equal_games():
    games = [Game(5), Game(5)]
    for game in games:
        game.play()
    assert games[0].disk.contents() == games[1].disk.contents()
    assert games[0].disk.contents() != Game(6).disk.contents()


@pytest.mark.parametrize("name", QUICKLY_FOUND)
def test_a_planted_bug_is_found(name: str):
    with read_catalogue(CATALOGUE)[name].planted():
        assert any(play_store(seed) for seed in range(1, 60))


def a_batch(value: bytes) -> bytes:
    return encode_batch([Record(b"key", value + bytes(100), timestamp=1)])


def test_what_comes_in_the_place_of_what_is_being_cleaned_is_not_clean():
    config = StoreConfig(segment_bytes=400)
    life = StoreLife(SimulatedDisk(Prng(1)), config, 0)
    life.recover()
    log = life.call("open_log", LogId("a"))

    def append(count: int) -> None:
        for number in range(count):
            batch = a_batch(b"%d" % number)
            life.call("append", log, parse_header(batch), batch, 0)

    append(6)
    life.flush()
    life.settle()
    life.call("clean", LogId("a"), CleaningPolicy(), 6)
    while not life.works:
        life.perform_all()
        life.wake()
    life.waiting(lambda: life.call("truncate", log, 2))
    append(6)
    life.flush()
    life.settle()
    assert 0 < log.cleaned_end <= 2
