"""A round: one nemesis against one broker, from an empty folder to a verdict."""

import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import attrs
from confluent_kafka import KafkaException

from streambus.chaos.broker_process import BrokerFailed
from streambus.chaos.guardian import Guardian
from streambus.chaos.nemesis import Nemesis
from streambus.chaos.readers import Follower, NotReadable, create_topics, read_everything
from streambus.chaos.stage import Stage, staged
from streambus.chaos.topics import CONTRACTS, topics_of
from streambus.chaos.writers import ANSWER_SECONDS_MAX, Writer, kinds
from streambus.checkers import Contract, History, Operation, Polled, Sent, Verdict, check

PAUSE_SECONDS = (0.3, 1.5)
"""How long there is peace between two strikes."""

DISMISS_SECONDS_MAX = 10
"""A client that hangs for longer ends with the process."""

DISK_BYTES = 64 * 1024 * 1024
DISK_BYTES_PER_RECORD = 2_000
"""How large a small disk is: nothing is ever deleted, so what is written must fit."""


@attrs.frozen
class Judged:
    """The part of a history that is about one topic, and its verdict by what the writers of that topic were promised."""

    topic: str
    contract: Contract
    history: History
    verdict: Verdict


@attrs.frozen
class Round:
    """What came of it. `violations` are sentences about what was wrong beside the histories."""

    nemesis: str
    history: History
    judged: tuple[Judged, ...]
    violations: tuple[str, ...]
    facts: Mapping[str, int]

    @property
    def held(self) -> bool:
        """Whether every promise was kept."""
        return not self.violations and all(judged.verdict.valid for judged in self.judged)

    @property
    def anomalies(self) -> tuple[str, ...]:
        """Everything that was wrong, in sentences."""
        found = [
            f"{judged.topic}: {anomaly.kind.value}: {anomaly.witness}"
            for judged in self.judged
            if not judged.verdict.valid
            for anomaly in judged.verdict.anomalies
        ]
        return (*self.violations, *found)


def play_round(nemesis: Nemesis, *, seconds: float, rate: float, seed: int, guardian: Guardian, progress: Callable[[str], None]) -> Round:
    """Write, read and strike for `seconds`, heal, wait for all answers, kill the broker a last time, read everything, judge.

    `rate` is in records per second, all writers together.
    """
    history, topics, writing = History(), topics_of(nemesis.name), kinds()
    with tempfile.TemporaryDirectory(prefix="streambus-chaos-") as scratch:
        guardian.watch_folder(Path(scratch))
        room = DISK_BYTES + int(DISK_BYTES_PER_RECORD * rate * seconds)
        with staged(
            Path(scratch), nemesis.equipment, topics, seed=seed, history=history, guardian=guardian, small_disk_bytes=room
        ) as stage:
            address = stage.proxy.address
            create_topics(address, topics.values())
            writers = [
                Writer(kind, topics[kind.promise], address, history, rate=rate / len(writing), seed=seed + number)
                for number, kind in enumerate(writing)
            ]
            followers = [Follower(topic, address, history) for topic in topics.values()]
            for thread in (*writers, *followers):
                thread.start()
            try:
                _strike(nemesis, stage, seconds, lambda: progress(_state(nemesis, stage, writers)))
                records = _finish(stage, writers, followers)
            finally:
                _dismiss([*writers, *followers])
            facts = {
                "records sent": sum(writer.sent for writer in writers),
                "acknowledged": sum(writer.acknowledged for writer in writers),
                "in the log": records,
                "followed": sum(follower.read for follower in followers),
                "faults": len(history.faults),
                "lives of the broker": stage.broker.lives,
                "producers that failed for good": sum(writer.lives - 1 for writer in writers),
            }
            return Round(nemesis.name, history, judge(history, topics), tuple(stage.violations), facts)


def judge(history: History, topics: Mapping[str, str]) -> tuple[Judged, ...]:
    """Judge what is in `history` of each topic by what its writers were promised."""
    judged = []
    for promise, topic in topics.items():
        contract = CONTRACTS[promise]
        part = History([operation for each in history.operations if (operation := _about(each, topic)) is not None], history.faults)
        judged.append(Judged(topic, contract, part, check(part, contract)))
    return tuple(judged)


def _about(operation: Operation, topic: str) -> Operation | None:
    """What of `operation` is about `topic`; None if nothing is. That positions were chosen anew is about every topic."""
    actions = tuple([action for action in operation.actions if not isinstance(action, Sent | Polled) or action.topic == topic])
    if len(actions) == len(operation.actions):
        return operation
    return attrs.evolve(operation, actions=actions) if actions else None  # type: ignore[misc,unused-ignore]


def _strike(nemesis: Nemesis, stage: Stage, seconds: float, tick: Callable[[], None]) -> None:
    """Let `nemesis` strike again and again for `seconds`. What it could not undo is a violation."""

    def strikes() -> None:
        try:
            while not stage.over.wait(stage.dice.uniform(*PAUSE_SECONDS)):
                stage.expect_alive()
                nemesis.strike(stage)
        except BrokerFailed as failure:
            stage.violations.append(f"the broker did not come up again: {failure}")
        except Exception as failure:
            failures.append(failure)

    failures: list[Exception] = []
    thread = threading.Thread(target=strikes, name=nemesis.name, daemon=True)
    thread.start()
    deadline = time.monotonic() + seconds
    try:
        while thread.is_alive() and time.monotonic() < deadline:
            tick()
            thread.join(0.1)
    finally:
        stage.over.set()
        thread.join()
    if failures:
        raise failures[0]


def _finish(stage: Stage, writers: list[Writer], followers: list[Follower]) -> int:
    """Heal, let everyone finish, and read what is there after one more kill. How many records that is."""
    try:
        stage.expect_alive()
        stage.heal()
        for writer in writers:
            writer.stop_writing()
        for writer in writers:
            writer.finish()
            if writer.never_answered:
                stage.violations.append(
                    f"{writer.never_answered} records of {writer.process} had no answer {ANSWER_SECONDS_MAX} s after the last fault"
                )
        for follower in followers:
            follower.finish()
        stage.expect_alive()
        stage.kill()
        stage.start()
        return read_everything(stage.proxy.address, stage.topics.values(), stage.history)
    except BrokerFailed as failure:
        stage.violations.append(f"the broker did not come up on a healed machine: {failure}")
    except NotReadable as failure:
        stage.violations.append(f"not everything could be read: {failure}")
    except KafkaException as failure:
        stage.violations.append(f"a client was told: {failure}")
    finally:
        stage.look_for_tracebacks()
    return 0


def _dismiss(clients: Sequence[Writer | Follower]) -> None:
    """Nobody goes on, whether or not it was finished with."""
    for client in clients:
        client.abandon()
    for client in clients:
        client.join(DISMISS_SECONDS_MAX)


def _state(nemesis: Nemesis, stage: Stage, writers: list[Writer]) -> str:
    sent, acknowledged = sum(writer.sent for writer in writers), sum(writer.acknowledged for writer in writers)
    return f"  {nemesis.name:15} {acknowledged:>7,} of {sent:>7,} acknowledged, {len(stage.history.faults)} faults"
