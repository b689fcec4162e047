"""Requests that nobody sends, to a broker with topics and records: each is answered or its connection closed, and nothing breaks."""

from random import Random

import pytest
from broker_hunt import Block


def test_whatever_is_asked_is_answered_or_refused(request: pytest.FixtureRequest) -> None:
    blocks = 500 if request.config.getoption("--long") else 4
    for number in range(blocks):
        block = Block(Random(f"suite/{number}"))
        block.run(2_000)
        tally = block.tally
        assert tally.answered > 1_000, "most of what is sent means something"
        assert tally.understood == tally.answered + tally.closed + tally.silent + tally.forgotten
        assert tally.appended > 0, "records arrive"


def test_the_same_seed_tells_the_same_story() -> None:
    tallies = []
    for _ in range(2):
        block = Block(Random("again"))
        block.run(500)
        tallies.append(block.tally)
    assert tallies[0] == tallies[1]
