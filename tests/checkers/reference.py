"""The checker's definitions, spelt out over all pairs with lists and sets: slow, naive, and independent of how the checker does it.

`defined(history)` gives, for each kind, how many records it befell. It expects values that are sent at most once, and operations that do
not end before they begin.
"""

from itertools import combinations, pairwise

from streambus.checkers import (
    UNKNOWN_PARTITION,
    Assigned,
    Committed,
    Deleted,
    Isolation,
    Kind,
    Listed,
    Observed,
    Outcome,
    Polled,
    Rebalanced,
    Resumed,
    Sent,
    Sought,
    Subscribed,
)

NEVER = float("inf")


class Facts:
    """A history as lists of what was sent and read."""

    def __init__(self, history):
        self.operations = sorted(history.operations, key=lambda o: (o.invoked_at, o.completed_at is None, o.completed_at or 0))
        self.polls = [(o, a) for o in self.operations for a in o.actions if isinstance(a, Polled)]
        self.sends = [(o, a) for o in self.operations for a in o.actions if isinstance(a, Sent)]
        self.places = sorted({place(a) for _, a in self.polls + self.sends})
        self.deleted = {}
        for operation in self.operations:
            for action in operation.actions:
                if isinstance(action, Deleted) and operation.outcome is not Outcome.FAIL:
                    self.deleted[place(action)] = max(self.deleted.get(place(action), -NEVER), action.offset)
        self.acknowledged = self._acknowledged()

    def worth(self, operation, sent):
        if operation.outcome is Outcome.OK and sent.acks == 0:
            return Outcome.INFO
        return operation.outcome

    def is_read(self, where, value, *, committed=False):
        return any(
            place(a) == where and a.value == value and (not committed or o.isolation is Isolation.READ_COMMITTED) for o, a in self.polls
        )

    def _acknowledged(self):
        """Value and place of what must be there, to its offset or None."""
        told = {}
        for operation, sent in self.sends:
            offset = None if sent.offset is None or sent.offset < 0 else sent.offset
            worth = self.worth(operation, sent)
            must = worth is Outcome.OK
            if worth is Outcome.INFO:
                own = [a for a in operation.actions if isinstance(a, Sent)]
                if operation.transactional and operation.outcome is Outcome.INFO:
                    must = any(self.is_read(place(a), a.value, committed=True) for a in own)
                elif offset is not None:
                    must = self.is_read(place(sent), sent.value, committed=operation.transactional)
            if must:
                told[place(sent), sent.value] = offset
        return told


def place(action):
    return (action.topic, action.partition)


def over(operation):
    return operation.completed_at if operation.outcome is Outcome.OK and operation.completed_at is not None else NEVER


def defined(history):
    """How many records each kind befell, and how many of them are excused."""
    facts = Facts(history)
    counts, excused = {}, {}
    for judge in (contents, paths, order_of_sends, circles, groups, observations):
        for kind, records, *rest in judge(facts):
            into = excused if rest and rest[0] else counts
            into[kind] = into.get(kind, 0) + records
    return {k: n for k, n in counts.items() if n}, {k: n for k, n in excused.items() if n}


# What is in the log ---------------------------------------------------------------------------------------------------


def contents(facts):
    for where in facts.places:
        if where[1] == UNKNOWN_PARTITION:
            missing = [v for (p, v) in facts.acknowledged if p == where and not any(facts.is_read(q, v) for q in others(facts, where))]
            yield Kind.UNSEEN, len(missing)
            continue
        yield from contents_of(facts, where)


def others(facts, where):
    return [p for p in facts.places if p[0] == where[0] and p != where]


