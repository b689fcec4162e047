"""Who looks on and writes down what happened and what it was caused by.

A step is caused by the message it received (and so by the step that sent it), by the disk operation that completed (and so by the step
that asked for it), by the timer that was due (and so by the step that set it), or by a wish of its user. Some causes lie inside a node and
are found by what its steps have to do with each other: an answer and its request, a write and the requests that appended what it writes,
a request and the records in it. A birth is caused by what ended the life before; a recovery by what the disk had left.
"""

from typing import Any

from streambus import client
from streambus.broker import Broker
from streambus.kernel import (
    Close,
    Closed,
    Connected,
    DiskFailed,
    Drained,
    Effect,
    Event,
    Halt,
    Instant,
    Read,
    Received,
    Send,
    Started,
    Woken,
    Work,
)
from streambus.sim.disk_queue import DISK_EFFECTS
from streambus.sim.explain.chronicle import Chronicle, LifeLog
from streambus.sim.explain.disks import Loss, Piece
from streambus.sim.explain.durability import resolved
from streambus.sim.explain.events import Clause, Happening, Kind, file_words, listed, span
from streambus.sim.explain.inside import look_inside
from streambus.sim.explain.talk import closed, complete, connected, received, send, wished
from streambus.sim.explain.work_words import piece_words, work_title
from streambus.sim.life import Life
from streambus.sim.oracles.door import Door
from streambus.sim.simulation import Simulation
from streambus.sim.story import told

WISHES = (client.Produce, client.Poll, client.Assign, client.Seek, client.ListOffsets, client.Ask, client.Flush)
DETAILS_MAX = 12
LOSSES = (
    (Loss.WHOLE, "what was written but not synced is lost"),
    (Loss.TORN, "what was written but not synced is torn, only some of it is on the disk"),
    (Loss.NAME, "a file is lost with its name, for which the directory was never synced"),
)

UNTITLED = ("drained", "woken", "a timer is due")
"""Steps that are called after what they do."""


