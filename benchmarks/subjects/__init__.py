"""The brokers that are compared.

A subject knows how to be present (found or fetched into the cache), how to start on a fresh folder and a free port, and which
topic configuration makes it what its name says. Everything else, the load and the clock, is the same for all.
"""

from .kafka import ApacheKafka
from .streambus import StreamBus
from .subject import Absent, Running, Subject, running
from .tansu import Tansu

SUBJECTS: tuple[Subject, ...] = (
    StreamBus(),
    ApacheKafka("kafka", "Kafka 4.3.1, no sync", topic_configs={}),
    ApacheKafka("kafka-sync", "Kafka 4.3.1, flush.messages=1", topic_configs={"flush.messages": "1"}),
    Tansu(),
)
"""Everyone there is, in the order of the table."""

__all__ = ["SUBJECTS", "Absent", "ApacheKafka", "Running", "StreamBus", "Subject", "Tansu", "running"]
