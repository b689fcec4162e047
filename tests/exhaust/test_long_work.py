"""Long work in the exhaustive search: it may be done at any time, and a crash may come after each of its file operations."""

from collections.abc import Iterator
from typing import Any

from streambus.kernel import (
    ClockAdjusted,
    Create,
    Drained,
    Event,
    FileAccess,
    FileName,
    Node,
    Started,
    Sync,
    SyncDirectory,
    Turn,
    Work,
    Write,
    message,
)
from streambus.sim.exhaust import Spec
from streambus.sim.exhaust.actions import WORK_SOURCE, Action, Advance, Kill, PowerCut
from streambus.sim.exhaust.disks import Disks
from streambus.sim.exhaust.judging import look
from streambus.sim.exhaust.machines import Machines
from streambus.sim.exhaust.search import UNBOUNDED, Search
from streambus.sim.exhaust.story import Storyteller
from streambus.sim.exhaust.world import Moment, Rules, World

LOG, MADE = FileName("log"), FileName("made")


@message
class Synced(Event):
    """The log is durable."""


@message
class WorkDone(Event):
    result: Any = None


class Rows:
    """What tasks may hold and no table can hash."""

    __slots__ = ("rows",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self) -> None:
        self.rows = [1, 2, 3]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rows)


@message
class Make:
    """Makes a file in four operations."""

    rows: Rows

    def run(self, files: FileAccess) -> str:
        files.create(MADE)
        files.write(MADE, 0, (b"made",))
        files.sync(MADE)
        files.sync_directory()
        return "made"


@message
class MakerConfig:
    listeners: tuple[()] = ()


class Maker(Node):
    """Asks in its first life for work and for a sync at the same time."""

    ROUTES = dict.fromkeys((Started, Synced, WorkDone, Drained, ClockAdjusted), "on_event")

    def __init__(self, _: MakerConfig) -> None:
        super().__init__()
        self.heard: list[Event] = []

    def on_event(self, turn: Turn, event: Event) -> None:
        if isinstance(event, Started) and event.seed == 1:
            turn.do(Work(Make(Rows()), WorkDone()))
            for effect in (Create(LOG), SyncDirectory(), Write(LOG, 0, (b"log",)), Sync(LOG, Synced())):
                turn.do(effect)
        elif isinstance(event, Synced | WorkDone):
            self.heard.append(event)


def first_world() -> tuple[Rules, World]:
    rules = Rules(Machines({MakerConfig: Maker}, look), Disks(), MakerConfig(), [], [], ordered=False)
    moment = Moment(rules, World(0, 0, 0, rules.disks.empty(), (), (), (), (), (), (1, 1, 0), ()))
    moment.bear()
    return rules, moment.world()


def everything(rules: Rules, first: World) -> Iterator[tuple[World, Action, World]]:
    """Every action in every world that can be reached."""
    search = Search(Spec("a maker", ()), rules, first, UNBOUNDED, None, None)
    met, frontier = {first}, [first]
    while frontier:
        world = frontier.pop()
        for _, action in search._actions(world, UNBOUNDED):
            following, problem = rules.perform(world, action)
            assert problem is None
            yield world, action, following
            if following not in met:
                met.add(following)
                frontier.append(following)


def test_work_comes_before_and_after_everything_else():
    rules, first = first_world()
    ends = {
        tuple(type(event) for event in rules.machines.node(world.broker).heard)  # type: ignore[attr-defined]
        for _, _, world in everything(rules, first)
        if world.life == 1
    }
    assert ends == {(Synced,), (WorkDone,), (Synced, WorkDone), (WorkDone, Synced)}


def test_a_kill_comes_after_each_file_operation():
    rules, first = first_world()
    left = {
        (action.worked, rules.disks.disk(following.disk).contents().get(MADE))
        for world, action, following in everything(rules, first)
        if isinstance(action, Kill) and world.works
    }
    assert left == {(0, None), (1, b""), (2, b"made"), (3, b"made"), (4, b"made")}


def test_a_power_cut_comes_after_each_file_operation_and_leaves_what_it_may():
    rules, first = first_world()
    left = {
        (action.worked, rules.disks.disk(following.disk).contents().get(MADE))
        for world, action, following in everything(rules, first)
        if isinstance(action, PowerCut) and world.works
    }
    some = {None, b"", b"made", bytes(4)}
    assert {content for worked, content in left if worked == 0} == {None}
    assert {content for worked, content in left if worked == 1} == {None, b""}
    assert {content for worked, content in left if worked == 2} == some
    assert {content for worked, content in left if worked == 3} == {None, b"made"}
    assert {content for worked, content in left if worked == 4} == {b"made"}


def test_equal_work_has_one_number():
    rules, first = first_world()
    assert rules.effect(Work(Make(Rows()), WorkDone())) == rules.effect(Work(Make(Rows()), WorkDone()))
    assert len(first.works) == 1


def test_a_story_tells_of_work():
    rules, first = first_world()
    teller = Storyteller(rules)
    teller.on_action(1, Advance(WORK_SOURCE), first)
    teller.on_action(2, Kill(1, worked=2), first)
    assert "the broker's long work is done" in teller.lines[0]
    assert "after 1 of 4 queued disk operations and 2 file operations of long work" in teller.lines[1]
