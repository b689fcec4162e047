"""The catalogue: a folder of Python files in which mutants are."""

from functools import cache
from pathlib import Path
from runpy import run_path

from streambus.sim.mutation.mutant import Mutant

FOLDER = Path("tests/mutants")


class NoCatalogue(ValueError):
    """There are no mutants there. The text says where was looked."""


@cache
def read_catalogue(folder: Path = FOLDER) -> dict[str, Mutant]:
    """All mutants in the files of `folder`, by name, in the order of the files."""
    found: dict[str, Mutant] = {}
    for file in sorted(folder.glob("[!_]*.py")):
        if file.name.startswith("test_"):
            continue
        for value in run_path(str(file)).values():
            if isinstance(value, Mutant):
                if value.name in found:
                    raise NoCatalogue(f"{file}: there is another mutant {value.name}")
                found[value.name] = value
    if not found:
        raise NoCatalogue(f"no mutants in {folder}: run it in the project's folder, or say where they are with --catalogue")
    return found
