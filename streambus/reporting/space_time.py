"""The space-time diagram of an explained run: one page with the story, the picture, and what the failure hangs on.

Time runs downwards; every node has a lane, and so has every disk that matters. The picture is laid out by the page's script, so that it
can be zoomed and cut down to the causal cone; the story, the neighbour and the scenario are plain text that needs no script. Nothing of the
simulator is imported to draw what it has explained.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streambus.reporting import words
from streambus.reporting.page import BIG_CROSS, BIG_TICK
from streambus.reporting.reproduction import reproduction_section
from streambus.reporting.run import Reproduction
from streambus.reporting.words import count, html

if TYPE_CHECKING:
    from streambus.sim.explain import Explanation, Happening, Message, Move, Neighbour, Tried

EVENTS_MAX = 1_600
"""No more are drawn: those of the story, then those that matter most; of a clean run the first ones."""

DRAWING_MAX = 1_500_000
"""Letters of the drawing: fewer events are drawn if they have more to say."""

DETAILS_MAX = 10
TEXT_MAX = 220
TRIED_MAX = 80
DECISIVE = 9
"""What weighs so much is marked red."""

UNDER_WAY_MAX = 200_000
"""What was sent so many microseconds before the end, and has not arrived, is lost."""

FOOTER = (
    "A cause is what an event rests on: the message it received, the disk operation that completed, the timer that was due. "
    "What it would not have happened without is another question, which only the neighbours answer."
)


def write_explanation(explanation: Explanation, folder: Path, *, command: str, scenario: str) -> Path:
    """Write `explain.html` into `folder`, which is made if missing. The answer is its path. Equal explanations give equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "explain.html"
    path.write_text(explanation_page(explanation, command=command, scenario=scenario), encoding="utf-8", newline="\n")
    return path


def explanation_page(explanation: Explanation, *, command: str, scenario: str) -> str:
    """The page as one text that loads nothing. `command` plays the run again, `scenario` is the text of its file."""
    resources = files("streambus.reporting")
    style, look, script, drawing = [
        resources.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "space_time.css", "page.js", "space_time.js")
    ]
    title = f"Why: {explanation.title}"
    body = "\n".join(
        [
            _head(explanation),
            '<div class="why">',
            _story(explanation),
            _picture(explanation),
            "</div>",
            _hanging(explanation),
            reproduction_section(Reproduction(scenario=scenario, command=command, story=())),
            f"<footer>{FOOTER}</footer>",
        ]
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html(title)}</title>\n<style>\n{style}{look}</style>\n</head>\n<body>\n{body}\n"
        f"<script>\n{script}</script>\n<script>\n{drawing}</script>\n</body>\n</html>\n"
    )


# Words -----------------------------------------------------------------------------------------------------------------


def _head(explanation: Explanation) -> str:
    outcome = explanation.recording.outcome
    tape = explanation.tape
    facts = [
        count(outcome.events, "step"),
        f"{words.duration(outcome.simulated_microseconds)} simulated",
        count(len(tape.faults), "fault"),
        count(len(tape.chores), "client operation"),
        f"seed {tape.schedule.seed}",
    ]
    origin = f'<p class="origin">An explained run · {html(" · ".join(facts))} · trace {html(outcome.trace_hash[:16])}</p>'
    title = f"<h1>{html(explanation.title)}</h1>"
    if not explanation.violations:
        verdict = f'<section class="verdict holds" role="status">{BIG_TICK}<div><strong>Nothing goes wrong</strong>'
        return f"{origin}{title}{verdict}<p>This is a picture of a run that keeps its promises.</p></div></section>"
    first, *others = [violation.split("\n", 1)[0] for violation in explanation.violations]
    more = f"<p>And {count(len(others), 'more thing')} of the kind.</p>" if others else ""
    return (
        f'{origin}{title}<section class="verdict broken" role="status">{BIG_CROSS}<div><strong>What must not be</strong>'
        f"<p>{html(first)}</p>{more}</div></section>"
    )


def _story(explanation: Explanation) -> str:
    items = []
    for sentence in explanation.sentences:
        told = " ".join(map(str, sentence.happenings))
        look = "decisive" if sentence.weight >= DECISIVE else ""
        moment = f"{sentence.at / 1_000:,.3f} ms"
        items.append(
            f'<li class="{look}" data-happenings="{told}" value="{sentence.number}"><span class="date">{moment}</span>'
            f"<span>{html(_bounded(sentence.text, 900))}</span></li>"
        )
    lead = (
        "What led to it, followed backwards along causes and told forwards. Touch a sentence to see it in the picture."
        if explanation.violations
        else "What matters most in this run. Touch a sentence to see it in the picture."
    )
    return f'<section class="told"><h2>The story</h2><p class="lead">{lead}</p><ol class="sentences">{"".join(items)}</ol></section>'


