"""Transactions: atomicity, isolation, and the circles among them; the smallest history for each kind."""

import pytest
from histories import TOPIC, history, ok, polled, sent

from streambus.checkers import (
    CONTRACTS,
    DURABLE_LOG,
    LINEARIZABLE_LOG,
    READ_COMMITTED_WITHOUT_WW,
    SERIALIZABLE,
    History,
    Isolation,
    Kind,
    Operation,
    Outcome,
    Sent,
    Severity,
    check,
)


def transaction(process, *actions, outcome=Outcome.OK, isolation=Isolation.READ_COMMITTED):
    """One transaction, still without its times."""
    return Operation(process, outcome, 0, 5, actions, "", True, isolation)


def at(*operations):
    """The operations one after the other in the history, but all at the same time: only data orders them."""
    return History(
        [Operation(o.process, o.outcome, n, 100 + n, o.actions, "", o.transactional, o.isolation) for n, o in enumerate(operations)]
    )


def plain(process, *actions, outcome=Outcome.OK, isolation=Isolation.READ_COMMITTED):
    return Operation(process, outcome, 0, 5, actions, "", False, isolation)


def kinds(history, contract=DURABLE_LOG):
    return {kind for kind, _ in check(history, contract).counts} - {Kind.UNSEEN, Kind.INTERNAL_SEND_SKIP}


def test_what_a_transaction_sent_itself_is_not_there_before_it_commits():
    (anomaly,) = check(at(transaction("t", sent("a", 0), polled(0, "a")))).anomalies
    assert (anomaly.kind, anomaly.severity) == (Kind.PRECOMMITTED_READ, Severity.CRITICAL)


def test_who_reads_uncommitted_may_see_its_own_transaction():
    verdict = check(at(transaction("t", sent("a", 0), polled(0, "a"), isolation=Isolation.READ_UNCOMMITTED)))
    assert verdict.valid
    assert verdict.excused == ((Kind.PRECOMMITTED_READ, 1),)


def test_an_aborted_transaction_is_seen_only_by_who_reads_uncommitted():
    aborted = transaction("t", sent("a"), outcome=Outcome.FAIL)
    assert kinds(at(aborted, plain("r", polled(0, "a")))) == {Kind.ABORTED_READ}
    assert kinds(at(aborted, plain("r", polled(0, "a"), isolation=Isolation.READ_UNCOMMITTED))) == set()


def test_a_failed_plain_send_is_seen_by_nobody():
    failed = plain("p", sent("a"), outcome=Outcome.FAIL)
    assert kinds(at(failed, plain("r", polled(0, "a"), isolation=Isolation.READ_UNCOMMITTED))) == {Kind.ABORTED_READ}


def test_records_that_only_the_uncommitted_see_may_be_left_out_by_others():
    aborted = transaction("t", sent("x"), outcome=Outcome.FAIL)
    dirty = plain("dirty", polled(0, "a"), polled(1, "x"), polled(2, "c"), isolation=Isolation.READ_UNCOMMITTED)
    sends = [plain("p", sent("a", 0)), plain("p", sent("c", 2))]
    assert kinds(at(*sends, aborted, dirty, plain("clean", polled(0, "a"), polled(2, "c")))) == set()


def test_when_a_part_of_an_unknown_transaction_is_read_all_of_it_must_be_there():
    unknown = transaction("t", sent("a"), sent("b", 0, 1), outcome=Outcome.INFO)
    behind = [plain("p", sent("c", 1, 1)), plain("r", polled(1, "c", 1))]
    assert kinds(at(unknown, *behind)) == set()
    assert kinds(at(unknown, *behind, plain("r", polled(0, "a")))) == {Kind.LOST_WRITE}


