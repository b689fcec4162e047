"""Calm sea: no faults at all.

Three writers with idempotence, two readers, one broker. What it shows: without any trouble nothing is lost, doubled, reordered or late,
and group commit puts the records of all writers on the disk together. Every other scenario is this one with something going wrong.
"""

from streambus.sim import Scenario

SCENARIO = Scenario("no faults: everything is acknowledged once and read once")
