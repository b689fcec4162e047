"""Log lines: what a trace looks like to people and to machines."""

import io
import json
from datetime import UTC, datetime

from streambus.kernel import Severity, Trace
from streambus.real.log_lines import json_line, log_to, text_line

WHEN = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
TRACE = Trace(Severity.INFO, "segment sealed", (("file", "wal/17"), ("bytes", 1024), ("why", 'it "was" full'), ("none", "")))


def test_text_is_for_people() -> None:
    assert (
        text_line(WHEN, TRACE) == '2026-01-31 12:00:00.123 INFO    segment sealed  file=wal/17 bytes=1024 why="it \\"was\\" full" none=""'
    )
    assert text_line(WHEN, Trace(Severity.WARNING, "hm")) == "2026-01-31 12:00:00.123 WARNING hm"
    assert text_line(WHEN, Trace(Severity.ERROR, "oh", (("traceback", "a\n  b\n"),))) == "2026-01-31 12:00:00.123 ERROR   oh\na\n  b"


def test_json_is_for_machines() -> None:
    line = json_line(WHEN, TRACE)
    assert json.loads(line) == {
        "time": "2026-01-31T12:00:00.123Z",
        "severity": "info",
        "text": "segment sealed",
        "file": "wal/17",
        "bytes": 1024,
        "why": 'it "was" full',
        "none": "",
    }
    assert "\n" not in line


def test_what_is_not_severe_enough_is_left_out() -> None:
    stream = io.StringIO()
    log = log_to(stream, lambda _, trace: trace.text, Severity.WARNING)
    for severity in Severity:
        log(Trace(severity, severity.value))
    assert stream.getvalue() == "warning\nerror\n"


def test_a_stream_that_is_gone_is_no_reason_to_stop() -> None:
    stream = io.StringIO()
    stream.close()
    log_to(stream, text_line, Severity.DEBUG)(TRACE)
