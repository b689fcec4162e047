"""`streambus topics`."""

import json

import pytest
from at_work import Run

from streambus.testing import RunningBroker


def test_a_topic_is_made_with_what_was_asked_for_and_described(run: Run) -> None:
    said = run("topics", "create", "orders", "--partitions", "3", "--config", "retention.ms=1000")
    assert (said.status, said.out, said.err) == (0, "orders created: 3 partitions, replication 1\n", "")
    lines = run("topics", "describe", "orders").out.splitlines()
    assert lines[0].startswith("orders: 3 partitions, replication 1, id ")
    assert lines[1:3] == ["  retention.ms = 1000", "PARTITION  LEADER  EPOCH  REPLICAS  IN SYNC  BEGIN  END  OFFSETS"]
    assert [line.split() for line in lines[3:]] == [[str(partition), "1", "0", "1", "1", "0", "0", "0"] for partition in range(3)]


def test_descriptions_tell_where_partitions_begin_and_end(run: Run) -> None:
    run("produce", "orders", stdin=b"a\nb\n")
    (topic,) = json.loads(run("topics", "describe", "--json").out)
    (partition,) = topic["partitions"]
    assert (topic["name"], topic["replication"], topic["internal"], topic["configs"]) == ("orders", 1, False, {})
    assert (partition["leader"], partition["isr"], partition["begin"], partition["end"], partition["error"]) == (1, [1], 0, 2, None)


def test_several_topics_are_made_and_what_is_refused_does_not_keep_the_others(run: Run) -> None:
    run("topics", "create", "b")
    said = run("topics", "create", "a", "b", "c")
    assert said.status == 1
    assert said.out == "a created: 1 partition, replication 1\nc created: 1 partition, replication 1\n"
    assert said.err == (
        "streambus topics create: b: TOPIC_ALREADY_EXISTS: Topic 'b' already exists; --if-not-exists is content with that\n"
    )
    assert run("topics", "create", "b", "--if-not-exists").out == "b is there already\n"


def test_a_dry_run_makes_nothing_and_tells_what_would_be_refused(run: Run) -> None:
    assert run("topics", "create", "orders", "--partitions", "2", "--dry-run").out.startswith("orders would be created")
    said = run("topics", "create", "orders", "--replication", "3", "--dry-run")
    assert said.status == 1
    assert said.err.startswith("streambus topics create: orders: INVALID_REPLICATION_FACTOR: ")
    assert said.err.endswith("; no more replicas than brokers; without --replication the broker chooses\n")
    assert run("topics", "list").out == "no topics yet; 'streambus topics create NAME' makes one\n"


def test_topics_are_listed_by_name(run: Run) -> None:
    run("topics", "create", "b", "a", "--partitions", "2")
    assert run("topics", "list").out == "TOPIC  PARTITIONS  REPLICATION\na               2            1\nb               2            1\n"
    listed = json.loads(run("topics", "list", "--json").out)
    assert [(topic["name"], topic["partitions"], topic["replication"], topic["internal"]) for topic in listed] == [
        ("a", 2, 1, False),
        ("b", 2, 1, False),
    ]


def test_a_topic_grows_and_changes_its_configs(run: Run) -> None:
    run("topics", "create", "orders", "--config", "retention.ms=1000")
    altered = run("topics", "alter", "orders", "--partitions", "4", "--unset", "retention.ms", "--config", "cleanup.policy=compact")
    assert (altered.status, altered.out) == (0, "orders altered\n")
    (topic,) = json.loads(run("topics", "describe", "orders", "--json").out)
    assert (len(topic["partitions"]), topic["configs"]) == (4, {"cleanup.policy": "compact"})
    assert run("topics", "alter", "orders", "--partitions", "6", "--dry-run").out == "orders would be altered\n"
    refused = run("topics", "alter", "orders", "--partitions", "2")
    assert refused.status == 1
    assert refused.err.startswith("streambus topics alter: orders: INVALID_PARTITIONS: The topic orders currently has 4 partition(s)")


def test_altering_nothing_is_misuse(run: Run) -> None:
    said = run("topics", "alter", "orders")
    assert (said.status, said.err.count("\n")) == (2, 1)
    assert "--partitions N" in said.err


def test_a_name_that_is_nearly_right_is_met_with_those_that_are(run: Run) -> None:
    run("topics", "create", "orders", "payments")
    said = run("topics", "describe", "ordres")
    assert said.status == 1
    assert said.err == "streambus topics describe: ordres: UNKNOWN_TOPIC_OR_PARTITION: there is no such topic; did you mean orders?\n"
    assert "'streambus topics list' tells which there are" in run("topics", "describe", "zebra").err


def test_topics_are_deleted_by_name_and_by_pattern(run: Run) -> None:
    run("topics", "create", "test-1", "test-2", "orders", "payments")
    assert run("topics", "delete", "payments", "--yes").out == "payments deleted\n"
    assert run("topics", "delete", "test-?", "--yes").out == "test-1 deleted\ntest-2 deleted\n"
    assert [topic["name"] for topic in json.loads(run("topics", "list", "--json").out)] == ["orders"]
    assert run("topics", "delete", "none-*", "--yes").err == "streambus topics delete: none-*: no topic matches\n"


def test_nothing_is_deleted_unasked(run: Run, streambus_broker: RunningBroker) -> None:
    streambus_broker.create_topic("orders")
    for words, why in ((("orders",), "say --yes to delete"), (("ord*",), "say --yes (")):
        said = run("topics", "delete", *words)
        assert said.status == 2
        assert why in said.err
    assert list(streambus_broker.topics()) == ["orders"]


@pytest.mark.parametrize(("answer", "status", "left"), [(b"y\n", 0, []), (b"no\n", 1, ["orders"]), (b"", 1, ["orders"])])
def test_on_a_terminal_it_asks(run: Run, streambus_broker: RunningBroker, answer: bytes, status: int, left: list[str]) -> None:
    streambus_broker.create_topic("orders")
    said = run("topics", "delete", "orders", stdin=answer, is_terminal=True)
    assert said.status == status
    assert "Delete orders with all records? [y/N]" in said.out
    assert list(streambus_broker.topics()) == left


def test_all_topics_are_described_with_a_line_between_them(run: Run) -> None:
    assert run("topics", "describe").out == "no topics yet; 'streambus topics create NAME' makes one\n"
    assert json.loads(run("topics", "describe", "--json").out) == []
    run("topics", "create", "a", "b", "cc")
    assert [line.split(":")[0] for line in run("topics", "describe").out.split("\n\n")] == ["a", "b", "cc"]
    assert [line.split(":")[0] for line in run("topics", "describe", "?").out.split("\n\n")] == ["a", "b"]
