"""StreamBus: a distributed event-streaming broker that speaks the Apache Kafka protocol.

Every component is a pure state machine that runs unchanged inside a deterministic simulator
(`streambus.sim`) and on real sockets and files (`streambus.real`). Start with ARCHITECTURE.md.
"""

__version__ = "0.1.0"
