"""On what the numbers were made."""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import attrs

from .librdkafka import version

_PROBES = 200


@attrs.frozen
class Machine:
    """Processor, disk and interpreter, in words."""

    processor: str
    cores: int
    memory_gb: float
    system: str
    disk: str
    sync_us: float
    python: str
    librdkafka: str
    java: str
    load: float


def describe(disk: Path) -> Machine:
    """This machine; `disk` is the folder that the data is written to, where a small sync is timed."""
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gb=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        system=f"{platform.system()} {platform.release()}",
        disk=_file_system(disk),
        sync_us=round(_sync_us(disk), 1),
        python=f"{platform.python_implementation()} {platform.python_version()} ({os.path.realpath(sys.executable)}{_optimised()})",
        librdkafka=version(),
        java=_java(),
        load=os.getloadavg()[0],
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _file_system(folder: Path) -> str:
    """Type of the file system that the folder is on: its longest mount point wins."""
    mounts = (line.split()[:3] for line in Path("/proc/self/mounts").read_text().splitlines())
    under = [(mount, kind) for _, mount, kind in mounts if folder.resolve().is_relative_to(mount)]
    return max(under, key=lambda entry: len(entry[0]))[1] if under else "unknown"


def _sync_us(folder: Path) -> float:
    """Median of 4 KiB appended and synced."""
    path = folder / "sync-probe"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        return statistics.median(_timed_sync(file) for _ in range(_PROBES)) * 1e6
    finally:
        os.close(file)
        path.unlink()


def _timed_sync(file: int) -> float:
    started = time.perf_counter()
    os.write(file, bytes(4096))
    os.fdatasync(file)
    return time.perf_counter() - started


def _optimised() -> str:
    return ", --enable-optimizations" if "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "") else ""


def _java() -> str:
    if shutil.which("java") is None:
        return "none"
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    return said.split("\n", 1)[0].strip()
