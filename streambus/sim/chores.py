"""Chores: what clients are asked to do, as values with a date. A run's workload is a list of them, drawn before it begins.

Reading goes on by itself: a reader that has been assigned partitions polls until the end. All else that a client does is a chore, so
that a failing run can be cut down to the few that matter. A client without chores does not exist.
"""

from operator import attrgetter

import attrs

from streambus.kernel import MILLISECOND, Prng
from streambus.sim.scenario import Load
from streambus.sim.streams import Streams
from streambus.sim.vandal import TRICKS


@attrs.frozen
class Send:
    """A writer sends one record. `size` is of its value, less what makes it unique; `key` is one of a few, or none."""

    at: int
    user: str
    topic: str
    partition: int
    size: int = 0
    key: int | None = None
    headers: bool = False


@attrs.frozen
class Assign:
    """A reader begins anew with all partitions, at their ends or at their beginnings."""

    at: int
    user: str
    latest: bool = False


@attrs.frozen
class Seek:
    """A reader moves its position in one partition: to so many thousandths of what it has read, which may be behind the end of the log, and
    `beyond` more; or to its beginning."""

    at: int
    user: str
    topic: str
    partition: int
    per_mille: int | None = None
    beyond: int = 0


@attrs.frozen
class LookUp:
    """An inquirer asks for an offset: by one of the protocol's special timestamps, or by a time, in milliseconds since the start."""

    at: int
    user: str
    topic: str
    partition: int
    milliseconds: int


@attrs.frozen
class Describe:
    """An inquirer asks what there is."""

    at: int
    user: str
    what: str
    topic: str


@attrs.frozen
class Question:
    """An inquirer or an administrator asks a question of some kind, in some version; the rest is left to `luck`. The kinds are in
    `streambus.sim.users.questions` and in `streambus.sim.users.administration`."""

    at: int
    user: str
    kind: str
    luck: int = 0


@attrs.frozen
class CreateTopic:
    """An inquirer creates a topic, which may exist already."""

    at: int
    user: str
    topic: str
    partitions: int


@attrs.frozen
class DeleteTopic:
    """An inquirer deletes a topic, which may not exist."""

    at: int
    user: str
    topic: str


@attrs.frozen
class Vandalise:
    """A vandal plays a trick (`streambus.sim.vandal`) on the broker."""

    at: int
    user: str
    trick: str
    luck: int = 0


Chore = Send | Assign | Seek | LookUp | Describe | Question | CreateTopic | DeleteTopic | Vandalise

QUESTIONS = (
    "fetch", "produce", "offsets", "metadata", "partitions", "configs", "creation", "deletion", "removal", "producer_id", "coordinator",
    "versions",
)  # fmt: skip
ADMINISTRATION = (
    "alteration", "alteration", "alteration", "alteration", "replacement", "settings", "settings", "resources", "growth", "growth",
    "quota", "quota", "quotas", "credential", "credentials", "feature", "election", "reassignment", "reassignments", "epochs", "epochs",
    "producers", "log_dirs", "quorum", "acls", "epochs", "replacement", "broken", "broken", "produce", "famine", "session", "session",
    "twice", "fetch", "creation", "creation", "offsets",
)  # fmt: skip
"""What administrators ask (`streambus.sim.users.administration`), as often as it is here."""
DESCRIPTIONS = ("metadata", "partitions", "cluster", "configs")
SPECIAL_TIMESTAMPS = (-1, -2, -3, -4, -5)
SIDE_TOPICS = ("side-a", "side-b")
"""Topics that come and go. What is sent to them is not judged by the history, only by those who look at the broker."""


def topic_names(load: Load) -> tuple[str, ...]:
    """The topics that are made before anything else, and stay."""
    return tuple([f"topic-{number}" for number in range(load.topics)])


def drawn_chores(load: Load, duration: int, streams: Streams) -> tuple[Chore, ...]:
    """The workload of one run of `duration` microseconds, by date. Every user has random streams of its own."""
    places = [(topic, partition) for topic in topic_names(load) for partition in range(load.partitions)]
    chores: list[Chore] = []
    for number in range(load.writers):
        chores.extend(_sends(f"writer-{number}", load, duration, places, streams))
    for number in range(load.readers):
        chores.extend(_readings(f"reader-{number}", load, duration, places, streams))
    for number in range(load.inquirers):
        chores.extend(_inquiries(f"inquirer-{number}", load, duration, places, streams))
    for number in range(load.administrators):
        chores.extend(_administration(f"administrator-{number}", load, duration, streams))
    for number in range(load.vandals):
        chores.extend(_tricks(f"vandal-{number}", load, duration, streams))
    return tuple(sorted(chores, key=attrgetter("at")))


