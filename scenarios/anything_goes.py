"""Anything goes: every fault there is, within the budget of one broker and beyond it. Safety only.

The world is as open as in `random`; besides all that may happen there, disks rot and lie, lose writes or put them elsewhere, die, are lost
or replaced by old copies. No broker keeps every record in such a world, and nobody waits for it to come to rest. What it shows:
whatever happens, no node raises, every answer fits what the broker knows in that life, and no reader gets a record that was not sent.
"""

from pathlib import Path
from runpy import run_path

import attrs

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import Octaves, OneOf, Scenario

RANDOM: Scenario = run_path(str(Path(__file__).with_name("random.py")))["SCENARIO"]

SOMETIMES = OneOf(0, 0, Octaves(300 * MILLISECOND, 6 * SECOND))

SCENARIO = attrs.evolve(
    RANDOM,
    title="every fault, also those that no broker survives: nothing is invented",
    faults=attrs.evolve(
        RANDOM.faults,
        transient_bit_flip_every=SOMETIMES,
        stale_read_every=SOMETIMES,
        misdirected_read_every=SOMETIMES,
        bit_rot_every=SOMETIMES,
        lost_write_every=SOMETIMES,
        misdirected_write_every=SOMETIMES,
        disk_loss_every=SOMETIMES,
        disk_swap_every=SOMETIMES,
        dead_disk_every=SOMETIMES,
    ),
    safety_only=True,
)
