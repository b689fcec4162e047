"""Reporting: what a run has shown, for people and for programs.

Theory of operation
===================

A **Run** is a history with its verdict, and what else is worth knowing. `write_report` turns it into three files beside each other:
`index.html` for people, `results.json` for programs, `history.ndjson` for whoever wants to judge again.

1. `measures` reduces the history to what a plot can show; its results are bounded, however long the history is.
2. `plots` draws them with matplotlib as SVG whose colours are the page's CSS variables; `gallery` chooses and captions them.
3. `page` puts the verdict first, then the promise, the proof of each anomaly, the pictures and the `tables`.

The page is one text that loads nothing, so it can be mailed and kept. It reads in light and in dark, on a screen and on a phone, and never
says by colour alone what it says. It is decided by the run: no clock, no randomness, no names of this machine. Whatever is in a
history is shown as text, never as markup.

matplotlib is imported when something is drawn, and its global state is not touched.
"""

from streambus.reporting.report import write_report
from streambus.reporting.run import Fact, Run, SubRun

__all__ = ["Fact", "Run", "SubRun", "write_report"]
