"""Each kind of anomaly: the smallest history that shows it, and its neighbours that do not."""

import pytest
from histories import TOPIC, assigned, fail, history, info, ok, polled, sent, written

from streambus.checkers import (
    AT_LEAST_ONCE,
    DURABLE_LOG,
    DURABLE_LOG_PARTLY_READ,
    UNKNOWN_PARTITION,
    Kind,
    Operation,
    Outcome,
    Severity,
    Sought,
    check,
)

CIRCLES = {kind for kind in Kind if kind.value.startswith(("G0", "G1c"))}
"""Told beside other kinds when those contradict the order of time; they are the subject of their own tests."""


def finds(*steps, **expected):
    """Check that `steps` show exactly the expected kinds (`lost_write=3`: it befell three records); return the anomalies."""
    verdict = check(history(*steps))
    counts = {kind: records for kind, records in verdict.counts if kind not in CIRCLES}
    assert counts == {Kind[name.upper()]: records for name, records in expected.items()}, verdict.anomalies
    assert verdict.valid == all(kind in DURABLE_LOG.allowed for kind in counts)
    return tuple(anomaly for anomaly in verdict.anomalies if anomaly.kind not in CIRCLES)


def test_an_empty_history_is_valid():
    assert finds() == ()


def test_what_was_acknowledged_and_read_in_order_is_fine():
    finds(*written("a", "b", "c"), ok("consumer", polled(0, "a"), polled(1, "b")), ok("consumer", polled(2, "c")))


# Lost writes


def test_an_acknowledged_record_that_readers_passed_over_is_lost():
    (anomaly,) = finds(*written("a", "b", "c"), ok("consumer", polled(0, "a"), polled(2, "c")), lost_write=1)
    assert (anomaly.severity, anomaly.topic, anomaly.partition, anomaly.offset) == (Severity.CRITICAL, TOPIC, 0, 1)
    assert anomaly.witness == "“b” was acknowledged at offset 1 and nobody ever read it, although offset 2 was read."
    assert [operation.process for operation in anomaly.operations] == ["producer", "consumer"]
    assert anomaly.operations[0].actions == (sent("b", 1),)


def test_a_run_of_lost_records_is_one_anomaly():
    (anomaly,) = finds(*written("a", "b", "c", "d", "e"), ok("consumer", polled(0, "a"), polled(4, "e")), lost_write=3)
    assert (anomaly.offset, anomaly.records) == (1, 3)
    assert anomaly.witness.endswith("The same befell the 2 records behind it, up to offset 3.")


def test_two_runs_of_lost_records_are_two_anomalies():
    reads = ok("consumer", polled(0, "a"), polled(2, "c"), polled(4, "e"))
    anomalies = finds(*written("a", "b", "c", "d", "e"), reads, lost_write=2)
    assert [anomaly.offset for anomaly in anomalies] == [1, 3]


def test_a_record_that_another_reader_got_is_not_lost():
    finds(*written("a", "b", "c"), ok("one", polled(0, "a"), polled(1, "b")), ok("two", polled(2, "c")))


@pytest.mark.parametrize("outcome", [info, fail])
def test_an_unacknowledged_record_may_be_missing(outcome):
    finds(*written("a"), outcome("other", sent("x")), ok("consumer", polled(0, "a")))


def test_a_record_of_unknown_fate_may_appear_at_any_time():
    finds(info("other", sent("x")), *written("a"), ok("consumer", polled(0, "a")), ok("consumer", polled(1, "x")))


def test_an_offset_that_nobody_ever_saw_is_no_record():
    finds(ok("producer", sent("a", 0)), ok("producer", sent("b", 2)), ok("consumer", polled(0, "a"), polled(2, "b")))


# Unseen


def test_acknowledged_records_behind_all_reads_are_unseen():
    (anomaly,) = finds(*written("a", "b", "c"), ok("consumer", polled(0, "a")), unseen=2)
    assert anomaly.witness == "“b” and 1 more had been acknowledged, but reading ended at offset 0."
    assert anomaly.severity is Severity.SERIOUS
    assert anomaly.offset == 1


def test_a_partition_that_nobody_reads_is_unseen():
    (anomaly,) = finds(*written("a"), unseen=1)
    assert anomaly.witness == "“a” had been acknowledged, but nothing was read there."


def test_a_record_acknowledged_without_an_offset_is_unseen_not_lost():
    (anomaly,) = finds(ok("producer", sent("a", None)), *written("b"), ok("consumer", polled(0, "b")), unseen=1)
    assert anomaly.offset is None


