"""`streambus configs`."""

import json

import pytest
from at_work import Run


def test_what_was_set_is_told_with_where_it_comes_from(run: Run) -> None:
    run("topics", "create", "orders")
    assert run("configs", "describe", "topic", "orders").out == "topic orders: nothing is set (--all shows defaults)\n"
    assert run("configs", "set", "topic", "orders", "retention.ms=1000", "cleanup.policy=compact").out == "topic orders changed\n"
    assert run("configs", "describe", "topic", "orders").out == (
        "topic orders\nNAME            VALUE    FROM\ncleanup.policy  compact  topic\nretention.ms    1000     topic\n"
    )
    assert run("configs", "unset", "topic", "orders", "retention.ms").out == "topic orders changed\n"
    (described,) = json.loads(run("configs", "describe", "topic", "orders", "--json").out)
    (config,) = described["configs"]
    assert (described["kind"], described["name"]) == ("topic", "orders")
    assert (config["name"], config["value"], config["source"], config["sensitive"]) == ("cleanup.policy", "compact", "topic", False)


def test_lists_are_added_to_and_taken_from(run: Run) -> None:
    run("topics", "create", "orders", "--config", "cleanup.policy=delete")
    run("configs", "set", "topic", "orders", "cleanup.policy+=compact")
    assert "delete,compact" in run("configs", "describe", "topic", "orders").out
    run("configs", "set", "topic", "orders", "cleanup.policy-=delete")
    assert "cleanup.policy  compact  topic" in run("configs", "describe", "topic", "orders").out


def test_defaults_and_documentation_are_shown_on_request(run: Run) -> None:
    run("topics", "create", "orders")
    everything = run("configs", "describe", "topic", "orders", "--all").out
    assert "max.message.bytes" in everything
    assert "default" in everything
    explained = run("configs", "describe", "topic", "orders", "--all", "--explain").out
    assert "\nretention.ms = 604800000  (default)\n    " in explained


def test_a_change_is_made_as_a_whole_or_not_at_all_or_only_tried(run: Run) -> None:
    run("topics", "create", "orders")
    said = run("configs", "set", "topic", "orders", "cleanup.policy=compact", "retention.ms=soon")
    assert said.status == 1
    assert said.err.startswith("streambus configs set: orders: INVALID_CONFIG: Invalid value soon for configuration retention.ms")
    assert run("configs", "set", "topic", "orders", "retention.ms=5", "--dry-run").out == "topic orders would be changed\n"
    assert "nothing is set" in run("configs", "describe", "topic", "orders").out


def test_brokers_have_configs_one_by_one_and_together(run: Run) -> None:
    run("configs", "set", "brokers", "log.retention.ms=5000")
    assert run("configs", "describe", "brokers").out == "brokers\nNAME              VALUE  FROM\nlog.retention.ms  5000   brokers\n"
    assert "log.retention.ms" in run("configs", "describe", "broker").out
    assert run("configs", "describe", "broker", "1").out.startswith("broker 1\n")
    assert run("configs", "unset", "brokers", "log.retention.ms").status == 0


def test_groups_have_configs(run: Run) -> None:
    said = run("configs", "set", "group", "billing", "consumer.session.timeout.ms=50000")
    assert (said.status, said.err) == (0, "")
    assert "consumer.session.timeout.ms  50000  group" in run("configs", "describe", "group", "billing").out


def test_whatever_has_configs_is_listed(run: Run) -> None:
    run("topics", "create", "orders")
    assert run("configs", "list").out.splitlines() == [
        "KIND           NAME",
        "broker         1",
        "broker-logger  1",
        "topic          orders",
    ]
    assert json.loads(run("configs", "list", "topic", "--json").out) == [{"kind": "topic", "name": "orders"}]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("set", "topic", "retention.ms=5"), "which topic? expected its name before retention.ms=5"),
        (("set", "topic", "orders"), "nothing to change for topic orders"),
        (("set", "topic", "orders", "retention.ms"), "expected NAME=VALUE"),
        (("unset", "topic", "orders", "a=b"), "unset takes only names"),
        (("describe", "topic"), "which topic?"),
        (("describe", "brokers", "1"), "they have no name"),
        (("describe", "broker", "one"), "'one' is no broker id"),
        (("set", "broker", "one", "a=b"), "'one' is no broker id"),
    ],
)
def test_misuse_is_told_in_one_line(run: Run, words: tuple[str, ...], why: str) -> None:
    said = run("configs", *words)
    assert (said.status, said.err.count("\n")) == (2, 1)
    assert why in said.err


def test_configs_of_a_topic_that_is_not_there_are_refused(run: Run) -> None:
    for words in (("set", "topic", "none", "a=b"), ("describe", "topic", "none")):
        said = run("configs", *words)
        assert said.status == 1
        assert "none: UNKNOWN_TOPIC_OR_PARTITION: there is no such topic" in said.err
