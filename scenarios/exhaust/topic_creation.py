"""Topic creation: an admin makes a topic while a producer wants to write to it, and the power fails once.

The creation is a record in the metadata log: it is true when that is durable, and not before. What it shows: a topic that somebody was
told of survives, with everything that was acknowledged in it; one that was lost can be made again.
"""

from streambus.sim.exhaust import CreateTopic, Send, Spec, admin, producer

SPEC = Spec(
    "a topic is made and written to, and the power fails: what was told is true",
    clients=(
        admin("admin", CreateTopic("new")),
        producer("writer", Send("new"), allow_auto_topic_creation=False, batch_bytes_max=64),
    ),
    power_cuts=1,
    delays=1,
)
