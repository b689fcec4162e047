"""Who looks on and writes down what happened and what it was caused by.

A step is caused by the message it received (and so by the step that sent it), by the disk operation that completed (and so by the step
that asked for it), by the timer that was due (and so by the step that set it), or by a wish of its user. Some causes lie inside a node and
are found by what its steps have to do with each other: an answer and its request, a write and the requests that appended what it writes,
a request and the records in it. A birth is caused by what ended the life before; a recovery by what the disk had left.
"""

from collections import deque
from typing import Any

import attrs

from streambus import client
from streambus.broker import Broker
from streambus.kernel import (
    Close,
    Closed,
    Connected,
    ConnectionId,
    Create,
    Delete,
    DiskFailed,
    Drained,
    Effect,
    Event,
    Halt,
    Instant,
    Read,
    Received,
    Rename,
    Send,
    Started,
    Sync,
    SyncDirectory,
    Truncate,
    Woken,
    Write,
)
from streambus.sim.disk_queue import DISK_EFFECTS
from streambus.sim.explain.disks import Loss, Piece
from streambus.sim.explain.durability import Durability, resolved
from streambus.sim.explain.events import Clause, Happening, Kind, Message, Move, counted, file_words, listed, span
from streambus.sim.explain.speech import Names, Spoken, answer, label_of, quoted, request
from streambus.sim.life import Life
from streambus.sim.oracles.door import Asked, Door, frames, read_answer, read_request
from streambus.sim.simulation import Simulation
from streambus.sim.story import told
from streambus.wire import ApiKey, DecodeError

SETUP = ("ApiVersions", "Metadata", "InitProducerId", "FindCoordinator", "DescribeCluster")
"""What clients ask before they do what they are there for."""

WISHES = (client.Produce, client.Poll, client.Assign, client.Seek, client.ListOffsets, client.Ask, client.Flush)
DETAILS_MAX = 12
LOSSES = (
    (Loss.WHOLE, "what was written but not synced is lost"),
    (Loss.TORN, "what was written but not synced is torn, only some of it is on the disk"),
    (Loss.NAME, "a file is lost with its name, for which the directory was never synced"),
)

UNTITLED = ("drained", "woken", "a timer is due")
"""Steps that are called after what they do."""


@attrs.define(eq=False)
class Stream:
    """What one end of a connection has sent: how many bytes, and which message ends where."""

    sent: int = 0
    received: int = 0
    messages: deque[tuple[int, Message]] = attrs.field(factory=deque)


@attrs.define(eq=False)
class LifeLog:
    """What is remembered of one life while it lasts."""

    life: Life
    birth: int
    door: Door | None = None
    streams: dict[int, Stream] = attrs.field(factory=dict)
    peers: dict[int, tuple["LifeLog", int]] = attrs.field(factory=dict)
    buffers: dict[int, bytearray] = attrs.field(factory=dict)
    asked: dict[tuple[int, int], tuple[Asked, int]] = attrs.field(factory=dict)
    """Requests that await an answer, by connection and correlation id, with the step that received or sent them."""
    timers: dict[int, int] = attrs.field(factory=dict)
    burst: list[int] = attrs.field(factory=list)
    tickets: dict[int, int] = attrs.field(factory=dict)
    wishes: dict[str, int] = attrs.field(factory=dict)
    """By label of a record, the step that was asked to send it."""
    work: deque[tuple[Effect, Happening]] = attrs.field(factory=deque)
    sent: dict[str, int] = attrs.field(factory=dict)
    """By label of a record, the step that sent it last."""
    last_loss: int | None = None
    """The step that heard last of a lost connection."""
    closings: dict[int, int] = attrs.field(factory=dict)
    last_poll: int | None = None
    last_step: int | None = None
    marks: dict[tuple[str, str], int] = attrs.field(factory=dict)
    moved_by: dict[tuple[str, str], int] = attrs.field(factory=dict)
    is_recovered: bool = False
    recovery: int | None = None
    """The step that ended the recovery of a life that is not the first."""
    durability: Durability = attrs.field(factory=Durability)


