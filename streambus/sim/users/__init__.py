"""Users: those who own the clients of a simulated cluster, and write into the history what they asked and what they learnt.

A user does its chores (`streambus.sim.chores`), each at its date. It speaks to its client node in events with tickets and hears from it
by `Complete` effects.

- `TopicMaker` creates the topics, again and again until they are there;
- `Writer` sends records with unique values;
- `Reader` polls the partitions it is assigned, and goes elsewhere when told;
- `Inquirer` asks the broker for offsets and descriptions, and makes and deletes topics on the side;
- an administrator is an `Inquirer` who changes configs, partitions, quotas and credentials (`administration`);
- `VandalOwner` sends a peer out that does not keep to the protocol;
- `FinalReader` reads everything from the beginning to its end when all else has come to rest.
"""

from streambus.sim.users.inquirer import Inquirer
from streambus.sim.users.reader import FinalReader, Reader
from streambus.sim.users.topic_maker import TopicMaker
from streambus.sim.users.user import Place, User
from streambus.sim.users.vandal import VandalOwner
from streambus.sim.users.writer import Writer

__all__ = ["FinalReader", "Inquirer", "Place", "Reader", "TopicMaker", "User", "VandalOwner", "Writer"]
