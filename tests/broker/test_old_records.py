"""Old records: where they lie must be loaded from tables first, and some of them may be damaged."""

from typing import Any

import pytest
from bench import WALL_MS, Bench, batch_of, fetch_request, fetched, produce_request, produced

from streambus.broker import BrokerConfig
from streambus.kernel import SECOND, Drained, FileName, Read, Woken
from streambus.records import decode_records
from streambus.storage import LogId, RangeQuarantined, StoreConfig
from streambus.wire import ErrorCode, messages

V = 11
SEALING = StoreConfig(segment_bytes=2_000, recent_bytes=0, cache_bytes=0, recovery_chunk_bytes=512, delete_delay=0)
"""Everything that is not quite new is in a table, and nothing of a table stays in memory."""

COUNT = 30


def filled(store: StoreConfig = SEALING, count: int = COUNT) -> Bench:
    """A broker with a topic `t` of two partitions, all but the last few batches of which are in tables."""
    bench = Bench(BrokerConfig(store=store))
    bench.create("t", 2)
    for number in range(count):
        for partition in range(2):
            ask = produce_request("t", batch_of(b"%03d" % number * 50, timestamp=WALL_MS + number), partition)
            assert produced(bench.connect().ask(ask, 9)).error_code == ErrorCode.NONE
    assert len(bench.broker.partitions["t", 0].log.blocks) > 1
    return bench


def offsets(partition: Any) -> list[int]:
    return [record.offset for record in decode_records(partition.records)] if partition.records else []


def read_all(bench: Bench, partition: int = 0, offset: int = 0) -> list[bytes | None]:
    values: list[bytes | None] = []
    while True:
        found = fetched(bench.connect().ask(fetch_request("t", offset, partition), V))
        assert found.error_code == ErrorCode.NONE
        records = decode_records(found.records) if found.records else []
        values += [record.value for record in records]
        if not records:
            assert offset == found.high_watermark
            return values
        offset = records[-1].offset + 1


def reads_of(bench: Bench) -> list[Read]:
    return [effect for effect in bench.disk_queue if isinstance(effect, Read)]


@pytest.mark.parametrize("cache_bytes", [0, 3_000, 1 << 20])
def test_everything_can_be_read_whatever_the_cache(cache_bytes: int) -> None:
    bench = filled(StoreConfig(segment_bytes=2_000, recent_bytes=0, cache_bytes=cache_bytes))
    expected = [b"%03d" % number * 50 for number in range(COUNT)]
    assert read_all(bench) == expected
    bench.power_cut()
    assert read_all(bench, partition=1) == expected


def test_a_fetch_that_does_not_want_to_wait_waits_for_the_disk() -> None:
    bench = filled()
    client = bench.connect()
    client.send(fetch_request("t", 3, max_wait_ms=0), V)
    assert not client.answers
    bench.step(Drained())
    assert len(reads_of(bench)) == 1
    bench.settle()
    assert offsets(fetched(client.answers.popleft().body))[0] == 3


def test_a_fetch_whose_time_is_up_goes_on_waiting_for_the_disk() -> None:
    bench = filled()
    client = bench.connect()
    client.send(fetch_request("t", 3, max_wait_ms=100), V)
    bench.step(Drained())
    wait(bench, 150)
    assert not client.answers
    bench.settle()
    assert offsets(fetched(client.answers.popleft().body))[0] == 3


def delete_slowly(bench: Bench) -> None:
    """Have the topic deleted; it is gone when the disk has done what it was asked to before anything else."""
    bench.connect().send(messages.DeleteTopicsRequest(topic_names=["t"], timeout_ms=99), 5)
    bench.step(Drained())


def wait(bench: Bench, milliseconds: int) -> None:
    """Let time pass while the disk does nothing."""
    bench.now = type(bench.now)(bench.now + milliseconds * 1_000)
    bench.step(Woken())


def test_a_disk_that_says_nothing_for_seconds_is_not_waited_for_any_longer() -> None:
    bench = filled()
    client = bench.connect()
    client.send(fetch_request("t", 3, max_wait_ms=0), V)
    bench.step(Drained())
    wait(bench, 4_900)
    assert not client.answers
    wait(bench, 200)
    partition = fetched(client.answers.popleft().body)
    assert (partition.error_code, offsets(partition)) == (ErrorCode.NONE, [])


