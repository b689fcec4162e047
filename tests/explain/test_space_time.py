"""The page of an explained run: valid, self-contained, small, and the same every time."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from planted_runs import CLEAN, failing

from streambus.reporting import explanation_page, write_explanation
from streambus.sim import Scenario, drawn_tape
from streambus.sim.explain import Explanation, explain

VOID = {"meta", "input", "br", "link"}


class Balance(HTMLParser):
    """Finds tags that are not closed in order, and what would be loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "srcset") or (name == "href" and "//" in (value or "")):
                self.loads.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Closed at once."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()


@pytest.fixture(scope="module")
def torn() -> Explanation:
    with failing("recovery_keeps_a_torn_tail") as tape:
        return explain(tape, title="a torn tail")


def page_of(explanation: Explanation) -> str:
    return explanation_page(explanation, command="streambus sim run scenario.py", scenario="TAPE = ...")


def drawing_in(page: str) -> dict[str, list[dict[str, object]]]:
    found = re.search(r'<script type="application/json" id="drawing">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    drawing: dict[str, list[dict[str, object]]] = json.loads(found[1])
    return drawing


def check(page: str) -> None:
    balance = Balance()
    balance.feed(page)
    balance.close()
    assert balance.open == []
    assert balance.loads == []
    assert len(balance.ids) == len(set(balance.ids))
    assert "@import" not in page
    assert "url(" not in page
    assert len(page.encode()) < 2_000_000


def test_a_page_is_whole_and_loads_nothing(torn: Explanation):
    check(page_of(torn))


def test_every_sentence_leads_to_something_drawn(torn: Explanation):
    page = page_of(torn)
    drawn = set(drawing_in(page)["numbers"])
    for sentence in torn.sentences:
        assert f'data-happenings="{" ".join(map(str, sentence.happenings))}"' in page
        assert drawn.issuperset(sentence.happenings)


def test_lanes_causes_and_messages_point_at_what_is_there(torn: Explanation):
    drawing = drawing_in(page_of(torn))
    events, lanes = drawing["events"], drawing["lanes"]
    assert {"broker", "disk", "client"} <= {lane["kind"] for lane in lanes}
    for event in events:
        assert 0 <= event["lane"] < len(lanes)
        assert all(0 <= cause < len(events) for cause, _ in event["why"])
    assert all(0 <= message["from"] < len(events) for message in drawing["messages"])
    assert sum(event["kind"] == "violation" for event in events) == 1


def test_equal_runs_give_equal_pages(torn: Explanation):
    with failing("recovery_keeps_a_torn_tail") as tape:
        assert page_of(explain(tape, title="a torn tail")) == page_of(torn)


def test_a_page_says_what_the_failure_hangs_on(torn: Explanation):
    page = page_of(torn)
    assert "What it hangs on" in page
    assert torn.neighbour is not None
    assert "nothing is wrong" in page


def test_text_from_a_run_is_never_markup():
    explanation = explain(CLEAN, title="<script>alert(1)</script>", anyway=True)
    page = explanation_page(explanation, command="<b>", scenario="</script><script>")
    check(page)
    assert "<script>alert" not in page


def test_a_large_run_is_drawn_in_part(tmp_path: Path):
    explanation = explain(drawn_tape(Scenario("a busy moment", duration=800_000), 1), anyway=True)
    page = write_explanation(explanation, tmp_path / "new", command="x", scenario="y").read_text(encoding="utf-8")
    check(page)
    assert "later events are not drawn" in page