def test_a_contract_may_let_reading_end_early():
    verdict = check(history(*written("a", "b"), ok("consumer", polled(0, "a"))), DURABLE_LOG_PARTLY_READ)
    assert verdict.valid
    assert [anomaly.severity for anomaly in verdict.anomalies] == [Severity.ALLOWED]


# Phantoms


def test_a_value_that_nobody_sent_is_a_phantom():
    (anomaly,) = finds(*written("a"), ok("consumer", polled(0, "a"), polled(1, "?")), phantom=1)
    assert anomaly.witness == "“?” was read at offset 1, but nobody ever sent it to this partition."
    assert [operation.process for operation in anomaly.operations] == ["consumer"]


def test_a_damaged_record_is_a_phantom_and_contradicts_its_acknowledgement():
    anomalies = finds(*written("a"), ok("consumer", polled(0, "A")), phantom=1, inconsistent_offsets=1, lost_write=1)
    assert all(anomaly.severity is Severity.CRITICAL for anomaly in anomalies)


def test_a_record_in_a_partition_it_was_not_sent_to_is_a_phantom():
    finds(*written("a"), ok("consumer", polled(0, "a")), ok("consumer", polled(0, "a", partition=1)), phantom=1)


def test_a_send_whose_partition_is_not_known_may_appear_in_any():
    finds(info("producer", sent("a", None, UNKNOWN_PARTITION)), ok("consumer", polled(0, "a", partition=1)))
    finds(ok("producer", sent("a", None, UNKNOWN_PARTITION)), ok("consumer", polled(0, "a", partition=1)))


def test_an_acknowledged_send_of_unknown_partition_that_is_nowhere_is_unseen():
    finds(ok("producer", sent("a", None, UNKNOWN_PARTITION)), ok("producer", sent("b", 0)), ok("consumer", polled(0, "b")), unseen=1)


# Reads of failed sends


def test_reading_a_send_that_certainly_failed_is_an_aborted_read():
    (anomaly,) = finds(fail("producer", sent("a")), ok("consumer", polled(0, "a")), aborted_read=1)
    assert [operation.outcome for operation in anomaly.operations] == [Outcome.FAIL, Outcome.OK]


def test_a_failed_send_of_unknown_partition_must_not_be_read_either():
    (anomaly,) = finds(fail("producer", sent("a", None, UNKNOWN_PARTITION)), ok("consumer", polled(0, "a")), aborted_read=1)
    assert len(anomaly.operations) == 2


def test_a_failed_send_that_was_tried_again_may_be_read():
    finds(fail("producer", sent("a")), ok("producer", sent("a", 0)), ok("consumer", polled(0, "a")))
    finds(fail("producer", sent("a", None, UNKNOWN_PARTITION)), info("producer", sent("a")), ok("consumer", polled(0, "a")))
    finds(fail("producer", sent("a")), info("producer", sent("a", None, UNKNOWN_PARTITION)), ok("consumer", polled(0, "a")))


# Inconsistent offsets


def test_one_offset_read_as_two_values_is_inconsistent():
    (anomaly,) = finds(
        info("producer", sent("a")),
        info("producer", sent("b")),
        ok("one", polled(0, "a")),
        ok("two", polled(0, "b")),
        inconsistent_offsets=1,
    )
    assert anomaly.witness == "Offset 0 was read as “a” and “b”: a log has one value per offset and never changes it."
    assert [operation.process for operation in anomaly.operations] == ["one", "two"]


def test_many_values_at_one_offset_are_counted_not_listed():
    sends = [info("producer", sent(letter)) for letter in "abcdef"]
    reads = [ok(f"reader {letter}", polled(0, letter)) for letter in "abcdef"]
    (anomaly,) = finds(*sends, *reads, inconsistent_offsets=1)
    assert "“a”, “b”, “c”, “d” and 2 more" in anomaly.witness


def test_one_offset_acknowledged_for_one_value_and_read_as_another_is_inconsistent():
    anomalies = finds(*written("a"), info("other", sent("b")), ok("consumer", polled(0, "b")), inconsistent_offsets=1, lost_write=1)
    assert "Offset 0 was acknowledged to the sender of “a”, but “b” was read there." in [anomaly.witness for anomaly in anomalies]


def test_one_offset_acknowledged_twice_is_inconsistent():
    finds(ok("one", sent("a", 0)), ok("two", sent("b", 0)), inconsistent_offsets=1, unseen=2)


