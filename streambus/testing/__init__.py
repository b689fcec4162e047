"""testing: a real broker inside a test.

Theory of operation
===================

An application that speaks to Kafka is best tested against a broker that it cannot tell from one. `broker()` starts one in a thread of the
test's own process, in a few milliseconds, on a free port of the loopback interface, with its data in memory: the same machine, the same
sockets and the same code as in production, without containers and without another process.

    import streambus.testing

    with streambus.testing.broker() as broker:
        application = Application(bootstrap_servers=broker.bootstrap_servers)
        application.take_order(...)
        assert [record.value for record in broker.records("orders")] == [...]

In pytest there is nothing to set up: installing StreamBus brings the fixtures `streambus_broker` (a new one for every test) and
`streambus_session_broker` (one for all tests, which then choose topics of their own). See `docs/testing.md`.

1. `running_broker.py`: the broker, its thread, its life and its ends, among them a crash.
2. `conversation.py`: the few questions that a test asks it without a client: topics and records.
3. `streambus.pytest_plugin`: the fixtures.

What it leaves out: promises about durability. Data in memory is gone with the broker; give it a folder to test what outlives it.
"""

from streambus.testing.conversation import RequestFailed
from streambus.testing.running_broker import BrokerEnded, RunningBroker, broker

__all__ = ["BrokerEnded", "RequestFailed", "RunningBroker", "broker"]