def test_what_is_at_hand_is_not_held_back_by_what_must_be_loaded() -> None:
    bench = filled()
    ask = fetch_request("t", 3, max_wait_ms=500)
    ask.topics[0].partitions.append(messages.FetchRequest.FetchPartition(partition=1, fetch_offset=COUNT - 1, partition_max_bytes=9_999))
    client = bench.connect()
    client.send(ask, V)
    (topic,) = client.answers.popleft().body.responses
    assert [offsets(partition) for partition in topic.partitions] == [[], [COUNT - 1]]


def test_as_much_as_is_asked_for_is_waited_for_across_tables() -> None:
    bench = filled()
    client = bench.connect()
    client.send(fetch_request("t", 3, min_bytes=1_000, max_wait_ms=500), V)
    bench.settle()
    assert offsets(fetched(client.answers.popleft().body))[0] == 3
    client.send(fetch_request("t", COUNT - 10, min_bytes=1 << 20, max_wait_ms=500), V)
    bench.settle()
    assert not client.answers, "there is not so much, and the disk is not asked again and again"
    bench.advance(600)
    assert offsets(fetched(client.answers.popleft().body))[0] == COUNT - 10


def test_a_topic_that_is_deleted_while_a_fetch_waits_for_the_disk_is_unknown() -> None:
    bench = filled()
    client = bench.connect()
    delete_slowly(bench)
    client.send(fetch_request("t", 3), V)
    bench.settle()
    assert fetched(client.answers.popleft().body).error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def test_a_read_that_fails_is_a_storage_error_now_and_tried_again_later() -> None:
    bench = filled()
    bench.disk.fail("read")
    client = bench.connect()
    assert fetched(client.ask(fetch_request("t", 3), V)).error_code == ErrorCode.KAFKA_STORAGE_ERROR
    assert offsets(fetched(client.ask(fetch_request("t", 3), V)))[0] == 3


@pytest.mark.parametrize("wait_ms", [0, 500])
def test_a_read_that_fails_after_writing_has_failed_is_told_too(wait_ms: int) -> None:
    bench = filled()
    bench.disk.fail("sync")
    client = bench.connect()
    assert produced(client.ask(produce_request("t", batch_of(b"x")), 9)).error_code == ErrorCode.KAFKA_STORAGE_ERROR
    bench.disk.fail("read")
    assert fetched(client.ask(fetch_request("t", 3, max_wait_ms=wait_ms), V)).error_code == ErrorCode.KAFKA_STORAGE_ERROR
    assert offsets(fetched(client.ask(fetch_request("t", 3, max_wait_ms=wait_ms), V)))[0] == 3


# Damage ----------------------------------------------------------------------------------------------------------------


def damage_block(bench: Bench) -> tuple[int, int]:
    """Spoil the second index block of the first partition; return the offsets that it speaks of."""
    ref = bench.broker.partitions["t", 0].log.blocks.ref(1)
    directory = bench.broker.store.shelf.directories[ref.table]
    bench.disk.flip_bit(FileName(directory.info.file), directory.positions[ref.block] + 20, 1)
    return ref.first_offset, ref.end_offset


@pytest.mark.parametrize("wait_ms", [0, 500])
def test_damaged_records_are_an_error_of_their_partition_alone(wait_ms: int) -> None:
    bench = filled()
    first, end = damage_block(bench)
    ask = fetch_request("t", first, max_wait_ms=wait_ms)
    ask.topics[0].partitions.append(messages.FetchRequest.FetchPartition(partition=1, fetch_offset=first, partition_max_bytes=9_999))
    client = bench.connect()
    client.ask(ask, V)
    (topic,) = client.ask(ask, V).responses
    assert [partition.error_code for partition in topic.partitions] == [ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.NONE]
    assert offsets(topic.partitions[1])[0] == first
    assert read_all(bench, offset=end)[0] == b"%03d" % end * 50
    assert offsets(fetched(client.ask(fetch_request("t", 0), V)))[-1] == first - 1


def test_damage_is_told_with_its_place_and_counted() -> None:
    bench = filled()
    first, end = damage_block(bench)
    bench.connect().ask(fetch_request("t", first), V)
    (trace,) = [trace for trace in bench.traces if "damaged" in trace.text]
    fields = dict(trace.fields)
    assert (fields["partition"], fields["first_offset"], fields["end_offset"]) == ("t-0", first, end)
    assert str(fields["file"]).endswith((".wal", ".table"))
    statistics = bench.broker.statistics()
    assert (statistics["ranges_quarantined"], statistics["offsets_quarantined"]) == (1, end - first)


