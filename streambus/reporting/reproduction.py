"""The reproduction: how to see a run again, as text to copy."""

from streambus.reporting import words
from streambus.reporting.pictures import fold
from streambus.reporting.run import Reproduction
from streambus.reporting.words import html

STORY_OPEN, STORY_MAX = 40, 2_000
"""So many lines of the story are shown at once and in all."""

TEXT_MAX = 100_000


def reproduction_section(reproduction: Reproduction) -> str:
    """The command, the scenario and the story."""
    summary = f"<p>{html(reproduction.summary)}</p>" if reproduction.summary else ""
    parts = [
        summary,
        f"<h4>Command</h4>{_copyable(reproduction.command)}",
        f'<h4>Scenario, <a href="{html(reproduction.file_name)}">{html(reproduction.file_name)}</a></h4>{_copyable(reproduction.scenario)}',
        _story(reproduction.story),
    ]
    lead = "The smallest scenario known that shows the same, and the command that plays it."
    return f'<h2 id="again">See it again</h2><p class="lead">{lead}</p><div class="card again">{"".join(parts)}</div>'


def _story(story: tuple[str, ...]) -> str:
    if not story:
        return ""
    shown = "\n".join(story[:STORY_OPEN])
    rest = "\n".join(story[STORY_OPEN:STORY_MAX])
    left_out = len(story) - STORY_MAX
    more = fold(f"{len(story) - STORY_OPEN:,} more lines", _copyable(rest)) if rest else ""
    end = f'<p class="lead">… and {words.count(left_out, "more line")}</p>' if left_out > 0 else ""
    return f"<h4>What happens</h4>{_copyable(shown, 'story')}{more}{end}"


def _copyable(text: str, look: str = "") -> str:
    """Text as it is, with a button that copies it where there are scripts."""
    kind = f' class="{look}"' if look else ""
    return (
        f'<div class="copyable"><button type="button" class="scripted" hidden data-copy>copy</button><pre{kind} tabindex="0">'
        f"{words.html_lines(text, TEXT_MAX)}</pre></div>"
    )
