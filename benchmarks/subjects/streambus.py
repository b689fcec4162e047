"""StreamBus itself, as a user starts it."""

import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import attrs

from .subject import Absent


@attrs.frozen
class StreamBus:
    """`streambus serve`: every record is on disk before it is acknowledged."""

    name: str = "streambus"
    title: str = "StreamBus"
    topic_configs: Mapping[str, str] = attrs.field(factory=dict)

    def provide(self, cache: Path) -> str:
        """It is installed beside the interpreter that runs the benchmarks."""
        if not _executable().exists():
            raise Absent(f"{_executable()} is missing: run `make setup`")
        return metadata.version("streambus")

    def format(self, cache: Path, folder: Path, port: int) -> None:
        """Nothing: a fresh folder is enough."""

    def command(self, cache: Path, folder: Path, port: int) -> list[str]:
        """The command of the README."""
        return [str(_executable()), "serve", "--listen", f"127.0.0.1:{port}", "--data", str(folder / "data")]


def _executable() -> Path:
    return Path(sys.executable).with_name("streambus")