def test_a_batch_that_is_damaged_in_the_log_itself_is_fenced_off() -> None:
    bench = Bench(BrokerConfig(store=StoreConfig(recent_bytes=0)))
    bench.create("t")
    for number in range(5):
        bench.connect().ask(produce_request("t", batch_of(b"%d" % number * 300)), 9)
    log = bench.broker.partitions["t", 0].log
    place = bench.broker.store.wal.segments.slice_of(log.index.positions[2], 70)
    bench.disk.flip_bit(place.file, place.position + 65, 1)
    bench.restart()
    assert bench.ready is not None
    client = bench.connect()
    assert offsets(fetched(client.ask(fetch_request("t", 0, max_wait_ms=500), V))) == [0, 1]
    bad = fetched(client.ask(fetch_request("t", 2, max_wait_ms=500), V))
    assert (bad.error_code, bad.high_watermark) == (ErrorCode.KAFKA_STORAGE_ERROR, -1)
    assert offsets(fetched(client.ask(fetch_request("t", 3, max_wait_ms=500), V))) == [3, 4]
    assert produced(client.ask(produce_request("t", batch_of(b"more")), 9)).base_offset == 5


# Metadata --------------------------------------------------------------------------------------------------------------


def test_metadata_and_owner_are_read_back_from_tables() -> None:
    bench = filled()
    topic_id, cluster_id = bench.topic_id("t"), bench.broker.cluster_id
    for _ in range(3):
        bench.restart()
        assert (bench.topic_id("t"), bench.broker.cluster_id) == (topic_id, cluster_id)
    assert len(bench.broker.metadata_log.blocks) > 0


def test_a_folder_of_another_node_is_refused_from_tables_too() -> None:
    bench = filled()
    bench.config = BrokerConfig(node_id=2, store=SEALING)
    bench.disk.crash_process()
    bench.start()
    assert bench.halted is not None
    assert bench.halted.error == "this data folder belongs to node 1, not to node 2"


OWNER_APART = StoreConfig(segment_bytes=2_000, recent_bytes=0, cache_bytes=0, delete_delay=0, entry_block_bytes=64, bits_per_key=0)
"""Who lives here is in a block of entries that nothing else needs."""


def last_entry_block(bench: Bench) -> tuple[FileName, int]:
    """Where the block of entries begins that says whose folder this is."""
    directory = bench.broker.store.keyspaces.layers.tables[-1].directory
    return FileName(directory.info.file), directory.entry_positions[-1]


def test_whose_folder_this_is_may_have_to_be_loaded() -> None:
    bench = filled(OWNER_APART)
    cluster_id = bench.broker.cluster_id
    bench.restart()
    assert (bench.broker.cluster_id, bench.broker.missing) == (cluster_id, None)
    bench.config = BrokerConfig(node_id=2, store=OWNER_APART)
    bench.disk.crash_process()
    bench.start()
    assert bench.halted is not None
    assert bench.halted.error == "this data folder belongs to node 1, not to node 2"


def test_a_folder_whose_owner_cannot_be_read_is_not_served() -> None:
    bench = filled(OWNER_APART)
    file, position = last_entry_block(bench)
    bench.disk.flip_bit(file, position + 20, 1)
    bench.disk.crash_process()
    bench.start()
    assert bench.halted is not None
    assert "whose data folder this is cannot be read" in (bench.halted.error or "")


def test_a_read_that_fails_during_the_start_ends_it_with_its_reason() -> None:
    bench = filled(OWNER_APART)
    reasons: list[str] = []
    for reads_before in range(100):
        bench.disk.crash_process()
        bench.disk.fail("read", skip=reads_before)
        bench.start()
        if bench.halted is None:
            break
        reasons.append(bench.halted.error or "")
    assert bench.ready is not None
    for reason in ("the disk failed during start-up", "whose data folder this is cannot be read", "the metadata log cannot be read"):
        assert any(reason in found for found in reasons), reason


def test_metadata_that_is_damaged_ends_the_start() -> None:
    bench = filled()
    log, shelf = bench.broker.metadata_log, bench.broker.store.shelf
    directory = shelf.directories[log.blocks.tables[0]]
    bench.disk.flip_bit(FileName(directory.info.file), directory.positions[log.blocks.blocks[0]] + 20, 1)
    bench.disk.crash_process()
    bench.start()
    assert bench.halted is not None
    assert "the metadata log is damaged at offset" in (bench.halted.error or "")