class Recorder:
    """An observer of everybody, and the witness of all disks."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.happenings: list[Happening] = []
        self.messages: list[Message] = []
        self.moves: list[Move] = []
        self.names = Names()
        self.lives: dict[str, LifeLog] = {}
        self.ends: dict[str, Happening] = {}
        """By host, what ended its last life."""
        self.before: dict[str, LifeLog] = {}
        """By host, its last life."""
        self.brought: dict[str, tuple[str, ...]] = {}
        """The records that the requests of this step bring, by partition."""
        self.first_places: dict[tuple[str, str], tuple[int, int]] = {}
        """Where each record was appended first: log and label to offset and step."""

    # What is told ------------------------------------------------------------------------------------------------------

    def on_birth(self, life: Life) -> None:
        """A life begins."""
        birth = self._new(Kind.BIRTH, life.name, f"{life.name} starts" + (" again" if life.number > 1 else ""))
        birth.life = life.number
        if life.number > 1:
            birth.say("starts again, and reads what its disk has left", 8)
            end = self.ends.get(life.name)
            birth.because(end.number if end is not None else None, "what ended the life before")
        log = self.lives[life.name] = LifeLog(life, birth.number)
        if isinstance(life.node, Broker):
            log.door = Door(life, _nothing)

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """A step was taken."""
        log = self.lives[life.name]
        self._note_due_dates(log)
        step = self._new(Kind.STEP, life.name, told(event, is_broker=log.door is not None))
        step.life, step.step = life.number, self.simulation.events
        self.brought.clear()
        self._event(log, step, now, event)
        self._disk_effects(log, step, effects)
        if log.door is not None:
            self._look_inside(log, step)
        self._other_effects(log, step, effects)
        self._timers(log, step, now, event)
        if type(event) is Drained:
            log.burst.clear()
        elif type(event) is not Woken:
            log.burst.append(step.number)
        if type(event) in (Drained, Woken) and not effects and not step.clauses and not self._is_at_fault():
            self.happenings.pop()
            return
        words = told(event, is_broker=log.door is not None)
        step.details[:0] = [words] if step.title != words else []
        others = [effect for effect in effects[:DETAILS_MAX] if type(effect) is not Send]
        step.details.extend([told(effect, is_broker=log.door is not None) for effect in others])
        log.last_step = step.number

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """A node raised."""
        log = self.lives[life.name]
        step = self._new(Kind.STEP, life.name, f"{type(error).__name__} on {type(event).__name__}")
        step.life, step.step = life.number, self.simulation.events
        step.say(f"raises {type(error).__name__} ({error}) on {told(event, is_broker=log.door is not None)}", 10)
        self._event(log, step, now, event)

    def on_performed(self, host: str, effect: Effect, answer: Event | None) -> None:
        """A disk did something."""
        log = self.lives.get(host)
        if log is None or not log.work:
            return
        asked, work = log.work[0]
        is_whole = effect is asked
        if not is_whole and type(effect) is not type(asked):
            return
        log.work.popleft()
        work.ends_at = self.simulation.agenda.now
        work.state = "done" if is_whole else "done in part when its process died"
        if isinstance(answer, DiskFailed):
            work.state = f"failed: {answer.error}"
            work.say(f"fails: {work.title} ends with {answer.error}", 8)

    def on_crash(self, host: str, lost: list[tuple[Piece, Loss]] | None) -> None:
        """A life ended against its will."""
        log = self.lives.pop(host, None)
        if log is None:
            return
        self._note_due_dates(log)
        now = self.simulation.agenda.now
        crash = self._new(Kind.CRASH, host, "the power fails" if lost is not None else "the process is killed")
        crash.life = log.life.number
        crash.say("loses its power" if lost is not None else "is killed", 9)
        self._end(log, crash)
        undone = [work for _, work in log.work]
        for work in undone:
            due = f", due {span(work.ends_at - now)} later" if work.ends_at is not None and work.ends_at > now else ""
            crash.details.append(f"never done: {work.title}{due}")
            work.state, work.ends_at = "never done: its process died", now
            crash.because(work.number, "it was still under way")
        if undone:
            crash.say(f"what its disk had still to do is never done: {listed([work.title for work in undone], 3)}", 8)
        for loss, words in LOSSES:
            pieces = [piece for piece, how in lost or [] if how is loss]
            if pieces:
                crash.say(f"{words}: {listed([_piece(piece) for piece in pieces], 3)}", 9)
                crash.details.extend(f"{words}: {_piece(piece)}" for piece in pieces[:DETAILS_MAX])
            for number in log.durability.writers_of(pieces):
                crash.because(number, "its unsynced write is lost")
        for place, first, end, step in log.durability.never_durable():
            crash.details.append(f"{place} from {first} to {end} was never durable")
            crash.because(step, "what it appended was never durable")

    # Events ------------------------------------------------------------------------------------------------------------

    def _event(self, log: LifeLog, step: Happening, now: Instant, event: Event) -> None:
        kind = type(event)
        if kind is Started:
            step.because(log.birth, "its birth")
        elif isinstance(event, Received):
            self._received(log, step, event)
        elif isinstance(event, Connected):
            self._connected(log, step, event)
        elif isinstance(event, Closed):
            self._closed(log, step, event)
        elif kind is Drained:
            for number in log.burst:
                if self.happenings[number].clauses:
                    step.because(number, "its burst")
        elif isinstance(event, WISHES):
            self._wished(log, step, event)
        elif kind is not Woken:
            self._disk_told(log, step, event)

    def _wished(self, log: LifeLog, step: Happening, event: Any) -> None:
        log.tickets[event.ticket] = step.number
        if isinstance(event, client.Produce):
            label = label_of(event.value)
            log.wishes[label] = step.number
            step.labels[label] = None
            step.title = f"asked to send “{label}” to {event.topic}-{event.partition}"
            step.say(f"is asked to send “{label}” to {event.topic}-{event.partition}", 5)
        elif isinstance(event, client.Poll):
            log.last_poll = step.number
            step.title = "asked to poll"
        elif isinstance(event, client.Ask):
            name = type(event.body).__name__.removesuffix("Request")
            step.title = f"asked to send {name}"
            step.say(f"is asked to send {name}", 3)
        else:
            step.title = f"asked to {type(event).__name__.lower()}"

    def _connected(self, log: LifeLog, step: Happening, event: Connected) -> None:
        if log.door is None or event.connection < 0:
            return
        log.door.connect(event.connection)
        name, _, number = event.peer.rpartition("#")
        peer = self.lives.get(name)
        if peer is not None:
            theirs = -int(number)
            log.peers[event.connection] = (peer, theirs)
            peer.peers[theirs] = (log, event.connection)

    def _closed(self, log: LifeLog, step: Happening, event: Closed) -> None:
        step.title = f"connection {event.connection} is closed: {event.reason}"
        if log.door is not None:
            log.door.close(event.connection)
        for key in [key for key in log.asked if key[0] == event.connection]:
            step.because(log.asked.pop(key)[1], "its request was under way")
        step.because(log.closings.pop(event.connection, None), "it closed the connection")
        peer, theirs = log.peers.pop(event.connection, (None, 0))
        if peer is not None:
            end = self.ends.get(peer.life.name)
            if peer.life.is_over and end is not None:
                step.because(end.number, "the other end died")
            else:
                step.because(peer.closings.get(theirs), "the other end closed it")
        log.last_loss = step.number
        step.say(f"loses its connection{f' with {peer.life.name}' if peer is not None else ''} ({event.reason})", 3)

    def _received(self, log: LifeLog, step: Happening, event: Received) -> None:
        connection, data = event.connection, event.data
        peer, theirs = log.peers.get(connection, (None, 0))
        if peer is not None:
            stream = peer.streams.setdefault(theirs, Stream())
            stream.received += len(data)
            while stream.messages:
                end, message = stream.messages[0]
                message.arrived.append((step.number, self.simulation.agenda.now))
                step.because(message.source, "it received what this step sent")
                if end > stream.received:
                    break
                stream.messages.popleft()
                if end == stream.received:
                    break
        name = peer.life.name if peer is not None else "somebody"
        spoken = self._requests(log, step, connection, data) if log.door is not None else self._answers(log, step, connection, data)
        if not spoken:
            step.title = f"receives {len(data)} bytes from {name}"
        for one in spoken:
            what = one.name if one.is_request else f"the answer to {one.name}"
            colon = f": {one.text}" if one.text else ""
            step.title = f"receives {what}{colon}"
            step.details.append(f"received from {name}: {what}{colon}")
            weight = 1 if one.api in SETUP else 2 if one.is_request else 3
            step.say(f"receives {what} from {name}{colon}", weight, 0)
            for place, _, labels in one.places:
                step.labels.update(dict.fromkeys(labels))
                self.brought[place] = self.brought.get(place, ()) + labels

    def _requests(self, log: LifeLog, step: Happening, connection: ConnectionId, data: Any) -> list[Spoken]:
        assert log.door is not None
        spoken = []
        for asked in log.door.receive(connection, data):
            guest = log.door.guests[connection]
            if not (asked.api_key == ApiKey.PRODUCE and asked.body is not None and asked.body.acks == 0):
                guest.asked.append(asked)
                log.asked[connection, asked.correlation_id] = (asked, step.number)
            spoken.append(request(asked, self.names))
        return spoken

    def _answers(self, log: LifeLog, step: Happening, connection: ConnectionId, data: Any) -> list[Spoken]:
        spoken = []
        try:
            for frame in frames(log.buffers.setdefault(connection, bytearray()), data):
                known = log.asked.pop((connection, int.from_bytes(frame[:4], "big", signed=True)), None)
                if known is not None:
                    asked, number = known
                    step.because(number, "it is the answer to what this step asked")
                    spoken.append(answer(asked, read_answer(asked, frame), self.names))
        except DecodeError:
            step.details.append("what arrived cannot be understood")
        return spoken

    def _disk_told(self, log: LifeLog, step: Happening, event: Event) -> None:
        """A completion or a failure: who asked for it."""
        then = event.then if isinstance(event, DiskFailed) else event
        for work in log.durability.completions_of(then):
            step.because(work.number, "it heard of what its disk did")
            if isinstance(event, DiskFailed):
                step.say(f"is told that its disk failed to {event.operation} {file_words(event.file)}: {event.error}", 8)
            else:
                step.title = f"{work.title} is done"
            return
        if isinstance(event, DiskFailed):
            step.say(f"is told that its disk failed to {event.operation} {file_words(event.file)}: {event.error}", 8)

    # Effects -----------------------------------------------------------------------------------------------------------

    def _disk_effects(self, log: LifeLog, step: Happening, effects: list[Effect]) -> None:
        titles = [self._ask_disk(log, step, effect).title for effect in effects if type(effect) in DISK_EFFECTS]
        changing = [title for title in titles if not title.startswith(("read", "create"))]
        if changing:
            step.say(f"asks its disk to {listed(changing, 3)}", 4 if log.is_recovered else 1, 3)

    def _other_effects(self, log: LifeLog, step: Happening, effects: list[Effect]) -> None:
        for place, effect in enumerate(effects):
            if type(effect) is Send:
                self._send(log, step, effects, place)
            elif isinstance(effect, client.Complete):
                self._complete(log, step, effect)
            elif isinstance(effect, Halt):
                step.say("ends its own life" + (f": {effect.error}" if effect.error else ""), 9 if effect.error else 4, 6)
                self._end(log, step)
            elif isinstance(effect, Close):
                log.closings[effect.connection] = step.number

    def _send(self, log: LifeLog, step: Happening, effects: list[Effect], place: int) -> None:
        send = effects[place]
        assert isinstance(send, Send)
        if send.connection not in log.life.endpoints:
            return
        peer, _ = log.peers.get(send.connection, (None, 0))
        receiver = peer.life.name if peer is not None else "broker-1" if log.door is None else "somebody"
        remarks: dict[str, str] = {}
        spoken = self._answered(log, step, effects, place, remarks) if log.door is not None else self._asked(log, step, send, remarks)
        names = [one.name if one.is_request else f"answer {one.name}" for one in spoken]
        detail = "; ".join([f"{name}: {one.text}" if one.text else name for name, one in zip(names, spoken, strict=True)])
        size = sum(map(len, send.parts))
        message = Message(
            step.number,
            log.life.name,
            receiver,
            self.simulation.agenda.now,
            listed([one.api if one.is_request else _short_answer(one) for one in spoken], 2) if spoken else f"{size} bytes",
            detail or f"{size} bytes",
        )
        self.messages.append(message)
        stream = log.streams.setdefault(send.connection, Stream())
        stream.sent += size
        stream.messages.append((stream.sent, message))
        step.details.append(f"sends to {receiver}: {message.detail}")
        for one in spoken:
            colon = f" ({one.text})" if one.text else ""
            if one.is_request:
                again = remarks.get(one.name, "")
                weight = 6 if again else 1 if one.api in SETUP else 3 if one.api == "Fetch" else 5
                step.say(f"sends {one.name}{colon} to {receiver}{again}", weight, 5)
            else:
                doubt = remarks.get(one.name, "")
                weight = 10 if doubt else 1 if one.api in SETUP else 2 if one.api == "Fetch" else 5
                step.say(f"answers {one.name} of {receiver}{colon}{doubt}", weight, 5)

    def _asked(self, log: LifeLog, step: Happening, send: Send, again: dict[str, str]) -> list[Spoken]:
        spoken = []
        data = b"".join([bytes(part) for part in send.parts])  # type: ignore[arg-type]
        try:
            for frame in frames(bytearray(), data):
                asked = read_request(frame, {})
                log.asked[send.connection, asked.correlation_id] = (asked, step.number)
                one = request(asked, self.names)
                spoken.append(one)
                for label in [label for _, _, found in one.places for label in found]:
                    step.labels[label] = None
                    step.because(log.wishes.get(label), "its user asked for it")
                    if label in log.sent:
                        again[one.name] = ", again"
                        step.because(log.sent[label], "it sent the same before")
                        step.because(log.last_loss, "it had lost a connection")
                    log.sent[label] = step.number
                if one.api == "Fetch":
                    step.because(log.last_poll, "its user polls")
        except DecodeError:
            pass
        return spoken

    def _answered(self, log: LifeLog, step: Happening, effects: list[Effect], place: int, doubts: dict[str, str]) -> list[Spoken]:
        assert log.door is not None
        send = effects[place]
        assert isinstance(send, Send)
        spoken = []
        for asked, body in log.door.answers(effects, place):
            known = log.asked.pop((send.connection, asked.correlation_id), None)
            number = known[1] if known is not None else None
            step.because(number, "it answers what this step received")
            one = answer(asked, body, self.names)
            spoken.append(one)
            for where, offset, labels in one.places:
                step.labels.update(dict.fromkeys(labels))
                if one.api in ("Fetch", "ListOffsets"):
                    step.because(log.moved_by.get((where, "high watermark")), "it made this visible")
                if labels:
                    for label in labels:
                        step.because(self.first_places.get((where, label), (0, None))[1], "it appended this record")
                if one.api == "Produce" and offset >= 0:
                    doubt = log.durability.doubt(where, offset)
                    if doubt is not None:
                        doubts[one.name] = f" although {doubt[0]}"
                        step.because(doubt[1], "it should have waited for this")
            if one.api not in ("Produce", "Fetch") and number is not None:
                doubt = log.durability.doubt_of_step(number)
                if doubt is not None:
                    doubts[one.name] = f" although {doubt[0]}"
                    step.because(doubt[1], "it should have waited for this")
        return spoken

    def _complete(self, log: LifeLog, step: Happening, effect: client.Complete) -> None:
        number = log.tickets.pop(effect.ticket, None)
        step.because(number, "its user asked for it")
        result: Any = effect.result
        if isinstance(result, client.Acknowledged):
            if number is not None:
                step.labels.update(self.happenings[number].labels)
            label = quoted(tuple(self.happenings[number].labels)) if number is not None else "a record"
            step.say(f"takes {label} as acknowledged, at offset {result.offset:,} of {result.topic}-{result.partition}", 6)
        elif isinstance(result, client.Fetched):
            labels = [f"“{label_of(record.value)}” at {record.offset:,}" for _, _, record in result.records]
            step.labels.update({label_of(record.value): None for _, _, record in result.records})
            if labels:
                step.say(f"reads {listed(labels, 3)}", 5)
        elif isinstance(result, client.OffsetsListed):
            ends = [f"{topic}-{partition} at {offset:,}" for topic, partition, offset, _ in result.offsets]
            step.say(f"is told where partitions end: {listed(ends, 3)}", 4)
        elif isinstance(result, client.Failed):
            step.say(f"gives up: {result.text}", 6)
        step.details.append(told(effect, is_broker=False)[:300])

    def _ask_disk(self, log: LifeLog, step: Happening, effect: Any) -> Happening:
        work = self._new(Kind.DISK, f"{log.life.name}'s disk", _work_title(effect))
        work.life = log.life.number
        work.state = "under way"
        work.because(step.number, "it asked for it")
        log.work.append((effect, work))
        for number in log.durability.asked(effect, work):
            work.because(number, "what is written was appended there")
        if type(effect) is Read:
            work.because(log.birth, "its recovery reads what the disk has left")
        return work

    # Inside a broker ---------------------------------------------------------------------------------------------------

    def _look_inside(self, log: LifeLog, step: Happening) -> None:
        """Watermarks that moved, and what they say that is not true."""
        broker = log.life.node
        assert isinstance(broker, Broker)
        for partition in broker.partitions.values():
            self.names.topics[partition.topic_id] = partition.topic
        has_recovered = not log.is_recovered and broker.store.is_ready
        log.is_recovered = broker.store.is_ready
        marks: dict[tuple[str, str], int] = {}
        for log_id, kept in sorted(broker.store.logs.items()):
            place = self.names.log(log_id)
            marks[place, "log end"] = kept.log_end_offset
            marks[place, "recovery point"] = kept.recovery_point
            marks[place, "producers"] = len(kept.producers.by_id)
            if log_id in broker.partitions_by_log:
                marks[place, "high watermark"] = broker.partitions_by_log[log_id].high_watermark
        if marks == log.marks:
            return
        earlier, log.marks = log.marks, marks
        if has_recovered:
            self._recovered(log, step)
        for (place, name), value in marks.items():
            before = earlier.get((place, name), 0)
            if value != before:
                log.moved_by[place, name] = step.number
                if name != "producers":
                    self.moves.append(Move(step.number, log.life.name, place, name, before, value))
                    self._moved(log, step, (place, name, before, value))

    def _moved(self, log: LifeLog, step: Happening, move: tuple[str, str, int, int]) -> None:
        place, name, before, value = move
        step.details.append(f"{name} of {place}: {before:,} → {value:,}")
        if name == "log end" and log.is_recovered and value > before:
            log.durability.appended(place, before, value, step.number)
            step.because(log.recovery, "it comes behind what recovery has found")
            if place == "the metadata log":
                step.say(f"appends {counted(value - before, 'record')} to the metadata log (log end {before:,} → {value:,})", 3)
                return
            labels = self.brought.get(place, ())
            words = f"appends {quoted(labels)} to {place} at offset {before:,}" if labels else f"appends to {place}"
            step.say(f"{words} (log end {before:,} → {value:,})", 6)
            for at, label in enumerate(labels):
                offset, number = self.first_places.setdefault((place, label), (before + at, step.number))
                if number != step.number:
                    step.say(f"appends “{label}” a second time: it has been at offset {offset:,} already", 10)
                    step.because(number, "it appended the same record before")
        elif name == "recovery point" and log.is_recovered and value > before:
            doubt = log.durability.doubt(place, value - 1)
            if doubt is not None:
                step.say(f"calls {place} durable up to {value:,}, although {doubt[0]}", 10, 4)
                step.because(doubt[1], "it should have waited for this")
            else:
                step.say(f"learns that {place} is durable up to {value:,}", 2 if place == "the metadata log" else 4, 1)
        elif value < before:
            step.say(f"lets the {name} of {place} go back from {before:,} to {value:,}", 9)

    def _recovered(self, log: LifeLog, step: Happening) -> None:
        """What a new life has found, beside what the one before had."""
        last = self.before.get(log.life.name)
        step.because(log.birth, "its recovery")
        if last is None:
            return
        log.recovery = step.number
        for (place, name), value in log.marks.items():
            if name != "log end" or place == "the metadata log":
                continue
            self.first_places = {key: found for key, found in self.first_places.items() if key[0] != place or found[0] < value}
            had = last.marks.get((place, name), 0)
            known = last.marks.get((place, "recovery point"), 0)
            words = f"recovers {self.names.log(place)} up to offset {value:,}"
            if had != value:
                words += f", where the life before had {had:,} and called {known:,} durable"
            producers, had_producers = log.marks.get((place, "producers"), 0), last.marks.get((place, "producers"), 0)
            if producers < had_producers and value >= had:
                words += f", but has forgotten {counted(had_producers - producers, 'producer')} that wrote to it"
            step.say(words, 9 if words.endswith(("durable", "wrote to it")) else 6)

    # Within ------------------------------------------------------------------------------------------------------------

    def _timers(self, log: LifeLog, step: Happening, now: Instant, event: Event) -> None:
        """Which timer was due, and which are set."""
        live = log.life.node.timers.live
        if type(event) is Woken:
            for sequence, number in log.timers.items():
                if sequence not in live:
                    step.because(number, "it set the timer that was due")
        log.timers = {sequence: log.timers.get(sequence, step.number) for sequence in live}
        if type(event) is Woken and not step.title.startswith("timer"):
            step.title = "a timer is due"

    def _note_due_dates(self, log: LifeLog) -> None:
        """When the queue says that operations will be done."""
        due = {id(effect): when for when, effect in log.life.disk_queue.pending}
        for effect, work in log.work:
            work.ends_at = due.get(id(effect), work.ends_at)

    def _end(self, log: LifeLog, end: Happening) -> None:
        self.ends[log.life.name] = end
        self.before[log.life.name] = log
        end.because(log.last_step, "the life that ended")
        self.lives.pop(log.life.name, None)

    def finish(self) -> None:
        """The run is over: say what is only known now."""
        for log in self.lives.values():
            self._note_due_dates(log)
        for happening in self.happenings:
            happening.clauses[:] = [
                Clause(resolved(clause.text, happening.at, self.happenings), clause.weight, clause.rank)
                for clause in sorted(happening.clauses, key=lambda clause: clause.rank)
            ]
            if happening.title in UNTITLED and happening.clauses:
                happening.title = max(happening.clauses, key=lambda clause: clause.weight).text

    def _is_at_fault(self) -> bool:
        return bool(self.simulation.failures)

    def _new(self, kind: Kind, lane: str, title: str) -> Happening:
        happening = Happening(len(self.happenings), self.simulation.agenda.now, kind, lane, title)
        self.happenings.append(happening)
        return happening


def _nothing(_sentence: str) -> None:
    """Others judge."""


def _short_answer(one: Spoken) -> str:
    text = one.text if len(one.text) <= 28 else ""
    return text or f"answer {one.api}"


def _piece(piece: Piece) -> str:
    file, position, length = piece
    return f"{length:,} bytes at {position:,} of {file_words(file)}"


def _work_title(effect: Any) -> str:
    kind = type(effect)
    if kind is Write:
        return f"write {_piece((effect.file, effect.position, sum(map(len, effect.parts))))}"
    if kind is Sync:
        return f"sync {file_words(effect.file)}"
    if kind is SyncDirectory:
        return "sync the directory"
    if kind is Read:
        return f"read {_piece((effect.file, effect.position, effect.length))}"
    if kind is Truncate:
        return f"truncate {file_words(effect.file)} to {effect.length:,} bytes"
    if kind is Rename:
        return f"rename {file_words(effect.source)} to {file_words(effect.target)}"
    assert kind in (Create, Delete)
    return f"{kind.__name__.lower()} {file_words(effect.file)}"
