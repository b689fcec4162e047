"""Measures and words: small sums that pictures and tables rest on."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streambus.checkers import Fault, History, Operation, Outcome, Polled, Sent
from streambus.reporting import words
from streambus.reporting.canvas import Canvas, Scale, Window, letter, round_numbers, time_text
from streambus.reporting.latencies import SENDS, done, quantiles, quantiles_of, timings_of
from streambus.reporting.measures import Span, bands_of, lanes_of, rates_of, span_of
from streambus.reporting.thinning import thinned

SECOND = 1_000_000


def ok(process, began, ended, *actions):
    return Operation(process, Outcome.OK, began, ended, actions)


def test_quantiles_are_numbers_that_occurred():
    assert quantiles([7]) == [7, 7, 7, 7]
    assert quantiles(range(1, 101)) == [50, 95, 99, 100]
    assert quantiles([4, 1, 3, 2]) == [2, 4, 4, 4]


@given(st.lists(st.integers(), min_size=1))
def test_quantiles_rise_to_the_maximum(numbers):
    found = quantiles(numbers)
    assert found == sorted(found)
    assert found[-1] == max(numbers)


def test_a_span_reaches_from_the_first_to_the_last_thing_that_happened():
    history = History([ok("p", 5, 9), Operation("p", Outcome.INFO, 30, None)], [Fault("crash", "b", 2, 40), Fault("cut", "b", 3)])
    assert span_of(history) == Span(2, 40)
    assert span_of(History()).length == 1


def test_a_fault_that_never_ended_lasts_to_the_end():
    (late, early) = bands_of([Fault("b", "x", 3 * SECOND), Fault("a", "x", SECOND, 0)], Span(0, 10 * SECOND))[::-1]
    assert (early.began, early.ended) == (1.0, 1.0)
    assert (late.began, late.ended) == (3.0, 10.0)


def test_latencies_are_those_of_acknowledged_sends():
    history = History(
        [ok("p", 0, 10, Sent("t", 0, b"a", 0)), ok("c", 0, 500, Polled("t", 0, 0, b"a")), Operation("p", Outcome.FAIL, 0, 90)]
    )
    span = Span(0, SECOND)
    sends = timings_of(history, span)[SENDS]
    assert quantiles_of(sends, span, 10) == [(0.05, [10] * 4), *[None] * 9]
    assert done(sends) == [10]


def test_rates_count_records_by_the_time_of_the_answer():
    sends = [ok("p", 0, at * SECOND, Sent("t", 0, b"%d" % at, at), Sent("t", 1, b"x%d" % at, at)) for at in range(3)]
    rates = rates_of(History([*sends, Operation("p", Outcome.INFO, 3 * SECOND, None, (Sent("t", 0, b"y"),))]), Span(0, 4 * SECOND), 4)
    assert rates == {"acknowledged": [2, 2, 2, 0], "read": [0, 0, 0, 0], "failed or unknown": [0, 0, 0, 1]}


def test_lanes_are_in_natural_order_and_the_idlest_share_one():
    operations = [ok(f"client {n}", at * 10, at * 10 + 1) for n in (10, 9, 2) for at in range(n)]
    assert [lane.name for lane in lanes_of(History(operations), Span(0, 100), 3, 10)] == ["client 2", "client 9", "client 10"]
    assert [lane.name for lane in lanes_of(History(operations), Span(0, 100), 2, 10)] == ["client 10", "2 others"]


def test_names_without_numbers_are_in_order_too():
    operations = [ok(name, 0, 1) for name in ("reader", "producer-none", "producer-lz4", "2", "producer-gzip", "")]
    names = [lane.name for lane in lanes_of(History(operations), Span(0, 100), 9, 10)]
    assert names == ["", "2", "producer-gzip", "producer-lz4", "producer-none", "reader"]


def test_neighbouring_operations_are_one_stretch():
    operations = [ok("p", 0, 1), ok("p", 2, 3), ok("p", 50, 60), Operation("p", Outcome.INFO, 55, None)]
    (lane,) = lanes_of(History(operations), Span(0, 100), 4, 10)
    assert [(round(a * SECOND), round(b * SECOND)) for a, b in lane.stretches[Outcome.OK]] == [(0, 3), (50, 60)]
    assert len(lane.stretches[Outcome.INFO]) == 1


def test_few_marks_are_all_kept_and_many_are_thinned_and_counted():
    marks = [(at, at) for at in range(10_000)]
    kept, told = thinned(marks[:500], lambda mark: mark, 500)
    assert (kept, told.said) == (marks[:500], "")
    kept, told = thinned(marks, lambda mark: mark, 500)
    assert 100 < len(kept) <= 500
    assert told.said == f" {len(kept)} of 10,000 marks are drawn; the others would lie on top of them."


def test_axes_have_round_numbers():
    assert round_numbers(0, 40, 8) == [0, 5, 10, 15, 20, 25, 30, 35, 40]
    assert round_numbers(-0.4, 0.9, 4) == [0, 0.5]
    assert Scale(1, 100_000, is_logarithmic=True).ticks(6) == [1, 10, 100, 1_000, 10_000, 100_000]
    assert Scale(900, 6_000, is_logarithmic=True).ticks(6) == [1_000, 2_000, 5_000]
    assert [time_text(1.5, length) for length in (10, 1, 0.001)] == ["1.5 s", "1,500 ms", "1,500,000 µs"]
    assert [letter(number) for number in (0, 25, 26)] == ["A", "Z", "A1"]


def test_a_line_is_interrupted_where_nothing_is_known():
    canvas = Canvas(100, Window(0, 10), "a line")
    canvas.line("line", [(0, 0), (5, 10), None, (10, 0)], Scale(0, 10))
    assert canvas.shapes == ['<path class="line" d="M0 1000L5000 0"/>', '<path class="line alone" d="M10000 1000h0"/>']


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (words.duration(0), "0 µs"),
        (words.duration(999), "999 µs"),
        (words.duration(1_500), "1.5 ms"),
        (words.duration(123_456), "123 ms"),
        (words.duration(2_345_678), "2.35 s"),
        (words.duration(3_600 * SECOND), "3,600 s"),
        (words.moment(1_234_567, 5 * SECOND), "1.234567 s"),
        (words.moment(1_234_567, 50 * SECOND), "1.235 s"),
        (words.count(1, "record"), "1 record"),
        (words.count(2_000, "record"), "2,000 records"),
        (words.fact(12345), "12,345"),
        (words.fact(12345.6), "12,346"),
        (words.fact(34.0), "34.0"),
        (words.fact(0.12345), "0.123"),
        (words.fact(True), "yes"),
        (words.abridged("producer 2 – broker 1", 11), "produce…r 1"),
        (words.abridged("short", 11), "short"),
        (words.value(b"\x00\x01"), "0x0001"),
        (words.shortened("a\x00b\nc"), "a\ufffdb\ufffdc"),
    ],
)
def test_words(said, expected):
    assert said == expected


def test_nothing_heavy_is_imported():
    program = "import sys, streambus.reporting; print(sorted({'matplotlib', 'numpy', 'simpy', 'trio'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