def test_metadata_that_turns_out_to_be_damaged_ends_this_life() -> None:
    bench = filled()
    bench.step(RangeQuarantined(bench.broker.METADATA_LOG, 3, 5, FileName("tables/7.table"), "rotten"))
    assert bench.halted is not None
    assert bench.halted.error == "the metadata log is damaged at offsets 3 to 4, in tables/7.table: rotten"


def test_damage_of_a_log_that_nobody_leads_is_told_by_its_name() -> None:
    bench = filled()
    bench.step(RangeQuarantined(LogId("somebody-0"), 3, 5, FileName("tables/7.table"), "rotten"))
    assert ("partition", "somebody-0") in bench.traces[-1].fields


# Times -----------------------------------------------------------------------------------------------------------------


def list_offsets(timestamp: int, *partitions: int) -> messages.ListOffsetsRequest:
    request = messages.ListOffsetsRequest
    asked = [request.ListOffsetsPartition(partition_index=partition, timestamp=timestamp) for partition in partitions]
    return request(replica_id=-1, topics=[request.ListOffsetsTopic(name="t", partitions=asked)])


def found(response: Any) -> list[tuple[int, int]]:
    (topic,) = response.topics
    return [(partition.error_code, partition.offset) for partition in topic.partitions]


def test_times_are_looked_up_in_tables() -> None:
    bench = filled()
    for number in range(COUNT):
        assert found(bench.connect().ask(list_offsets(WALL_MS + number, 0, 1), 8)) == [(0, number), (0, number)]
    assert found(bench.connect().ask(list_offsets(-3, 0), 8)) == [(0, COUNT - 1)]


def test_a_search_waits_for_the_disk_but_not_for_ever() -> None:
    bench = filled()
    client = bench.connect()
    client.send(list_offsets(WALL_MS + 3, 0), 8)
    bench.step(Drained())
    wait(bench, 9_900)
    assert not client.answers
    wait(bench, 200)
    assert found(client.answers.popleft().body) == [(ErrorCode.KAFKA_STORAGE_ERROR, -1)]


def test_a_search_in_damage_is_an_error_and_others_are_answered() -> None:
    bench = filled()
    first, _ = damage_block(bench)
    client = bench.connect()
    for _ in range(2):
        answer = client.ask(list_offsets(WALL_MS + first, 0, 1), 8)
        assert found(answer) == [(ErrorCode.KAFKA_STORAGE_ERROR, -1), (0, first)]


def test_a_search_that_ends_in_a_range_that_is_damaged_is_an_error() -> None:
    bench = filled()
    bench.broker.partitions["t", 0].log.holes.append((5, 7))
    client = bench.connect()
    assert found(client.ask(list_offsets(WALL_MS + 5, 0, 1), 8)) == [(ErrorCode.KAFKA_STORAGE_ERROR, -1), (0, 5)]
    assert found(client.ask(list_offsets(WALL_MS + 7, 0, 1), 8)) == [(0, 7), (0, 7)]


def test_a_search_whose_topic_is_deleted_meanwhile_finds_nothing() -> None:
    bench = filled()
    client = bench.connect()
    delete_slowly(bench)
    client.send(list_offsets(WALL_MS + 3, 0), 8)
    bench.settle()
    assert found(client.answers.popleft().body) == [(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1)]


# Answers that wait behind others ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("delete_delay", "is_closed"), [(0, True), (10 * SECOND, False)])
def test_slices_of_files_do_not_wait_longer_than_the_files_stay(delete_delay: int, is_closed: bool) -> None:
    bench = filled(StoreConfig(segment_bytes=2_000, recent_bytes=0, delete_delay=delete_delay))
    read_all(bench)
    client = bench.connect()
    client.send(fetch_request("t", COUNT, max_wait_ms=1_000), V)
    client.send(fetch_request("t", 0), V)
    bench.advance(1_000)
    assert len(client.answers) == (0 if is_closed else 2)
    assert (client.closed_because is not None) is is_closed
    if is_closed:
        assert client.closed_because == "records waited too long behind an earlier answer"


def test_answers_without_slices_may_wait_as_long_as_they_like() -> None:
    bench = filled()
    client = bench.connect()
    client.send(fetch_request("t", COUNT, max_wait_ms=1_000), V)
    client.send(messages.MetadataRequest(topics=None), 9)
    bench.advance(1_000)
    assert len(client.answers) == 2
