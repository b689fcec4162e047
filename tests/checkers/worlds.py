"""Small random histories of clients of a log: mostly correct ones, with a mistake planted here and there.

The log has transactions, groups, watermarks and deletions. Values are unique. A `World` with `mistakes=0` keeps all promises.
"""

from streambus.checkers import (
    LIST_EARLIEST,
    LIST_LATEST,
    UNKNOWN_PARTITION,
    Assigned,
    Committed,
    Deleted,
    History,
    Isolation,
    Listed,
    Observed,
    Operation,
    Outcome,
    Polled,
    Rebalanced,
    Resumed,
    Sent,
    Sought,
    Subscribed,
)

TOPIC = "t"
PARTITIONS = 2


class World:
    """What there is, and the history of those who use it. `dice` is a `random.Random`."""

    def __init__(self, dice, mistakes):
        self.dice = dice
        self.mistakes = mistakes
        self.logs = [[] for _ in range(PARTITIONS)]
        self.aborted = set()
        self.committed = {}
        self.generation = 1
        self.starts = [0] * PARTITIONS
        self.history = History()
        self.now = 0
        self.next_value = 0

    def run(self, steps):
        for _ in range(steps):
            self.now += self.dice.randrange(3)
            self.dice.choice(
                [self.send] * 4 + [self.transact] * 4 + [self.poll] * 7 + [self.place, self.commit, self.resume, self.look, self.own]
            )()
        return self.history

    def wrong(self, chance=1.0):
        return self.dice.random() < self.mistakes * chance

    def outcome(self):
        return self.dice.choice([Outcome.OK] * 5 + [Outcome.FAIL, Outcome.INFO])

    def value(self):
        self.next_value += 1
        return b"%d" % self.next_value

    def spoilt(self, offset):
        return max(0, offset + self.dice.choice([-1, 1, 2])) if self.wrong() else offset

    def appended(self, outcome):
        """A record, sent with this outcome."""
        dice = self.dice
        partition, value = dice.randrange(PARTITIONS), self.value()
        log, offset = self.logs[partition], None
        if outcome is Outcome.OK or (outcome is Outcome.INFO and dice.random() < 0.6) or self.wrong(0.5):
            offset = len(log)
            if self.wrong() and log:
                log.insert(dice.randrange(len(log)), value)
            elif not self.wrong():
                log.append(value)
        known = offset is not None and (outcome is Outcome.OK or (outcome is Outcome.INFO and dice.random() < 0.2))
        told = self.spoilt(offset) if known and dice.random() < 0.9 else None
        if dice.random() < 0.05:
            return Sent(TOPIC, UNKNOWN_PARTITION, value, None)
        return Sent(TOPIC, partition, value, told, 0 if dice.random() < 0.05 else -1)

    def polled(self, isolation=Isolation.READ_COMMITTED):
        dice = self.dice
        partition = dice.randrange(PARTITIONS)
        log = self.logs[partition]
        begin = dice.randrange(self.starts[partition] if not self.wrong() else 0, len(log) + 1) if len(log) >= self.starts[partition] else 0
        actions = []
        for offset in range(begin, min(len(log), begin + dice.randrange(5))):
            if self.wrong() or (isolation is Isolation.READ_COMMITTED and log[offset] in self.aborted and not self.wrong()):
                continue
            value = log[offset] if not self.wrong() else b"%d" % dice.randrange(self.next_value + 2)
            epoch = None if dice.random() < 0.5 else self.spoilt(offset) // 3
            actions.append(
                Polled(TOPIC, partition, self.spoilt(offset), value, self.spoilt(offset) * 10 if dice.random() < 0.5 else None, epoch)
            )
        return actions

    def send(self):
        outcome = self.outcome()
        self.note(outcome, [self.appended(outcome) for _ in range(self.dice.choice([1, 1, 1, 2]))])

    def poll(self):
        isolation = self.dice.choice([Isolation.READ_COMMITTED] * 4 + [Isolation.READ_UNCOMMITTED])
        actions = self.polled(isolation) + (self.polled(isolation) if self.dice.random() < 0.3 else [])
        self.note(self.outcome(), actions, isolation=isolation)

    def transact(self):
        """Poll, send, and commit where one goes on, all in one transaction."""
        dice, outcome = self.dice, self.outcome()
        isolation = dice.choice([Isolation.READ_COMMITTED] * 4 + [Isolation.READ_UNCOMMITTED])
        actions = []
        for _ in range(dice.randrange(1, 4)):
            if dice.random() < 0.4:
                actions += self.polled(isolation)
            else:
                sent = self.appended(Outcome.OK if dice.random() < 0.8 else outcome)
                if outcome is Outcome.FAIL:
                    self.aborted.add(sent.value)
                if outcome is not Outcome.OK and dice.random() < 0.7:
                    sent = Sent(sent.topic, sent.partition, sent.value, None)
                actions.append(sent)
        if dice.random() < 0.3:
            actions.append(self.offset_committed(outcome))
        self.note(outcome, actions, transactional=True, isolation=isolation)

    def offset_committed(self, outcome):
        partition = self.dice.randrange(PARTITIONS)
        offset = self.dice.randrange(len(self.logs[partition]) + 1)
        if outcome is Outcome.OK or (outcome is Outcome.INFO and self.dice.random() < 0.5):
            self.committed[partition] = offset
        return Committed(
            "g", TOPIC, partition, offset, self.dice.choice([None, self.generation, self.generation, self.spoilt(self.generation)])
        )

    def commit(self):
        outcome = self.outcome()
        self.note(outcome, [self.offset_committed(outcome)])

    def resume(self):
        partition = self.dice.randrange(PARTITIONS)
        offset = self.committed.get(partition)
        if self.wrong(3):
            offset = self.dice.choice([None, 0, len(self.logs[partition])])
        self.note(self.outcome(), [Resumed("g", TOPIC, partition, offset)])

    def own(self):
        if self.dice.random() < 0.5:
            self.generation += 1
        partitions = [p for p in range(PARTITIONS) if self.dice.random() < 0.5]
        self.note(self.outcome(), [Rebalanced("g", self.generation, tuple((TOPIC, p) for p in partitions))])

    def place(self):
        action = self.dice.choice(
            [Sought(TOPIC, self.dice.randrange(2)), Assigned(((TOPIC, 0), (TOPIC, 1))), Subscribed("g", (TOPIC,))],
        )
        self.note(self.outcome(), [action])

    def look(self):
        dice, partition = self.dice, self.dice.randrange(PARTITIONS)
        end = len(self.logs[partition])
        kind = dice.randrange(4)
        if kind == 0:
            actions = [Observed(TOPIC, partition, self.spoilt(end), None, self.spoilt(self.starts[partition]), self.spoilt(end) // 3)]
        elif kind == 1:
            actions = [
                Listed(TOPIC, partition, LIST_LATEST, self.spoilt(end)),
                Listed(TOPIC, partition, LIST_EARLIEST, self.starts[partition]),
            ]
        elif kind == 2:
            offset = dice.randrange(end + 1)
            actions = [Listed(TOPIC, partition, max(0, offset * 10 - 5), self.spoilt(offset) if offset < end else None)]
        else:
            self.starts[partition] = min(end, self.starts[partition] + dice.randrange(2))
            actions = [Deleted(TOPIC, partition, self.starts[partition])]
        self.note(self.outcome(), actions)

    def note(self, outcome, actions, *, transactional=False, isolation=Isolation.READ_COMMITTED):
        ended = self.dice.choice([None, self.now + 9, self.now + 3, self.now + 1, self.now + 1, self.now + 1, self.now])
        process = f"p{self.dice.randrange(3)}"
        self.history.append(Operation(process, outcome, self.now, ended, tuple(actions), "", transactional, isolation))
