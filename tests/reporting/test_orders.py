"""What is known of each partition: orders, lags, unseen records, the places of witnesses, and who saw what at which offset."""

from streambus.checkers import (
    DURABLE_LOG,
    Anomaly,
    Committed,
    History,
    Kind,
    Observed,
    Operation,
    Outcome,
    Polled,
    Resumed,
    Sent,
    Severity,
    check,
)
from streambus.reporting.canvas import Window
from streambus.reporting.lags import Sample, lag_of, moments_of, unseen_of
from streambus.reporting.measures import Span, span_of
from streambus.reporting.order_table import offsets_around, order_table_html, order_tables
from streambus.reporting.order_view import Frame, order_view
from streambus.reporting.orders import Reading, Send, orders_of
from streambus.reporting.spots import spots_of

SECOND = 1_000_000
SPAN = Span(0, 10 * SECOND)


def sent(at, value, offset=None, *, process="writer", outcome=Outcome.OK, took=1, partition=0):
    ended = None if took is None else (at + took) * SECOND
    return Operation(process, outcome, at * SECOND, ended, (Sent("t", partition, value, offset),))


def polled(at, *records, process="reader"):
    return Operation(process, Outcome.OK, at * SECOND, at * SECOND, tuple(Polled("t", 0, offset, value) for offset, value in records))


def test_successive_offsets_of_one_poll_are_one_reading():
    orders = orders_of([polled(3, (4, b"e"), (5, b"f"), (9, b"j"))], SPAN)
    assert orders["t", 0].readings == [Reading("reader", 3.0, 4, 5), Reading("reader", 3.0, 9, 9)]
    assert orders["t", 0].values == {4: b"e", 5: b"f", 9: b"j"}


def test_a_send_of_unknown_fate_is_where_it_was_read():
    lost = sent(1, b"a", outcome=Outcome.INFO, took=None)
    assert orders_of([lost], SPAN)["t", 0].sends == [Send("writer", Outcome.INFO, 1.0, None, None, b"a")]
    assert orders_of([lost, polled(5, (7, b"a"))], SPAN)["t", 0].sends[0].offset == 7


def test_a_send_without_a_partition_is_where_it_was_read():
    orders = orders_of([sent(1, b"a", outcome=Outcome.INFO, partition=-1), polled(5, (7, b"a"))], SPAN)
    assert [(place, len(order.sends)) for place, order in orders.items()] == [(("t", 0), 1)]


def test_lag_is_what_was_acknowledged_behind_the_newest_read():
    operations = [sent(0, b"a", 0), sent(1, b"b", 1), sent(3, b"c", 2), polled(1, (0, b"a")), polled(5, (1, b"b")), polled(6, (2, b"c"))]
    lag = lag_of(orders_of(operations, SPAN)["t", 0], moments_of(SPAN, 10))
    assert lag.readers["reader"] == [
        Sample(1.0, 0, 0.0),
        Sample(2.0, 1, 0.0),
        Sample(3.0, 1, 1.0),
        Sample(4.0, 2, 2.0),
        Sample(5.0, 1, 1.0),
        Sample(6.0, 0, 0.0),
    ]
    assert lag.worst == ("reader", Sample(4.0, 2, 2.0))


def test_unseen_are_acknowledged_records_until_somebody_reads_them():
    operations = [sent(0, b"a", 0), sent(2, b"b", 1), sent(4, b"c", 2), polled(5, (0, b"a")), polled(4, (2, b"c"))]
    unseen = unseen_of(operations, SPAN, [1, 3, 5, 9])
    assert unseen.counts == {("t", 0): [1, 2, 1, 1]}
    assert unseen.total == [1, 2, 1, 1]
    assert unseen_of([], SPAN, [1, 2]).total == [0, 0]


def lost_write():
    operations = [sent(at, b"%d" % at, at) for at in range(6)]
    operations += [polled(6, (0, b"0"), (1, b"1"), (3, b"3"), (4, b"4")), polled(7, (0, b"0"), process="late")]
    history = History(operations)
    return history, check(history, DURABLE_LOG).anomalies[0]


