"""Where scenarios and tapes are found.

A scenario is a Python file with a docstring that says what it shows and a value `SCENARIO`; a file with a value `TAPE` is one run of it.
Both are named by a path, or by the bare name of a file in the folder `scenarios` of the working directory.
"""

import ast
from pathlib import Path
from runpy import run_path
from typing import Any

from streambus.sim.scenario import Scenario
from streambus.sim.tape import Tape

FOLDER = "scenarios"


class NoScenario(ValueError):
    """There is no such scenario. The text says what was looked for."""


def find_scenario(name: str) -> tuple[str, Scenario]:
    """The scenario in the file `name`, or in `scenarios/name.py`, and its short name."""
    short, found = find_playable(name)
    if not isinstance(found, Scenario):
        raise NoScenario(f"{name} holds one run, a TAPE, and no SCENARIO for which seeds could be tried")
    return short, found


def find_playable(name: str) -> tuple[str, Scenario | Tape]:
    """The scenario or the tape in the file `name`, or in `scenarios/name.py`, and its short name."""
    path = Path(name)
    candidates = [path, path.with_name(path.name + ".py"), Path(FOLDER) / f"{name}.py"]
    file = next((candidate for candidate in candidates if candidate.is_file()), None)
    if file is None:
        known = sorted(file.stem for file in Path(FOLDER).glob("[!_]*.py"))
        raise NoScenario(f"no scenario {name!r}: neither a file nor one of {FOLDER}/: {', '.join(known) or 'that folder has none'}")
    return file.stem, _content(file)


def _content(file: Path) -> Scenario | Tape:
    try:
        values: dict[str, Any] = run_path(str(file))
    except Exception as error:
        raise NoScenario(f"{file} cannot be read: {type(error).__name__}: {error}") from error
    found = values.get("SCENARIO", values.get("TAPE"))
    if not isinstance(found, Scenario | Tape):
        raise NoScenario(f"{file} has no value SCENARIO of type streambus.sim.Scenario, nor a TAPE")
    return found


def all_scenarios(folder: Path = Path(FOLDER)) -> list[tuple[str, str]]:
    """The name and the docstring of every scenario in `folder`, by name. The files are read, not run."""
    files = sorted(folder.glob("[!_]*.py"))
    return [(file.stem, ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "") for file in files]
