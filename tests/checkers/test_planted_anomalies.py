"""Laws: a correct log never alarms, and one thing put wrong in its history is found, whatever else is in it."""

import attrs
import pytest
from histories import TOPIC, CorrectLog, correct_histories, rich_histories
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from streambus.checkers import (
    DURABLE_LOG,
    Assigned,
    Committed,
    Deleted,
    Fault,
    History,
    Isolation,
    Kind,
    Listed,
    Observed,
    Operation,
    Outcome,
    Polled,
    Rebalanced,
    Resumed,
    Sent,
    Sought,
    Subscribed,
    check,
)

thorough = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])


@given(correct_histories())
@settings(max_examples=200, deadline=None)
def test_a_correct_log_never_alarms(history):
    verdict = check(history)
    assert verdict.valid, verdict.anomalies
    assert verdict.excused == ()


def test_a_long_correct_history_never_alarms():
    state = 12345

    def choose(n):
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 33) % n

    log = CorrectLog(choose, partitions=5)
    for _ in range(5_000):
        log.step()
    verdict = check(log.finish())
    assert verdict.valid
    assert verdict.covered.operations > 4_000


@given(correct_histories(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_in_which_operations_are_recorded_does_not_matter(history, random):
    history = alter(history, lambda action, at: None if at == 3 else action)
    shuffled = list(history.operations)
    random.shuffle(shuffled)
    moments = {(operation.process, operation.invoked_at, operation.completed_at) for operation in shuffled}
    assume(len(moments) == len(shuffled))
    assert check(History(shuffled)).counts == check(history).counts


# Planting --------------------------------------------------------------------------------------------------------------


def alter(history, change):
    """The history with `change(action, n)` in place of its n-th action; None leaves it out."""
    operations, at = [], 0
    for operation in history.operations:
        actions = []
        for action in operation.actions:
            changed = change(action, at)
            at += 1
            if changed is not None:
                actions.append(changed)
        operations.append(attrs.evolve(operation, actions=tuple(actions)))
    return History(operations)


def revalue(history, values):
    """The history with other values read at some offsets."""
    return alter(
        history,
        lambda action, _: (
            attrs.evolve(action, value=values[action.offset]) if isinstance(action, Polled) and action.offset in values else action
        ),
    )


def then(history, *actions, process="newcomer", outcome=Outcome.OK):
    """The history with one operation more, after all others."""
    now = max(operation.completed_at for operation in history.operations) + 10
    return History([*history.operations, Operation(process, outcome, now, now, actions)])


def sends(history, outcome=Outcome.OK):
    return [
        (operation, action)
        for operation in history.operations
        for action in operation.actions
        if isinstance(action, Sent) and operation.outcome is outcome
    ]


def truth(history):
    return {action.offset: action.value for operation in history.operations for action in operation.actions if isinstance(action, Polled)}


def exchange(history, one, other):
    """The history in which two acknowledged records have each other's places, in the log as well."""
    offsets = {one.value: other.offset, other.value: one.offset}
    swapped = alter(
        history,
        lambda action, _: (
            attrs.evolve(action, offset=offsets[action.value]) if isinstance(action, Sent) and action.value in offsets else action
        ),
    )
    return revalue(swapped, {one.offset: other.value, other.offset: one.value})


def lost_write(history, pick):
    log = truth(history)
    victim = pick([sent.offset for _, sent in sends(history) if sent.offset < max(log)])
    return alter(history, lambda action, _: None if isinstance(action, Polled) and action.offset == victim else action)


def phantom(history, pick):
    return revalue(history, {pick(list(truth(history))): b"never sent"})


def aborted_read(history, pick):
    _, failed = pick(sends(history, Outcome.FAIL))
    return revalue(history, {pick(list(truth(history))): failed.value})


def inconsistent_offsets(history, pick):
    _, victim = pick(sends(history))
    other = Sent(TOPIC, 0, b"other")
    return then(then(history, other, outcome=Outcome.INFO), Polled(TOPIC, 0, victim.offset, b"other"))


def wrong_offset(history, pick):
    _, victim = pick(sends(history))
    place = pick([offset for offset in truth(history) if offset != victim.offset])
    return alter(history, lambda action, _: attrs.evolve(action, offset=place) if action == victim else action)


def duplicate(history, pick):
    log = truth(history)
    return then(history, Polled(TOPIC, 0, max(log) + 1, log[pick(list(log))]))


def unseen(history, pick):  # noqa: ARG001
    return then(history, Sent(TOPIC, 0, b"late", max(truth(history)) + 1))


def poll_skip(history, pick):
    log = truth(history)
    left_out = pick(sorted(log)[1:-1])
    before, after = (Polled(TOPIC, 0, offset, log[offset]) for offset in (left_out - 1, left_out + 1))
    return then(then(history, before), after)


def internal_poll_skip(history, pick):
    log = truth(history)
    left_out = pick(sorted(log)[1:-1])
    return then(history, *(Polled(TOPIC, 0, offset, log[offset]) for offset in (left_out - 1, left_out + 1)))


def nonmonotonic_poll(history, pick):
    log = truth(history)
    offset = pick(list(log))
    return then(history, Polled(TOPIC, 0, offset, log[offset]), process="last reader")


def internal_nonmonotonic_poll(history, pick):
    log = truth(history)
    offset = pick(list(log))
    return then(history, *[Polled(TOPIC, 0, offset, log[offset])] * 2)


def nonmonotonic_send(history, pick):
    pairs = [
        (one, other)
        for operation, one in sends(history)
        for later, other in sends(history)
        if operation.process == later.process and operation.invoked_at < later.invoked_at
    ]
    return exchange(history, *pick(pairs))


def internal_nonmonotonic_send(history, pick):
    pairs = [operation.actions for operation, _ in sends(history) if len(operation.actions) == 2]
    return exchange(history, *pick(pairs))


PLANTS = {
    Kind[plant.__name__.upper()]: plant
    for plant in (
        lost_write,
        phantom,
        aborted_read,
        inconsistent_offsets,
        wrong_offset,
        duplicate,
        unseen,
        poll_skip,
        internal_poll_skip,
        nonmonotonic_poll,
        internal_nonmonotonic_poll,
        nonmonotonic_send,
        internal_nonmonotonic_send,
    )
}


@pytest.mark.parametrize("kind", PLANTS)
@given(data=st.data())
@thorough
def test_a_planted_anomaly_is_found_with_its_proof(kind, data):
    def pick(candidates):
        assume(candidates)
        return data.draw(st.sampled_from(candidates))

    planted = PLANTS[kind](data.draw(rich_histories()), pick)
    verdict = check(planted)
    assert kind in dict(verdict.counts)
    assert not verdict.valid
    for anomaly in verdict.anomalies:
        assert anomaly.operations
        assert all(operation in planted.operations for operation in anomaly.operations)
        assert anomaly.witness.endswith(".")


@pytest.mark.parametrize("kind", [Kind.LOST_WRITE, Kind.UNSEEN, Kind.POLL_SKIP, Kind.NONMONOTONIC_POLL])
@given(data=st.data())
@thorough
def test_nothing_but_what_was_planted_is_found(kind, data):
    def pick(candidates):
        assume(candidates)
        return data.draw(st.sampled_from(candidates))

    found = {found for found, _ in check(PLANTS[kind](data.draw(rich_histories()), pick)).counts}
    assert found - set(DURABLE_LOG.allowed) == {kind}


# Strange histories -----------------------------------------------------------------------------------------------------

numbers = st.one_of(st.integers(-3, 6), st.sampled_from([-(2**70), 2**63, 2**62, 2**40]))
some_numbers = st.none() | numbers
topics = st.sampled_from(["a", ""])
values = st.one_of(st.binary(max_size=2), st.sampled_from([b"long" * 30, b"long" * 18]))
places = st.lists(st.tuples(topics, numbers), max_size=2).map(tuple)
strange_actions = st.one_of(
    st.builds(Sent, topics, numbers, values, some_numbers, st.sampled_from([-1, 0, 1, 7]), st.none() | values),
    st.builds(Polled, topics, numbers, numbers, values, some_numbers, some_numbers),
    st.builds(Assigned, places),
    st.builds(Sought, topics, numbers),
    st.builds(Subscribed, topics, st.lists(topics, max_size=2).map(tuple)),
    st.builds(Rebalanced, topics, numbers, places),
    st.builds(Committed, topics, topics, numbers, numbers, some_numbers),
    st.builds(Resumed, topics, topics, numbers, some_numbers),
    st.builds(Observed, topics, numbers, some_numbers, some_numbers, some_numbers, some_numbers),
    st.builds(Listed, topics, numbers, numbers, some_numbers),
    st.builds(Deleted, topics, numbers, numbers),
)
strange_operations = st.builds(
    Operation,
    st.sampled_from("pq"),
    st.sampled_from(Outcome),
    numbers,
    st.none() | numbers,
    st.lists(strange_actions, max_size=4).map(tuple),
    st.sampled_from(["", "why"]),
    st.booleans(),
    st.sampled_from(Isolation),
)
strange_faults = st.builds(Fault, st.text(max_size=3), st.text(max_size=3), numbers, st.none() | numbers)
strange_histories = st.builds(History, st.lists(strange_operations, max_size=30), st.lists(strange_faults, max_size=2))


@given(strange_histories)
@settings(max_examples=400, deadline=None)
def test_no_history_is_too_strange(history):
    verdict = check(history)
    assert verdict.valid == all(kind in DURABLE_LOG.allowed for kind, _ in verdict.counts)
    assert bool(verdict.anomalies) == bool(verdict.counts or verdict.excused)
    assert all(anomaly.operations for anomaly in verdict.anomalies if anomaly.kind is not Kind.UNAVAILABLE)


@given(strange_histories)
@settings(max_examples=200, deadline=None)
def test_any_history_survives_being_written_down(history):
    assert History.from_lines(history.to_lines()) == history