def _hanging(explanation: Explanation) -> str:
    """What changed between this run and the nearest that passes."""
    if not explanation.tried:
        return ""
    neighbour = explanation.neighbour
    if neighbour is None:
        runs = count(len(explanation.tried), "run")
        body = f"<p>None of {runs} that differ from this one in a single decision passes: it does not hang on chance, nor on a fault.</p>"
    else:
        body = _side_by_side(neighbour)
    lead = "Runs that differ from this one in a single decision were played. The nearest that passes is the one that goes its own way last."
    return (
        f'<section id="hangs"><h2>What it hangs on</h2><p class="lead">{lead}</p><div class="card">{body}'
        f"{_table(explanation.tried)}</div></section>"
    )


def _side_by_side(neighbour: Neighbour) -> str:
    change = neighbour.change if neighbour.change.startswith("without") else f"with {neighbour.change}"
    columns = [("Fails", "fails", neighbour.failing), ("Passes", "passes", neighbour.passing)]
    lists = "".join(
        f'<div class="{look}"><h4>{name}</h4><ol>{"".join(f"<li>{html(_bounded(line, 400))}</li>" for line in lines)}</ol></div>'
        for name, look, lines in columns
    )
    return (
        f'<p class="change">It passes <strong>{html(change)}</strong>.</p>'
        f"<p>{html(neighbour.first_difference[:1].upper() + neighbour.first_difference[1:])}. From there on:</p>"
        f'<div class="beside">{lists}</div>'
    )


