"""Groups, watermarks, listings, deletions, acknowledgements and pauses."""

import pytest
from histories import TOPIC, fail, history, info, ok, polled, sent, written

from streambus.checkers import (
    ACKS_1,
    ACKS_NONE,
    COMPACTED_LOG,
    DURABLE_LOG,
    EXACTLY_ONCE,
    Committed,
    Contract,
    Deleted,
    Fault,
    History,
    Kind,
    Listed,
    Observed,
    Operation,
    Outcome,
    Polled,
    Rebalanced,
    Resumed,
    Sent,
    Subscribed,
    check,
)


def committed(offset, generation=None):
    return Committed("g", TOPIC, 0, offset, generation)


def resumed(offset):
    return Resumed("g", TOPIC, 0, offset)


def owns(generation, *partitions):
    return Rebalanced("g", generation, tuple((TOPIC, partition) for partition in partitions))


def kinds(*steps, contract=DURABLE_LOG):
    return dict(check(history(*steps), contract).counts)


def test_a_group_goes_on_where_it_committed():
    assert kinds(ok("a", committed(3)), ok("b", resumed(3))) == {}
    assert kinds(ok("b", resumed(None)), ok("a", committed(3))) == {}


@pytest.mark.parametrize(("told", "kind"), [(2, Kind.GROUP_REWIND), (None, Kind.GROUP_REWIND), (4, Kind.GROUP_SKIP)])
def test_a_group_that_is_told_another_offset_reads_again_or_misses_records(told, kind):
    steps = history(ok("a", committed(2)), ok("a", committed(3)), ok("b", resumed(told)))
    verdict = check(steps)
    assert dict(verdict.counts) == {kind: 1}
    assert not verdict.valid
    assert [operation.actions for operation in verdict.anomalies[0].operations] == [(committed(3),), (resumed(told),)]


def test_a_commit_of_unknown_outcome_may_take_effect_or_not():
    assert kinds(ok("a", committed(2)), info("a", committed(3)), ok("b", resumed(2)), ok("b", resumed(3))) == {}
    assert kinds(ok("a", committed(2)), fail("a", committed(3)), ok("b", resumed(3))) == {Kind.GROUP_SKIP: 1}


def test_a_commit_under_way_may_be_seen_or_not():
    steps = History(
        [
            Operation("a", Outcome.OK, 0, 1, (committed(2),)),
            Operation("b", Outcome.OK, 5, 20, (resumed(3),)),
            Operation("a", Outcome.OK, 10, 30, (committed(3),)),
            Operation("c", Outcome.OK, 12, 29, (resumed(2),)),
        ]
    )
    assert dict(check(steps).counts) == {}


def test_many_commits_leave_only_the_last_to_be_read():
    steps = [ok("a", committed(offset)) for offset in range(50)]
    assert kinds(*steps, ok("b", resumed(49))) == {}
    assert kinds(*steps, ok("b", resumed(48))) == {Kind.GROUP_REWIND: 1}


def test_what_a_transaction_commits_goes_with_what_it_sends():
    unknown = Operation("t", Outcome.INFO, 1, 5, (sent("a"), committed(5)), "", True)
    read = Operation("r", Outcome.OK, 200, 201, (polled(0, "a"),))
    told = Operation("b", Outcome.OK, 300, 301, (resumed(2),))
    before = Operation("a", Outcome.OK, 0, 0, (committed(2),))
    steps = History([before, unknown])
    assert dict(check(History([*steps.operations, told])).counts) == {}
    verdict = check(History([*steps.operations, read, told]))
    assert dict(verdict.counts) == {Kind.TORN_TRANSACTION: 1}
    assert len(verdict.anomalies[0].operations) == 3


def test_a_group_commits_forwards_if_that_is_promised():
    steps = (ok("a", committed(3)), ok("a", committed(2)))
    assert kinds(*steps) == {Kind.NONMONOTONIC_COMMIT: 1}
    assert check(history(*steps)).valid
    assert not check(history(*steps), EXACTLY_ONCE).valid


def test_a_commit_of_a_past_generation_is_refused():
    assert kinds(ok("a", owns(1, 0)), ok("a", committed(1, 1))) == {}
    assert kinds(ok("a", owns(1, 0)), ok("b", owns(2, 0)), ok("a", committed(1, 1))) == {Kind.ZOMBIE_COMMIT: 1}
    assert kinds(ok("a", owns(1, 0)), ok("b", owns(2, 0)), fail("a", committed(1, 1))) == {}