def test_the_same_offset_in_two_partitions_is_fine():
    finds(*written("a"), *written("b", partition=1), ok("consumer", polled(0, "a"), polled(0, "b", partition=1)))


# Wrong offsets and duplicates


def test_a_record_read_elsewhere_than_acknowledged_has_a_wrong_offset():
    reads = ok("consumer", polled(0, "a"), polled(2, "b"))
    (anomaly,) = finds(ok("producer", sent("a", 0)), ok("producer", sent("b", 1)), reads, wrong_offset=1)
    assert anomaly.witness == "The sender of “b” was told that it is at offset 1, but it was read at offset 2."


def test_one_value_at_two_offsets_is_a_duplicate():
    (anomaly,) = finds(*written("a"), ok("one", polled(0, "a")), ok("one", polled(1, "a")), duplicate=1)
    assert anomaly.witness == "“a” is one record, but was read at the offsets 0, 1."
    assert [operation.process for operation in anomaly.operations] == ["producer", "one", "one"]
    assert anomaly.offset == 1


def test_many_copies_are_counted_not_listed():
    (anomaly,) = finds(*written("a"), ok("one", *[polled(offset, "a") for offset in range(6)]), duplicate=5)
    assert anomaly.witness.endswith("0, 1, 2, 3 and more.")


def test_a_copy_acknowledged_beyond_what_was_read_is_a_duplicate():
    (anomaly,) = finds(ok("producer", sent("a", 1)), ok("consumer", polled(0, "a")), duplicate=1)
    assert anomaly.witness.endswith("nobody has read as far as 1 yet.")


def test_a_value_sent_twice_may_be_there_twice():
    finds(ok("one", sent("a", 0)), ok("one", sent("a", 1)), ok("consumer", polled(0, "a"), polled(1, "a")))
    finds(info("one", sent("a")), ok("one", sent("a", 1)), ok("consumer", polled(0, "a"), polled(1, "a")))


def test_one_record_read_often_is_no_duplicate():
    finds(*written("a"), ok("one", polled(0, "a")), ok("two", polled(0, "a")))


def test_a_contract_may_allow_copies():
    steps = (*written("a"), ok("one", polled(0, "a"), polled(1, "a")))
    assert not check(history(*steps)).valid
    assert check(history(*steps), AT_LEAST_ONCE).valid


# Polls


def test_a_poll_that_leaves_out_a_record_others_have_read_skips():
    (anomaly,) = finds(
        *written("a", "b", "c"),
        ok("one", polled(0, "a"), polled(1, "b"), polled(2, "c")),
        ok("two", polled(0, "a")),
        ok("two", polled(2, "c")),
        poll_skip=1,
    )
    assert anomaly.witness.startswith("two went from offset 0 to 2 and left out offset 1,")
    assert [operation.process for operation in anomaly.operations] == ["one", "two", "two"]
    assert anomaly.offset == 1


def test_leaving_out_records_within_one_poll_is_an_internal_skip():
    (anomaly,) = finds(
        *written("a", "b", "c", "d"),
        ok("one", polled(0, "a"), polled(1, "b"), polled(2, "c"), polled(3, "d")),
        ok("two", polled(0, "a"), polled(3, "d")),
        internal_poll_skip=2,
    )
    assert (anomaly.offset, anomaly.records) == (1, 2)


def test_going_back_between_polls_is_nonmonotonic():
    (anomaly,) = finds(*written("a", "b"), ok("one", polled(0, "a"), polled(1, "b")), ok("one", polled(0, "a")), nonmonotonic_poll=1)
    assert anomaly.witness == "one was given offset 1 and then, in a later poll, offset 0, without having asked for it again."


def test_the_same_offset_twice_in_a_row_is_nonmonotonic():
    finds(*written("a"), ok("one", polled(0, "a")), ok("one", polled(0, "a")), nonmonotonic_poll=1)


def test_going_back_within_one_poll_is_internally_nonmonotonic():
    (anomaly,) = finds(*written("a", "b"), ok("one", polled(0, "a"), polled(1, "b"), polled(0, "a")), internal_nonmonotonic_poll=1)
    assert len(anomaly.operations) == 1


@pytest.mark.parametrize("again", [assigned(0), Sought(TOPIC, 0)])
def test_a_position_chosen_anew_may_be_anywhere(again):
    one = ok("one", polled(0, "a"), polled(1, "b"), polled(2, "c"))
    finds(*written("a", "b", "c"), one, ok("one", again), ok("one", polled(0, "a")), ok("one", again, polled(2, "c")))


