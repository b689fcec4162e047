"""Sending: no more is read than can be sent, and every record is accounted for."""

import signal
from collections.abc import Callable, Sequence

import attrs
import trio

from streambus.cli.connected import Cluster, Refused
from streambus.cli.produce.drafting import Drafter
from streambus.cli.produce.input import Input, TooLong
from streambus.cli.record_forms.as_json import Draft, NoRecord
from streambus.cli.showing import Progress, count_of
from streambus.client import Acknowledged, Acks, Failed
from streambus.kernel import SECOND
from streambus.real.clients import Producer
from streambus.records import HEADER_BYTES, Codec

UNANSWERED_BYTES_MAX = 24 * 1024 * 1024
UNANSWERED_MAX = 50_000
"""With so much on its way, nothing more is read until something is answered."""

RECORD_BYTES = 256
"""What a record costs in memory, beside what is in it."""

BUFFER_BYTES_MAX = 512 * 1024 * 1024
"""Of the client: never reached, for we stop before; a single record may be large."""

REQUEST_BYTES_MAX = 100 * 1024 * 1024
BATCH_BYTES_MAX = 64 * 1024
RECORDS_AT_ONCE = 256
"""After so many the network has its turn."""

PARTITIONS_TOLD_MAX = 8


@attrs.frozen
class Target:
    """Where records go: a topic that has so many `partitions`, and one of them if all records go there. `batch_bytes_max`: what the
    topic takes at once."""

    topic: str
    partition: int | None
    partitions: int
    batch_bytes_max: int | None = None


class Report:
    """What became of the records."""

    def __init__(self) -> None:
        self.sent = 0
        self.acknowledged = 0
        self.unknown = 0
        self.ranges: dict[int, tuple[int, int, int]] = {}
        """Per partition: the first offset, the last one, and how many records."""
        self.problem: Refused | None = None
        """The first thing that went wrong."""
        self.is_interrupted = False

    def summary(self, topic: str) -> str:
        """In one line."""
        records = count_of(self.acknowledged, "record")
        is_asked = all(first >= 0 for first, _, _ in self.ranges.values())
        if not self.acknowledged:
            told = "nothing was acknowledged" if self.sent else "there was nothing to write"
        else:
            places = [self._place(topic, partition) for partition in sorted(self.ranges)[:PARTITIONS_TOLD_MAX]]
            more = len(self.ranges) - len(places)
            told = f"{records} {'acknowledged' if is_asked else 'sent without asking'}: {', '.join(places)}" + (
                f" and {more} more partitions" if more else ""
            )
        missing = self.sent - self.acknowledged
        if missing:
            told += f"; {missing:,} not" + (f", of which {self.unknown:,} may have been written all the same" if self.unknown else "")
        return told

    def _place(self, topic: str, partition: int) -> str:
        first, last, count = self.ranges[partition]
        if first < 0:
            return f"{count:,} to {topic}-{partition}"
        return f"{topic}-{partition} at {first}" if first == last else f"{topic}-{partition} at {first} to {last}"


async def produce(cluster: Cluster, target: Target, inputs: Sequence[Input], draft: Drafter, *, codec: Codec, acks: Acks) -> Report:
    """Write everything that is in `inputs`."""
    settings = {
        "codec": codec,
        "acks": acks,
        "idempotent": acks is Acks.ALL,
        "delivery_timeout": int(cluster.timeout * SECOND),
        "batch_bytes_max": max(1, min(BATCH_BYTES_MAX, (target.batch_bytes_max or BATCH_BYTES_MAX) - HEADER_BYTES)),
        "request_bytes_max": REQUEST_BYTES_MAX,
        "buffer_bytes_max": BUFFER_BYTES_MAX,
    }
    reading, everything = trio.CancelScope(), trio.CancelScope()
    with everything:
        async with Producer(cluster.servers, trace=cluster.watch.note, **settings) as producer, trio.open_nursery() as nursery:
            sender = Sender(producer, target, draft, reading.cancel)
            await nursery.start(_heed_interrupts, reading, everything, sender.report)
            with reading:
                await sender.send_all(inputs)
            await producer.flush()
            nursery.cancel_scope.cancel()
    sender.end()
    return sender.report


