"""Two flows of a store, told as traces: what it asks of the disk (`>`), what comes back (`<`), and what it tells its siblings (`!`)."""

from collections.abc import Callable, Iterable
from typing import Any

from store_life import Life, fresh, make_batch

from streambus.kernel import Create, Effect, Event, Prng, Read, Sync, SyncDirectory, Truncate, Write
from streambus.sim.disk import SimulatedDisk, Survival
from streambus.storage import LogId, StoreConfig

Golden = Callable[[str, Iterable[str]], None]

WORDS: dict[type[Effect], Callable[[Any], str]] = {
    Create: lambda effect: f"create {effect.file}",
    SyncDirectory: lambda _: "sync the directory",
    Write: lambda effect: f"write {sum(map(len, effect.parts))} bytes at {effect.position} of {effect.file}",
    Sync: lambda effect: f"sync {effect.file}",
    Truncate: lambda effect: f"truncate {effect.file} to {effect.length}",
    Read: lambda effect: f"read {effect.length} bytes at {effect.position} of {effect.file}",
}


class Narrator:
    """A life that writes down what happens."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.lines: list[str] = []
        self.told = len(life.facts)

    def say(self, line: str) -> None:
        self.lines.append(line)

    def call(self, method: str, *arguments: Any) -> Any:
        waiting = len(self.life.queue)
        result = self.life.call(method, *arguments)
        self.note(waiting)
        return result

    def append(self, log_id: str) -> None:
        offset = self.life.append(self.life.store.logs[LogId(log_id)], make_batch(size=100))
        self.say(f"append to {log_id}: offset {offset}")

    def perform(self) -> None:
        """The disk does everything that it was asked for."""
        while self.life.queue:
            waiting = len(self.life.queue) - 1
            then = getattr(self.life.queue[0], "then", None)
            if then is not None:
                self.say(f"< {type(then).__name__}")
            self.life.perform_one()
            self.note(waiting)

    def note(self, waiting: int) -> None:
        facts: list[Event] = self.life.facts[self.told :]
        self.told = len(self.life.facts)
        self.lines += [f"! {fact}" for fact in facts]
        self.lines += [f"> {WORDS[type(effect)](effect)}" for effect in list(self.life.queue)[waiting:]]


def test_group_commit(golden: Golden):
    narrator = Narrator(fresh(StoreConfig(segment_bytes=1_000)))
    for log_id in ("a", "b"):
        narrator.life.call("open_log", LogId(log_id))
    narrator.say("-- a burst over two logs ends: one write, one sync")
    for log_id in ("a", "b", "a"):
        narrator.append(log_id)
    narrator.call("flush")
    narrator.say("-- more comes while the disk is at work, and waits; some of it is for the next segment")
    for log_id in ("b", "a", "a"):
        narrator.append(log_id)
    narrator.call("flush")
    narrator.say("-- the disk is done with one group after the other")
    narrator.perform()
    golden("storage_group_commit", narrator.lines)


def test_recovery_of_a_torn_tail(golden: Golden):
    before = fresh(StoreConfig())
    log = before.call("open_log", LogId("a"))
    before.append(log, make_batch(size=100))
    before.flush()
    for size in (100, 5_000):
        before.append(log, make_batch(size=size))
    before.call("flush")
    before.perform_one()
    disk: SimulatedDisk = before.disk
    disk.power_cut(Prng(3), Survival.SOMETHING)
    narrator = Narrator(Life(disk, StoreConfig()))
    narrator.say("-- the power failed during the second group of two batches: the first one is whole, the second is torn")
    narrator.call("start")
    narrator.perform()
    golden("storage_torn_tail", narrator.lines)
