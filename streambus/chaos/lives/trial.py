"""A trial: so many lives of one broker, and the verdict on each."""

import random
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import attrs

from streambus.chaos.broker_process import BrokerFailed, BrokerProcess
from streambus.chaos.guardian import Guardian
from streambus.chaos.history_clock import now
from streambus.chaos.lives.folder import Autopsy
from streambus.chaos.lives.limits import LIMITS, RETENTION_BYTES
from streambus.chaos.lives.load import BOUNDED, TRIMMED, Load
from streambus.chaos.lives.moments import Moment, wait_for
from streambus.chaos.lives.reading import Contents, read_all
from streambus.chaos.readers import NotReadable
from streambus.checkers import DURABLE_LOG, Deleted, History, Operation, Outcome, Polled, Sent, check

BIRTHS_MAX = 3
"""How often in a row it is killed while it starts."""

BIRTH_KILL_PERCENT = 40
"""How often it is killed while it starts at all."""

RATE = 1_500.0
"""Records per second, all writers together: some segments a second."""

Say = Callable[[str], None]


@attrs.define
class Trial:
    """What came of it. `violations` are sentences about promises that were broken."""

    seed: int
    lives: int = 0
    violations: list[str] = attrs.field(factory=list)
    kills: dict[str, int] = attrs.field(factory=dict)
    births_cut_short: int = 0
    acknowledged: int = 0
    read: int = 0
    judged_operations: int = 0
    starts_ms: list[int] = attrs.field(factory=list)
    segments_sealed: int = 0
    table_numbers: int = 0
    merged_tables_seen: int = 0
    manifests_seen: int = 0
    topics_created: int = 0
    topics_deleted: int = 0
    trims: int = 0
    bounded_start: int = 0
    seconds: float = 0.0

    @property
    def held(self) -> bool:
        """Whether every promise was kept."""
        return self.lives > 0 and not self.violations

    def to_json(self) -> dict[str, object]:
        """It as JSON."""
        starts = sorted(self.starts_ms) or [0]
        facts = attrs.asdict(self, filter=lambda attribute, _: attribute.name != "starts_ms")
        return {"held": self.held, **facts, "start_ms_median": round(median(starts)), "start_ms_most": starts[-1]}


def try_lives(lives: int, *, seed: int, say: Say, rate: float = RATE, folder: Path | None = None) -> Trial:
    """Let a broker live and die so often. It ends with the first broken promise; `folder` shows how it was then."""
    began = time.monotonic()
    with Guardian() as guardian, tempfile.TemporaryDirectory(prefix="streambus-lives-") as scratch:
        guardian.watch_folder(Path(scratch))
        place = Path(scratch) if folder is None else folder
        place.mkdir(parents=True, exist_ok=True)
        (place / "broker.toml").write_text(LIMITS, encoding="utf-8")
        broker = BrokerProcess(place / "data", arguments=("--config", str(place / "broker.toml")), log=place / "broker.log")
        run = _Run(broker, guardian, Load(broker.address, rate=rate, seed=seed), Trial(seed), random.Random(seed))
        try:
            run.play(lives, say)
        finally:
            run.load.end()
            broker.kill()
            run.trial.seconds = round(time.monotonic() - began, 1)
    return run.trial


