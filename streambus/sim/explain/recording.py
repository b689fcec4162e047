"""A run, played while somebody writes down what happened and why."""

import re
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import attrs

from streambus import checkers
from streambus.sim.cluster import Cluster
from streambus.sim.disk import SimulatedDisk
from streambus.sim.explain.disks import WitnessedDisk
from streambus.sim.explain.events import Happening, Kind, Message, Move, span
from streambus.sim.explain.recorder import Recorder
from streambus.sim.explain.speech import label_of
from streambus.sim.faults.deed import words
from streambus.sim.run import Outcome, outcome_of
from streambus.sim.simulation import Factories, Observer
from streambus.sim.tape import Tape

FAULTS = "faults"
"""The lane of faults."""

TOLD_WEIGHT = 5
"""What the violating step did is always told."""

HARMFUL = ("kill", "power", "crash", "restart", "upgrade", "disk", "client crash")
"""Words in the names of faults that end lives."""


class WitnessedCluster(Cluster):
    """A cluster whose disks are watched."""

    def _disk(self, host: str) -> SimulatedDisk:
        return WitnessedDisk(self.simulation.streams.stream(host, "disk"), host)


@attrs.define(eq=False)
class Recording:
    """A run with all that happened in it. `roots` are the happenings that show what went wrong; the last of `happenings` says so."""

    outcome: Outcome
    happenings: list[Happening]
    messages: list[Message]
    moves: list[Move]
    roots: list[int]
    lanes: list[str]
    violations: tuple[str, ...]
    subjects: dict[str, None]
    """The labels of the records that prove an anomaly; none if it was not the history that gave it away."""

    @property
    def end(self) -> int:
        """When the run was over."""
        return self.outcome.simulated_microseconds

    def sorted(self) -> list[Happening]:
        """By time; what begins at one moment in the order in which it was told, faults first."""
        return sorted(self.happenings, key=lambda one: (one.at, one.kind is not Kind.FAULT, one.kind is Kind.VIOLATION, one.number))


def record(tape: Tape, factories: Factories, observers: tuple[Observer, ...] = ()) -> Recording:
    """Play `tape` and write down what happens. The outcome is that of `play`, its trace hash included."""
    began = perf_counter()
    cluster = WitnessedCluster(tape, factories)
    recorder = Recorder(cluster.simulation)
    for host in cluster.simulation.hosts.values():
        assert isinstance(host.disk, WitnessedDisk)
        host.disk.witness.append(recorder)
    cluster.simulation.observers.extend((*observers, recorder))
    outcome = outcome_of(cluster, tape.scenario.title, began)
    recorder.finish()
    _add_faults(cluster, recorder)
    roots = _roots(outcome, recorder)
    violations = tuple([recorder.chronicle.names.spelt(violation) for violation in outcome.violations])
    _add_violations(outcome, violations, recorder, roots)
    lanes = _lanes(cluster, recorder)
    return Recording(
        outcome,
        recorder.chronicle.happenings,
        recorder.chronicle.messages,
        recorder.chronicle.moves,
        roots,
        lanes,
        violations,
        _subjects(outcome),
    )


# Faults ----------------------------------------------------------------------------------------------------------------


def _add_faults(cluster: Cluster, recorder: Recorder) -> None:
    """Faults become happenings, and causes of what they did."""
    now = cluster.simulation.agenda.now
    done = [(fault.name, fault.target, fault.began_at, fault.ended_at, fault.details) for fault in cluster.history.faults]
    done += [(words(type(deed)), deed.target, began_at, None, _details(deed)) for deed, began_at in cluster.injector.active.values()]
    for name, target, began_at, ended_at, details in sorted(done, key=lambda fault: (fault[2], fault[0], fault[1])):
        number = next(
            (at for at, planned in enumerate(cluster.tape.faults) if planned.at == began_at and words(type(planned.deed)) == name), None
        )
        title = f"{name} of {target}" if number is None else f"fault {number + 1}: {name} of {target}"
        fault = Happening(
            len(recorder.chronicle.happenings), began_at, Kind.FAULT, FAULTS, title, ended_at if ended_at is not None else now
        )
        lasts = "" if ended_at is None or ended_at == began_at else f" for {span(ended_at - began_at)}"
        fault.say(f"{name} of {target}{lasts}{f' ({_plain(details)})' if details else ''}", 7)
        recorder.chronicle.happenings.append(fault)
        _blame(fault, name, target, recorder)


def _details(deed: Any) -> str:
    fields = [(field.name, getattr(deed, field.name)) for field in attrs.fields(type(deed))]
    return ", ".join([f"{name} {value}" for name, value in fields if name not in ("target", "lasts")])


def _plain(details: str) -> str:
    """Without the names of classes: `Survival.NOTHING` is nothing."""
    return re.sub(r"\b[A-Z][A-Za-z]+\.([A-Z_]+)\b", lambda found: found[1].lower().replace("_", " "), details)


def _blame(fault: Happening, name: str, target: str, recorder: Recorder) -> None:
    """What the fault is a cause of: the end of a life, a failed disk operation, a closed connection."""
    assert fault.ends_at is not None
    for happening in recorder.chronicle.happenings:
        if not fault.at <= happening.at <= fault.ends_at + (200_000 if "reset" in name else 0):
            continue
        host = happening.lane.removesuffix("'s disk")
        if host not in target and target not in host:
            continue
        is_end = happening.kind is Kind.CRASH and any(word in name for word in HARMFUL)
        is_failure = happening.kind is Kind.DISK and happening.state.startswith("failed")
        is_closing = happening.kind is Kind.STEP and "is closed: connection reset" in happening.title and "reset" in name
        if is_end or is_failure or is_closing:
            happening.because(fault.number, "the fault did it")