def contents_of(facts, where):
    offsets, values = {}, {}
    for _, polled in facts.polls:
        if place(polled) == where:
            offsets.setdefault(polled.value, set()).add(polled.offset)
            values.setdefault(polled.offset, set()).add(polled.value)
    told = {v: o for (p, v), o in facts.acknowledged.items() if p == where}
    bound = max([min([*places, *([told[v]] if told.get(v) is not None else [])]) for v, places in offsets.items()], default=None)
    deleted = facts.deleted.get(where, -NEVER)
    for value, offset in told.items():
        if value in offsets or (deleted > -NEVER and (offset is None or offset < deleted)):
            continue
        yield (Kind.LOST_WRITE if bound is not None and offset is not None and offset <= bound else Kind.UNSEEN), 1
    for value in offsets:
        sends = [(o, a) for o, a in facts.sends if a.value == value and place(a) in (where, (where[0], UNKNOWN_PARTITION))]
        if not sends:
            yield Kind.PHANTOM, 1
        elif all(o.outcome is Outcome.FAIL for o, _ in sends) and (
            facts.is_read(where, value, committed=True) or not all(o.transactional for o, _ in sends)
        ):
            yield Kind.ABORTED_READ, 1
        yield Kind.DUPLICATE, len(offsets[value]) - 1
        offset = told.get(value)
        if offset is not None and offset not in offsets[value]:
            yield (Kind.DUPLICATE if offset > max(values) else Kind.WRONG_OFFSET), 1
    yield Kind.INCONSISTENT_OFFSETS, sum(len(those) > 1 for those in values.values())
    for value, offset in told.items():
        if offset in values and len(values[offset]) == 1 and values[offset] != {value}:
            yield Kind.INCONSISTENT_OFFSETS, 1
    for offset in {o for o in told.values() if o is not None and o not in values}:
        yield Kind.INCONSISTENT_OFFSETS, sum(o == offset for o in told.values()) - 1
    for operation in facts.operations:
        if operation.transactional:
            own = {(place(a), a.value) for a in operation.actions if isinstance(a, Sent)}
            again = [a for a in operation.actions if isinstance(a, Polled) and place(a) == where and (where, a.value) in own]
            yield Kind.PRECOMMITTED_READ, len(again), operation.isolation is Isolation.READ_UNCOMMITTED


# Paths ----------------------------------------------------------------------------------------------------------------


def paths(facts):
    for process in {operation.process for operation in facts.operations}:
        own = [operation for operation in facts.operations if operation.process == process]
        for where in facts.places:
            yield from path(facts, own, where)


def path(facts, operations, where):
    position, subscribed = None, False
    for operation in operations:
        polls = any(isinstance(a, Polled) for a in operation.actions)
        if operation.outcome is Outcome.INFO and (polls or not operation.actions):
            position = None
        for action in operation.actions:
            if isinstance(action, Sought):
                position = None if place(action) == where else position
            elif isinstance(action, Polled):
                if place(action) != where:
                    continue
                if operation.outcome is not Outcome.OK:
                    position = None
                    continue
                if position is not None:
                    yield from step(facts, where, position, (action.offset, operation), subscribed)
                position = (action.offset, operation)
            elif operation.outcome is not Outcome.FAIL:
                if isinstance(action, Assigned | Subscribed):
                    position, subscribed = None, isinstance(action, Subscribed)
                elif isinstance(action, Rebalanced):
                    position = position if where in action.partitions else None
                elif isinstance(action, Resumed) and place(action) == where:
                    resumed = action.offset is not None and operation.outcome is Outcome.OK
                    position = (action.offset - 1, operation) if resumed else None


def step(facts, where, before, after, subscribed):
    (last, one), (first, other) = before, after
    inside = one is other
    if not inside and (one.completed_at is None or other.invoked_at < one.completed_at):
        return
    if first <= last:
        yield (Kind.INTERNAL_NONMONOTONIC_POLL if inside else Kind.NONMONOTONIC_POLL), 1, subscribed and not inside
        return
    committed = other.isolation is Isolation.READ_COMMITTED
    known = [
        offset
        for offset in {a.offset for _, a in facts.polls if place(a) == where}
        if last < offset < first
        and facts.is_read(where, next(a.value for _, a in facts.polls if place(a) == where and a.offset == offset), committed=committed)
        and offset >= facts.deleted.get(where, -NEVER)
    ]
    yield (Kind.INTERNAL_POLL_SKIP if inside else Kind.POLL_SKIP), len(known), subscribed and not inside