class _Run:
    def __init__(self, broker: BrokerProcess, guardian: Guardian, load: Load, trial: Trial, dice: random.Random) -> None:
        self.broker = broker
        self.guardian = guardian
        self.load = load
        self.trial = trial
        self.dice = dice
        self.autopsy = Autopsy(broker.folder)
        self.before: Contents | None = None
        """What was read after the life before."""

    def play(self, lives: int, say: Say) -> None:
        trial = self.trial
        try:
            self._start()
            self.load.begin()
            for _ in range(lives):
                self._live()
                if trial.lives % 10 == 0 or trial.violations:
                    say(_sentence(trial))
                if trial.violations:
                    return
        except BrokerFailed as failure:
            trial.violations.append(f"the broker did not come up again: {failure}")
        except NotReadable as failure:
            trial.violations.append(f"not everything could be read: {failure}")

    def _live(self) -> None:
        """Load, death, perhaps some births that do not succeed, a last one that does; then everybody is asked what they know."""
        trial, load = self.trial, self.load
        load.go_on()
        moment = self.dice.choice(list(Moment))
        came = wait_for(moment, self.broker.folder, self.dice)
        if not self.broker.is_alive:
            trial.violations.append(f"the broker ended by itself with status {self.broker.exit_status}")
        self._kill()
        name = moment.name.lower() if came else f"{moment.name.lower()} (did not come)"
        trial.kills[name] = trial.kills.get(name, 0) + 1
        while self.dice.randrange(100) < BIRTH_KILL_PERCENT and trial.births_cut_short < BIRTHS_MAX * (trial.lives + 1):
            self._cut_birth_short()
        trial.violations += [f"the dead folder is damaged: {damage}" for damage in self.autopsy.look()]
        self._start()
        trial.lives += 1
        owed = load.rest()
        if owed:
            trial.violations.append(f"nobody answered {owed}")
        self._judge()
        self._take_stock()

    # Births and deaths ---------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        began = time.monotonic()
        self.broker.start()
        self.trial.starts_ms.append(round(1_000 * (time.monotonic() - began)))
        assert self.broker.process is not None
        self.guardian.watch_process(self.broker.process.pid)

    def _kill(self) -> None:
        process = self.broker.process
        self.broker.kill()
        if process is not None:
            self.guardian.process_gone(process.pid)
        said = self.broker.said()
        for line in said.splitlines():
            if "Traceback" in line or " ERROR " in line:
                self.trial.violations.append(f"the broker said: {line} {said[-2_000:]}")
                break

    def _cut_birth_short(self) -> None:
        """Kill it while it starts: most of that time is Python's, so the moment is chosen around the usual end of it."""
        usual = median(self.trial.starts_ms) / 1_000
        delay = self.dice.uniform(0.5 * usual, 1.3 * usual + 0.1)
        timer = threading.Timer(delay, self._stab)
        timer.start()
        try:
            self.broker.start()
        except BrokerFailed:
            pass  # it was killed before it served; had it failed, its log would say so
        timer.join()
        self._kill()
        self.trial.births_cut_short += 1

    def _stab(self) -> None:
        process = self.broker.process
        if process is not None:
            process.kill()

    # Judgement -----------------------------------------------------------------------------------------------------------

    def _judge(self) -> None:
        trial, load = self.trial, self.load
        places, labels = load.places()
        contents = read_all(self.broker.address, places, f"reader {trial.lives}", labels)
        starts = {(labels[topic], partition): start for (topic, partition), start in contents.starts.items()}
        self._judge_starts(contents)
        self._forget(starts)
        trial.read += contents.records
        moment = now()
        gone = [Operation("retention", Outcome.OK, moment, moment, (Deleted(*place, start),)) for place, start in starts.items() if start]
        earlier = self.before.operations if self.before is not None else ()
        read = _still((*earlier, *contents.operations), starts)  # of this reader too: records may have gone while it read
        history = History([*load.sent.operations, *read, *load.followed.operations, *gone])
        verdict = check(history, DURABLE_LOG)
        trial.judged_operations += len(history)
        if not verdict.valid:
            trial.violations += [f"{anomaly.kind.value}: {anomaly.witness}" for anomaly in verdict.anomalies[:10]]
        self.before = contents

    def _judge_starts(self, contents: Contents) -> None:
        """Logs begin where they may."""
        wrong = self.trial.violations
        for (topic, partition), start in contents.starts.items():
            if topic == BOUNDED:
                if start and contents.bytes_max[topic, partition] < RETENTION_BYTES:
                    wrong.append(f"{topic}/{partition} begins at {start}: less is left than retention.bytes")
                if self.before is not None and start < self.before.starts[topic, partition]:
                    wrong.append(f"{topic}/{partition} begins at {start}, and began at {self.before.starts[topic, partition]} before")
                self.trial.bounded_start = max(self.trial.bounded_start, start)
                continue
            allowed = self.load.gardener.trimmed.get(partition, 0) if topic == TRIMMED else 0
            if start != allowed:
                wrong.append(f"{topic}/{partition} begins at {start}, and should at {allowed}")

    def _forget(self, starts: dict[tuple[str, int], int]) -> None:
        """What was sent to topics that are gone, or is gone by right, is not asked for any more. Nobody sends at the moment."""
        sent = self.load.sent.operations
        self.trial.acknowledged += sum(1 for operation in sent if operation.outcome is Outcome.OK and operation.error != COUNTED)
        kept = [operation for operation in sent if _is_still_there(operation.actions[0], starts)]
        sent[:] = [attrs.evolve(operation, error=COUNTED) for operation in kept]  # type: ignore[misc,unused-ignore]

    def _take_stock(self) -> None:
        trial, autopsy, gardener = self.trial, self.autopsy, self.load.gardener
        trial.violations += self.load.failures
        trial.segments_sealed, trial.table_numbers = autopsy.sealed, autopsy.numbers
        trial.merged_tables_seen, trial.manifests_seen = len(autopsy.merged), autopsy.snapshots
        trial.topics_created, trial.topics_deleted, trial.trims = gardener.created, gardener.deleted, gardener.trims


COUNTED = "counted"
"""A note on what was counted as acknowledged after an earlier life."""


def _is_still_there(action: object, starts: dict[tuple[str, int], int]) -> bool:
    assert isinstance(action, Sent | Polled)
    start = starts.get((action.topic, action.partition))
    return start is not None and (action.offset is None or action.offset >= start)


def _still(operations: tuple[Operation, ...], starts: dict[tuple[str, int], int]) -> list[Operation]:
    """Polls, without what is gone by right."""
    kept = []
    for operation in operations:
        actions = tuple([action for action in operation.actions if not isinstance(action, Polled) or _is_still_there(action, starts)])
        kept.append(attrs.evolve(operation, actions=actions))  # type: ignore[misc,unused-ignore]
    return kept


def _sentence(trial: Trial) -> str:
    return (
        f"  {trial.lives:>4} lives, {trial.births_cut_short} births cut short: {trial.acknowledged:,} acknowledged, {trial.read:,} read, "
        f"{trial.segments_sealed} segments sealed, {trial.table_numbers} table numbers, start {round(median(trial.starts_ms))} ms: "
        f"{'all is there' if trial.held else f'{len(trial.violations)} VIOLATIONS'}"
    )
