"""Where two runs of one tape part: the first event that differs between two processes with two hash seeds."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from streambus.sim.source import scenario_source
from streambus.sim.tape import Tape

LINE_LENGTH_MAX = 400


def first_divergence(tape: Tape, hash_seeds: tuple[int, int] = (1, 2)) -> str | None:
    """Both lines of the journal where they differ first, in a few lines of text; None if they do not."""
    with TemporaryDirectory() as folder:
        scenario = Path(folder) / "scenario.py"
        scenario.write_text(scenario_source(tape, "one run, twice"), encoding="utf-8")
        journals = [_journal(scenario, Path(folder) / f"{hash_seed}.jsonl", hash_seed) for hash_seed in hash_seeds]
        with journals[0].open(encoding="utf-8") as one, journals[1].open(encoding="utf-8") as other:
            for number, lines in enumerate(zip(one, other, strict=False), 1):
                if lines[0] != lines[1]:
                    shown = "".join(f"\n  {line.strip()[:LINE_LENGTH_MAX]}" for line in lines)
                    return f"line {number} of the journals differs:{shown}"
            return "one run goes on where the other has ended" if one.readline() or other.readline() else None


def _journal(scenario: Path, journal: Path, hash_seed: int) -> Path:
    command = [sys.executable, "-m", "streambus.cli", "sim", "run", str(scenario), "--journal", str(journal), "--json"]
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    subprocess.run(command, env=environment, capture_output=True, check=False)
    return journal
