"""A witness is enough: judged on its own, it shows the same kind of anomaly in the same place."""

import random

from worlds import World

from streambus.checkers import SERIALIZABLE, Checker, History, Kind, check


def test_a_witness_alone_shows_the_same_anomaly():
    proven = dict.fromkeys(Kind, 0)
    for seed in range(1_500):
        dice = random.Random(seed)
        history = World(dice, 0.1).run(dice.randrange(6, 18))
        for anomaly in check(history, SERIALIZABLE).anomalies:
            alone = check(History(list(anomaly.operations)), SERIALIZABLE)
            kinds = {(found.kind, found.topic, found.partition) for found in alone.anomalies}
            if anomaly.kind is Kind.UNSEEN:  # the only difference between the two is how far others have read
                kinds |= {(Kind.UNSEEN, *rest) for kind, *rest in kinds if kind is Kind.LOST_WRITE}
            assert (anomaly.kind, anomaly.topic, anomaly.partition) in kinds, (seed, anomaly)
            proven[anomaly.kind] += 1
    assert sum(times > 0 for times in proven.values()) > 25


def test_a_witness_holds_few_operations():
    longest = 0
    for seed in range(300):
        dice = random.Random(seed)
        for anomaly in check(World(dice, 0.1).run(18), SERIALIZABLE).anomalies:
            longest = max(longest, len(anomaly.operations))
    assert longest <= 8


def test_operations_may_come_from_a_source_that_reads_a_file_anew():
    dice = random.Random(7)
    history = World(dice, 0.1).run(18)
    lines = list(history.to_lines())
    walks = []

    def source():
        walks.append(1)
        return sorted(History.from_lines(lines).operations, key=lambda o: (o.invoked_at, o.completed_at is None, o.completed_at or 0))

    checker = Checker()
    for operation in source():
        checker.observe(operation)
    assert checker.verdict(source) == check(history)
    assert 2 <= len(walks) <= 5

    checker = Checker()
    for operation in source():
        checker.observe(operation)
    assert checker.verdict(iter(source())) == check(history)
