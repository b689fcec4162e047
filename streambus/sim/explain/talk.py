"""What clients, their users and brokers say to each other: wishes, requests, answers, results, and the connections they travel on."""

from typing import Any

from streambus import client
from streambus.kernel import Closed, Connected, ConnectionId, Effect, Received, Send
from streambus.sim.explain.chronicle import Chronicle, LifeLog, Stream
from streambus.sim.explain.events import Happening, Message, listed
from streambus.sim.explain.speech import Spoken, answer, label_of, quoted, request
from streambus.sim.oracles.door import frames, read_answer, read_request
from streambus.sim.story import told
from streambus.wire import ApiKey, DecodeError

SETUP = ("ApiVersions", "Metadata", "InitProducerId", "FindCoordinator", "DescribeCluster")
"""What clients ask before they do what they are there for."""

DECIDED = ("CreateTopics", "DeleteTopics", "InitProducerId")
"""What is only answered when the decision is durable."""


def wished(log: LifeLog, step: Happening, event: Any) -> None:
    """A user asks its client for something."""
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


def connected(chronicle: Chronicle, log: LifeLog, event: Connected) -> None:
    """A connection is open: find out who is at its other end."""
    if log.door is None or event.connection < 0:
        return
    log.door.connect(event.connection)
    name, _, number = event.peer.rpartition("#")
    peer = chronicle.lives.get(name)
    if peer is not None:
        theirs = -int(number)
        log.peers[event.connection] = (peer, theirs)
        peer.peers[theirs] = (log, event.connection)


def closed(chronicle: Chronicle, log: LifeLog, step: Happening, event: Closed) -> None:
    """A connection is over: why, and what was under way on it."""
    step.title = f"connection {event.connection} is closed: {event.reason}"
    if log.door is not None:
        log.door.close(event.connection)
    for key in [key for key in log.asked if key[0] == event.connection]:
        step.because(log.asked.pop(key)[1], "its request was under way")
    step.because(log.closings.pop(event.connection, None), "it closed the connection")
    peer, theirs = log.peers.pop(event.connection, (None, 0))
    if peer is not None:
        end = chronicle.ends.get(peer.life.name)
        if peer.life.is_over and end is not None:
            step.because(end.number, "the other end died")
        else:
            step.because(peer.closings.get(theirs), "the other end closed it")
    log.last_loss = step.number
    step.say(f"loses its connection{f' with {peer.life.name}' if peer is not None else ''} ({event.reason})", 3)


def received(chronicle: Chronicle, log: LifeLog, step: Happening, event: Received) -> None:
    """Bytes arrived: who sent them, and what they say."""
    connection, data = event.connection, event.data
    peer, theirs = log.peers.get(connection, (None, 0))
    if peer is not None:
        stream = peer.streams.setdefault(theirs, Stream())
        stream.received += len(data)
        while stream.messages:
            end, message = stream.messages[0]
            message.arrived.append((step.number, chronicle.now))
            step.because(message.source, "it received what this step sent")
            if end > stream.received:
                break
            stream.messages.popleft()
            if end == stream.received:
                break
    name = peer.life.name if peer is not None else "somebody"
    spoken = _requests(chronicle, log, step, connection, data) if log.door is not None else _answers(chronicle, log, step, connection, data)
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
            chronicle.brought[place] = chronicle.brought.get(place, ()) + labels


def _requests(chronicle: Chronicle, log: LifeLog, step: Happening, connection: ConnectionId, data: Any) -> list[Spoken]:
    assert log.door is not None
    spoken = []
    for asked in log.door.receive(connection, data):
        guest = log.door.guests[connection]
        if not (asked.api_key == ApiKey.PRODUCE and asked.body is not None and asked.body.acks == 0):
            guest.asked.append(asked)
            log.asked[connection, asked.correlation_id] = (asked, step.number)
        spoken.append(request(asked, chronicle.names))
    return spoken