async def _heed_interrupts(
    reading: trio.CancelScope, everything: trio.CancelScope, report: Report, *, task_status: trio.TaskStatus[None]
) -> None:
    """The first Ctrl-C (or SIGTERM) ends the reading, a second one everything."""
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        async for _ in signals:
            if report.is_interrupted:
                everything.cancel()
            report.is_interrupted = True
            reading.cancel()


class Sender:
    """Reads, drafts, submits, and hears what became of it. `stop` is called when something went wrong."""

    def __init__(self, producer: Producer, target: Target, draft: Drafter, stop: Callable[[], None]) -> None:
        self.report = Report()
        self._stop_reading = stop
        self._producer = producer
        self._target = target
        self._draft = draft
        self._unanswered = 0
        self._unanswered_bytes = 0
        self._room = trio.Event()
        self._progress = Progress("produce:")
        self._is_progress_told = True

    async def send_all(self, inputs: Sequence[Input]) -> None:
        """Until all inputs have ended. Cancelled when something goes wrong: nothing more is submitted then."""
        self._is_progress_told = not any(source.file.isatty() for source in inputs)
        for source in inputs:
            cutter, place = source.cutter(), 0
            try:
                while chunk := await source.read():
                    place = await self._send(cutter.feed(chunk), source.name, place)
            except (TooLong, OSError) as error:
                self._stop(Refused(source.name, None, str(error)))
            await trio.lowlevel.checkpoint()
            await self._send(cutter.finish(), source.name, place)
            source.close()

    def end(self) -> None:
        """There is nothing more to come: give the line back that told how far it was. Of what was not answered nobody knows."""
        self._progress.clear()
        self.report.unknown += self._unanswered

    async def _send(self, pieces: Sequence[bytes], name: str, place: int) -> int:
        """Submit them; returns the number of the last piece in its input."""
        for piece in pieces:
            place += 1
            try:
                draft = self._draft(piece)
            except NoRecord as error:
                self._stop(Refused(f"{name}, line {place}", None, str(error)))
                return place
            partition = draft.partition if self._target.partition is None else self._target.partition
            if partition is not None and partition >= self._target.partitions:
                text = f"there is no partition {partition} in {self._target.topic}"
                self._stop(Refused(f"{name}, line {place}", None, text, "--partition N is for all records, whatever they say"))
                return place
            self._submit(draft, partition, name, place)
            if self._is_full:
                await self._wait_for_room()
            elif place % RECORDS_AT_ONCE == 0:
                await trio.lowlevel.checkpoint()
        if self._is_progress_told:
            self._progress.say(f"{count_of(self.report.acknowledged, 'record')} acknowledged")
        return place

    def _submit(self, draft: Draft, partition: int | None, name: str, place: int) -> None:
        size = RECORD_BYTES + len(draft.value or b"") + len(draft.key or b"")
        self.report.sent += 1
        self._unanswered += 1
        self._unanswered_bytes += size
        self._producer.submit(
            self._answered(size, name, place),
            self._target.topic,
            key=draft.key,
            value=draft.value,
            headers=draft.headers,
            partition=partition,
            timestamp_ms=draft.timestamp_ms,
        )

    def _answered(self, size: int, name: str, place: int) -> Callable[[Acknowledged | Failed], None]:
        """Hears what became of one record."""

        def then(result: Acknowledged | Failed) -> None:
            self._unanswered -= 1
            self._unanswered_bytes -= size
            if not self._is_full:
                self._room.set()
            if isinstance(result, Acknowledged):
                self._acknowledge(result.partition, result.offset)
                return
            self.report.unknown += not result.definite
            advice = None if result.definite else "it may have been written all the same"
            self._stop(Refused(f"{name}, record {place}", result.error, result.text, advice))

        return then

    def _acknowledge(self, partition: int, offset: int) -> None:
        report = self.report
        report.acknowledged += 1
        first, last, count = report.ranges.get(partition, (offset, offset, 0))
        report.ranges[partition] = (min(first, offset), max(last, offset), count + 1)

    @property
    def _is_full(self) -> bool:
        return self._unanswered_bytes >= UNANSWERED_BYTES_MAX or self._unanswered >= UNANSWERED_MAX

    async def _wait_for_room(self) -> None:
        self._room = trio.Event()
        await self._room.wait()

    def _stop(self, problem: Refused) -> None:
        """Remember the first problem; nothing is read after it."""
        if self.report.problem is None:
            self.report.problem = problem
            self._stop_reading()
