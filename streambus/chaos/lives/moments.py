"""Moments: when a broker is killed."""

import os
import random
import time
from contextlib import suppress
from enum import Enum
from pathlib import Path

SECONDS_MAX = 1.5
"""So long a moment is waited for that may not come."""

JITTER_SECONDS = 0.003
"""Something began: this much later it may be half done, or just over."""


class Moment(Enum):
    """What is under way when the broker is killed. The value is the folder that shows it, if one does."""

    ANY = ""
    SEGMENT = "wal"
    """A segment was begun: the one before is about to be sealed."""
    TABLE = "tables"
    """A file of a table appeared or went: a segment was sealed, tables are being merged, or old ones deleted."""
    MANIFEST = "manifest"
    """The manifest was edited, or begun anew."""


def wait_for(moment: Moment, data: Path, dice: random.Random) -> bool:
    """Wait for `moment`; whether it came."""
    if moment is Moment.ANY:
        time.sleep(dice.uniform(0.1, 1.0))
        return True
    time.sleep(dice.uniform(0.1, 0.5))
    before, deadline = _seen(data / moment.value), time.monotonic() + SECONDS_MAX
    while time.monotonic() < deadline:
        if _seen(data / moment.value) != before:
            time.sleep(dice.uniform(0, JITTER_SECONDS) if dice.random() < 0.7 else 0)
            return True
    return False


def _seen(folder: Path) -> tuple[object, ...]:
    """What changes when something happens in a folder: its names, and the sizes of few files."""
    with suppress(FileNotFoundError):
        names = sorted(os.listdir(folder))
        if len(names) > 4:
            return (*names,)
        return tuple([(name, os.stat(folder / name).st_size) for name in names])
    return ()
