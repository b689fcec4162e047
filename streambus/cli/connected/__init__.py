"""connected: what all commands share that talk to a broker, ours or any other that speaks Kafka's protocol.

A command is `converse(arguments, talk)`: it connects, hands `talk` a `Cluster`, and makes one line and an exit status of what goes wrong.

1. `options.py`: where the broker is (`--bootstrap`, STREAMBUS_BOOTSTRAP, 127.0.0.1:9092), and for how long to wait for it.
2. `watch.py`: sees connections come to nothing, so that nobody waits for a broker that is not there.
3. `cluster.py`: the questions that commands ask, a thin layer over `streambus.real.Admin`; answers are the protocol's own messages.
4. `refusals.py`: what a broker refused, by Kafka's name, with a piece of advice where there is one.
5. `conversation.py`: the life around it all.
6. `tables.py`: columns and JSON.

Exit status: 0 done, 1 the cluster did not do it or cannot be reached, 2 misuse, 130 Ctrl-C.
"""

from streambus.cli.connected.cluster import Cluster
from streambus.cli.connected.conversation import converse
from streambus.cli.connected.options import add_connection, add_json, settings_of
from streambus.cli.connected.refusals import Refused
from streambus.cli.connected.tables import print_json, print_table

__all__ = ["Cluster", "Refused", "add_connection", "add_json", "converse", "print_json", "print_table", "settings_of"]