def _answers(chronicle: Chronicle, log: LifeLog, step: Happening, connection: ConnectionId, data: Any) -> list[Spoken]:
    spoken = []
    try:
        for frame in frames(log.buffers.setdefault(connection, bytearray()), data):
            known = log.asked.pop((connection, int.from_bytes(frame[:4], "big", signed=True)), None)
            if known is not None:
                asked, number = known
                step.because(number, "it is the answer to what this step asked")
                spoken.append(answer(asked, read_answer(asked, frame), chronicle.names))
    except DecodeError:
        step.details.append("what arrived cannot be understood")
    return spoken


def send(chronicle: Chronicle, log: LifeLog, step: Happening, effects: list[Effect], place: int) -> None:
    """Something is sent: what it says, and what it rests on."""
    send = effects[place]
    assert isinstance(send, Send)
    if send.connection not in log.life.endpoints:
        return
    peer, _ = log.peers.get(send.connection, (None, 0))
    receiver = peer.life.name if peer is not None else "broker-1" if log.door is None else "somebody"
    remarks: dict[str, str] = {}
    spoken = (
        _answered(chronicle, log, step, effects, place, remarks) if log.door is not None else _asked(chronicle, log, step, send, remarks)
    )
    names = [one.name if one.is_request else f"answer {one.name}" for one in spoken]
    detail = "; ".join([f"{name}: {one.text}" if one.text else name for name, one in zip(names, spoken, strict=True)])
    size = sum(map(len, send.parts))
    message = Message(
        step.number,
        log.life.name,
        receiver,
        chronicle.now,
        listed([one.api if one.is_request else _short_answer(one) for one in spoken], 2) if spoken else f"{size} bytes",
        detail or f"{size} bytes",
    )
    chronicle.messages.append(message)
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


def _asked(chronicle: Chronicle, log: LifeLog, step: Happening, send: Send, again: dict[str, str]) -> list[Spoken]:
    spoken = []
    data = b"".join([bytes(part) for part in send.parts])  # type: ignore[arg-type]
    try:
        for frame in frames(bytearray(), data):
            asked = read_request(frame, {})
            log.asked[send.connection, asked.correlation_id] = (asked, step.number)
            one = request(asked, chronicle.names)
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


def _answered(
    chronicle: Chronicle, log: LifeLog, step: Happening, effects: list[Effect], place: int, doubts: dict[str, str]
) -> list[Spoken]:
    assert log.door is not None
    send = effects[place]
    assert isinstance(send, Send)
    spoken = []
    for asked, body in log.door.answers(effects, place):
        known = log.asked.pop((send.connection, asked.correlation_id), None)
        number = known[1] if known is not None else None
        step.because(number, "it answers what this step received")
        one = answer(asked, body, chronicle.names)
        spoken.append(one)
        for where, offset, labels in one.places:
            step.labels.update(dict.fromkeys(labels))
            if one.api in ("Fetch", "ListOffsets"):
                step.because(log.moved_by.get((where, "high watermark")), "it made this visible")
            if labels:
                for label in labels:
                    step.because(chronicle.first_places.get((where, label), (0, None))[1], "it appended this record")
            if one.api == "Produce" and offset >= 0:
                doubt = log.durability.doubt(where, offset)
                if doubt is not None:
                    doubts[one.name] = f" although {doubt[0]}"
                    step.because(doubt[1], "it should have waited for this")
        if one.api in DECIDED and number is not None:
            doubt = log.durability.doubt_of_step(number)
            if doubt is not None:
                doubts[one.name] = f" although {doubt[0]}"
                step.because(doubt[1], "it should have waited for this")
    return spoken


def complete(chronicle: Chronicle, log: LifeLog, step: Happening, effect: client.Complete) -> None:
    """A client answers its user."""
    number = log.tickets.pop(effect.ticket, None)
    step.because(number, "its user asked for it")
    result: Any = effect.result
    if isinstance(result, client.Acknowledged):
        if number is not None:
            step.labels.update(chronicle.happenings[number].labels)
        label = quoted(tuple(chronicle.happenings[number].labels)) if number is not None else "a record"
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


def _short_answer(one: Spoken) -> str:
    text = one.text if len(one.text) <= 28 else ""
    return text or f"answer {one.api}"
