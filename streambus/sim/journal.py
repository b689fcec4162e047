"""The journal of a whole run, and its replay without any simulator.

A journal is a text file of JSON lines. The first says what was run; then come, in order,

- `["birth", life, config]`: a node is made from its config;
- `["step", life, now, event, digests]`: it is fed `event` at `now`, and its effects have these digests;
- `["raise", life, now, event, error]`: it is fed `event` and raises.

A life is named `host/number`. Values are written by `streambus.kernel.encode_value`. Replay makes fresh nodes, feeds them, and
compares effect by effect: whatever differs is either a change of the code since the journal was written, or a machine that looked
at something that is not an event.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, TextIO

from streambus import __version__
from streambus.kernel import Effect, Event, Instant, Node, decode_value, encode_value, message
from streambus.kernel.encoding import UnreadableValue
from streambus.sim.life import Life
from streambus.sim.simulation import Factories
from streambus.sim.trace import effect_digests

FORMAT = "streambus run journal 1"


class UnreadableJournal(ValueError):
    """The file is not a journal, or a part of one is missing. The text says where."""


class JournalWriter:
    """An observer that writes everything down."""

    def __init__(self, file: TextIO, scenario: str, seed: int) -> None:
        self.file = file
        self._write({"format": FORMAT, "version": __version__, "scenario": scenario, "seed": seed})

    def on_birth(self, life: Life) -> None:
        """A node is made."""
        self._write(["birth", _name(life), encode_value(life.host.config)])

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """A node is fed."""
        self._write(["step", _name(life), now, encode_value(event), effect_digests(effects)])

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """A node is fed, and raises."""
        self._write(["raise", _name(life), now, encode_value(event), _raised(error)])

    def _write(self, line: Any) -> None:
        self.file.write(json.dumps(line, separators=(",", ":")) + "\n")


@message
class Divergence:
    """Where a replay went another way: the line of the journal (1 is the first), the life, the event, and what differs, in a sentence."""

    line: int
    life: str
    event: Event
    difference: str


@message
class Replayed:
    """What a replay found. `divergence` is None if every effect was as journalled."""

    scenario: str
    seed: int
    version: str
    events: int
    lives: int
    divergence: Divergence | None


def replay_journal(lines: Iterable[str], factories: Factories) -> Replayed:
    """Feed a journal to fresh nodes, up to the first divergence. `UnreadableJournal` if it cannot be read."""
    numbered = enumerate(lines, 1)
    head = _head(next(numbered, (1, ""))[1])
    nodes: dict[str, Node] = {}
    events = 0
    divergence = None
    for number, line in numbered:
        kind, life, *rest = _entry(number, line)
        if kind == "birth":
            config = rest[0]
            if type(config) not in factories:
                raise UnreadableJournal(f"line {number}: nothing is made from a {type(config).__name__}")
            nodes[life] = factories[type(config)](config)
            continue
        if life not in nodes:
            raise UnreadableJournal(f"line {number}: {life} was never born")
        now, event, expected = rest
        events += 1
        difference = _COMPARISONS[kind](nodes[life], now, event, expected)
        if difference:
            divergence = Divergence(number, life, event, difference)
            break
    return Replayed(head["scenario"], head["seed"], head["version"], events, len(nodes), divergence)


def _compare_step(node: Node, now: Instant, event: Event, expected: list[str]) -> str | None:
    try:
        effects = node.step(now, event)
    except Exception as error:  # a node's mistake is what a replay is there to show
        return f"the journal has {_counted(len(expected))}, the replay raised {_raised(error)}"
    digests = effect_digests(effects)
    for index, (effect, digest) in enumerate(zip(effects, digests, strict=True)):
        if index >= len(expected):
            return f"the journal has {_counted(len(expected))}, the replay did also {effect!r}"
        if digest != expected[index]:
            return f"effect {index + 1} of {len(effects)} is another one: the replay did {effect!r}"
    if len(digests) < len(expected):
        return f"the journal has {_counted(len(expected))}, the replay did only {len(digests)}"
    return None


def _compare_raise(node: Node, now: Instant, event: Event, expected: str) -> str | None:
    try:
        effects = node.step(now, event)
    except Exception as error:  # expected, if it is the same one
        return None if _raised(error) == expected else f"the journal has {expected}, the replay raised {_raised(error)}"
    return f"the journal has {expected}, the replay did {_counted(len(effects))}"


_COMPARISONS: dict[str, Callable[[Node, Instant, Event, Any], str | None]] = {"step": _compare_step, "raise": _compare_raise}


def _head(line: str) -> dict[str, Any]:
    try:
        head = json.loads(line)
        if head["format"] == FORMAT:
            return {"scenario": str(head["scenario"]), "seed": int(head["seed"]), "version": str(head["version"])}
    except (ValueError, KeyError, TypeError):
        pass
    raise UnreadableJournal(f"line 1: this is not a {FORMAT}")


def _entry(number: int, line: str) -> list[Any]:
    try:
        entry = json.loads(line)
        kind = entry[0]
        if kind == "birth":
            _, life, config = entry
            return [kind, life, decode_value(config)]
        if kind in _COMPARISONS:
            _, life, now, event, expected = entry
            return [kind, life, Instant(now), decode_value(event), expected]
    except (ValueError, KeyError, TypeError, IndexError, UnreadableValue) as error:
        raise UnreadableJournal(f"line {number}: {error}") from error
    raise UnreadableJournal(f"line {number}: unknown entry {kind!r}")


def _name(life: Life) -> str:
    return f"{life.name}/{life.number}"


def _raised(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _counted(effects: int) -> str:
    return "1 effect" if effects == 1 else f"{effects} effects"
