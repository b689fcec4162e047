"""What is measured, each on fresh processes, folders and topics, for every subject alike."""

from .all_topics import AllTopics
from .closed_loop import ClosedLoop
from .consume import Consume
from .end_to_end import EndToEnd
from .many_topics import ManyTopics
from .produce import Produce
from .produce_spread import ProduceSpread
from .start import Start
from .work import Contender, Metric, Place, Scale, Work

WORKS: tuple[Work, ...] = (
    Produce("produce-1k", record_bytes=1024),
    Produce("produce-100", record_bytes=100),
    ProduceSpread("produce-spread", record_bytes=1024, partitions=1_000, records=500_000),
    Consume("consume", record_bytes=1024),
    ClosedLoop("loop-1", producers=1),
    ClosedLoop("loop-16", producers=16),
    ClosedLoop("loop-64", producers=64),
    EndToEnd("latency-5k", records_per_second=5_000),
    EndToEnd("latency-50k", records_per_second=50_000),
    AllTopics("metadata-1000", topics=1_000, partitions=10),
    AllTopics("metadata-100", topics=100, partitions=100),
    ManyTopics("create-topics", topics=1_000),
    Start("start"),
)
"""Everything there is, in the order it runs."""

__all__ = [
    "WORKS",
    "AllTopics",
    "ClosedLoop",
    "Consume",
    "Contender",
    "EndToEnd",
    "ManyTopics",
    "Metric",
    "Place",
    "Produce",
    "ProduceSpread",
    "Scale",
    "Start",
    "Work",
]
