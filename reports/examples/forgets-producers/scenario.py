"""The smallest run that shows the planted bug:

- duplicate in topic-0-0: “writer-0#1 f17b5b3f” is one record, but was read at the offsets 0, 1.
"""

from streambus.sim import Load, Planned, PowerCut, Scenario, Schedule, Send, Tape

TAPE = Tape(
    Scenario("power cuts and resets, several a second", duration=15_746, load=Load(partitions=1, linger=0)),
    faults=(Planned(15_000, PowerCut("broker-1", 914)),),
    chores=(Send(13_000, "writer-0", "topic-0", 0),),
    schedule=Schedule(5, calm=("births", "bursts", "disk", "disk latency", "latency", "supervision", "user")),
)
