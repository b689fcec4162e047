"""Small world: everything that can happen in `random`, but a quarter of a second of it, to one or two writers and a reader.

Most bugs need a setting, two faults and three records. A world that has little else in it is over sooner, so that in the same time more
of them can be looked at; what is left to larger worlds are bugs that need many of something. What it shows: how much is gained by being
quick. The gate and long hunts spend most of their seeds here.
"""

from pathlib import Path
from runpy import run_path

import attrs

from streambus.kernel import MILLISECOND
from streambus.sim import Between, Octaves, OneOf

RANDOM = run_path(str(Path(__file__).with_name("random.py")))["SCENARIO"]

SOMETIMES = OneOf(0, 0, Octaves(30 * MILLISECOND, 300 * MILLISECOND))
SELDOM = OneOf(0, 0, 0, 0, Octaves(30 * MILLISECOND, 300 * MILLISECOND))

SOON = {
    field.name: SOMETIMES if field.name in ("process_kill_every", "power_cut_every", "power_cut_at_every", "link_reset_every") else SELDOM
    for field in attrs.fields(type(RANDOM.faults))
    if field.name.endswith("_every") and getattr(RANDOM.faults, field.name)
}

SCENARIO = attrs.evolve(
    RANDOM,
    title="a little of whatever the seed decides",
    duration=Octaves(50 * MILLISECOND, 400 * MILLISECOND),
    load=attrs.evolve(
        RANDOM.load,
        topics=1,
        partitions=Between(1, 3),
        writers=Between(1, 2),
        readers=Between(0, 1),
        burst_records=Octaves(1, 8),
        pause=Octaves(4 * MILLISECOND, 50 * MILLISECOND),
    ),
    faults=attrs.evolve(
        RANDOM.faults, **SOON, down_max=Octaves(MILLISECOND, 100 * MILLISECOND), partition_max=Octaves(MILLISECOND, 300 * MILLISECOND)
    ),
)
