"""What is computed and shown: payloads, frames, samples, tables, choices."""

import zlib

import pytest
from kio.schema.create_topics.v4.request import CreateTopicsRequest
from kio.schema.delete_topics.v3.request import DeleteTopicsRequest
from kio.schema.metadata.v8.request import MetadataRequest
from kio.schema.produce.v8.request import ProduceRequest
from kio.serial import entity_reader

from benchmarks.__main__ import main
from benchmarks.machine import Machine
from benchmarks.payloads import payloads
from benchmarks.rounds import Result, Round
from benchmarks.samples import Summary, percentile, ratios, summary
from benchmarks.table import heading, render
from benchmarks.wire import (
    create_topic_frame,
    create_topics_frame,
    delete_topics_frame,
    metadata_frame,
    produce_frame,
    record_batch,
)
from benchmarks.works import Produce, Start

HEADER_BYTES = 4 + 8 + 2 + len("bench")
WORK = Produce("produce-1k", record_bytes=1024)
TITLES = {"limit": "limit", "streambus": "StreamBus", "kafka": "Kafka"}


def test_payloads_are_the_same_in_every_run_and_about_as_compressible_as_text() -> None:
    first, again = payloads(100), payloads(100)
    assert first == again
    assert first.record(first.count) == first.record(0) != first.record(1)
    assert len(first.record(7)) == 100
    assert 2 < len(first.pool) / len(zlib.compress(first.pool)) < 6


def test_a_create_topics_frame_means_what_it_says() -> None:
    request = entity_reader(CreateTopicsRequest)(create_topic_frame("topic", 16, {"flush.messages": "1"}), HEADER_BYTES)[0]
    assert (request.topics[0].name, request.topics[0].num_partitions, request.topics[0].replication_factor) == ("topic", 16, 1)
    assert [(config.name, config.value) for config in request.topics[0].configs] == [("flush.messages", "1")]


def test_frames_about_many_topics_mean_what_they_say() -> None:
    creation = entity_reader(CreateTopicsRequest)(create_topics_frame(["a", "b"], 2, {}), HEADER_BYTES)[0]
    assert [(topic.name, topic.num_partitions) for topic in creation.topics] == [("a", 2), ("b", 2)]
    deletion = entity_reader(DeleteTopicsRequest)(delete_topics_frame(["a", "b"]), HEADER_BYTES)[0]
    assert list(deletion.topic_names) == ["a", "b"]
    question = entity_reader(MetadataRequest)(metadata_frame(), HEADER_BYTES)[0]
    assert (question.topics, question.allow_auto_topic_creation) == (None, False)


def test_a_produce_frame_means_what_it_says() -> None:
    request = entity_reader(ProduceRequest)(produce_frame("topic", 3, b"value"), HEADER_BYTES)[0]
    partition = request.topic_data[0].partition_data[0]
    assert (request.acks, request.topic_data[0].name, partition.index) == (-1, "topic", 3)
    assert b"value" in bytes(partition.records)


def test_a_record_batch_has_the_length_and_count_it_states() -> None:
    batch = record_batch(b"x" * 300, 1_000)
    assert int.from_bytes(batch[8:12], "big") == len(batch) - 12
    assert int.from_bytes(batch[57:61], "big") == 1


def test_medians_and_ratios_come_with_their_extremes() -> None:
    assert summary([3, 1, 2]) == Summary(2, 1, 3)
    assert ratios([2, 9, 4], [1, 3, 4]) == Summary(2, 1, 3)


def test_ratios_are_taken_within_rounds_so_that_drift_cancels_out() -> None:
    assert ratios([10, 20, 40], [5, 10, 20]) == Summary(2, 2, 2)


def test_percentiles_are_nearest_ranks() -> None:
    assert [percentile(range(1, 101), percent) for percent in (1, 50, 99, 100)] == [1, 50, 99, 100]
    assert percentile([5], 99) == 5


def result(ours: float, kafka: float) -> Result:
    return Result(
        WORK, {"streambus": [Round({"MB/s": ours}, 0.5, 0.2, 0.0)], "kafka": [Round({"MB/s": kafka}, 0.5, 0.2, 0.9)]}, {"tansu": "it died"}
    )


def test_a_table_says_which_goals_are_reached() -> None:
    assert "1.60×" in render(result(160, 100), TITLES)
    assert "≥ 1.5× reached" in render(result(160, 100), TITLES)
    assert "≥ 1.5× MISSED" in render(result(140, 100), TITLES)


def test_a_table_names_failures_and_disturbed_rounds() -> None:
    text = render(result(1, 1), TITLES)
    assert "failed: tansu: it died" in text
    assert "disturbed: in 1 of 2 rounds" in text


def test_a_goal_without_a_peer_stands_beside_our_own_figure() -> None:
    figures = {"first ack": 0.3, "idle": 70.0, "after load": 100.0}
    text = render(Result(Start("start"), {"streambus": [Round(figures)]}), TITLES)
    assert "≤ 0.4 reached" in text
    assert "≤ 60 MISSED" in text


def test_the_heading_names_machine_interpreter_and_who_is_left_out() -> None:
    machine = Machine("Abacus", 2, 8.0, "Linux", "ext4", 100.0, "CPython 3.11", "2.16", "none", 0.0)
    text = heading(machine, {"streambus": "0.1"}, {"kafka": "there is no `mvn`"})
    assert "Abacus, 2 cores" in text
    assert "CPython 3.11" in text
    assert "left out: kafka: there is no `mvn`" in text


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    said = capsys.readouterr().out
    assert "examples:" in said
    assert "latency-50k" in said


@pytest.mark.parametrize("arguments", [["--only", "nothing"], ["--against", "nobody"], ["--rounds", "0"], ["--rounds", "many"]])
def test_a_question_that_makes_no_sense_ends_with_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