def _table(tried: tuple[Tried, ...]) -> str:
    rows = "".join(
        f'<tr><td>{html(one.change)}</td><td class="nowrap">{_outcome(one)}</td><td class="number">{one.common_steps:,}</td></tr>'
        for one in tried[:TRIED_MAX]
    )
    passing = sum(one.passes for one in tried)
    return (
        f"<details><summary>All {count(len(tried), 'neighbour')}: {passing} pass, {len(tried) - passing} fail</summary>"
        '<div class="scroll"><table><thead><tr><th>what is different</th><th>then</th><th class="number">steps the same</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def _outcome(one: Tried) -> str:
    return '<span class="yes">✓ passes</span>' if one.passes else '<span class="no">✗ fails</span>'


# The picture -----------------------------------------------------------------------------------------------------------


def _picture(explanation: Explanation) -> str:
    most = EVENTS_MAX
    while True:
        shown, left_out = _shown(explanation, most)
        drawing = json.dumps(_drawing(explanation, shown), separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
        if len(drawing) <= DRAWING_MAX:
            break
        most //= 2
    rest = "events that matter less" if explanation.violations else "later events"
    note = f'<p class="lead">{left_out:,} {rest} are not drawn.</p>' if left_out else ""
    in_cone = sum(one.number in explanation.cone for one in shown)
    return (
        '<section class="drawn"><h2>The picture</h2>'
        '<p class="lead">Time runs downwards, and quiet times are folded. Point at anything, or walk with the arrow keys: '
        "up and down in time, left to a cause, right to a consequence.</p>"
        f'{note}<div class="controls scripted" hidden><label class="switch"{_hidden(explanation)}>'
        f'<input type="checkbox" id="only-cone"{_checked(explanation)}> '
        f"only the causes <small>({in_cone} of {len(shown)} events)</small></label>"
        '<span class="zoom"><button type="button" data-zoom="0.8" aria-label="less detail">−</button>'
        '<button type="button" data-zoom="1" aria-label="usual size">size</button>'
        '<button type="button" data-zoom="1.25" aria-label="more detail">+</button></span></div>'
        '<div class="stage"><div class="space" id="space" tabindex="0" role="application" aria-label="Space-time diagram: arrow keys walk '
        'from event to event"></div><aside id="about" aria-live="polite"><p class="lead">Choose something.</p></aside></div>'
        f'<noscript><p>The picture needs scripts; the story does not.</p></noscript><script type="application/json" id="drawing">{drawing}'
        "</script></section>"
    )


def _checked(explanation: Explanation) -> str:
    return " checked" if explanation.violations else ""


def _hidden(explanation: Explanation) -> str:
    """Of a clean run everything is shown."""
    return "" if explanation.violations else " hidden"


def _shown(explanation: Explanation, most: int) -> tuple[list[Happening], int]:
    """What is drawn, by time, and how many are not."""
    events = explanation.events
    if len(events) <= most:
        return events, 0
    if not explanation.violations:
        return events[:most], len(events) - most
    far = len(events)
    told = {number for sentence in explanation.sentences for number in sentence.happenings}
    best = sorted(events, key=lambda one: (one.number not in told, -one.weight, explanation.cone.get(one.number, far), one.at, one.number))
    chosen = {one.number for one in best[:most]}
    return [one for one in events if one.number in chosen], len(events) - most


def _drawing(explanation: Explanation, shown: list[Happening]) -> dict[str, Any]:
    recording = explanation.recording
    at = {one.number: index for index, one in enumerate(shown)}
    lanes = {lane: index for index, lane in enumerate(recording.lanes)}
    told = {number: sentence.number for sentence in explanation.sentences for number in sentence.happenings}
    is_clean = not recording.violations
    return {
        "end": recording.end,
        "numbers": [one.number for one in shown],
        "lanes": [_lane(lane) for lane in recording.lanes],
        "events": [_event(one, at, lanes, told, is_in_cone=is_clean or one.number in explanation.cone) for one in shown],
        "messages": [drawn for message in recording.messages if (drawn := _message(message, at, lanes, explanation)) is not None],
        "moves": [[at[move.happening], _moved(move)] for move in recording.moves if move.happening in at],
    }


def _lane(lane: str) -> dict[str, str]:
    kind = "disk" if lane.endswith("'s disk") else "faults" if lane == "faults" else "broker" if lane.startswith("broker") else "client"
    return {"name": lane, "kind": kind}


def _event(one: Happening, at: dict[int, int], lanes: dict[str, int], told: dict[int, int], *, is_in_cone: bool) -> dict[str, Any]:
    event: dict[str, Any] = {
        "at": one.at,
        "kind": one.kind.value,
        "lane": lanes.get(one.lane, 0),
        "title": _bounded(one.title),
        "why": [[at[cause], why] for cause, why in one.causes.items() if cause in at],
    }
    optional = {
        "end": one.ends_at,
        "step": one.step,
        "state": one.state,
        "said": [_bounded(clause.text) for clause in one.clauses],
        "more": [_bounded(detail) for detail in one.details[:DETAILS_MAX]],
        "told": told.get(one.number),
        "weight": one.weight,
        "cone": 1 if is_in_cone or one.kind.value == "violation" else 0,
    }
    return event | {name: content for name, content in optional.items() if content not in (None, "", [], 0)}


def _message(message: Message, at: dict[int, int], lanes: dict[str, int], explanation: Explanation) -> dict[str, Any] | None:
    if message.source not in at or message.receiver not in lanes:
        return None
    arrived = [[at[number], when] for number, when in message.arrived if number in at]
    return {
        "from": at[message.source],
        "to": arrived[-1] if arrived else None,
        "lane": lanes[message.receiver],
        "text": _bounded(message.text, 60),
        "about": _bounded(message.detail),
        "lost": int(not message.arrived and _is_lost(message, explanation)),
        "cone": int(_is_told(message, explanation)),
    }


def _is_told(message: Message, explanation: Explanation) -> bool:
    """Whether a message is one of the causes, or what the decisive step sent."""
    cone, arrived = explanation.cone, [number for number, _ in message.arrived]
    if not explanation.violations:
        return True
    if not arrived:
        return message.source in cone and explanation.recording.happenings[message.source].weight >= DECISIVE
    return message.source in cone and all(number in cone for number in arrived)


def _is_lost(message: Message, explanation: Explanation) -> bool:
    """Whether what never arrived never will: an end of its connection died, or it should have been there long ago."""
    ends = (message.sender, message.receiver)
    died = any(one.kind.value == "crash" and one.lane in ends and one.at >= message.sent_at for one in explanation.recording.happenings)
    return died or explanation.recording.end - message.sent_at > UNDER_WAY_MAX


def _moved(move: Move) -> str:
    return f"{move.log}: {move.name} {move.before:,} → {move.after:,}"


def _bounded(text: str, most: int = TEXT_MAX) -> str:
    return words.shortened(text, most)
