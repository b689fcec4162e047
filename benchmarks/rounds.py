"""Rounds: everyone is up, and is measured in turn, again and again, so that what drifts on the machine drifts for all."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import attrs

from .librdkafka import ClientFailed
from .processes import SubjectFailed, machine_busy_seconds
from .subjects import Subject
from .works import Contender, Place, Scale, Work

LIMIT = "limit"

_WARMED_BYTES = 2 << 30
_PIECE_BYTES = 8 << 20


@attrs.frozen
class Round:
    """One measurement. The shares are of one core, of the broker, of the clients and of everyone else on the machine (the host's
    theft included); `None` where they mean nothing."""

    figures: Mapping[str, float]
    broker_cpu: float | None = None
    client_cpu: float | None = None
    others_cpu: float | None = None


@attrs.define
class Result:
    """All rounds of one work, by name of the subject, and why someone dropped out."""

    work: Work
    rounds: dict[str, list[Round]] = attrs.field(factory=dict)
    failures: dict[str, str] = attrs.field(factory=dict)


def run(work: Work, subjects: Sequence[Subject], scale: Scale, cache: Path, disk: Path, report: Callable[[str], None]) -> Result:
    """Start everyone, measure them in turn, end them. Who fails drops out with a reason, and the others go on."""
    result = Result(work)
    folder = Path(tempfile.mkdtemp(prefix=f"{work.name}-", dir=disk))
    try:
        with ExitStack() as stack:
            contenders = _enter(work, subjects, scale, cache, folder, stack, result, report)
            for number in range(-scale.warm_ups, scale.rounds):
                for name in turns(list(contenders), number):
                    report(f"{work.name}: {'warm-up' if number < 0 else f'round {number + 1} of {scale.rounds}'}, {name}")
                    level(folder)
                    try:
                        measured = _measure(contenders[name])
                    except (SubjectFailed, ClientFailed, OSError) as failure:
                        result.failures[name] = str(failure)
                        del contenders[name]
                        continue
                    if number >= 0:
                        result.rounds.setdefault(name, []).append(measured)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return result


def level(folder: Path, warmed_bytes: int = _WARMED_BYTES) -> None:
    """Give everyone the same start: nobody pays for what the one before left behind, or finds what it has warmed.

    What was not synced is synced. And free memory is touched: on a virtual machine the first use of a page can cost ten times the
    copying of it, because the host has to find the page first, and whoever runs after someone who has just freed memory would be
    spared that. Afterwards writing costs all of them what it costs on a machine that has its memory to itself.
    """
    os.sync()
    scratch = folder / "scratch"
    piece = bytes(_PIECE_BYTES)
    with scratch.open("wb", buffering=0) as file:
        for _ in range(warmed_bytes // _PIECE_BYTES):
            file.write(piece)
    scratch.unlink()
    os.sync()


def _enter(
    work: Work,
    subjects: Sequence[Subject],
    scale: Scale,
    cache: Path,
    folder: Path,
    stack: ExitStack,
    result: Result,
    report: Callable[[str], None],
) -> dict[str, Contender]:
    contenders: dict[str, Contender] = {}
    if (limit := work.limit(Place(cache, folder), scale)) is not None:
        contenders[LIMIT] = limit
    for subject in subjects:
        report(f"{work.name}: starting {subject.name}")
        home = folder / subject.name
        home.mkdir()
        try:
            contenders[subject.name] = stack.enter_context(work.contend(subject, Place(cache, home), scale))
        except (SubjectFailed, ClientFailed, OSError) as failure:
            result.failures[subject.name] = str(failure)
    return contenders


def turns(names: list[str], number: int) -> list[str]:
    """Each round begins with someone else, so that nobody always follows the same neighbour's dirty pages."""
    first = number % len(names) if names else 0
    return names[first:] + names[:first]


def _measure(contender: Contender) -> Round:
    process = contender.process
    if process is None:
        return Round(contender.measure())
    process.check()
    started, broker, client, busy = time.perf_counter(), process.cpu_seconds(), own_cpu_seconds(), machine_busy_seconds()
    figures = contender.measure()
    elapsed = time.perf_counter() - started
    broker, client, busy = process.cpu_seconds() - broker, own_cpu_seconds() - client, machine_busy_seconds() - busy
    return Round(figures, broker / elapsed, client / elapsed, max(0.0, busy - broker - client) / elapsed)


def own_cpu_seconds() -> float:
    """Processor time of this process and of the clients it started and has seen end."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
