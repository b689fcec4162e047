"""The list of all rare branches, read off the source."""

import ast
from functools import cache
from pathlib import Path

import streambus


@cache
def rare_branches() -> tuple[str, ...]:
    """Every name that is given to `sometimes` anywhere in StreamBus, sorted. A name that is not a literal is a mistake."""
    names: list[str] = []
    for file in sorted(Path(streambus.__file__).parent.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if "sometimes(" in text:
            names.extend(_names(ast.parse(text), file))
    return tuple(sorted(names))


def _names(tree: ast.Module, file: Path) -> list[str]:
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "sometimes":
            argument = node.args[0]
            assert isinstance(argument, ast.Constant), f"{file}:{node.lineno}: a name must be a literal"
            names.append(str(argument.value))
    return names
