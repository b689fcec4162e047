"""Reading: poll, write, and know when it is over."""

import sys
from collections.abc import Sequence

import trio

from streambus.cli.connected import Cluster, Refused
from streambus.cli.consume.places import Span
from streambus.cli.record_forms.as_format import Form
from streambus.client import Isolation, OffsetReset
from streambus.kernel import SECOND
from streambus.real.clients import ClientError, Consumer
from streambus.wire import ErrorCode

POLL_RECORDS = 5_000
"""So many records are written at once."""

POLL_MS = 100
"""How long a poll waits. Where nothing comes any more, this is how soon we look whether the end was passed."""

FOLLOW_POLL_MS = 1_000


async def read(cluster: Cluster, spans: Sequence[Span], form: Form, *, count: int | None, committed: bool, follow: bool) -> None:
    """Write the records of `spans` to stdout, at most `count` of them."""
    waiting = {(span.topic, span.partition): span for span in spans if span.end is None or span.begin < span.end}
    if not waiting:
        _say_nothing_there(cluster, spans)
        return
    settings = {
        "isolation": Isolation.READ_COMMITTED if committed else Isolation.READ_UNCOMMITTED,
        "offset_reset": OffsetReset.EARLIEST,
        "operation_timeout": int(cluster.timeout * SECOND),
    }
    async with Consumer(cluster.servers, trace=cluster.watch.note, **settings) as consumer:
        try:
            await consumer.assign(*((span.topic, span.partition, span.begin) for span in waiting.values()))
            patience = None if follow else cluster.timeout
            await _read_until_done(consumer, waiting, form, count, patience)
        except ClientError as failure:
            raise Refused(
                "", failure.error, str(failure).removeprefix(f"{failure.error.name}: ") if failure.error else str(failure)
            ) from failure


async def _read_until_done(
    consumer: Consumer, waiting: dict[tuple[str, int], Span], form: Form, count: int | None, patience: float | None
) -> None:
    """`patience`: how many seconds may pass without coming nearer to the end; None for ever."""
    output = sys.stdout.buffer
    left = count
    reached: object = None
    moved_at = trio.current_time()
    while waiting and left != 0:
        wanted = POLL_RECORDS if left is None else min(POLL_RECORDS, left)
        polled = await consumer.poll(max_records=wanted, timeout_ms=FOLLOW_POLL_MS if patience is None else POLL_MS)
        lines = []
        for topic, partition, record in polled:
            span = waiting.get((topic, partition))
            if span is None or (span.end is not None and record.offset >= span.end):
                continue
            lines.append(form(topic, partition, record))
        if lines:
            output.write(b"".join(lines))
            output.flush()
            if left is not None:
                left -= len(lines)
        positions = await consumer.positions()
        if positions != reached:
            reached, moved_at = positions, trio.current_time()
        elif patience is not None and trio.current_time() - moved_at > patience:
            names = ", ".join(f"{topic}-{partition}" for topic, partition in waiting)
            raise Refused(names, ErrorCode.REQUEST_TIMED_OUT, f"nothing came for {patience:g} s, though there is more")
        for topic, partition, offset in positions:
            span = waiting.get((topic, partition))
            if span is not None and span.end is not None and offset >= span.end:
                del waiting[topic, partition]


def _say_nothing_there(cluster: Cluster, spans: Sequence[Span]) -> None:
    """On a terminal one wonders why nothing came."""
    if sys.stderr.isatty():
        topics = ", ".join(dict.fromkeys(span.topic for span in spans))
        print(f"{cluster.watch.prefix}: nothing to read there in {topics} (--follow waits for records)", file=sys.stderr)
