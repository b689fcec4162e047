"""Log directories: one folder, how large its partitions are, how much room there is."""

from typing import Any

import pytest
from bench import Bench, batch_of, produce_request

from streambus.broker import BrokerConfig
from streambus.wire import ErrorCode, messages

describe = messages.DescribeLogDirsRequest
alter = messages.AlterReplicaLogDirsRequest
FOLDER = "/var/lib/here"


@pytest.fixture
def bench() -> Bench:
    bench = Bench(BrokerConfig(log_dir=FOLDER))
    bench.create("t", 2)
    bench.create("empty")
    bench.connect().ask(produce_request("t", batch_of(b"a", b"b"), partition=1), 9)
    return bench


def described(bench: Bench, *topics: tuple[str, list[int]], everything: bool = False, version: int = 5) -> Any:
    asked = None if everything else [describe.DescribableLogDirTopic(topic=name, partitions=partitions) for name, partitions in topics]
    response = bench.connect().ask(describe(topics=asked), version)
    assert response.error_code == ErrorCode.NONE
    (folder,) = response.results
    return folder


def sizes(folder: Any) -> list[tuple[str, int, int]]:
    return [(topic.name, each.partition_index, each.partition_size) for topic in folder.topics for each in topic.partitions]


@pytest.mark.parametrize("version", range(1, 6))
def test_every_partition_is_as_large_as_its_batches(bench: Bench, version: int) -> None:
    folder = described(bench, everything=True, version=version)
    assert (folder.error_code, folder.log_dir) == (ErrorCode.NONE, FOLDER)
    assert sizes(folder) == [("empty", 0, 0), ("t", 0, 0), ("t", 1, len(batch_of(b"a", b"b")))]
    assert [(each.offset_lag, each.is_future_key) for topic in folder.topics for each in topic.partitions] == [(0, False)] * 3


def test_those_that_are_named_and_are_here_are_told_each_once(bench: Bench) -> None:
    asked = [("t", [1, 0, 7, 1, -1]), ("nowhere", [0]), ("empty", []), ("t", [0])]
    assert [place[:2] for place in sizes(described(bench, *asked))] == [("t", 1), ("t", 0)]
    assert sizes(described(bench)) == []


def test_how_much_room_there_is_the_disk_says(bench: Bench) -> None:
    unlimited = described(bench)
    assert (unlimited.total_bytes, unlimited.usable_bytes) == (-1, -1)
    bench.disk.capacity = 10**9
    limited = described(bench)
    assert limited.total_bytes == 10**9
    assert 0 < limited.usable_bytes < 10**9
    assert (described(bench, version=3).total_bytes, described(bench, version=3).usable_bytes) == (-1, -1)


def test_a_disk_that_will_not_say_is_no_reason_to_fail(bench: Bench) -> None:
    bench.disk.capacity = 10**9
    bench.disk.fail("measureroom", "EIO")
    folder = described(bench, everything=True)
    assert (folder.error_code, folder.total_bytes, len(folder.topics)) == (ErrorCode.NONE, -1, 2)
    assert bench.broker.store.failed is None


def moved(bench: Bench, *dirs: tuple[str, str, list[int]]) -> list[tuple[str, int, int]]:
    topic = alter.AlterReplicaLogDirTopic
    asked = [alter.AlterReplicaLogDir(path=path, topics=[topic(name=name, partitions=indexes)]) for path, name, indexes in dirs]
    answers = {version: bench.connect().ask(alter(dirs=asked), version) for version in (1, 2)}
    assert answers[1] == answers[2]
    return [(result.topic_name, each.partition_index, each.error_code) for result in answers[1].results for each in result.partitions]


def test_a_replica_may_stay_where_it_is_and_go_nowhere_else(bench: Bench) -> None:
    here, nowhere, unknown = ErrorCode.NONE, ErrorCode.LOG_DIR_NOT_FOUND, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert moved(bench) == []
    assert moved(bench, (FOLDER, "t", [0, 7, 0])) == [("t", 0, here), ("t", 7, unknown)]
    assert moved(bench, ("/elsewhere", "t", [0]), (f"{FOLDER}/", "nowhere", [0])) == [("t", 0, nowhere), ("nowhere", 0, nowhere)]
    assert moved(bench, (FOLDER, "nowhere", [0])) == [("nowhere", 0, unknown)]


def test_a_name_that_is_too_long_to_be_moved_is_refused(bench: Bench) -> None:
    fits, too_long = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.INVALID_TOPIC_EXCEPTION
    assert moved(bench, (FOLDER, "x" * 213, [0, 10])) == [("x" * 213, 0, fits), ("x" * 213, 10, too_long)]
    assert moved(bench, ("/elsewhere", "x" * 214, [0])) == [("x" * 214, 0, too_long)]


def test_the_last_word_about_a_replica_counts(bench: Bench) -> None:
    assert moved(bench, (FOLDER, "t", [0]), ("/elsewhere", "t", [0, 1])) == [("t", index, ErrorCode.LOG_DIR_NOT_FOUND) for index in (0, 1)]


def test_a_failed_disk_is_an_error_of_its_folder(bench: Bench) -> None:
    bench.disk.fail("sync", "EIO")
    bench.connect().ask(produce_request("t", batch_of(b"c")), 9)
    folder = described(bench, everything=True)
    assert (folder.error_code, folder.log_dir, folder.topics) == (ErrorCode.KAFKA_STORAGE_ERROR, FOLDER, [])
    assert moved(bench, (FOLDER, "t", [0])) == [("t", 0, ErrorCode.KAFKA_STORAGE_ERROR)]