def order_of_sends(facts):
    gaps = set()
    landed = [(o, a) for o, a in facts.sends if o.outcome is not Outcome.FAIL and a.offset is not None and a.offset >= 0]
    for where in facts.places:
        here = [(o, a.offset) for o, a in landed if place(a) == where]
        for operation in facts.operations:
            own = [offset for o, offset in here if o is operation]
            yield Kind.INTERNAL_NONMONOTONIC_SEND, sum(later <= earlier for earlier, later in pairwise(own))
            gaps |= {(where, earlier, later) for earlier, later in pairwise(own)}
            before = [offset for o, offset in here if o.process == operation.process and o.invoked_at < operation.invoked_at]
            if own and before and own[0] <= max(before):
                yield Kind.NONMONOTONIC_SEND, 1
    known = {(place(a), a.offset) for _, a in facts.polls} | {(p, o) for (p, _), o in facts.acknowledged.items()}
    for where, earlier, later in gaps:
        yield Kind.INTERNAL_SEND_SKIP, any(p == where and o is not None and earlier < o < later for p, o in known)


# Circles --------------------------------------------------------------------------------------------------------------


def circles(facts):
    nodes = [o for o in facts.operations if o.outcome is not Outcome.FAIL and any(isinstance(a, Sent | Polled) for a in o.actions)]
    number = {id(o): n for n, o in enumerate(nodes)}
    lines = {where: line(facts, number, where) for where in facts.places if where[1] != UNKNOWN_PARTITION}
    edges = {"ww": set(), "wr": set(), "rw": set(), "process": set(), "realtime": set()}
    for entries in lines.values():
        edges["ww"] |= {(one, other) for (_, one), (_, other) in combinations(entries, 2) if one != other}
    last_reads = []
    for n, operation in enumerate(nodes):
        for where in facts.places:
            polls = [(a.offset, at, a.value) for at, a in enumerate(operation.actions) if isinstance(a, Polled) and place(a) == where]
            if polls and where in lines:
                offset, _, value = max(polls)
                last_reads.append((n, where, offset, value))
                writer = writer_of(facts, number, where, value)
                if writer not in (None, n):
                    edges["wr"].add((writer, n))
                if operation.transactional:
                    edges["rw"] |= {(n, other) for later, other in lines[where] if later > offset and other != n}
    for one, other in combinations(range(len(nodes)), 2):
        before, after = nodes[one], nodes[other]
        if before.process == after.process and ended(facts, before) <= after.invoked_at:
            edges["process"].add((one, other))
    edges["realtime"] = {(one, other) for one, a in enumerate(nodes) for other, b in enumerate(nodes) if ended(facts, a) < b.invoked_at}
    yield from tangles(edges, len(nodes))
    yield from isolation(facts, nodes, number, lines, last_reads)


def ended(facts, operation):
    if any(facts.worth(operation, a) is not Outcome.OK for a in operation.actions if isinstance(a, Sent)):
        return NEVER
    return over(operation)


def writer_of(facts, number, where, value):
    for operation, sent in facts.sends:
        if sent.value != value or operation.outcome is Outcome.FAIL:
            continue
        if place(sent) == where:
            return number[id(operation)]
        if sent.partition == UNKNOWN_PARTITION and sent.topic == where[0]:
            there = [p for p in others(facts, place(sent)) if facts.is_read(p, value)]
            if there == [where]:
                return number[id(operation)]
    return None


def line(facts, number, where):
    """Offsets that hold one value whose sender is known, and whose offset nobody disputes."""
    claims = {(a.offset, a.value) for _, a in facts.polls if place(a) == where}
    claims |= {(o, v) for (p, v), o in facts.acknowledged.items() if p == where and o is not None}
    entries = []
    for offset, value in sorted(claims):
        writer = writer_of(facts, number, where, value)
        rivals = [
            v
            for o, v in claims
            if o == offset and v != value and (v in read_at(facts, where, offset) or writer_of(facts, number, where, v) is not None)
        ]
        if writer is not None and not rivals and not [o for o, v in claims if v == value and o != offset]:
            entries.append((offset, writer))
    return entries


def read_at(facts, where, offset):
    return {a.value for _, a in facts.polls if place(a) == where and a.offset == offset}


def reach(edges, size):
    reached = [[False] * size for _ in range(size)]
    for one, other in edges:
        reached[one][other] = True
    for middle in range(size):
        for one in range(size):
            if reached[one][middle]:
                for other in range(size):
                    if reached[middle][other]:
                        reached[one][other] = True
    return reached


