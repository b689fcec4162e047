"""All messages, each built when it is first asked for. `messages.pyi`, which `python -m streambus.wire` writes, tells their types."""

from typing import Any

from streambus.wire.catalogue import MESSAGES, definition
from streambus.wire.generator import build


def __getattr__(name: str) -> Any:
    if name not in MESSAGES:
        raise AttributeError(f"there is no message called {name}")
    built = build(definition(name), __name__)
    globals()[name] = built
    return built


def __dir__() -> list[str]:
    return list(MESSAGES)
