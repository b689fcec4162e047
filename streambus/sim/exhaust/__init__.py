"""Exhaustive mode."""

from streambus.sim.exhaust.search import UNBOUNDED, Exploration, Progress, explore
from streambus.sim.exhaust.spec import (
    Client,
    CreateTopic,
    NoSpec,
    ReadUntil,
    Send,
    Settle,
    Spec,
    admin,
    consumer,
    find_spec,
    producer,
)