def test_one_generation_has_one_owner_for_each_partition():
    assert kinds(ok("a", owns(1, 0)), ok("b", owns(1, 1)), ok("b", owns(2, 0, 1))) == {}
    assert kinds(ok("a", owns(1, 0)), ok("b", owns(1, 0, 1))) == {Kind.DOUBLE_OWNERSHIP: 1}


def test_generations_long_past_are_forgotten():
    assert kinds(*[ok("ab"[n % 2], owns(n, 0)) for n in range(40)]) == {}


READS = [ok("r", polled(0, "a")), ok("r", polled(2, "c")), ok("s", polled(0, "a"), polled(1, "b"), polled(2, "c"))]


def test_a_subscriber_may_skip_and_repeat_between_polls():
    steps = history(*written("a", "b", "c"), ok("r", Subscribed("g", (TOPIC,))), *READS, ok("r", polled(2, "c")))
    verdict = check(steps)
    assert verdict.valid
    assert verdict.counts == ()
    assert verdict.excused == ((Kind.POLL_SKIP, 1), (Kind.NONMONOTONIC_POLL, 1))
    assert verdict.measures.consumed == ((1, 1), (2, 1))


def test_a_new_owner_goes_on_where_the_group_stands_and_leaves_nothing_out():
    steps = (*written("a", "b", "c"), *READS[2:], ok("r", resumed(None)), ok("r", committed(1)))
    assert kinds(*steps, ok("n", resumed(1), polled(1, "b"), polled(2, "c"))) == {}
    assert kinds(*steps, ok("n", resumed(1), polled(2, "c"))) == {Kind.INTERNAL_POLL_SKIP: 1}
    assert kinds(*steps, ok("n", resumed(1)), ok("n", polled(2, "c"))) == {Kind.POLL_SKIP: 1}
    assert kinds(*steps, ok("n", resumed(1)), ok("n", polled(0, "a"))) == {Kind.NONMONOTONIC_POLL: 1}


def test_a_partition_that_was_taken_away_and_given_back_starts_afresh():
    steps = (*written("a", "b", "c"), *READS[2:], ok("r", owns(1, 0)), ok("r", polled(0, "a")))
    assert kinds(*steps, ok("r", owns(2, 0)), ok("r", polled(2, "c"))) == {Kind.POLL_SKIP: 1}
    assert kinds(*steps, ok("r", owns(2)), ok("r", owns(3, 0)), ok("r", polled(2, "c"))) == {}


# What the broker says


def observed(high_watermark=None, last_stable_offset=None, log_start_offset=None, leader_epoch=None):
    return Observed(TOPIC, 0, high_watermark, last_stable_offset, log_start_offset, leader_epoch)


@pytest.mark.parametrize("fact", range(4))
def test_watermarks_never_go_back(fact):
    higher, lower = ([None] * fact + [value] for value in (5, 4))
    assert kinds(ok("a", observed(*lower)), ok("b", observed(*higher)), ok("b", observed(*higher))) == {}
    assert kinds(ok("a", observed(*higher)), ok("b", observed(*lower))) == {Kind.WATERMARK_REGRESSED: 1}


def test_a_high_watermark_is_behind_what_was_read_or_acknowledged():
    steps = (*written("a", "b"), ok("r", polled(0, "a"), polled(1, "b")))
    assert kinds(*steps, ok("r", observed(2))) == {}
    verdict = check(history(*steps, ok("r", observed(1))))
    assert dict(verdict.counts) == {Kind.WATERMARK_REGRESSED: 1}
    assert len(verdict.anomalies[0].operations) == 2
    assert kinds(*steps, ok("r", Listed(TOPIC, 0, -1, 1)), ok("r", Listed(TOPIC, 0, -2, 0))) == {}


def test_what_is_deleted_may_be_missing_and_is_not_read_again():
    deleted = ok("admin", Deleted(TOPIC, 0, 2))
    reads = ok("r", polled(2, "c"))
    assert kinds(*written("a", "b", "c"), deleted, reads) == {}
    assert kinds(*written("a", "b", "c"), reads) == {Kind.LOST_WRITE: 2}
    assert kinds(*written("a", "b", "c"), deleted, ok("r", polled(1, "b"), polled(2, "c"))) == {Kind.READ_BELOW_LOG_START: 1}
    assert kinds(ok("r", Listed(TOPIC, 0, -2, 1)), *written("a"), ok("r", polled(0, "a"))) == {Kind.READ_BELOW_LOG_START: 1}


