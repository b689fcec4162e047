"""docs/topic-configs.md says of every topic config what becomes of it, and it is so."""

import re
from pathlib import Path

import attrs

from streambus.metadata import TOPIC_CONFIGS, TopicConfig

ROW = re.compile(r"^\| `([a-z0-9.]+)` \| (honoured|no difference|refused) \| (.+) \|$", re.MULTILINE)
PAGE = Path(__file__).parents[2] / "docs" / "topic-configs.md"
VERDICTS = {name: verdict for name, verdict, _ in ROW.findall(PAGE.read_text())}
NAMES_OF_FIELDS = {"is_log_append_time": "message.timestamp.type", "min_cleanable_dirty_millionths": "min.cleanable.dirty.ratio"}


def test_there_is_a_verdict_on_every_config():
    assert list(VERDICTS) == list(TOPIC_CONFIGS)


def test_what_is_honoured_is_what_the_broker_looks_at():
    looked_at = [NAMES_OF_FIELDS.get(field.name, field.name.replace("_", ".")) for field in attrs.fields(TopicConfig)]
    assert sorted(looked_at) == [name for name, verdict in VERDICTS.items() if verdict == "honoured"]


def test_of_a_config_that_makes_no_difference_its_documentation_says_so():
    told = [name for name, definition in TOPIC_CONFIGS.items() if "It makes no difference here:" in definition.documentation]
    assert told == [name for name, verdict in VERDICTS.items() if verdict == "no difference"]
