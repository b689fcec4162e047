"""The storage engine beside what it stands on and beside a peer: one run, one machine, one table.

`python -m benchmarks.storage` (or `make bench-storage`) drives the store without a broker, network or event loop:

1. A **DrivenStore** (`driven_store.py`) is the store's state machine with the real files of `streambus.real` below it: its effects are
   performed in order, its completions handed back, all in this process. What production puts around it is not measured here.
2. A **work** (`works/`) is a question with its figures, its contenders and its goals. The peer is the shortest loop that does the same to
   the same bytes (write and sync, `sendfile`, read and checksum), or RocksDB through the same Python.
3. **Rounds** (`rounds.py`): after a warm-up all contenders of a work are measured in turn, round after round, each round beginning
   with another. Ratios are taken within a round; their median and extremes are shown. Before each measurement that writes, the
   machine is levelled as in the other benchmarks: everything is synced, and free memory has been touched.
4. The **table** (`table.py`) prints for each comparison the value, the peer's, the ratio, the goal, and whether it was reached.

What it does not do: brokers (that is `python -m benchmarks`, work `produce-spread` among others), cold page caches, faults.
"""
