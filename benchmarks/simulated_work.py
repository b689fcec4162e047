"""One round of simulated work, for `benchmarks.simulator`: run as a file, with the StreamBus to be measured on the import path.

It prints one JSON object: steps of nodes (`events`), other things that happened in the simulated world (`occurrences`, null where that
StreamBus does not count them), runs, simulated seconds and seconds of processor time. Only names that have been there for long are used,
so that an older StreamBus can be measured by a newer file.
"""

import json
import sys
import time
from typing import Any

import attrs

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import FaultMix, Load, Scenario, find_scenario, run

STRAIGHT: dict[str, Any] = {name: 0 for name in ("seek_every", "seek_one_in") if name in attrs.fields_dict(Load)}
"""Readers go straight on; the setting that says so has changed its name."""

SMALL = Scenario(
    "a small cluster that meets every kind of fault",
    duration=SECOND // 2,
    load=Load(writers=2, readers=1, partitions=2, burst_records=4, pause=40 * MILLISECOND, **STRAIGHT),
    faults=FaultMix(
        process_kill_every=400 * MILLISECOND,
        power_cut_every=400 * MILLISECOND,
        link_reset_every=200 * MILLISECOND,
        partition_every=400 * MILLISECOND,
        slow_disk_every=400 * MILLISECOND,
        clock_step_every=200 * MILLISECOND,
        down_max=100 * MILLISECOND,
        partition_max=200 * MILLISECOND,
        slow_disk_max=200 * MILLISECOND,
    ),
)

LIGHT = Scenario(
    "a broker, a client that writes about three records a second, a client that long-polls",
    duration=120 * SECOND,
    load=Load(writers=1, readers=1, partitions=1, burst_records=1, pause=600 * MILLISECOND, **STRAIGHT),
)


def measure(work: str, seeds: int) -> dict[str, float | None]:
    """Play `seeds` runs of a scenario from the folder `scenarios`, or of one of those above."""
    scenario = {"small": SMALL, "light": LIGHT}.get(work) or find_scenario(work)[1]
    run(scenario, 0)  # Compiles what is compiled on first use.
    began = time.process_time()
    outcomes = [run(scenario, seed) for seed in range(1, seeds + 1)]
    seconds = time.process_time() - began
    counts = [getattr(outcome, "occurrences", None) for outcome in outcomes]
    return {
        "runs": seeds,
        "clean": sum(outcome.is_clean for outcome in outcomes),
        "events": sum(outcome.events for outcome in outcomes),
        "occurrences": None if None in counts else sum(count for count in counts if count),
        "simulated_seconds": sum(outcome.simulated_microseconds for outcome in outcomes) / SECOND,
        "processor_seconds": seconds,
    }


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
