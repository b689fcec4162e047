"""StreamBus beside its limit and its peers: one run, one machine, one client, one table.

`python -m benchmarks` (or `make bench`) runs every work against every subject it can find:

1. A **subject** (`subjects/`) is a broker: StreamBus as a user starts it, Apache Kafka with its defaults and with a sync per
   append, Tansu. Peers are fetched into `.cache/` on first use; one that cannot be had is named as left out, with the reason.
2. A **work** (`works/`) is a kind of load with its metrics. For each work every subject is started on a fresh folder with a
   fresh topic, so that nobody inherits another work's files, and is ended afterwards. Most works have a **limit**: the same bytes
   without a broker.
3. **Rounds** (`rounds.py`): after a warm-up everyone is measured in turn, round after round. Machines drift by tens of percent within
   minutes; neighbours in time do not. So ratios are taken within a round, and their median and extremes are shown.
4. The load comes from librdkafka at C speed (`librdkafka.py`), or from bare sockets where requests are tiny (`wire.py`), and
   the processor time of broker, load generator and bystanders is recorded with every round: one sees when the client was
   the limit, and when the machine was not ours alone.
5. The **table** (`table.py`) sets each figure beside StreamBus's and the goals (`goals.py`). `--json` keeps every single round.

What it does not do: several brokers, more than one machine, hours of load.
"""
