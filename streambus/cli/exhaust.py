"""`streambus sim exhaust`: look at every run of a small world, up to a bound."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import attrs

from streambus.cli.misuse import Misuse
from streambus.sim import FACTORIES
from streambus.sim.exhaust import (
    UNBOUNDED,
    Astray,
    Counterexample,
    Exploration,
    NoBeginning,
    NoSpec,
    Progress,
    Spec,
    UnreadableCounterexample,
    explore,
    find_spec,
)

CLEAN, VIOLATION, UNFINISHED = 0, 1, 3

EPILOG = """\
A spec is a small world: one broker, a few clients, a few faults. Every order of events is tried that deviates from the usual one by no
more than a number of delays, with every fault at every point. The first violation that is found has the fewest delays and steps.

examples:
  streambus sim exhaust lost_acknowledgement                    up to the bound that the spec names
  streambus sim exhaust two_writers --delays 3                  up to three delays
  streambus sim exhaust two_writers --delays all                every order whatever
  streambus sim exhaust scenarios/exhaust/long_poll.py --power-cuts 1 --limit 1000000
  streambus sim exhaust long_poll --out found.json              keep a violation
  streambus sim exhaust --replay found.json                     do it again, step for step

exit status: 0 exhausted and clean, 1 violation, 2 misuse, 3 stopped at the limit
"""


def register(commands: Any) -> None:
    """Add `exhaust` to the commands of `streambus sim`."""
    parser = commands.add_parser(
        "exhaust", help="look at every run of a small world", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("spec", nargs="?", help="a spec file, or the name of one in the folder scenarios/exhaust/")
    what.add_argument("--replay", type=Path, help="replay the violation that was kept in FILE", metavar="FILE")
    parser.add_argument("--delays", type=_delays, help="the bound, or `all` for every order (default: the spec's)", metavar="N")
    parser.add_argument("--limit", type=_count, help="stop after so many states", metavar="STATES")
    parser.add_argument("--power-cuts", type=_count, help="how often the power may fail (default: the spec's)", metavar="N")
    parser.add_argument("--kills", type=_count, help="how often the broker may be killed (default: the spec's)", metavar="N")
    parser.add_argument("--connection-cuts", type=_count, help="how often a connection may break (default: the spec's)", metavar="N")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--out", type=Path, help="write a violation to FILE, and a test for it beside it", metavar="FILE")
    parser.set_defaults(run=exhaust_command)


def exhaust_command(arguments: argparse.Namespace) -> int:
    """`streambus sim exhaust`."""
    try:
        return _replay(arguments) if arguments.replay is not None else _explore(arguments)
    except (NoSpec, NoBeginning, UnreadableCounterexample, Astray) as error:
        raise Misuse(str(error)) from error
    except OSError as error:
        raise Misuse(f"{error.filename}: {error.strerror}") from error


def _explore(arguments: argparse.Namespace) -> int:
    name, spec = find_spec(arguments.spec)
    budget = {field: getattr(arguments, field) for field in ("power_cuts", "kills", "connection_cuts")}
    spec = attrs.evolve(spec, **{field: value for field, value in budget.items() if value is not None})
    is_shown = not arguments.json and sys.stderr.isatty()
    if not arguments.json:
        print(f"{name}: {spec.title}", flush=True)
    found = explore(spec, FACTORIES, delays=arguments.delays, limit=arguments.limit, on_progress=_show if is_shown else None)
    if is_shown:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    counterexample = None if found.is_clean else Counterexample.of(arguments.spec, found)
    if counterexample is not None and arguments.out is not None:
        arguments.out.write_text(counterexample.to_text(), encoding="utf-8")
        _test_file(arguments.out).write_text(counterexample.to_test(), encoding="utf-8")
    if arguments.json:
        print(json.dumps(_to_json(name, found)))
    else:
        print("\n".join(_words(spec, found, counterexample, arguments.out)))
    if counterexample is not None:
        return VIOLATION
    return CLEAN if found.exhausted else UNFINISHED


def _replay(arguments: argparse.Namespace) -> int:
    counterexample = Counterexample.from_text(arguments.replay.read_text(encoding="utf-8"))
    _, spec = find_spec(counterexample.spec)
    replayed = counterexample.replay(spec, FACTORIES)
    if arguments.json:
        told = {"spec": counterexample.spec, "violation": replayed.violation, "expected": counterexample.violation}
        print(json.dumps({**told, "steps": len(counterexample.actions)}))
    else:
        print(counterexample.story(replayed))
        if replayed.violation != counterexample.violation:
            print(f"it was: {counterexample.violation}")
    return CLEAN if replayed.violation is None else VIOLATION


def _delays(text: str) -> int:
    return UNBOUNDED if text == "all" else _count(text)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def _test_file(out: Path) -> Path:
    return out.with_name(f"test_{out.stem}.py")


# Words -----------------------------------------------------------------------------------------------------------------


def _show(progress: Progress) -> None:
    rate = progress.states / max(progress.seconds, 1e-9)
    words = f"{progress.states:,} states, {rate:,.0f}/s, {progress.delays} delays, depth {progress.depth}, {progress.frontier:,} to go"
    print(f"\r\x1b[K  {words} …", end="", file=sys.stderr, flush=True)


def _words(spec: Spec, found: Exploration, counterexample: Counterexample | None, out: Path | None) -> list[str]:
    lines = [f"  {level.delays} delays: {level.states:>9,} states, {level.terminal:>6,} terminal" for level in found.levels]
    rate = found.states / max(found.seconds, 1e-9)
    lines.append(
        f"{found.states:,} states and {found.transitions:,} transitions in {found.seconds:.1f} s ({rate:,.0f} states/s), "
        f"depth {found.depth}; {found.local_states:,} local states, {found.local_steps:,} local steps"
    )
    if counterexample is not None:
        lines.append(counterexample.story(counterexample.replay(spec, FACTORIES)))
        if out is not None:
            lines.append(f"again: streambus sim exhaust --replay {out}    as a test: {_test_file(out)}")
    elif found.exhausted:
        lines.append(f"exhausted {_bound(found)}: {found.states:,} states, {found.terminal:,} terminal, all clean")
    else:
        lines.append(f"stopped at the limit: {found.states:,} states, {found.terminal:,} terminal, all clean so far")
    return lines


def _bound(found: Exploration) -> str:
    return "in every order" if found.bound == UNBOUNDED else f"at bound {found.bound}"


def _to_json(name: str, found: Exploration) -> dict[str, Any]:
    verdict = "violation" if not found.is_clean else "exhausted" if found.exhausted else "unfinished"
    return {
        "spec": name,
        "verdict": verdict,
        "bound": "all" if found.bound == UNBOUNDED else found.bound,
        "violation": found.violation,
        "delays": found.delays if not found.is_clean else None,
        "steps": len(found.actions) if not found.is_clean else None,
        "states": found.states,
        "transitions": found.transitions,
        "terminal": found.terminal,
        "depth": found.depth,
        "local_states": found.local_states,
        "local_steps": found.local_steps,
        "wall_seconds": round(found.seconds, 3),
        "levels": [attrs.asdict(level) for level in found.levels],
    }
