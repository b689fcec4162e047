"""Shrinking: the smallest script that still shows a symptom, found by leaving out steps, then parts of steps, as long as it shows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import attrs

from .script import Script, Step

ATTEMPTS_MAX = 250
SECONDS_MAX = 20.0

NEEDED = ("records", "acks", "timeout_ms")
"""Without records Kafka does not answer a Produce at all, without acks nobody does, and without time it depends."""

Shows = Callable[[Script], bool]


def shrunk(script: Script, shows: Shows) -> Script:
    """As little as possible of `script` that still shows the symptom."""
    attempts = 0
    progress = True
    deadline = time.monotonic() + SECONDS_MAX
    while progress and attempts < ATTEMPTS_MAX and time.monotonic() < deadline:
        progress = False
        for candidate in _smaller(script):
            attempts += 1
            if shows(candidate):
                script, progress = candidate, True
                break
            if attempts >= ATTEMPTS_MAX or time.monotonic() > deadline:
                break
    return script


def _smaller(script: Script) -> Iterator[Script]:
    """Candidates, the boldest first."""
    size = len(script) - 1
    while size >= 1:
        for at in range(0, len(script) - 1, size):
            yield script[:at] + script[min(at + size, len(script) - 1) :]
        size //= 2
    for at, step in enumerate(script):
        for simpler in _simpler_steps(step):
            yield (*script[:at], simpler, *script[at + 1 :])


def _simpler_steps(step: Step) -> Iterator[Step]:
    if step.connection:
        yield attrs.evolve(step, connection=0)
    for body in _simpler(step.body):
        yield attrs.evolve(step, body=body)


def _simpler(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in NEEDED:
                yield {other: value[other] for other in value if other != name}
            for simpler in _simpler(item):
                yield value | {name: simpler}
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield value[:at] + value[at + 1 :]
            for simpler in _simpler(item):
                yield [*value[:at], simpler, *value[at + 1 :]]
