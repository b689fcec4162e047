"""Chaos: a real broker, stock clients, and everything bad that can happen to one broker; judged as the simulator judges.

Theory of operation
===================

A **nemesis** (`nemesis.py`, one file each in `nemeses/`) does one kind of harm. A **round** (`round.py`) is one nemesis against one broker:

1. A **stage** (`stage.py`) is set: `streambus serve` in a process of its own on a fresh folder (`broker_process.py`), behind a proxy
   (`network/`), with the **equipment** (`equipment.py`) that the nemesis needs: a small disk, a disk that fails on request, a clock that
   can be moved, a cable that can be pulled.
2. **Writers** (`writers.py`), stock producers of several kinds, write records that are all different (`values.py`); **followers**
   (`readers.py`), stock consumers, read along. All that they do and learn goes into a history.
3. The nemesis strikes, undoes what it did, pauses, strikes again. Each strike is a fault of the history.
4. Everything is healed, every record under way has to be answered, the broker is killed a last time, and a new consumer reads all there is.
5. The checkers judge, each topic by what its writers were promised (`topics.py`).

A **story** (`story.py`) is a round for each nemesis and a report about all of them. What a machine does not allow is left out, by name and
with the reason.

Rules:

- A broker that ends by itself without a reason, does not stop when asked to, does not come up again or leaves a traceback is a violation,
  whatever the history says.
- What was put up is torn down: after success, failure and Ctrl-C by us, after anything else by the `guardian`.
- The moments of the faults come from the seed as far as a real machine lets them; a run cannot be repeated exactly. What is found here is
  to be found again in the simulator, where it can.

What it leaves out: lost page caches (a killed process loses nothing that the kernel has; the power cuts are the simulator's), and
everything that takes two brokers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streambus.chaos.nemeses import NAMES, NEMESES, survey
    from streambus.chaos.story import RATE, Story, play

_ELSEWHERE = {"NAMES": "nemeses", "NEMESES": "nemeses", "RATE": "story", "Story": "story", "play": "story", "survey": "nemeses"}
"""Imported when first asked for: a broker that is started from this package does not wait for clients and reports."""


def __getattr__(name: str) -> Any:
    if name not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ELSEWHERE[name]}"), name)


__all__ = ["NAMES", "NEMESES", "RATE", "Story", "play", "survey"]
