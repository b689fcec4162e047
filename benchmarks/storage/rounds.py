"""Rounds: all contenders of a work in turn, again and again, so that what drifts on the machine drifts for all."""

import gc
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import SubprocessError

import attrs

from ..processes import machine_busy_seconds
from ..rounds import level, own_cpu_seconds, turns
from .work import Figures, Scale, Work


@attrs.define
class Result:
    """What was found, by name of the figure, round by round; the share of a core that others used meanwhile; who was left out, and why."""

    work: Work
    found: dict[str, list[float]] = attrs.field(factory=dict)
    others_cpu: list[float] = attrs.field(factory=list)
    left_out: dict[str, str] = attrs.field(factory=dict)


def run(work: Work, scale: Scale, disk: Path, report: Callable[[str], None]) -> Result:
    """Prepare everyone, measure them in turn, leave nothing behind. Who fails drops out with a reason, and the others go on."""
    result = Result(work)
    warm_ups, rounds = (0, 1) if work.is_exact else (scale.warm_ups, scale.rounds)
    folder = Path(tempfile.mkdtemp(prefix=f"{work.name}-", dir=disk))
    try:
        report(f"{work.name}: preparing")
        with work.contend(folder, scale, result.left_out) as contenders:
            for number in range(-warm_ups, rounds):
                for name in turns(list(contenders), number):
                    report(f"{work.name}: {'warm-up' if number < 0 else f'round {number + 1} of {rounds}'}, {name}")
                    if work.is_disk_bound:
                        level(folder, scale.warmed_bytes)
                    try:
                        figures, others = _measure(contenders[name])
                    except (OSError, SubprocessError) as failure:
                        result.left_out[name] = f"failed: {failure}"
                        del contenders[name]
                        continue
                    if number >= 0:
                        result.others_cpu.append(others)
                        for figure, value in figures.items():
                            result.found.setdefault(figure, []).append(value)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return result


def _measure(contender: Callable[[], Figures]) -> tuple[Figures, float]:
    """The figures, and the share of a core that others used meanwhile."""
    gc.collect()
    started, own, busy = time.perf_counter(), own_cpu_seconds(), machine_busy_seconds()
    figures = contender()
    elapsed = time.perf_counter() - started
    own, busy = own_cpu_seconds() - own, machine_busy_seconds() - busy
    return figures, max(0.0, busy - own) / elapsed


def chosen(works: Sequence[Work], names: Sequence[str]) -> list[Work]:
    """The works called, or else beginning with, one of `names`; all for no names. `KeyError` for a name that fits none."""
    if not names:
        return list(works)
    selected: list[Work] = []
    for name in names:
        found = [work for work in works if work.name == name] or [work for work in works if work.name.startswith(name)]
        if not found:
            raise KeyError(name)
        selected += [work for work in found if work not in selected]
    return selected