def test_witnesses_have_a_place_in_the_picture():
    history, anomaly = lost_write()
    spots = spots_of(anomaly, orders_of(history.operations, SPAN), SPAN)
    assert [(spot.process, spot.at, spot.offset) for spot in spots] == [("writer", 3.0, 2), ("reader", 6.0, 4)]


def test_the_order_table_says_who_saw_what_and_who_passed_over():
    history, anomaly = lost_write()
    (table,) = order_tables(history, [anomaly])
    assert offsets_around(anomaly) == [2, 4]
    assert table.rows == [0, 1, 2, 3, 4, 5, 6, 7]
    page = order_table_html(table, anomaly, span_of(history))
    assert "<th>acknowledged to</th><th>late</th><th>reader</th>" in page
    (suspect,) = [row for row in page.split("<tr") if "suspect" in row]
    assert "<code>2</code>" in suspect
    assert "not that far" in suspect
    assert "passed over" in suspect
    assert 'scope="row">7<' not in page


def test_the_order_table_marks_a_second_value_and_a_copy():
    operations = [sent(0, b"a", 0), polled(2, (0, b"a"), (1, b"a")), polled(3, (0, b"x"), process="other")]
    history = History(operations)
    anomalies = check(history, DURABLE_LOG).anomalies
    pages = [order_table_html(table, one, SPAN) for table, one in zip(order_tables(history, anomalies), anomalies, strict=True)]
    assert any("<code class=differs>x</code>" in page for page in pages)
    assert any("at 0 and 1!" in page for page in pages)


def test_an_anomaly_without_an_offset_has_no_order_table():
    history = History([Operation("w", Outcome.OK, 0, 1, (Sent("t", -1, b"a"),))])
    anomalies = check(history, DURABLE_LOG).anomalies
    assert [anomaly.offset for anomaly in anomalies] == [None]
    assert order_tables(history, anomalies) == [None]


def test_a_view_shows_sends_reads_and_what_has_no_offset():
    operations = [sent(0, b"a", 0), sent(2, b"b", outcome=Outcome.FAIL), polled(5, (0, b"a"))]
    view = order_view(orders_of(operations, SPAN)["t", 0], Frame(Window(0, 10)), [], {}, [], {"writer": 0, "reader": 1})
    assert 'class="send done" data-p="0" d="M0 ' in view.picture
    assert 'class="send failed" data-p="0" d="M2000 ' in view.picture
    assert 'class="read r0" data-p="1" d="M5000 ' in view.picture
    assert "no offset" in view.picture
    assert "read by reader" in view.legend
    assert "t/0: 1 sends and 1 reads at the offsets 0 to 0, 1 send without an offset" in view.picture


def test_a_view_shows_what_groups_committed_and_the_leader_told():
    told = [Operation("c", Outcome.OK, at * SECOND, at * SECOND, (Observed("t", 0, high_watermark=at),)) for at in (2, 4)]
    commit = Operation("c", Outcome.OK, 5 * SECOND, 5 * SECOND, (Committed("g", "t", 0, 1),))
    order = orders_of([sent(0, b"a", 0), sent(1, b"b", 1), *told, commit], SPAN)["t", 0]
    view = order_view(order, Frame(Window(0, 10)), [], {}, [], {})
    assert 'class="commit" d="M5000 ' in view.picture
    assert 'class="watermark" d="M2000 ' in view.picture
    assert "committed by a group" in view.legend
    assert "high watermark, as told" in view.legend


def test_a_commit_that_went_wrong_has_a_place_in_the_picture():
    commit = Operation("c", Outcome.OK, 5 * SECOND, 5 * SECOND, (Committed("g", "t", 0, 1),))
    resumed = Operation("d", Outcome.OK, 7 * SECOND, 7 * SECOND, (Resumed("g", "t", 0, 0),))
    operations = [sent(0, b"a", 0), sent(1, b"b", 1), commit, resumed]
    anomaly = Anomaly(Kind.GROUP_REWIND, Severity.SERIOUS, "t", 0, 0, "It was told 0, though 1 was committed.", (commit, resumed))
    spots = spots_of(anomaly, orders_of(operations, SPAN), SPAN)
    assert [(spot.process, spot.offset) for spot in spots] == [("c", 1), ("d", 0)]
