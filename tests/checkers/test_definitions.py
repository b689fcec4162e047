"""The checker against the definitions: each kind of anomaly spelt out over all pairs, on thousands of small histories of any shape."""

import random
from itertools import combinations, pairwise

from histories import TOPIC

from streambus.checkers import Assigned, History, Kind, Operation, Outcome, Polled, Sent, Sought, check


def random_history(dice):
    """A few operations of three processes on two partitions of a log that is mostly correct. Values are unique."""
    logs = [[], []]
    values = iter(range(1_000))
    history, now = History(), 0

    def send():
        outcome = dice.choice([Outcome.OK] * 5 + [Outcome.FAIL, Outcome.INFO])
        actions = []
        for _ in range(dice.choice([1, 1, 2])):
            partition, value = dice.randrange(2), b"%d" % next(values)
            offset = len(logs[partition])
            if outcome is Outcome.OK or dice.random() < 0.4:
                logs[partition].append(value)
            known = outcome is Outcome.OK or (outcome is Outcome.INFO and dice.random() < 0.3)
            actions.append(Sent(TOPIC, partition, value, spoilt(offset) if known and dice.random() < 0.9 else None))
        return outcome, actions

    def spoilt(offset):
        return max(0, offset + dice.choice([-1, 1, 2])) if dice.random() < 0.08 else offset

    def poll():
        outcome = dice.choice([Outcome.OK] * 6 + [Outcome.FAIL, Outcome.INFO])
        partition = dice.randrange(2)
        begin = dice.randrange(len(logs[partition]) + 1)
        actions = []
        for offset in range(begin, min(len(logs[partition]), begin + dice.randrange(4))):
            if dice.random() < 0.93:
                value = logs[partition][offset] if dice.random() < 0.95 else b"%d" % dice.randrange(12)
                actions.append(Polled(TOPIC, partition, spoilt(offset), value))
        return outcome, actions

    def choose():
        action = Sought(TOPIC, dice.randrange(2)) if dice.random() < 0.5 else Assigned(((TOPIC, 0), (TOPIC, 1)))
        return Outcome.OK, [action]

    for _ in range(dice.randrange(16)):
        now += dice.randrange(3)
        outcome, actions = dice.choice([send] * 3 + [poll] * 6 + [choose])()
        ended = dice.choice([None, now + 3, now + 1] + [now] * 5)
        history.append(Operation(f"p{dice.randrange(2)}", outcome, now, ended, tuple(actions)))
    return history


def defined(history):
    """The kinds of anomaly in `history`, by definition."""
    operations = sorted(history.operations, key=lambda o: (o.invoked_at, o.completed_at is None, o.completed_at or 0))
    reads = [(a.partition, a.offset, a.value) for o in operations if o.outcome is Outcome.OK for a in o.actions if isinstance(a, Polled)]
    sends = {a.value: (a.partition, o.outcome, a.offset) for o in operations for a in o.actions if isinstance(a, Sent)}
    kinds = {*log_anomalies(reads, sends)}
    for process in {operation.process for operation in operations}:
        own = [operation for operation in operations if operation.process == process]
        kinds |= {*poll_anomalies(own, reads), *send_anomalies(own)}
    return kinds


def log_anomalies(reads, sends):
    acknowledged = [(p, offset, value) for value, (p, outcome, offset) in sends.items() if outcome is Outcome.OK]
    for (p, o, v), (q, r, w) in combinations(reads + acknowledged, 2):
        if (p, o) == (q, r) and o is not None and v != w:
            yield Kind.INCONSISTENT_OFFSETS
    for (p, o, v), (q, r, w) in combinations(reads, 2):
        if (p, v) == (q, w) and o != r:
            yield Kind.DUPLICATE
    for p, _, v in reads:
        partition, outcome, _ = sends.get(v, (None, None, None))
        if partition != p:
            yield Kind.PHANTOM
        elif outcome is Outcome.FAIL:
            yield Kind.ABORTED_READ
    for p, offset, value in acknowledged:
        places = [o for q, o, v in reads if (q, v) == (p, value)]
        last = max((o for q, o, _ in reads if q == p), default=-1)
        behind = offset is None or offset > last
        if not places:
            yield Kind.UNSEEN if behind else Kind.LOST_WRITE
        elif offset is not None and offset not in places:
            yield Kind.DUPLICATE if behind else Kind.WRONG_OFFSET


def poll_anomalies(operations, reads):
    for partition in (0, 1):
        known = {o for p, o, _ in reads if p == partition}
        path = []
        for operation in operations:
            sent = any(isinstance(action, Sent) for action in operation.actions)
            polled = any(isinstance(action, Polled) for action in operation.actions)
            if operation.outcome is Outcome.INFO and (polled or not operation.actions):
                path.append(None)
            assert not (sent and polled)
            for action in operation.actions:
                if isinstance(action, Assigned) or (isinstance(action, Sought) and action.partition == partition):
                    path.append(None)
                elif isinstance(action, Polled) and action.partition == partition:
                    path.append((operation, action.offset) if operation.outcome is Outcome.OK else None)
        for before, after in pairwise(path):
            if before is None or after is None:
                continue
            (one, o), (other, r) = before, after
            inside = one is other
            if not inside and (one.completed_at is None or other.invoked_at < one.completed_at):
                continue
            if r <= o:
                yield Kind.INTERNAL_NONMONOTONIC_POLL if inside else Kind.NONMONOTONIC_POLL
            elif any(o < between < r for between in known):
                yield Kind.INTERNAL_POLL_SKIP if inside else Kind.POLL_SKIP


def send_anomalies(operations):
    for partition in (0, 1):
        landed = [
            (operation, offsets)
            for operation in operations
            if operation.outcome is not Outcome.FAIL
            and (
                offsets := [
                    a.offset for a in operation.actions if isinstance(a, Sent) and a.partition == partition and a.offset is not None
                ]
            )
        ]
        for _, offsets in landed:
            if any(later <= earlier for earlier, later in pairwise(offsets)):
                yield Kind.INTERNAL_NONMONOTONIC_SEND
        for (one, offsets), (other, later_offsets) in combinations(landed, 2):
            if one.invoked_at < other.invoked_at and later_offsets[0] <= max(offsets):
                yield Kind.NONMONOTONIC_SEND


def test_the_checker_finds_what_the_definitions_say():
    found = dict.fromkeys(Kind, 0)
    clean = 0
    for seed in range(6_000):
        history = random_history(random.Random(seed))
        kinds = {kind for kind, _ in check(history).counts}
        assert kinds == defined(history), (seed, history)
        clean += not kinds
        for kind in kinds:
            found[kind] += 1
    assert clean > 500
    assert all(found.values()), found