G0 = at(transaction("one", sent("a", 0), sent("c", 2)), transaction("two", sent("b", 1), sent("d", 3)))
G1C = at(transaction("one", sent("a", 0), polled(0, "b", 1)), transaction("two", sent("b", 0, 1), polled(0, "a")))
G_SINGLE = at(
    plain("p", sent("x", 0)),
    transaction("one", sent("a", 1), sent("b", 0, 1)),
    transaction("two", polled(0, "x"), polled(0, "b", 1)),
)
G2 = at(
    plain("p", sent("x", 0)),
    plain("p", sent("y", 0, 1)),
    transaction("one", polled(0, "x"), sent("b", 1, 1)),
    transaction("two", polled(0, "y", 1), sent("a", 1)),
)
G_NONADJACENT = at(
    plain("p", sent("x", 0)),
    plain("p", sent("y", 0, 1)),
    plain("one", sent("a", 1)),
    plain("two", sent("b", 1, 1)),
    transaction("three", polled(1, "a"), polled(0, "y", 1)),
    transaction("four", polled(0, "x"), polled(1, "b", 1)),
)
LOST_UPDATE = at(
    plain("p", sent("x", 0)),
    transaction("one", polled(0, "x"), sent("a", 1)),
    transaction("two", polled(0, "x"), sent("b", 2)),
)
INTERMEDIATE = at(transaction("one", sent("a", 0), sent("b", 1)), transaction("two", polled(0, "a")))


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        (G0, Kind.G0),
        (G1C, Kind.G1C),
        (G_SINGLE, Kind.G_SINGLE),
        (G2, Kind.G2),
        (G_NONADJACENT, Kind.G_NONADJACENT),
        (LOST_UPDATE, Kind.LOST_UPDATE),
        (INTERMEDIATE, Kind.INTERMEDIATE_READ),
    ],
)
def test_a_circle_is_told_edge_by_edge_and_breaks_only_strict_contracts(steps, kind):
    verdict = check(steps, SERIALIZABLE)
    assert not verdict.valid
    (anomaly,) = [anomaly for anomaly in verdict.anomalies if anomaly.kind is kind]
    assert 2 <= len(anomaly.operations) <= 4
    assert kind in DURABLE_LOG.allowed
    assert Kind.G_SINGLE not in dict(check(at(*steps.operations[:1])).counts)


def test_the_words_of_a_circle():
    (anomaly,) = [anomaly for anomaly in check(G0).anomalies if anomaly.kind is Kind.G0]
    assert anomaly.witness == (
        "T1 sent “a” to offset 0 of orders/0, before T2's “d” at offset 3; T2 sent “b” to offset 1 of orders/0, before "
        "T1's “c” at offset 2: "
        "a circle, in which T1 is one at 0, T2 is two at 1."
    )


def test_a_lost_update_is_a_circle_too():
    assert {Kind.LOST_UPDATE, Kind.G_SINGLE} <= kinds(LOST_UPDATE)


def test_a_plain_poll_claims_no_snapshot():
    assert kinds(at(*[plain(o.process, *o.actions) for o in G_SINGLE.operations])) == set()


def test_the_order_of_time_is_part_of_a_circle_under_the_contract_that_says_so():
    steps = history(ok("one", sent("b", 1)), ok("two", sent("a", 0)), ok("r", polled(0, "a"), polled(1, "b")))
    verdict = check(steps, LINEARIZABLE_LOG)
    assert dict(verdict.counts) == {Kind.G0_REALTIME: 1}
    assert not verdict.valid
    assert check(steps).valid
    assert verdict.anomalies[0].witness.startswith(
        "T1 was over before T2 began; T2 sent “a” to offset 0 of orders/0, before T1's “b” at offset 1"
    )


def test_a_read_from_the_future_is_a_circle():
    steps = history(ok("r", polled(0, "a")), ok("p", sent("a", 0)))
    assert dict(check(steps, READ_COMMITTED_WITHOUT_WW).counts) == {Kind.G1C_REALTIME: 1}
    assert not check(steps, READ_COMMITTED_WITHOUT_WW).valid


def test_one_process_in_one_moment_goes_in_a_circle_of_its_own_order():
    steps = History([Operation("p", Outcome.OK, 0, 1, (sent("b", 1),)), Operation("p", Outcome.OK, 1, 2, (sent("a", 0),))])
    assert kinds(steps) == {Kind.NONMONOTONIC_SEND, Kind.G0_PROCESS}


def test_an_acknowledgement_that_promises_nothing_orders_nothing():
    def steps(acks):
        return history(ok("one", Sent(TOPIC, 0, b"b", 1, acks)), ok("two", sent("a", 0)), ok("r", polled(0, "a"), polled(1, "b")))

    assert kinds(steps(-1)) == {Kind.G0_REALTIME}
    assert kinds(steps(0)) == set()


def test_every_contract_says_what_it_promises():
    assert len({contract.name for contract in CONTRACTS.values()}) == len(CONTRACTS)
    assert all(contract.promise.endswith(".") for contract in CONTRACTS.values())


def test_a_tangle_too_large_to_search_is_told_without_its_circle(monkeypatch):
    monkeypatch.setattr("streambus.checkers.cycles.STEPS_MAX", 0)
    assert {Kind.PL_1_CYCLE_EXISTS} <= kinds(G0)
    assert Kind.G0 not in kinds(G0)