def test_a_seek_in_one_partition_leaves_the_others_where_they_were():
    finds(
        *written("a", "b"),
        *written("c", partition=1),
        ok("one", polled(0, "a"), polled(1, "b"), polled(0, "c", partition=1)),
        ok("one", Sought(TOPIC, 1)),
        ok("one", polled(0, "a")),
        nonmonotonic_poll=1,
    )


def test_after_a_poll_of_unknown_outcome_the_position_is_not_known():
    everything = ok("other", polled(0, "a"), polled(1, "b"), polled(2, "c"))
    finds(*written("a", "b", "c"), everything, ok("one", polled(0, "a")), info("one"), ok("one", polled(2, "c")))
    finds(*written("a", "b", "c"), everything, ok("one", polled(0, "a")), info("one", polled(1, "b")), ok("one", polled(2, "c")))


def test_a_failed_poll_moves_nothing():
    finds(*written("a", "b"), ok("one", polled(0, "a")), fail("one"), ok("one", polled(1, "b")))
    finds(*written("a"), ok("one", polled(0, "a")), fail("one"), ok("one", polled(0, "a")), nonmonotonic_poll=1)


def test_an_unknown_send_does_not_lose_the_position_of_a_reader():
    finds(*written("a"), ok("one", polled(0, "a")), info("one", sent("x")), ok("one", polled(0, "a")), nonmonotonic_poll=1)


def test_polls_of_two_processes_are_not_compared():
    finds(*written("a", "b"), ok("one", polled(0, "a"), polled(1, "b")), ok("two", polled(0, "a")))


def test_polls_of_one_process_that_overlap_are_not_compared():
    steps = history(*written("a", "b"))
    steps.append(Operation("one", Outcome.OK, 100, 200, (polled(0, "a"), polled(1, "b"))))
    steps.append(Operation("one", Outcome.OK, 150, 250, (polled(0, "a"),)))
    assert check(steps).valid


# Sends


def test_a_later_send_that_lands_earlier_is_nonmonotonic():
    reads = ok("consumer", polled(0, "b"), polled(1, "a"))
    (anomaly,) = finds(ok("one", sent("a", 1)), ok("one", sent("b", 0)), reads, nonmonotonic_send=1)
    assert anomaly.witness == "one sent to offset 1 and then, later, to offset 0."
    assert [operation.actions[0].value for operation in anomaly.operations] == [b"a", b"b"]


def test_the_furthest_earlier_send_counts_not_only_the_last():
    reads = ok("consumer", polled(0, "b"), polled(1, "c"), polled(2, "a"))
    finds(ok("one", sent("a", 2)), ok("one", sent("b", 0)), ok("one", sent("c", 1)), reads, nonmonotonic_send=2)


def test_sends_within_one_operation_that_land_out_of_order_are_internally_nonmonotonic():
    (anomaly,) = finds(ok("one", sent("a", 1), sent("b", 0)), ok("consumer", polled(0, "b"), polled(1, "a")), internal_nonmonotonic_send=1)
    assert len(anomaly.operations) == 1


def test_sends_of_two_processes_and_to_two_partitions_are_not_compared():
    finds(ok("one", sent("a", 1)), ok("two", sent("b", 0)), ok("consumer", polled(0, "b"), polled(1, "a")))
    finds(
        ok("one", sent("a", 0), sent("b", 0, partition=1)),
        ok("consumer", polled(0, "a"), polled(0, "b", partition=1)),
    )


def test_sends_that_began_together_have_no_order():
    steps = history(ok("consumer", polled(0, "b"), polled(1, "a")))
    steps.append(Operation("one", Outcome.OK, 100, 200, (sent("a", 1),)))
    steps.append(Operation("one", Outcome.OK, 100, 200, (sent("b", 0),)))
    assert check(steps).valid


def test_sends_under_way_together_keep_the_order_of_their_calls():
    steps = history(ok("consumer", polled(0, "b"), polled(1, "a")))
    steps.append(Operation("one", Outcome.OK, 100, 200, (sent("a", 1),)))
    steps.append(Operation("one", Outcome.OK, 101, 190, (sent("b", 0),)))
    assert dict(check(steps).counts).get(Kind.NONMONOTONIC_SEND) == 1


def test_other_records_between_ones_own_are_told_and_allowed():
    finds(
        ok("one", sent("a", 0), sent("c", 2)),
        ok("two", sent("b", 1)),
        ok("consumer", polled(0, "a"), polled(1, "b"), polled(2, "c")),
        internal_send_skip=1,
    )