def classes(edges, size):
    reached = reach(edges, size)
    sets = {frozenset([one, *[other for other in range(size) if reached[one][other] and reached[other][one]]]) for one in range(size)}
    return [those for those in sets if len(those) > 1]


def holds(edges, those):
    return any(one in those and other in those for one, other in edges)


def tangles(edges, size):
    ww, wr, rw, process, realtime = (edges[name] for name in ("ww", "wr", "rw", "process", "realtime"))
    shapes = [
        (Kind.G0, ww, [ww]),
        (Kind.G1C, ww | wr, [wr]),
        (Kind.G0_PROCESS, ww | process, [process]),
        (Kind.G1C_PROCESS, ww | wr | process, [wr, process]),
        (Kind.G0_REALTIME, ww | process | realtime, [realtime]),
        (Kind.G1C_REALTIME, ww | wr | process | realtime, [wr, realtime]),
    ]
    for kind, every, required in shapes:
        yield kind, sum(all(holds(some, those) for some in required) for those in classes(every, size))
    committed = reach(ww | wr, size)
    for those in classes(ww | wr | rw, size):
        missed = [(one, other) for one, other in rw if one in those and other in those]
        if not missed:
            continue
        apart = {(one, far) for one, other in missed for far in those if committed[other][far]}
        around = reach(apart, size)
        if any(committed[other][one] for one, other in missed):
            yield Kind.G_SINGLE, 1
        elif any(around[one][one] for one in those):
            yield Kind.G_NONADJACENT, 1
        else:
            yield Kind.G2, 1


def isolation(facts, nodes, number, lines, last_reads):
    updates = {}
    for n, where, offset, value in last_reads:
        if not nodes[n].transactional:
            continue
        writer = writer_of(facts, number, where, value)
        if writer not in (None, n) and nodes[writer].transactional and nodes[n].isolation is Isolation.READ_COMMITTED:
            yield Kind.INTERMEDIATE_READ, any(other == writer and later > offset for later, other in lines[where])
        if any(other == n for _, other in lines[where]):
            updates.setdefault((where, offset), []).append(n)
    for those in updates.values():
        yield Kind.LOST_UPDATE, len(those) - 1


# Groups ---------------------------------------------------------------------------------------------------------------


def groups(facts):
    def every(kind):
        return [(n, o, a) for n, o in enumerate(facts.operations) for a in o.actions if isinstance(a, kind)]

    commits = [(n, o, a, *proven(facts, n, o)) for n, o, a in every(Committed) if o.outcome is not Outcome.FAIL]
    owners = [(o, a) for _, o, a in every(Rebalanced) if o.outcome is Outcome.OK]
    for _, read, resumed in every(Resumed):
        if read.outcome is Outcome.OK:
            yield from resumption(read, resumed, [c for c in commits if same(c[2], resumed)])
    for at, (n, operation, committed, _, _) in enumerate(commits):
        if operation.outcome is not Outcome.OK:
            continue
        earlier = [c for c in commits[:at] if same(c[2], committed)]
        latest = latest_of(earlier, operation.invoked_at)
        if latest and committed.offset < latest[2].offset and not latest[4]:
            yield Kind.NONMONOTONIC_COMMIT, 1
        if committed.generation is not None and any(
            a.group == committed.group
            and a.generation > committed.generation
            and over(o) < operation.invoked_at
            and facts.operations.index(o) < n
            for o, a in owners
        ):
            yield Kind.ZOMBIE_COMMIT, 1
    first = {}
    for operation, rebalanced in owners:
        for where in rebalanced.partitions:
            key = (rebalanced.group, rebalanced.generation, where)
            yield Kind.DOUBLE_OWNERSHIP, first.setdefault(key, operation).process != operation.process


def same(one, other):
    return (one.group, place(one)) == (other.group, place(other))


