"""What a report says, and what it never does."""

import json
import re
from html.parser import HTMLParser

import attrs
import pytest
from example_run import example_history, example_run

from streambus.checkers import (
    AT_LEAST_ONCE,
    DURABLE_LOG,
    DURABLE_LOG_PARTLY_READ,
    SERIALIZABLE,
    SUBSCRIBED_LOG,
    Anomaly,
    Assigned,
    Fault,
    History,
    Kind,
    Operation,
    Outcome,
    Polled,
    Sent,
    Severity,
    Sought,
    Subscribed,
    check,
)
from streambus.reporting import Run, SubRun, write_report
from streambus.reporting.measures import Span
from streambus.reporting.tables import witness_table

VOID = {"meta", "br", "img", "link", "input"}


class Page(HTMLParser):
    """A page as elements, attributes and text; notes elements that are not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.attributes, self.mistakes, self.words = [], [], [], [], []
        self.feed(text)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        self.attributes += attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.mistakes.append(tag)

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)


def run_of(history, contract=DURABLE_LOG, **others):
    verdict = check(history, contract)
    return Run("A run", contract, "2026-01-01", "simulated", history, verdict, **others)


def page_of(run, folder):
    return Page(write_report(run, folder).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("broken")
    write_report(example_run(broken=True), folder)
    return folder


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    folder = tmp_path_factory.mktemp("held")
    write_report(example_run(), folder)
    return folder


def read(folder):
    return Page((folder / "index.html").read_text(encoding="utf-8"))


# What it says ----------------------------------------------------------------------------------------------------------


def test_the_verdict_comes_first_and_in_words(held, broken):
    assert read(held).text.split("One broker, killed five times while it serves ")[1].startswith("Every promise held ")
    assert "All 1,246 acknowledged records were read back." in read(held).text
    assert read(broken).text.split("One broker, killed five times while it serves ")[1].startswith("4 promises broken ")
    assert (
        "and 50 further runs with 101,082 operations. Found: lost write (2 records), read of a failed send (1 record)," in read(broken).text
    )


def test_every_anomaly_is_shown_with_its_witness(broken):
    text = read(broken).text
    for anomaly in example_run(broken=True, seeds=False).verdict.anomalies:
        assert anomaly.kind.title in text
        assert anomaly.witness in text
    assert "sent “order 00051” to orders/2, acknowledged at offset 10" in text


def test_what_was_promised_and_every_check_is_listed(held):
    text = read(held).text
    assert DURABLE_LOG.promise in text
    assert all(kind.broken_promise in text for kind in example_run(seeds=False).verdict.covered.checks if kind not in DURABLE_LOG.allowed)


def test_every_picture_says_in_words_what_it_shows(held):
    page, text = read(held), (held / "index.html").read_text(encoding="utf-8")
    titles = re.findall(r"<figcaption><h3>(.*?)</h3>", text)
    assert titles == [
        "Operations and faults", "orders/0", "orders/1", "orders/2", "orders/3", "Lag in orders/2", "Lag in orders/0", "Lag in orders/3",
        "Lag in orders/1", "Unseen", "Latency of sends", "All sends", "Latency of polls", "All polls", "Throughput",
    ]  # fmt: skip
    labels = [value for name, value in page.attributes if name == "aria-label"]
    assert "orders/0: 492 sends and 984 reads at the offsets 0 to 491, 5 sends without an offset" in labels
    drawn = re.findall(r'<svg viewBox="0 0 10000 1000"[^>]*>', text)
    assert len(drawn) > len(titles)
    assert all(re.search(r'role="img" aria-label="[^"]{20,}"', svg) for svg in drawn)


def test_every_kind_of_fault_has_a_letter_in_the_legend_and_in_every_picture(held):
    text = (held / "index.html").read_text(encoding="utf-8")
    assert "A power cut × 5 B slow disk × 1 C reset × 1" in read(held).text
    whole_run = re.findall(r'<div class="plot timed.*?</svg>', text, re.DOTALL)
    assert len(whole_run) > 12
    assert all('class="band f0"' in picture and 'class="band f2"' in picture for picture in whole_run)


def test_sub_runs_are_rows_and_broken_ones_are_explained_first(broken):
    text = read(broken).text
    assert "49 of 50 held." in text
    assert text.index("seed 17 ✗ broken") < text.index("seed 0 ✓ held")
    assert "What went wrong in seed 17" in text


def test_one_broken_promise_is_named(tmp_path):
    history = History([Operation("producer", Outcome.OK, 0, 1, (Sent("t", 0, b"a", 0),))])
    assert "Broken: unseen records" in page_of(run_of(history), tmp_path).text


def test_a_run_that_holds_is_not_good_news_if_a_sub_run_is_broken(tmp_path):
    bad = check(History([Operation("consumer", Outcome.OK, 0, 1, (Polled("t", 0, 0, b"?"),))]))
    run = run_of(History(), sub_runs=(SubRun("seed 1", bad), SubRun("seed 2", check(History()), {"events": 3})))
    page = page_of(run, tmp_path)
    assert not run.valid
    assert "Broken: phantom record" in page.text
    assert "“?” was read at offset 0" in page.text


def test_each_sub_run_is_held_to_its_own_contract(tmp_path):
    twice = History([Operation("p", Outcome.OK, 0, 1, (Sent("t", 0, b"a", 0), Polled("t", 0, 0, b"a"), Polled("t", 0, 1, b"a")))])
    page = page_of(run_of(History(), sub_runs=(SubRun("retries", check(twice, AT_LEAST_ONCE)),)), tmp_path)
    assert "Every promise held" in page.text
    assert "Broken" not in page.text


def test_a_violated_invariant_breaks_a_run_whatever_its_clients_saw(tmp_path):
    sub_runs = (SubRun("seed 1", check(History()), violations=("The log went back.",)), SubRun("seed 2", check(History())))
    page = page_of(run_of(History(), sub_runs=sub_runs), tmp_path)
    assert "Broken: an invariant inside" in page.text
    assert "1 of 2 further runs broken" in page.text
    assert "The log went back." in page.text
    invalid = SubRun("seed 3", attrs.evolve(check(History()), valid=False))
    assert "Broken: an invariant inside" in page_of(run_of(History(), sub_runs=(invalid,)), tmp_path).text
    page = page_of(run_of(History(), violations=tuple(f"Rule {n} was broken." for n in range(30))), tmp_path)
    assert "Found: 30 violated invariants." in page.text
    assert "Rule 19 was broken. and 10 more" in page.text


def test_what_the_contract_allows_is_said_but_breaks_nothing(tmp_path):
    history = example_history()
    history.append(Operation("late", Outcome.OK, 50_000_000, 50_000_100, (Sent("orders", 0, b"unread", 10_000),)))
    page = page_of(run_of(history, DURABLE_LOG_PARTLY_READ), tmp_path)
    assert "Every promise held" in page.text
    assert "Nothing was found wrong." in page.text
    assert "1 oddity that the contract allows" in page.text
    assert "allowed by the contract" in page.text
    assert "(not promised, 1 record)" in page.text
    assert "(not promised)" in page_of(run_of(History(), AT_LEAST_ONCE), tmp_path).text


def test_polls_that_moved_on_are_told_by_the_records_next_to_the_anomaly(tmp_path):
    sends = [Operation("p", Outcome.OK, at, at + 1, (Sent("t", 0, b"%d" % at, at),)) for at in range(9)]
    first = Operation("c", Outcome.OK, 20, 21, (Polled("t", 0, 0, b"0"), Polled("t", 0, 1, b"1")))
    later = Operation("c", Outcome.OK, 30, 31, tuple(Polled("t", 0, at, b"%d" % at) for at in range(4, 9)), "slow")
    other = Operation("d", Outcome.OK, 40, 41, tuple(Polled("t", 0, at, b"%d" % at) for at in range(9)))
    text = page_of(run_of(History([*sends, first, later, other])), tmp_path).text
    assert "Broken: skip between polls" in text
    assert "read “1” at offset 1 of t/0" in text
    assert "and 4 more actions; slow" in text


def test_witnesses_that_name_nothing_are_told_by_what_is_near():
    actions = (Assigned((("t", 0),)), Sought("t", 0), Polled("t", 0, 90, b"far"), Polled("t", 0, 50, b"near"), Polled("u", 0, 7, b"else"))
    operation = Operation("c", Outcome.OK, 0, 1, actions)
    anomaly = Anomaly(Kind.POLL_SKIP, Severity.SERIOUS, "t", 0, 49, "Something is wrong.", (operation,))
    assert "was assigned t/0; chose a position in t/0; and 3 more actions" in witness_table(anomaly, Span(0, 9))
    polls = attrs.evolve(anomaly, operations=(attrs.evolve(operation, actions=actions[2:]),))
    assert "read “far” at offset 90 of t/0; read “near” at offset 50 of t/0; and 1 more action" in witness_table(polls, Span(0, 9))


def test_a_view_of_thousands_of_marks_says_how_many_it_shows(tmp_path):
    operations = [Operation("p", Outcome.OK, at, at + 9, (Sent("t", 0, b"%d" % at, at),)) for at in range(6_000)]
    operations += [Operation("c", Outcome.OK, at, at + 2, (Polled("t", 0, at, b"%d" % at),)) for at in range(6_000)]
    page = write_report(run_of(History(operations)), tmp_path)
    assert re.search(r"[0-9,]+ of 12,000 marks are drawn; the others would lie on top of them", page.read_text(encoding="utf-8"))
    assert page.stat().st_size < 300_000


def test_what_the_history_could_not_have_shown_is_said_with_the_reason(held):
    text = read(held).text
    assert "Not covered" in text
    assert "No member of a group told what it owned; so nothing is said of: commit from a past generation, two owners" in text
    assert "The contract bounds no pause; so nothing is said of: unavailable" in text


def test_what_was_measured_is_told_beside_the_judgement(tmp_path):
    subscribed = Operation("member", Outcome.OK, 0, 1, (Subscribed("g", ("t",)),))
    sent = Operation("producer", Outcome.OK, 0, 5, (Sent("t", 0, b"a", 0),))
    polls = [Operation("member", Outcome.OK, at, at + 1, (Polled("t", 0, 0, b"a"),)) for at in (10_000, 20_000)]
    lost = Operation("producer", Outcome.INFO, 30_000, 40_000, (Sent("t", 0, b"b"),), "request timed out")
    run = run_of(History([subscribed, sent, *polls, lost]), SUBSCRIBED_LOG)
    text = page_of(run, tmp_path).text
    assert "Measured beside" in text
    assert "Given to one subscriber Times Records 2 1" in text
    assert "Reasons of unknown outcomes request timed out" in text
    assert "longest pause without a fault" in text


def test_a_circle_of_transactions_is_told_without_a_place_in_a_log(tmp_path):
    def transaction(process, *actions):
        return Operation(process, Outcome.OK, 0, 10, actions, transactional=True)

    one = transaction("one", Polled("t", 0, 0, b"a"), Sent("t", 1, b"b", 0))
    two = transaction("two", Polled("t", 1, 0, b"b"), Sent("t", 0, b"a", 0))
    run = run_of(History([one, two]), SERIALIZABLE)
    assert not run.valid
    text = page_of(run, tmp_path).text
    assert "Broken: circle of sends and reads" in text
    assert "sent “a” to t/0, acknowledged at offset 0" in text


def test_the_results_say_the_same_for_programs(broken):
    results = json.loads((broken / "results.json").read_text(encoding="utf-8"))
    assert results["valid"] is False
    assert results["counts"] == {"lost-write": 2, "G1a": 1, "duplicate": 1, "nonmonotonic-poll": 1}
    (first, *_) = results["anomalies"]
    assert (first["kind"], first["severity"], first["topic"], first["partition"]) == ("lost-write", "critical", "orders", 1)
    assert first["operations"][0]["actions"] == [["sent", "orders", 1, "order 01173", 180]]
    assert results["covered"]["operations"] == 1982
    assert [sub_run["valid"] for sub_run in results["sub_runs"]].count(False) == 1


def test_the_history_beside_it_can_be_judged_again(broken):
    history = History.from_lines((broken / "history.ndjson").read_text(encoding="utf-8").splitlines())
    run = example_run(broken=True, seeds=False)
    assert history == run.history
    assert check(history) == run.verdict


# What it never does ----------------------------------------------------------------------------------------------------


def test_the_page_is_well_formed_and_loads_nothing(held, broken):
    for folder in (held, broken):
        page, text = read(folder), (folder / "index.html").read_text(encoding="utf-8")
        assert page.mistakes == []
        assert page.open == []
        assert not {"link", "img", "iframe", "object", "embed", "base"} & set(page.elements)
        assert page.elements.count("script") == 1
        assert not re.search(r"https?:|@import|url\((?!#)|src=|//[a-z]|fetch\(|XMLHttp", text)
        links = {value for name, value in page.attributes if name == "href" and not value.startswith("#")}
        assert links == {"results.json", "history.ndjson"}


def test_names_in_the_page_are_unique_and_all_that_is_referred_to_is_there(broken):
    text = (broken / "index.html").read_text(encoding="utf-8")
    names = re.findall(r'\bid="([^"]+)"', text)
    assert len(names) == len(set(names))
    assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', text)) <= set(names)


def test_every_colour_of_a_picture_is_the_pages_in_light_and_in_dark(broken):
    text = (broken / "index.html").read_text(encoding="utf-8")
    pictures = re.findall(r'<svg viewBox="0 0 10000.*?</svg>', text, re.DOTALL)
    assert pictures
    assert not any(re.search(r"#[0-9a-f]{6}\b|fill=|stroke=", picture) for picture in pictures)
    used = set(re.findall(r"var\((--[a-z0-9-]+)\)", text)) - {"--x", "--y", "--high", "--columns", "--fault"}
    light, dark = re.search(r":root \{(.*?)\}.*?:root \{(.*?)\}", text, re.DOTALL).groups()
    assert used
    assert all(f"{name}:" in light and f"{name}:" in dark for name in used)


def test_the_same_run_gives_the_same_bytes(broken, tmp_path):
    write_report(example_run(broken=True), tmp_path)
    for name in ("index.html", "results.json", "history.ndjson"):
        assert (tmp_path / name).read_bytes() == (broken / name).read_bytes()


def test_a_report_replaces_the_last_one(tmp_path):
    write_report(run_of(example_history()), tmp_path / "a" / "b")
    index = write_report(run_of(History()), tmp_path / "a" / "b")
    assert index == tmp_path / "a" / "b" / "index.html"
    assert Page(index.read_text(encoding="utf-8")).text.count("0 operations by 0 clients") == 1


EVIL = "</style><script>alert(1)</script>\"'&$x_{$\0\n\ud800\N{BELL}注文" + "é" * 500


def test_whatever_is_in_a_history_is_shown_as_text(tmp_path):
    history = History(
        [
            Operation(EVIL, Outcome.FAIL, 5, 6, (Sent(EVIL, 0, EVIL[:30].encode(), None),), EVIL),
            Operation(EVIL, Outcome.OK, 7, 9, (Polled(EVIL, 0, 3, b"<b>"), Polled(EVIL, 0, 3, b"\xff<b>"), Sought(EVIL, 0))),
        ],
        [Fault(EVIL, EVIL, 6, None, EVIL)],
    )
    sub_run = SubRun(EVIL, check(history), {EVIL: EVIL}, violations=(EVIL,))
    run = run_of(history, summary=EVIL, facts={EVIL: EVIL}, configuration={EVIL: EVIL}, sub_runs=(sub_run,), violations=(EVIL,))
    page = page_of(attrs.evolve(run, title=EVIL, when=EVIL), tmp_path)
    assert page.elements.count("script") == 1
    assert page.mistakes == []
    assert "<script>alert(1)</script>" in page.text
    assert History.from_lines((tmp_path / "history.ndjson").read_text(encoding="utf-8").split("\n")) == history
    assert json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["title"] == EVIL


@pytest.mark.parametrize(
    "history",
    [
        History(),
        History(faults=[Fault("crash", "broker", 5)]),
        History([Operation("p", Outcome.INFO, 7, None)]),
        History([Operation("p", Outcome.OK, 7, 3, (Sent("t", -1, b"", -5), Polled("t", -1, -9, b"")))]),
        History([Operation("p", Outcome.OK, -(10**15), 10**15, (Sent("t", 0, b"a", 10**18), Polled("t", 0, 10**18, b"a")))]),
        History([Operation(str(n), Outcome.OK, n, n, (Sent(f"t{n}", n, b"%d" % n, 0),)) for n in range(60)]),
    ],
    ids=["empty", "only a fault", "only an open operation", "backwards", "enormous", "many of everything"],
)
def test_no_history_is_too_strange_to_report(history, tmp_path):
    assert page_of(run_of(history), tmp_path).mistakes == []


def test_a_report_stays_small_however_much_went_wrong(tmp_path):
    operations = [
        Operation(f"client {n % 50}", (Outcome.OK, Outcome.INFO, Outcome.FAIL)[n % 3], n * 1_000, n * 1_000 + n % 900, (
            Sent("t", n % 20, b"v%d" % n + b"x" * 200, n // 3), *[Polled("t", n % 20, n * 3 + k, b"w%d-%d" % (n, k)) for k in range(20)]
        ))
        for n in range(2_000)
    ]  # fmt: skip
    faults = [Fault("crash", f"broker {n % 30}", n * 5_000, n * 5_000 + 2_000) for n in range(600)]
    index = write_report(run_of(History(operations, faults), facts={f"fact {n}": n for n in range(20)}), tmp_path)
    assert index.stat().st_size < 3_000_000
    assert "more rows" in index.read_text(encoding="utf-8")
