"""A play: a script carried out on both sides at once, until something differs that nobody has explained."""

from __future__ import annotations

import itertools
import re
import time
from collections import Counter
from collections.abc import Collection
from typing import Any

import attrs

from streambus.wire import messages

from .client import Answer, Silence
from .compare import Difference, differences
from .explain import Known
from .known import explained
from .normalise import STARTED_BEFORE_MS, normalised
from .script import Script, Step
from .sides import Side

CHANGES = frozenset(
    (
        "CreateTopics",
        "DeleteTopics",
        "CreatePartitions",
        "AlterConfigs",
        "IncrementalAlterConfigs",
        "AlterPartitionReassignments",
        "ElectLeaders",
        "AlterClientQuotas",
        "AlterUserScramCredentials",
        "UpdateFeatures",
        "Metadata",
        "FindCoordinator",
    )
)
"""APIs that may change metadata."""

COORDINATOR_LOAD_IN_PROGRESS = 14
"""What Kafka says as long as it waits for more producer ids."""

MAKES_TOPICS = frozenset(("CreateTopics", "Metadata"))


CODES_BELOW = 1000
"""Numbers up to here may be error codes, which tell symptoms apart."""

Symptom = tuple[str, str, str, str]
"""What a shrunk script must still show: the API, the field that differs, and what kind of values stand there."""


def symptom_of(step: Step, difference: Difference) -> Symptom:
    """What kind of difference it is."""
    return str(step.api), difference.field, _kind(difference.kafka), _kind(difference.streambus)


def _kind(value: Any) -> str:
    if isinstance(value, str):
        value = value.strip().splitlines()[-1] if value.strip() else value
        return re.sub(r"[^A-Za-z ]+", "", value)[:40]
    is_code = value is None or (isinstance(value, int) and abs(value) < CODES_BELOW)
    return str(value) if is_code else type(value).__name__


@attrs.frozen
class Finding:
    """The step of a script at which the sides part, and how."""

    at: int
    step: Step
    differences: tuple[Difference, ...]

    @property
    def symptoms(self) -> frozenset[Symptom]:
        """What kinds of differences it shows."""
        return frozenset(symptom_of(self.step, difference) for difference in self.differences)

    def __str__(self) -> str:
        return f"step {self.at}: {self.step}\n" + "\n".join(f"  {difference}" for difference in self.differences[:8])


@attrs.define
class Tally:
    """What was played so far."""

    scripts: int = 0
    requests: Counter[str] = attrs.Factory(Counter)
    known: Counter[str] = attrs.Factory(Counter)


class Stage:
    """Both sides, and how often they have played."""

    def __init__(self, kafka: Side, streambus: Side, *, run: str = "") -> None:
        self.kafka = kafka
        self.streambus = streambus
        self.tally = Tally()
        self._run = run
        self._numbers = itertools.count()

    def play(self, script: Script, reported: Collection[Symptom] = ()) -> Finding | None:
        """Carry out a script; where the sides part, if they do, otherwise than in ways that have been reported."""
        prefix = f"r{self._run}{next(self._numbers):06d}"
        now_ms = int(time.time() * 1000) - STARTED_BEFORE_MS
        for side in (self.kafka, self.streambus):
            side.begin(prefix, now_ms)
        try:
            self.tally.scripts += 1
            for at, step in enumerate(script):
                try:
                    found, over = self._step(step, reported)
                    death = self.streambus.death()
                except OSError:
                    death = self.streambus.death()
                    if death is None:
                        raise
                if death is not None:
                    found = [Difference("the broker", "the broker", "serves on", death)]
                    found = [] if symptom_of(step, found[0]) in reported else found
                    over = True
                if found:
                    return Finding(at, step, tuple(found))
                if over:
                    return None
            return None
        finally:
            asked = {str(step.api) for step in script}
            for side in (self.kafka, self.streambus):
                side.tidy(asked)

    def _step(self, step: Step, reported: Collection[Symptom]) -> tuple[list[Difference], bool]:
        self.tally.requests[str(step.api)] += 1
        answers = [self._carry_out(side, step) for side in (self.kafka, self.streambus)]
        unexplained = []
        over = False
        for difference in differences(*answers):
            known = explained(step, difference)
            if known is None and symptom_of(step, difference) in reported:
                over = over or step.api in CHANGES
            elif known is None:
                unexplained.append(difference)
            else:
                self._count(known)
                over = over or known.parts
        return unexplained, over

    def _count(self, known: Known) -> None:
        self.tally.known[known.title] += 1

    def _carry_out(self, side: Side, step: Step) -> Any:
        seen = side.ask(step)
        while side.lags and isinstance(seen, Answer) and getattr(seen.body, "error_code", 0) == COORDINATOR_LOAD_IN_PROGRESS:
            seen = side.ask(step)
        if isinstance(seen, Silence) and step.body.get("acks") == 0:
            seen = side.catch_up(step)
        if step.api in CHANGES:
            side.settle()
        if step.api in MAKES_TOPICS:
            _learn_topics(side)
        if isinstance(seen, Answer):
            _learn(side, step, seen.body)
        return normalised(str(step.api), seen, side.memory)


def _learn_topics(side: Side) -> None:
    answer = side.keeper.ask(messages.MetadataRequest(None, allow_auto_topic_creation=False), 12)
    for topic in answer.topics:
        if topic.name.startswith(side.memory.prefix):
            ids = side.memory.topic_ids.setdefault(topic.name, [])
            if topic.topic_id not in ids:
                ids.append(topic.topic_id)


def _learn(side: Side, step: Step, body: Any) -> None:
    memory = side.memory
    if step.api == "InitProducerId" and body.error_code == 0 and body.producer_id not in memory.producer_ids:
        memory.producer_ids.append(body.producer_id)
    if step.api == "Fetch" and body.session_id and body.session_id not in memory.session_ids:
        memory.session_ids.append(body.session_id)
