"""Tapes as Python that a person reads: what a scenario file, or a test, of one run looks like.

Only what differs from its default is written. The text is laid out the way our formatter would.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import attrs

import streambus.sim
from streambus.sim.tape import Tape

WIDTH = 140
INDENT = "    "


def scenario_source(tape: Tape, about: str) -> str:
    """A scenario file that plays `tape`. `about` becomes its docstring: a first line, and more."""
    return f'"""{_quoted(about)}\n"""\n\n{_imports(tape)}\n\nTAPE = {expression(tape)}\n'


def test_source(tape: Tape, name: str, about: str) -> str:
    """A test that plays `tape` and wants nothing to be wrong."""
    return (
        f"{_imports(tape, 'play')}\n\nTAPE = {expression(tape)}\n\n\n"
        f'def test_{name}():\n{INDENT}"""{_quoted(about)}\n{INDENT}"""\n{INDENT}assert play(TAPE).violations == ()\n'
    )


test_source.__test__ = False  # type: ignore[attr-defined]


def expression(value: Any, indent: str = "") -> str:
    """`value` as an expression, on one line if it fits behind `indent`."""
    line = _on_one_line(value)
    if len(indent) + len(line) <= WIDTH or not _parts(value):
        return line
    opening, parts, closing = _shape(value)
    inner = indent + INDENT
    lines = [f"{inner}{label}{expression(part, inner)},\n" for label, part in parts]
    return f"{opening}\n{''.join(lines)}{indent}{closing}"


def _on_one_line(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, int):
        return f"{value:_}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    opening, parts, closing = _shape(value)
    comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
    return f"{opening}{', '.join(f'{label}{_on_one_line(part)}' for label, part in parts)}{comma}{closing}"


def _parts(value: Any) -> bool:
    return isinstance(value, tuple) or attrs.has(type(value))


def _shape(value: Any) -> tuple[str, list[tuple[str, Any]], str]:
    """How a composed value is written: what it opens with, its parts with their labels, what it closes with."""
    if isinstance(value, tuple):
        return "(", [("", item) for item in value], ")"
    parts: list[tuple[str, Any]] = []
    is_labelled = False
    for field in attrs.fields(type(value)):
        part = getattr(value, field.name)
        if part == field.default:
            continue
        is_labelled = is_labelled or field.default is not attrs.NOTHING or isinstance(part, tuple)
        parts.append((f"{field.name}=" if is_labelled else "", part))
    return f"{type(value).__name__}(", parts, ")"


def _imports(value: Any, *more: str) -> str:
    modules: dict[str, dict[str, None]] = {}
    for kind in _kinds(value):
        modules.setdefault(_public_module(kind), {})[kind.__name__] = None
    for name in more:
        modules.setdefault("streambus.sim", {})[name] = None
    return "\n".join(_import(module, names) for module, names in sorted(modules.items()))


def _import(module: str, names: Mapping[str, None]) -> str:
    listed = sorted(names, key=lambda name: (not name[0].isupper(), name))
    line = f"from {module} import {', '.join(listed)}"
    return line if len(line) <= WIDTH else f"from {module} import (\n{''.join(f'{INDENT}{name},{chr(10)}' for name in listed)})"


def _kinds(value: Any) -> list[type]:
    if isinstance(value, Enum):
        return [type(value)]
    if not _parts(value):
        return []
    _, parts, _ = _shape(value)
    inner = [kind for _, part in parts for kind in _kinds(part)]
    return inner if isinstance(value, tuple) else [type(value), *inner]


def _public_module(kind: type) -> str:
    """The package that exports `kind`: where a person would import it from."""
    if getattr(streambus.sim, kind.__name__, None) is kind:
        return "streambus.sim"
    package = ".".join(kind.__module__.split(".")[:2])
    return kind.__module__ if package == "streambus.sim" else package


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"""', "'''").rstrip('"')
