"""A broker's life: start, recover, serve, stop; and clients that misbehave."""

import copy
from collections.abc import Callable

import pytest
from bench import Bench, batch_of, fetch_request, produce_request

from streambus.broker import BrokerConfig, Limits, Listener
from streambus.kernel import (
    Closed,
    Congested,
    Connected,
    ConnectionId,
    FileName,
    FileSlice,
    Instant,
    Received,
    Relieved,
    StopRequested,
    fingerprint,
)
from streambus.sim import SimulatedDisk
from streambus.storage import StoreConfig
from streambus.wire import messages

V = 9


def test_who_connects_during_recovery_waits_and_is_served() -> None:
    bench = Bench()
    bench.create("t")
    bench.disk.crash_process()
    bench.start(settled=False)
    client = bench.connect()
    assert client.is_paused
    client.send(messages.MetadataRequest(topics=None), V)
    assert not client.answers
    bench.settle()
    assert bench.ready is not None
    assert not client.is_paused
    assert [topic.name for topic in client.answers.popleft().body.topics] == ["t"]


def test_the_cluster_keeps_its_id_and_the_broker_epoch_grows() -> None:
    bench = Bench()
    ready, epoch = bench.ready, bench.broker.broker_epoch
    bench.power_cut()
    assert bench.ready is not None
    assert ready is not None
    assert bench.ready.cluster_id == ready.cluster_id
    assert bench.broker.broker_epoch > epoch


def test_another_nodes_folder_is_refused() -> None:
    bench = Bench()
    bench.config = BrokerConfig(node_id=2)
    bench.disk.crash_process()
    bench.start()
    assert bench.halted is not None
    assert bench.halted.error == "this data folder belongs to node 1, not to node 2"


def test_damage_is_named_and_not_served() -> None:
    bench = Bench()
    bench.create("t")
    for number in range(5):
        bench.connect().ask(produce_request("t", batch_of(b"%d" % number)), V)
    bench.disk.flip_bit(FileName("wal/00000000000000000000.wal"), 40, 3)
    bench.disk.crash_process()
    bench.start()
    assert bench.halted is not None
    assert "the log is damaged" in (bench.halted.error or "")


def test_a_disk_that_fails_during_the_start_ends_it() -> None:
    bench = Bench()
    bench.disk.crash_process()
    bench.disk.fail("read")
    bench.start()
    assert bench.halted is not None
    assert "disk failed during start-up" in (bench.halted.error or "")


def test_whichever_read_fails_ends_the_start_with_its_reason() -> None:
    reasons = []
    for reads_before in range(12):
        bench = Bench(BrokerConfig(store=StoreConfig(recent_bytes=0)))
        bench.disk.crash_process()
        bench.disk.fail("read", skip=reads_before)
        bench.start()
        if bench.halted is None:
            break
        reasons.append(bench.halted.error or "")
    assert bench.ready is not None
    assert "disk failed during start-up" in reasons[0]
    assert "metadata log cannot be read" in reasons[-1]


@pytest.mark.parametrize("wrong", [lambda data: data[:-1] + bytes((data[-1] ^ 1,)), lambda _: b"", lambda data: data[:7] + b"9" + data[8:]])
def test_metadata_that_is_read_wrong_is_not_believed(wrong: Callable[[bytes], bytes]) -> None:
    class Astigmatism:
        def distort(self, disk: SimulatedDisk, part: FileSlice, data: bytes) -> bytes:
            return wrong(data) if part.file.startswith("wal") and data and not data.startswith(b"SBW") else data

    bench = Bench(BrokerConfig(store=StoreConfig(recent_bytes=0)))
    bench.disk.crash_process()
    bench.disk.lenses["worn"] = Astigmatism()
    bench.start()
    assert bench.halted is not None
    assert "the metadata log is damaged below offset 1: " in (bench.halted.error or "")
    bench.disk.lenses.clear()
    bench.start()
    assert bench.ready is not None


def test_stopping_finishes_what_was_begun() -> None:
    bench = Bench()
    bench.create("t")
    client = bench.connect()
    client.send(produce_request("t", batch_of(b"a")), V)
    bench.step(StopRequested())
    assert client.is_paused
    assert bench.halted is None
    late = bench.connect()
    assert late.is_paused
    bench.settle()
    assert len(client.answers) == 1
    assert client.closed_because == "the broker is shutting down"
    assert bench.halted is not None
    assert bench.halted.error is None


def test_stopping_with_nothing_to_do_is_immediate() -> None:
    bench = Bench()
    bench.step(StopRequested())
    assert bench.halted is not None


def test_a_stop_comes_to_its_end_when_the_disk_fails_meanwhile() -> None:
    bench = Bench()
    bench.create("t")
    bench.connect().send(produce_request("t", batch_of(b"on its way")), 9)
    bench.disk.fail("sync")
    bench.step(StopRequested())
    assert bench.halted is None
    bench.settle()
    assert bench.halted is not None


