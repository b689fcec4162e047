"""The smallest run that shows the planted bug:

- lost-write in topic-0-0: “writer-0#1 f17b5b3f” was acknowledged at offset 0 and nobody ever read it, although offset 0 was read.
"""

from streambus.sim import Load, Planned, PowerCut, Scenario, Schedule, Send, Tape

TAPE = Tape(
    Scenario("power cuts and resets, several a second", duration=104_712, load=Load(partitions=1)),
    faults=(Planned(14_000, PowerCut("broker-1", 343)),),
    chores=(Send(5000, "writer-0", "topic-0", 0), Send(104_000, "writer-0", "topic-0", 0)),
    schedule=Schedule(20, calm=("births", "bursts", "crashes", "disk", "disk latency", "latency", "supervision", "user")),
)
