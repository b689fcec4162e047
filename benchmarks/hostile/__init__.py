"""A thousand hostile peers, and what those notice who behave.

    python -m benchmarks.hostile                      # five rounds, about three minutes
    python -m benchmarks.hostile --quick              # two short rounds
    python -m benchmarks.hostile --against streambus,kafka
    python -m benchmarks.hostile --only pipeline      # one kind of hostility alone

How the numbers are made:

1. One broker per subject on a fresh folder. Well-behaved clients (`clients.py`, a process) produce one record after another at a fixed rate
   over a few connections with acks=all, and consume them at once. Both latencies count from when a record was due.
2. A round has a calm phase and a hostile phase of the same length, and both are told. In the second all peers of `peers.py` are there, in a
   process of their own, all kinds at once. Ratios are taken within a round; the table has the median of the rounds.
3. Resident memory of the broker is looked at before the first round, ten times a second during the phases, and three seconds after each
   hostile phase, when all peers have left.
4. What became of the peers they say themselves: how often they connected, were hung up on, got bytes.

Peers, clients and broker share the machine, so the hostile phase has less processor for everyone; `cores` says what the broker and its
peers used. It is no flood: those who could keep a core busy by themselves take a breath between attacks (`peers.py` says
how long), for a broker cannot do more than all the work there is.
"""