def test_retention_lets_old_records_go():
    contract = Contract("kept for a while", "Records are kept for 25 µs.", DURABLE_LOG.allowed, retention=25)
    steps = (*written("a", "b", "c"), ok("r", polled(2, "c")))
    assert kinds(*steps, contract=contract) == {Kind.LOST_WRITE: 1}


def test_of_the_records_of_one_key_only_the_newest_is_kept():
    def keyed(value, offset):
        return ok("p", Sent(TOPIC, 0, value.encode(), offset, -1, b"key"))

    assert kinds(keyed("a", 0), keyed("b", 1), ok("r", polled(1, "b")), contract=COMPACTED_LOG) == {}
    assert kinds(keyed("a", 0), keyed("b", 1), ok("p", sent("c", 2)), ok("r", polled(2, "c")), contract=COMPACTED_LOG) == {
        Kind.LOST_WRITE: 1
    }
    assert (
        kinds(
            keyed("a", 0),
            info("p", Sent(TOPIC, 0, b"b", None, -1, b"key")),
            ok("p", sent("c", 2)),
            ok("r", polled(2, "c")),
            contract=COMPACTED_LOG,
        )
        == {}
    )


def timed(offset, value, timestamp, epoch=None):
    return Polled(TOPIC, 0, offset, value.encode(), timestamp, epoch)


def test_a_listing_by_time_names_the_first_record_that_is_young_enough():
    steps = (*written("a", "b", "c"), ok("r", timed(0, "a", 10), timed(1, "b", 30), timed(2, "c", 20)))
    assert kinds(*steps, ok("r", Listed(TOPIC, 0, 15, 1)), ok("r", Listed(TOPIC, 0, 99, None))) == {}
    assert kinds(*steps, ok("r", Listed(TOPIC, 0, 15, 2))) == {Kind.WRONG_LISTING: 1}
    assert kinds(*steps, ok("r", Listed(TOPIC, 0, 15, 0))) == {Kind.WRONG_LISTING: 1}


def test_leader_epochs_grow_along_the_log():
    steps = written("a", "b")
    assert kinds(*steps, ok("r", timed(0, "a", None, 1), timed(1, "b", None, 2))) == {}
    assert kinds(*steps, ok("r", timed(0, "a", None, 2), timed(1, "b", None, 1))) == {Kind.INCONSISTENT_EPOCHS: 1}


# Acknowledgements and pauses


def test_acks_0_promises_nothing():
    steps = (ok("p", Sent(TOPIC, 0, b"a", 0, ACKS_NONE)), ok("p", sent("b", 1)), ok("r", polled(1, "b")))
    assert kinds(*steps) == {}


def test_acks_1_promises_what_the_contract_says():
    steps = (ok("p", Sent(TOPIC, 0, b"a", 0, 1)), ok("p", sent("b", 1)), ok("r", polled(1, "b")))
    assert kinds(*steps) == {Kind.LOST_WRITE: 1}
    assert kinds(*steps, contract=ACKS_1) == {}


def test_nobody_waits_longer_than_the_contract_says_while_no_fault_is_at_work():
    contract = Contract("available", "Something is done every 100 µs.", DURABLE_LOG.allowed, pause_max=100)
    steps = history(*written("a"), ok("r", polled(0, "a")))
    steps.append(Operation("r", Outcome.OK, 20, 515, ()))
    verdict = check(steps, contract)
    assert dict(verdict.counts) == {Kind.UNAVAILABLE: 1}
    assert (verdict.measures.longest_pause, verdict.measures.pause_began_at) == (500, 15)
    steps.add_fault(Fault("crash", "broker", 100, 300))
    steps.add_fault(Fault("partition", "network", 250, 420))
    verdict = check(steps, contract)
    assert verdict.counts == ()
    assert (verdict.measures.longest_pause, verdict.measures.pause_began_at) == (95, 420)
    steps.add_fault(Fault("disk", "broker", 440))
    assert check(steps, contract).measures.longest_pause == 85
    steps.add_fault(Fault("late", "broker", 450))
    assert check(steps, contract).valid


def test_unseen_records_are_counted_over_time():
    verdict = check(history(*written("a", "b"), ok("r", polled(0, "a"), polled(1, "b"))))
    series = dict(verdict.measures.unseen)
    assert (series[0], max(series.values()), verdict.measures.unseen[-1]) == (0, 2, (25, 0))


def test_reasons_for_unknown_outcomes_are_listed():
    steps = History([Operation("p", Outcome.INFO, 0, 1, (sent("a"),), "timed out")] * 2)
    assert check(steps).measures.unknown_causes == ("timed out",)
