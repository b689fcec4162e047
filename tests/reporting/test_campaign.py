"""Many runs: a report over thousands of seeds, a page over many reports, and how a run is seen again."""

import json
from html import unescape

import attrs
import pytest

from streambus.checkers import DURABLE_LOG, Anomaly, History, Kind, Operation, Outcome, Polled, Severity, check
from streambus.reporting import Reproduction, Run, SubRun, words, write_gallery, write_report
from streambus.reporting.campaign import campaign, what_went_wrong

HELD = check(History())
PHANTOM = check(History([Operation("reader", Outcome.OK, 0, 1, (Polled("t", 0, 0, b"?"),))]))


def run_of(title="A run", verdict=HELD, **others):
    return Run(title, DURABLE_LOG, "2026-01-01", "simulated", History(), verdict, **others)


def text_of(path):
    return unescape(path.read_text(encoding="utf-8"))


# Thousands of runs -----------------------------------------------------------------------------------------------------


def test_ten_thousand_runs_are_one_short_page(tmp_path):
    sub_runs = tuple(
        SubRun(f"seed {seed}", PHANTOM if seed % 1_000 == 7 else HELD, {"events": seed, "trace": f"{seed:x}"}) for seed in range(10_000)
    )
    page = write_report(run_of(sub_runs=sub_runs), tmp_path)
    text = text_of(page)
    assert page.stat().st_size < 1_000_000
    assert "9,990 of 10,000 held." in text
    assert text.index("seed 9007</td>") < text.index("seed 0</td>")
    assert "… and 9,600 more rows" in text
    assert (tmp_path / "results.json").stat().st_size < 5_000_000
    assert sum(not sub_run["valid"] for sub_run in json.loads((tmp_path / "results.json").read_text())["sub_runs"]) == 10


def test_runs_that_failed_in_the_same_way_are_one_row():
    broken = [SubRun(f"seed {n}", HELD, violations=(f"term went from {n + 1} to {n}",)) for n in range(20)]
    broken.append(SubRun("seed 99", PHANTOM))
    assert len({what_went_wrong(one) for one in broken[:20]}) == 1
    text = campaign([*broken, SubRun("seed 100", HELD)])
    assert "term went from … to …" in text
    assert "and 8 more" in text
    assert "1 of 22 held." in text


def test_the_numbers_of_many_runs_are_summed_up():
    text = campaign([SubRun(f"seed {n}", HELD, {"events": n * 10, "name": "x"}) for n in range(1, 11)])
    assert (
        '<td>events</td><td class="number">10</td><td class="number">50</td><td class="number">100</td><td class="number">550</td>' in text
    )


def test_every_run_is_a_cell_of_the_map():
    text = campaign([SubRun("a", HELD), SubRun("b", PHANTOM), SubRun("c", HELD)])
    assert 'aria-label="3 runs, one cell each, in order; 1 broken"' in text
    assert text.count("h.5v.5h-.5z") == 2
    assert text.count("h.9v.9h-.9z") == 1


# A page over many reports ----------------------------------------------------------------------------------------------


def test_a_gallery_shows_every_report_with_its_verdict_broken_ones_first(tmp_path):
    write_report(run_of("Good news", summary="All went well."), tmp_path / "run-1")
    write_report(run_of("Bad news", PHANTOM, violations=("The log went back.",), sub_runs=(SubRun("a", PHANTOM),)), tmp_path / "run-2")
    (tmp_path / "run-3").mkdir()
    (tmp_path / "run-3" / "results.json").write_text("{", encoding="utf-8")
    text = text_of(write_gallery(tmp_path, title="My <runs>"))
    assert "<title>My <runs></title>" in text
    assert "1 of 3 reports broken" in text
    assert "1 report cannot be read." in text
    assert text.index("Bad news") < text.index("run-3") < text.index("Good news")
    for chip in ("✗ broken", "phantom record 1", "1 violated invariant", "1 of 1 run broken", "? unreadable", "✓ held"):
        assert f">{chip}</span>" in text
    assert '<a href="run-2/index.html">' in text


def test_an_empty_gallery_says_so(tmp_path):
    assert "Nothing to see yet" in text_of(write_gallery(tmp_path))


def test_a_gallery_of_good_news_says_that_every_promise_held(tmp_path):
    write_report(run_of(), tmp_path / "run")
    assert "Every promise held" in text_of(write_gallery(tmp_path))


# Seeing a run again ----------------------------------------------------------------------------------------------------


def test_a_reproduction_is_shown_to_be_copied_and_lies_beside_the_report(tmp_path):
    scenario = 'TAPE = Tape(\n    Scenario("<b>"),\n)\n'
    story = tuple(f"{n} ms  broker-1 does <something>" for n in range(100))
    reproduction = Reproduction(scenario, "streambus sim run scenario.py", story, summary="One fault is left.")
    text = text_of(write_report(run_of("Broken", PHANTOM, reproduction=reproduction), tmp_path))
    assert "See it again" in text
    assert f'<pre tabindex="0">{scenario}</pre>' in text
    assert '<pre tabindex="0">streambus sim run scenario.py</pre>' in text
    assert "One fault is left." in text
    assert "60 more lines" in text
    assert all(line in text for line in story)
    assert (tmp_path / "scenario.py").read_text(encoding="utf-8") == scenario
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert results["reproduction"]["story"] == list(story)


@pytest.mark.parametrize("name", ["", "../scenario.py", "a/b", "a\\b", ".hidden", "index.html", "results.json"])
def test_a_reproduction_is_written_beside_the_report_and_nowhere_else(name):
    with pytest.raises(ValueError, match="not the name of a file"):
        Reproduction("", "", file_name=name)


# What is not known here ------------------------------------------------------------------------------------------------


@attrs.frozen
class OffsetsCommitted:
    group: str
    offset: int
    key: bytes = b"k"
    note: str | None = None


class Stranger:
    value = "g1c-process"


def test_actions_and_grades_without_words_are_told_by_their_names():
    assert words.action(OffsetsCommitted("g", 7)) == "offsets committed (group g, offset 7, key “k”)"
    assert words.action(Stranger()) == "stranger"
    assert words.severity(Stranger()) == "g1c-process"


def test_an_unknown_action_and_an_anomaly_without_a_place_are_reported(tmp_path):
    operation = Operation("group member", Outcome.OK, 5, 9, (OffsetsCommitted("g", 7),))
    anomaly = Anomaly(Kind.PHANTOM, Severity.CRITICAL, "", -1, None, "A cycle of two.", (operation,))
    verdict = attrs.evolve(HELD, valid=False, anomalies=(anomaly,), counts=((Kind.PHANTOM, 1),))
    run = attrs.evolve(run_of("Strange", verdict), history=History([operation]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streambus.reporting.results.to_lines", lambda *_: ["{}"])
        patch.setattr(History, "to_lines", lambda _: [])
        text = text_of(write_report(run, tmp_path))
    assert "A cycle of two." in text
    assert "offsets committed (group g, offset 7, key “k”)" in text