# What went wrong -------------------------------------------------------------------------------------------------------


def _roots(outcome: Outcome, recorder: Recorder) -> list[int]:
    """The happenings that show what went wrong: the step at which somebody objected, the operations that prove an anomaly."""
    happenings, roots = recorder.chronicle.happenings, dict[int, None]()
    if outcome.failed_at is not None:
        last = _objected_at(outcome.violations[0], *outcome.failed_at, happenings)
        if last is not None:
            roots[last] = None
            step_clauses = happenings[last].clauses
            step_clauses[:] = [attrs.evolve(clause, weight=max(clause.weight, TOLD_WEIGHT)) for clause in step_clauses]
            roots.update(dict.fromkeys(_births_before(happenings[last], happenings)))
        roots.update(dict.fromkeys(_waiting(outcome, happenings)))
    for operation in _proof(outcome):
        roots.update(dict.fromkeys(_witnesses(operation, happenings)))
    if outcome.violations:
        roots.update({one.number: None for one in happenings if one.kind is Kind.STEP and one.weight == 10})
    return list(roots)


def _objected_at(violation: str, step: int, at: int, happenings: list[Happening]) -> int | None:
    """The step, or the birth, at which somebody objected: the last one of the host that the objection names, if it names one."""
    until = [one for one in happenings if one.kind is Kind.BIRTH or (one.kind is Kind.STEP and (one.step or 0) <= step)]
    until = [one for one in until if one.at <= at]
    named = [one for one in until if violation.startswith((f"{one.lane}:", f"{one.lane} "))]
    return max([one.number for one in named or until], default=None)


def _proof(outcome: Outcome) -> tuple[checkers.Operation, ...]:
    """The operations that prove the first anomaly: one story at a time."""
    anomalies = [anomaly for anomaly in outcome.verdict.anomalies if anomaly.severity is not checkers.Severity.ALLOWED]
    return anomalies[0].operations if anomalies else ()


def _subjects(outcome: Outcome) -> dict[str, None]:
    return {label: None for operation in _proof(outcome) for label in _labels(operation)}


def _labels(operation: checkers.Operation) -> list[str]:
    """The records that an operation sent or read."""
    values = [getattr(action, "value", None) for action in operation.actions]
    return [label_of(value.partition(b" ")[0]) for value in values if value is not None]


def _births_before(step: Happening, happenings: list[Happening]) -> Iterator[int]:
    """The birth of a node that lives again, and what its recovery found: whatever it does rests on that."""
    for one in happenings:
        is_beginning = one.kind is Kind.BIRTH or any(clause.text.startswith("recovers ") for clause in one.clauses)
        if is_beginning and one.lane == step.lane and one.life == step.life > 1 and one.number <= step.number:
            yield one.number


def _waiting(outcome: Outcome, happenings: list[Happening]) -> Iterator[int]:
    """If a run did not come to rest: the last that was done by each who is named."""
    text = outcome.violations[0]
    if text.startswith(("no answer within", "not at rest")):
        last = {one.lane: one.number for one in happenings if one.kind is Kind.STEP and one.weight >= 2}
        yield from [number for lane, number in last.items() if lane in text]
        yield from [one.number for one in happenings if one.kind in (Kind.CRASH, Kind.FAULT)]


def _witnesses(operation: checkers.Operation, happenings: list[Happening]) -> Iterator[int]:
    """The steps in which an operation began and ended."""
    labels = set(_labels(operation))
    moments = (operation.invoked_at, operation.completed_at)
    name = operation.process.partition("/")[0]
    for one in happenings:
        is_witness = one.kind is Kind.STEP and name == one.lane and bool(labels & set(one.labels))
        if is_witness and (one.title.startswith("asked to send") or (one.at in moments and one.weight >= TOLD_WEIGHT)):
            yield one.number


def _add_violations(outcome: Outcome, violations: tuple[str, ...], recorder: Recorder, roots: list[int]) -> None:
    if not violations:
        return
    happenings = recorder.chronicle.happenings
    at = outcome.failed_at[1] if outcome.failed_at is not None else max((happenings[root].at for root in roots), default=0)
    last = max(roots, key=lambda number: (happenings[number].at, happenings[number].step or 0), default=None)
    lane = happenings[last].lane if last is not None else FAULTS
    violation = Happening(len(happenings), at, Kind.VIOLATION, lane, "what must not be")
    violation.details.extend(violations[:8])
    for root in roots:
        violation.because(root, "it shows what is wrong")
    happenings.append(violation)
    roots.append(violation.number)


def _lanes(cluster: Cluster, recorder: Recorder) -> list[str]:
    """Clients on the left, brokers and their disks on the right, faults between."""
    used = {one.lane: None for one in recorder.chronicle.happenings}
    names = list(cluster.simulation.hosts)
    brokers = [name for name in names if name.startswith("broker")]
    clients = [name for name in names if name not in brokers and name in used]
    disks = {name: f"{name}'s disk" for name in names}
    order = [*clients, *[lane for name in brokers for lane in (name, disks[name])], FAULTS]
    return [lane for lane in order if lane in used]