def _sends(user: str, load: Load, duration: int, places: list[tuple[str, int]], streams: Streams) -> list[Chore]:
    dice = streams.stream(user, "chores")
    chores: list[Chore] = []
    at = 0
    while at < duration:
        for _ in range(1 + dice.below(load.burst_records)):
            draw = dice.bits64()
            if load.side_one_in and (draw >> 40) % load.side_one_in == 0:
                topic, partition = SIDE_TOPICS[draw >> 39 & 1], 0
            else:
                topic, partition = places[dice.below(len(places))]
            size = (draw >> 6 & 0xFFFFFF) % load.record_bytes
            chores.append(Send(at, user, topic, partition, size, None if draw >> 30 & 3 else draw >> 32 & 15, not draw >> 36 & 7))
        at += 1 + dice.below(load.pause)
    return chores


def _readings(user: str, load: Load, duration: int, places: list[tuple[str, int]], streams: Streams) -> list[Chore]:
    dice = streams.stream(user, "chores")
    chores: list[Chore] = [Assign(0, user, latest=dice.chance(1, 4))]
    at = _pause(load.seek_every, duration, dice)
    while at < duration:
        if dice.chance(1, 4):
            chores.append(Assign(at, user))
        else:
            topic, partition = places[dice.below(len(places))]
            chores.append(Seek(at, user, topic, partition, *_place(dice)))
        at += _pause(load.seek_every, duration, dice)
    return chores


def _place(dice: Prng) -> tuple[int | None, int]:
    """Mostly somewhere in what was read, sometimes at the beginning, now and then behind the end, or just there."""
    choice = dice.below(16)
    if choice < 3:
        return None, 0
    if choice < 6:
        return 1_000, dice.below(3)
    return (dice.below(1_001) if choice < 15 else dice.between(1_001, 1_500)), 0


def _inquiries(user: str, load: Load, duration: int, places: list[tuple[str, int]], streams: Streams) -> list[Chore]:
    dice = streams.stream(user, "chores")
    chores: list[Chore] = []
    at = _pause(load.inquire_every, duration, dice)
    while at < duration:
        chores.append(_inquiry(at, user, places, dice))
        at += _pause(load.inquire_every, duration, dice)
    return chores


def _inquiry(at: int, user: str, places: list[tuple[str, int]], dice: Prng) -> Chore:
    kind = dice.below(16)
    if kind >= 8:
        return Question(at, user, QUESTIONS[dice.below(len(QUESTIONS))], dice.bits64())
    side = SIDE_TOPICS[dice.below(len(SIDE_TOPICS))]
    topic, partition = places[dice.below(len(places))]
    if kind < 2:
        return LookUp(at, user, topic, partition, SPECIAL_TIMESTAMPS[dice.below(len(SPECIAL_TIMESTAMPS))])
    if kind < 4:
        return LookUp(at, user, topic, partition, dice.below(at // MILLISECOND + 1_000))
    if kind == 4:
        return CreateTopic(at, user, side, 1 + dice.below(3))
    if kind == 5:
        return DeleteTopic(at, user, side)
    return Describe(at, user, DESCRIPTIONS[dice.below(len(DESCRIPTIONS))], side if dice.chance(1, 3) else topic)


def _administration(user: str, load: Load, duration: int, streams: Streams) -> list[Chore]:
    dice = streams.stream(user, "chores")
    chores: list[Chore] = []
    at = _pause(load.administer_every, duration, dice)
    while at < duration:
        chores.append(Question(at, user, ADMINISTRATION[dice.below(len(ADMINISTRATION))], dice.bits64()))
        at += _pause(load.administer_every, duration, dice)
    return chores


def _tricks(user: str, load: Load, duration: int, streams: Streams) -> list[Chore]:
    dice = streams.stream(user, "chores")
    tricks = tuple(TRICKS)
    chores: list[Chore] = []
    at = _pause(load.vandalise_every, duration, dice)
    while at < duration:
        chores.append(Vandalise(at, user, tricks[dice.below(len(tricks))], dice.bits64()))
        at += _pause(load.vandalise_every, duration, dice)
    return chores


def _pause(every: int, duration: int, dice: Prng) -> int:
    """To the next of things that happen `every` so often on average; 0 for never."""
    return 1 + dice.below(2 * every) if every else duration
