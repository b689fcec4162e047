"""Lives: one broker on one folder, killed hundreds of times, and everything that it keeps read after each.

Theory of operation
===================

The rounds of a chaos story judge once, at their end, and their brokers have segments of the usual size. Here it is about the storage
engine, so segments are tiny (`limits.py`): several a second are sealed, merged and deleted, and the manifest is begun anew all the time.
A **life** goes like this (`trial.py`):

1. Stock clients write and read (`load.py`): topics that keep everything, that keep little (`retention.bytes`), of which records are deleted
   (DeleteRecords), and that come and go under the same few names.
2. The broker is killed at a **moment** (`moments.py`): at any time, or right when a segment is begun, a table appears or the manifest is
   edited. Then, at times, again and again while it recovers.
3. The dead folder is examined as `streambus storage verify` does it: damage is a violation.
4. It is started for good. Writers rest until everything has an answer, and a new consumer reads all topics from their first record to
   their last (`reading.py`). The checkers judge what was sent, what this consumer read, and what the one after the life before had read:
   everything acknowledged is there, byte for byte, once, in order, at its offset, and no offset in between is left out.
5. Logs begin where they may: at 0, where records were deleted up to, or as far as retention allows.

What it leaves out: a killed process loses nothing that the kernel has. Power cuts at every one of these moments are the simulator's.
"""

from streambus.chaos.lives.trial import RATE, Trial, try_lives

__all__ = ["RATE", "Trial", "try_lives"]