class Recorder:
    """An observer of everybody, and the witness of all disks."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.chronicle = Chronicle(simulation)

    # What is told ------------------------------------------------------------------------------------------------------

    def on_birth(self, life: Life) -> None:
        """A life begins."""
        birth = self.chronicle.new(Kind.BIRTH, life.name, f"{life.name} starts" + (" again" if life.number > 1 else ""))
        birth.life = life.number
        if life.number > 1:
            birth.say("starts again, and reads what its disk has left", 8)
            end = self.chronicle.ends.get(life.name)
            birth.because(end.number if end is not None else None, "what ended the life before")
        log = self.chronicle.lives[life.name] = LifeLog(life, birth.number)
        if isinstance(life.node, Broker):
            log.door = Door(life, _nothing)

    def on_step(self, life: Life, now: Instant, event: Event, effects: list[Effect]) -> None:
        """A step was taken."""
        log = self.chronicle.lives[life.name]
        self._note_due_dates(log)
        step = self.chronicle.new(Kind.STEP, life.name, told(event, is_broker=log.door is not None))
        step.life, step.step = life.number, self.simulation.events
        self.chronicle.brought.clear()
        self._event(log, step, now, event)
        self._disk_effects(log, step, effects)
        if log.door is not None:
            look_inside(self.chronicle, log, step)
        self._other_effects(log, step, effects)
        self._timers(log, step, now, event)
        if type(event) is Drained:
            log.burst.clear()
        elif type(event) is not Woken:
            log.burst.append(step.number)
        is_silent = type(event) in (Drained, Woken) and not (effects or step.clauses or step.details or self.simulation.failures)
        if is_silent and step.number not in log.timers.values():
            self.chronicle.happenings.pop()
            return
        words = told(event, is_broker=log.door is not None)
        step.details[:0] = [words] if step.title != words else []
        others = [effect for effect in effects[:DETAILS_MAX] if type(effect) is not Send]
        step.details.extend([told(effect, is_broker=log.door is not None) for effect in others])
        log.last_step = step.number

    def on_failure(self, life: Life, now: Instant, event: Event, error: Exception) -> None:
        """A node raised."""
        log = self.chronicle.lives[life.name]
        step = self.chronicle.new(Kind.STEP, life.name, f"{type(error).__name__} on {type(event).__name__}")
        step.life, step.step = life.number, self.simulation.events
        step.say(f"raises {type(error).__name__} ({error}) on {told(event, is_broker=log.door is not None)}", 10)
        self._event(log, step, now, event)

    def on_performed(self, host: str, effect: Effect, answer: Event | None) -> None:
        """A disk did something."""
        log = self.chronicle.lives.get(host)
        if log is None:
            return
        if type(effect) is Work:
            work = next(work for asked, work in log.long_work if asked is effect)
            log.long_work = [(asked, other) for asked, other in log.long_work if other is not work]
            is_whole = True
        elif log.work and (log.work[0][0] is effect or type(log.work[0][0]) is type(effect)):
            asked, work = log.work.popleft()
            is_whole = effect is asked
        else:
            return
        work.ends_at = self.chronicle.now
        work.state = "done" if is_whole else "done in part when its process died"
        if isinstance(answer, DiskFailed):
            work.state = f"failed: {answer.error}"
            work.say(f"fails: {work.title} ends with {answer.error}", 8)

    def on_crash(self, host: str, lost: list[tuple[Piece, Loss]] | None) -> None:
        """A life ended against its will."""
        log = self.chronicle.lives.pop(host, None)
        if log is None:
            return
        self._note_due_dates(log)
        now = self.chronicle.now
        crash = self.chronicle.new(Kind.CRASH, host, "the power fails" if lost is not None else "the process is killed")
        crash.life = log.life.number
        crash.say("loses its power" if lost is not None else "is killed", 9)
        self._end(log, crash)
        undone = [work for _, work in log.work]
        for work in undone:
            due = f", due {span(work.ends_at - now)} later" if work.ends_at is not None and work.ends_at > now else ""
            crash.details.append(f"never done: {work.title}{due}")
            work.state, work.ends_at = "never done: its process died", now
            crash.because(work.number, "it was still under way")
        for _, work in log.long_work:
            crash.details.append(f"cut off: {work.title}")
            work.state, work.ends_at = "cut off: its process died", now
            crash.because(work.number, "it was still under way")
        if undone:
            crash.say(f"what its disk had still to do is never done: {listed([work.title for work in undone], 3)}", 8)
        for loss, words in LOSSES:
            pieces = [piece for piece, how in lost or [] if how is loss]
            if pieces:
                crash.say(f"{words}: {listed([piece_words(piece) for piece in pieces], 3)}", 9)
                crash.details.extend(f"{words}: {piece_words(piece)}" for piece in pieces[:DETAILS_MAX])
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
            received(self.chronicle, log, step, event)
        elif isinstance(event, Connected):
            connected(self.chronicle, log, event)
        elif isinstance(event, Closed):
            closed(self.chronicle, log, step, event)
        elif kind is Drained:
            for number in log.burst:
                if self.chronicle.happenings[number].clauses:
                    step.because(number, "its burst")
        elif isinstance(event, WISHES):
            wished(log, step, event)
        elif kind is not Woken:
            self._disk_told(log, step, event)

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
        titles = [self._ask_disk(log, step, effect).title for effect in effects if type(effect) in (*DISK_EFFECTS, Work)]
        changing = [title for title in titles if not title.startswith(("read", "create"))]
        if changing:
            step.say(f"asks its disk to {listed(changing, 3)}", 4 if log.is_recovered else 1, 3)

    def _other_effects(self, log: LifeLog, step: Happening, effects: list[Effect]) -> None:
        for place, effect in enumerate(effects):
            if type(effect) is Send:
                send(self.chronicle, log, step, effects, place)
            elif isinstance(effect, client.Complete):
                complete(self.chronicle, log, step, effect)
            elif isinstance(effect, Halt):
                step.say("ends its own life" + (f": {effect.error}" if effect.error else ""), 9 if effect.error else 4, 6)
                self._end(log, step)
            elif isinstance(effect, Close):
                log.closings[effect.connection] = step.number

    def _ask_disk(self, log: LifeLog, step: Happening, effect: Any) -> Happening:
        work = self.chronicle.new(Kind.DISK, f"{log.life.name}'s disk", work_title(effect))
        work.life = log.life.number
        work.state = "under way"
        work.because(step.number, "it asked for it")
        (log.long_work if type(effect) is Work else log.work).append((effect, work))
        for number in log.durability.asked(effect, work):
            work.because(number, "what is written was appended there")
        if type(effect) is Read:
            work.because(log.birth, "its recovery reads what the disk has left")
        return work

    # Inside a broker ---------------------------------------------------------------------------------------------------

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
        for effect, work in log.work:
            work.ends_at = next((when for when, pending in log.life.disk_queue.pending if pending is effect), work.ends_at)

    def _end(self, log: LifeLog, end: Happening) -> None:
        self.chronicle.ends[log.life.name] = end
        self.chronicle.before[log.life.name] = log
        end.because(log.last_step, "the life that ended")
        self.chronicle.lives.pop(log.life.name, None)

    def finish(self) -> None:
        """The run is over: say what is only known now."""
        for log in self.chronicle.lives.values():
            self._note_due_dates(log)
        for happening in self.chronicle.happenings:
            happening.clauses[:] = [
                Clause(resolved(clause.text, happening.at, self.chronicle.happenings), clause.weight, clause.rank)
                for clause in sorted(happening.clauses, key=lambda clause: clause.rank)
            ]
            if happening.title in UNTITLED and happening.clauses:
                happening.title = max(happening.clauses, key=lambda clause: clause.weight).text


def _nothing(_sentence: str) -> None:
    """Others judge."""
