"""What a verdict says beside its anomalies, and what judging costs."""

import tracemalloc

from histories import TOPIC, fail, history, info, ok, polled, sent, written

from streambus.checkers import ANOMALIES_PER_KIND_MAX, Checker, Kind, PartitionCoverage, check


def test_coverage_says_what_was_judged():
    verdict = check(
        history(
            *written("a", "b"),
            fail("producer", sent("x")),
            info("producer", sent("y", None, 1)),
            ok("consumer", polled(0, "a"), polled(1, "b")),
            ok("other", polled(0, "a")),
        )
    )
    covered = verdict.covered
    assert (covered.operations, covered.ok, covered.failed, covered.unknown, covered.processes) == (6, 4, 1, 1, 3)
    assert covered.partitions == (
        PartitionCoverage(TOPIC, 0, 2, 1, 0, 2, 3, 1, worst_lag=35),
        PartitionCoverage(TOPIC, 1, 0, 0, 1, 0, 0, None),
    )


def test_coverage_says_what_could_not_be_judged_and_why():
    covered = check(history(*written("a"), ok("consumer", polled(0, "a")))).covered
    reasons = dict(covered.not_judged)
    assert reasons[Kind.G_SINGLE] == "the history has no transactions"
    assert reasons[Kind.GROUP_SKIP] == "no group committed offsets or resumed from them"
    assert Kind.LOST_WRITE in covered.checks
    assert not set(reasons) & set(covered.checks)


def test_the_worst_anomalies_come_first():
    verdict = check(history(*written("a", "b", "c"), ok("one", polled(0, "a"), polled(0, "a"), polled(2, "c"), polled(3, "?"))))
    assert [anomaly.kind for anomaly in verdict.anomalies] == [Kind.LOST_WRITE, Kind.PHANTOM, Kind.INTERNAL_NONMONOTONIC_POLL]


def test_too_many_anomalies_of_a_kind_are_counted_not_kept():
    reads = ok("one", *[polled(offset, f"?{offset}") for offset in range(0, 1_000, 2)])
    verdict = check(history(reads))
    assert len(verdict.anomalies) == ANOMALIES_PER_KIND_MAX
    assert verdict.counts == ((Kind.PHANTOM, 500),)


def test_a_checker_can_be_fed_operation_by_operation():
    steps = history(*written("a", "b", "c"), ok("one", polled(0, "a"), polled(2, "c")))
    checker = Checker()
    for operation in steps.operations:
        checker.observe(operation)
    assert checker.verdict(steps.operations) == check(steps)


def test_the_witness_is_the_first_operation_that_shows_it():
    verdict = check(history(*written("a"), *[ok(f"reader {n}", polled(0, "a"), polled(1, "?")) for n in range(5)]))
    (anomaly,) = verdict.anomalies
    assert [operation.process for operation in anomaly.operations] == ["reader 0"]


def test_values_are_shown_as_text_or_hex_and_shortened():
    long_text, long_bytes = "x" * 100, "\0" * 100
    verdict = check(history(ok("two", polled(0, "short"), polled(2, "\x01"), polled(4, long_text), polled(6, long_bytes))))
    shown = [anomaly.witness.split(" was read")[0] for anomaly in verdict.anomalies]
    assert shown == ["“short”", "0x01", f"“{'x' * 48}…” (100 bytes)", f"0x{'00' * 24}… (100 bytes)"]


def test_reading_the_same_records_again_takes_no_more_memory():
    def peak(readers):
        steps = history(
            *written(*map(str, range(1_500))), *[ok(f"reader {n}", *[polled(o, str(o)) for o in range(1_500)]) for n in range(readers)]
        )
        tracemalloc.start()
        assert check(steps).valid
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    assert peak(40) < peak(1) * 1.5