def proven(facts, n, operation):
    """When a commit was certainly done, and whether only a read of its transaction says so."""
    if operation.outcome is Outcome.OK or not operation.transactional:
        return over(operation), False
    own = {(place(a), a.value) for a in operation.actions if isinstance(a, Sent)}
    polls = [
        over(o)
        for o in facts.operations[n:]
        if o.isolation is Isolation.READ_COMMITTED and any(isinstance(a, Polled) and (place(a), a.value) in own for a in o.actions)
    ]
    done = min(polls, default=NEVER)
    return done, done < NEVER


def latest_of(commits, now):
    done = [c for c in commits if c[3] < now]
    return max(done, key=lambda c: (c[1].invoked_at, -commits.index(c)), default=None)


def resumption(read, resumed, commits):
    latest = latest_of(commits, read.invoked_at)
    ended_at = NEVER if read.completed_at is None else read.completed_at
    if resumed.offset is None:
        explained = latest is None
    else:
        begun = -NEVER if latest is None else latest[1].invoked_at
        may_be = [c for c in commits if c[1].invoked_at <= ended_at and (c is latest or c[3] >= begun)]
        explained = any(c[2].offset == resumed.offset for c in may_be)
    if explained:
        return
    if latest and latest[4]:
        yield Kind.TORN_TRANSACTION, 1
    elif resumed.offset is not None and resumed.offset > (latest[2].offset if latest else 0):
        yield Kind.GROUP_SKIP, 1
    else:
        yield Kind.GROUP_REWIND, 1


# Observations ---------------------------------------------------------------------------------------------------------


def told(operation):
    """What the operation was told of watermarks: place, which, value."""
    for action in operation.actions:
        if isinstance(action, Observed):
            values = (action.high_watermark, action.last_stable_offset, action.log_start_offset, action.leader_epoch)
            yield from [(place(action), fact, value) for fact, value in enumerate(values) if value is not None]
        elif isinstance(action, Listed) and action.query < 0 and action.offset is not None:
            committed = operation.isolation is Isolation.READ_COMMITTED
            yield place(action), (int(committed) if action.query == -1 else 2), action.offset


def observations(facts):
    known = [(over(o), *fact) for o in facts.operations for fact in told(o)]
    known += [(over(o), place(a), 2, a.offset) for o in facts.operations for a in o.actions if isinstance(a, Deleted)]
    ends = [(over(o), place(a), 0, a.offset + 1) for o, a in facts.polls]
    ends += [
        (over(o), place(a), 0, a.offset + 1)
        for o, a in facts.sends
        if facts.worth(o, a) is Outcome.OK and a.offset is not None and a.offset >= 0
    ]
    for operation in facts.operations:
        if operation.outcome is Outcome.OK:
            for where, fact, value in told(operation):
                yield (
                    Kind.WATERMARK_REGRESSED,
                    any(time < operation.invoked_at and (p, f) == (where, fact) and more > value for time, p, f, more in known + ends),
                )
    for operation, polled in facts.polls:
        yield (
            Kind.READ_BELOW_LOG_START,
            any(time < operation.invoked_at and (p, f) == (place(polled), 2) and start > polled.offset for time, p, f, start in known),
        )
    for where in facts.places:
        yield from epochs_and_times(facts, where, [start for time, p, f, start in known if (p, f) == (where, 2) and time < NEVER])


def epochs_and_times(facts, where, starts):
    polls = [a for _, a in facts.polls if place(a) == where]
    epochs = {}
    for polled in polls:
        if polled.leader_epoch is not None:
            epochs.setdefault(polled.leader_epoch, []).append(polled.offset)
    for epoch, offsets in epochs.items():
        yield Kind.INCONSISTENT_EPOCHS, any(max(those) >= min(offsets) for earlier, those in epochs.items() if earlier < epoch)
    times = {}
    for polled in polls:
        if polled.timestamp is not None:
            times.setdefault(polled.offset, polled.timestamp)
    for operation in facts.operations:
        for action in operation.actions:
            by_time = isinstance(action, Listed) and place(action) == where and action.query >= 0 and action.offset is not None
            if by_time and operation.outcome is Outcome.OK:
                yield (
                    Kind.WRONG_LISTING,
                    any(
                        time < action.query
                        if offset == action.offset
                        else (max([0, *starts]) <= offset < action.offset and time >= action.query)
                        for offset, time in times.items()
                    ),
                )
