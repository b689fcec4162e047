"""StreamBus and a stock Kafka answer alike, or it is known why not."""

import os
import shutil
from collections.abc import Iterator

import pytest

from benchmarks.subjects.subject import Absent

from .__main__ import pair
from .grammar import REQUESTS, script, spoken_by_both
from .play import Stage
from .script import API_KEYS, Script, told
from .scripts import STORIES, speakable, sweep

SEEDS = 12
LONG_SEEDS = 500


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    everything = os.environ.get("STREAMBUS_ALL_CLIENTS") == "1"
    missing = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    if missing and not everything:
        pytest.skip(f"NOTHING WAS COMPARED WITH KAFKA: there is no {' and no '.join(missing)}")
    try:
        with pair(None, None) as stage:
            yield stage
    except Absent as absent:
        if everything:
            raise
        pytest.skip(f"NOTHING WAS COMPARED WITH KAFKA: {absent}")


def check(stage: Stage, script: Script) -> None:
    finding = stage.play(script)
    assert finding is None, f"{finding}\n{told(script[: finding.at + 1])}"


@pytest.mark.parametrize("name", STORIES)
def test_both_tell_the_same_story(stage: Stage, name: str) -> None:
    versions = spoken_by_both(stage.kafka.apis, stage.streambus.apis)
    check(stage, speakable(STORIES[name], versions))


@pytest.mark.parametrize("api", REQUESTS)
def test_every_version_of_an_api_answers_alike(stage: Stage, api: str) -> None:
    versions = spoken_by_both(stage.kafka.apis, stage.streambus.apis)
    assert api in versions, f"{api} is not spoken"
    assert versions[api][1] == stage.kafka.apis[API_KEYS[api]][1]
    check(stage, sweep(api, versions))


def test_whatever_is_asked_both_answer_alike(stage: Stage, pytestconfig: pytest.Config) -> None:
    versions = spoken_by_both(stage.kafka.apis, stage.streambus.apis)
    for seed in range(LONG_SEEDS if pytestconfig.getoption("--long") else SEEDS):
        check(stage, script(seed, versions))
