"""Reporting: what a run has shown, for people and for programs.

Theory of operation
===================

A **Run** is a history with its verdict, and what else is worth knowing. `write_report` turns it into three files beside each other:
`index.html` for people, `results.json` for programs, `history.ndjson` for whoever wants to judge again. `write_gallery` makes one page
over a folder of many such reports.

1. What can be seen in a history is found out once: `measures` (time, faults, lanes), `orders` (each partition's sends and reads), `lags`
   (who is how far behind), `latencies`, and `spots` (where the witnesses of anomalies are). `thinning` leaves out what nobody could see.
2. It is drawn by hand as SVG on a `canvas` that fits itself to the page: `order_view` draws a partition over time and offset, `plots` the
   rest. `pictures` chooses, orders and captions them.
3. `anomalies` tells each anomaly with its operations, its picture and its `order_table`: who saw what at which offset.
4. `campaign` tells of further runs, thousands if need be; `reproduction` says how to see a run again.
5. `space_time` draws a run that was explained (`streambus.sim.explain`): its story beside its lanes, messages and disk operations.
6. `page` puts the verdict first, then the promise, what was covered, the proof, the pictures and the `tables`.

The page is one text that loads nothing, so it can be mailed and kept. It reads in light and in dark, on a screen, on a phone and on paper,
and never says by colour alone what it says. Its script (hovering, zooming, hiding, copying) only adds to what is there without it. The page
is decided by the run: no clock, no randomness, no names of this machine. Whatever is in a history is shown as text, never as markup. Kinds
of anomaly and actions that have no words here are told by their own names.

What is drawn and listed is bounded, so a report of a million operations is as small as it looks; what was left out is said.
"""

from streambus.reporting.gallery import write_gallery
from streambus.reporting.report import write_report
from streambus.reporting.run import Fact, Reproduction, Run, SubRun
from streambus.reporting.space_time import explanation_page, write_explanation

__all__ = ["Fact", "Reproduction", "Run", "SubRun", "explanation_page", "write_explanation", "write_gallery", "write_report"]
