"""Makes the example of an explained run: a broker that acknowledges before it syncs, seen through what its clients saw.

    python tests/explain/make_example.py [FOLDER]

Nobody looks inside the broker (its oracles would object to the first answer), so it is the lost record that gives it away. Equal code gives
equal bytes.
"""

import sys
from pathlib import Path

import pytest
from planted_runs import CATALOGUE, drawn_with, lossy_cut, moments, with_faults

from streambus.reporting import write_explanation
from streambus.sim import Tape, cluster, play
from streambus.sim.explain import Explanation, explain
from streambus.sim.mutation import read_catalogue
from streambus.sim.source import scenario_source

FOLDER = Path("reports") / "examples" / "explained"


def lost_record() -> tuple[Tape, Explanation]:
    """A run in which an acknowledged record is lost, and why."""
    with pytest.MonkeyPatch.context() as patch, read_catalogue(CATALOGUE)["acknowledges_before_sync"].planted():
        patch.setattr(cluster, "oracles", lambda *_arguments, **_settings: ())
        tapes = [drawn_with(with_faults(lossy_cut(at)), seed) for seed in range(1, 6) for at in moments(46, 58, 2)]
        tape = next(tape for tape in tapes if not play(tape).is_clean)
        return tape, explain(tape, title="An acknowledged record is lost")


def main(folder: Path) -> None:
    """Write the page."""
    tape, explanation = lost_record()
    scenario = scenario_source(tape, "An acknowledged record is lost, while the bug of acknowledging before the sync is planted.")
    print(write_explanation(explanation, folder, command="python tests/explain/make_example.py", scenario=scenario))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