def test_stopping_with_a_failed_disk_does_not_wait_for_it() -> None:
    bench = Bench()
    bench.create("t")
    bench.disk.fail("sync")
    bench.connect().ask(produce_request("t", batch_of(b"a")), V)
    bench.step(StopRequested())
    assert bench.halted is not None


@pytest.mark.parametrize(
    "data", [b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\x0a\x7f\0\0\0\0\0\0\0\xff\xff"]
)
def test_bytes_that_are_no_kafka_close_the_connection_and_are_logged(data: bytes) -> None:
    bench = Bench()
    client = bench.connect()
    bench.step(Received(client.id, data))
    assert client.closed_because
    assert bench.traces[-1].text == "closing a connection"
    assert ("peer", f"client:{client.id}") in bench.traces[-1].fields
    assert bench.broker.statistics()["broken_streams"] == 1


def test_answers_to_good_requests_leave_before_a_bad_one_closes_the_connection() -> None:
    bench = Bench()
    client = bench.connect()
    good = b"".join(bytes(part) for part in client.wire.send(messages.ApiVersionsRequest(), 0)[1])  # type: ignore[arg-type]
    bench.step(Received(client.id, good + b"\xff\xff\xff\xff"))
    assert len(client.answers) == 1
    assert client.closed_because


def test_nothing_more_is_understood_after_the_stream_broke() -> None:
    bench = Bench()
    client = bench.connect()
    connection = bench.broker.connections[client.id]
    connection.wire.error = "broken before"
    bench.step(Received(client.id, b"\0\0\0\0"))
    assert client.closed_because is None


def test_too_many_connections_are_refused() -> None:
    bench = Bench(BrokerConfig(limits=Limits(connections_max=1)))
    first = bench.connect()
    second = bench.connect()
    assert second.closed_because == "too many connections"
    assert first.closed_because is None
    assert bench.broker.statistics()["connections_refused"] == 1


def test_idle_connections_are_closed_waiting_ones_are_not() -> None:
    bench = Bench()
    bench.create("t")
    bench.clients.clear()
    bench.broker.connections.clear()
    idle, waiting = bench.connect(), bench.connect()
    waiting.send(fetch_request("t", max_wait_ms=2**31 - 1), 11)
    bench.advance(700_000)
    assert idle.closed_because == "idle"
    assert waiting.closed_because is None


def test_a_peer_that_does_not_read_is_not_read_from() -> None:
    bench = Bench()
    client = bench.connect()
    bench.step(Congested(client.id))
    assert client.is_paused
    bench.step(Relieved(client.id))
    assert not client.is_paused


def test_events_of_connections_that_are_gone_are_harmless() -> None:
    bench = Bench()
    gone = ConnectionId(99)
    for event in (Received(gone, b"abc"), Congested(gone), Relieved(gone), Closed(gone, "twice")):
        bench.step(event)
    bench.settle()


def test_an_answer_for_a_connection_that_is_gone_goes_nowhere() -> None:
    bench = Bench()
    bench.create("t")
    client = bench.connect()
    client.send(produce_request("t", batch_of(b"a")), V)
    client.send(produce_request("t", batch_of(b"b"), acks=0), V)
    del bench.clients[client.id]
    bench.step(Closed(client.id, "gone"))
    bench.settle()
    assert bench.broker.partitions["t", 0].high_watermark == 2


def test_a_long_recovery_reports_its_progress() -> None:
    bench = Bench(BrokerConfig(store=StoreConfig(recovery_chunk_bytes=4096, recovery_report_bytes=4096)))
    bench.create("t")
    for _ in range(3):
        bench.connect().ask(produce_request("t", batch_of(b"x" * 100_000)), V)
    bench.restart()
    assert any(trace.text == "recovering the log" for trace in bench.traces)


def test_a_copy_of_a_broker_is_that_broker() -> None:
    bench = Bench()
    bench.create("t", 2)
    bench.connect().ask(produce_request("t", batch_of(b"a")), V)
    bench.connect().send(fetch_request("t", max_wait_ms=100), 11)
    twin = copy.deepcopy(bench.broker)
    assert fingerprint(twin) == fingerprint(bench.broker)
    event = Connected(ConnectionId(1000), "x", "PLAINTEXT")
    assert twin.step(Instant(bench.now + 1), event) == bench.broker.step(Instant(bench.now + 1), event)
    assert fingerprint(twin) == fingerprint(bench.broker)


def test_listeners_have_defaults_and_nothing_must_be_configured() -> None:
    assert BrokerConfig().listeners == (Listener("PLAINTEXT", "127.0.0.1", 9092),)
