"""Log lines: what a node traces, as text for people or as JSON for machines."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

from streambus.kernel import Severity, Trace

SEVERITIES = (Severity.DEBUG, Severity.INFO, Severity.WARNING, Severity.ERROR)


def text_line(when: datetime, trace: Trace) -> str:
    """`2026-01-31 12:00:00.123 INFO    segment sealed  file=wal/17 bytes=134217728`; values of several lines follow below."""
    short = "".join(f" {name}={_quoted(value)}" for name, value in trace.fields if "\n" not in str(value))
    long = "".join(f"\n{str(value).rstrip()}" for _, value in trace.fields if "\n" in str(value))
    return f"{when:%Y-%m-%d %H:%M:%S}.{when.microsecond // 1000:03} {trace.severity.name:7} {trace.text}{short and ' '}{short}{long}"


def json_line(when: datetime, trace: Trace) -> str:
    """One object: `time` (RFC 3339, UTC), `severity`, `text`, and the trace's own fields."""
    time = when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"time": time, "severity": trace.severity.value, "text": trace.text, **dict(trace.fields)}, ensure_ascii=False)


def log_to(stream: TextIO, line: Callable[[datetime, Trace], str], lowest: Severity) -> Callable[[Trace], None]:
    """A `trace` for `Driver`: writes what is at least `lowest` to `stream`. A stream that is gone is no reason to stop."""
    shown = SEVERITIES[SEVERITIES.index(lowest) :]

    def write(trace: Trace) -> None:
        if trace.severity in shown:
            try:
                stream.write(line(datetime.now(UTC), trace) + "\n")
                stream.flush()
            except (OSError, ValueError):
                return

    return write


def _quoted(value: int | str) -> str:
    """Values with spaces or quotes in them stay one word."""
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if not text or any(mark in text for mark in ' "=') else text
