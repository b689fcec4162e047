"""What can be seen inside a broker: watermarks that moved, what a recovery found, and what is claimed that is not true."""

from streambus.broker import Broker
from streambus.sim.explain.chronicle import Chronicle, LifeLog
from streambus.sim.explain.events import Happening, Move, counted
from streambus.sim.explain.speech import quoted


def look_inside(chronicle: Chronicle, log: LifeLog, step: Happening) -> None:
    """Watermarks that moved, and what they say that is not true."""
    broker = log.life.node
    assert isinstance(broker, Broker)
    for partition in broker.partitions.values():
        chronicle.names.topics[partition.topic_id] = partition.topic
    has_recovered = not log.is_recovered and broker.store.is_ready
    log.is_recovered = broker.store.is_ready
    marks: dict[tuple[str, str], int] = {}
    for log_id, kept in sorted(broker.store.logs.items()):
        place = chronicle.names.log(log_id)
        marks[place, "log end"] = kept.log_end_offset
        marks[place, "recovery point"] = kept.recovery_point
        marks[place, "producers"] = len(kept.producers.by_id)
        if log_id in broker.partitions_by_log:
            marks[place, "high watermark"] = broker.partitions_by_log[log_id].high_watermark
    if marks == log.marks:
        return
    earlier, log.marks = log.marks, marks
    if has_recovered:
        _recovered(chronicle, log, step)
    for (place, name), value in marks.items():
        before = earlier.get((place, name), 0)
        if value != before:
            log.moved_by[place, name] = step.number
            if name != "producers":
                chronicle.moves.append(Move(step.number, log.life.name, place, name, before, value))
                _moved(chronicle, log, step, (place, name, before, value))


def _moved(chronicle: Chronicle, log: LifeLog, step: Happening, move: tuple[str, str, int, int]) -> None:
    place, name, before, value = move
    step.details.append(f"{name} of {place}: {before:,} → {value:,}")
    if name == "log end" and log.is_recovered and value > before:
        log.durability.appended(place, before, value, step.number)
        step.because(log.recovery, "it comes behind what recovery has found")
        if place == "the metadata log":
            step.say(f"appends {counted(value - before, 'record')} to the metadata log (log end {before:,} → {value:,})", 3)
            return
        labels = chronicle.brought.get(place, ())
        words = f"appends {quoted(labels)} to {place} at offset {before:,}" if labels else f"appends to {place}"
        step.say(f"{words} (log end {before:,} → {value:,})", 6)
        for at, label in enumerate(labels):
            offset, number = chronicle.first_places.setdefault((place, label), (before + at, step.number))
            if number != step.number:
                weight = 10 if log.marks.get((place, "producers")) else 5
                step.say(f"appends “{label}” a second time: it has been at offset {offset:,} already", weight)
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


def _recovered(chronicle: Chronicle, log: LifeLog, step: Happening) -> None:
    """What a new life has found, beside what the one before had."""
    last = chronicle.before.get(log.life.name)
    step.because(log.birth, "its recovery")
    if last is None:
        return
    log.recovery = step.number
    for (place, name), value in log.marks.items():
        if name != "log end" or place == "the metadata log":
            continue
        chronicle.first_places = {key: found for key, found in chronicle.first_places.items() if key[0] != place or found[0] < value}
        had = last.marks.get((place, name), 0)
        known = last.marks.get((place, "recovery point"), 0)
        words = f"recovers {chronicle.names.log(place)} up to offset {value:,}"
        if had != value:
            words += f", where the life before had {had:,} and called {known:,} durable"
        producers, had_producers = log.marks.get((place, "producers"), 0), last.marks.get((place, "producers"), 0)
        if producers < had_producers and value >= had:
            words += f", but has forgotten {counted(had_producers - producers, 'producer')} that wrote to it"
        step.say(words, 9 if words.endswith(("durable", "wrote to it")) else 6)
