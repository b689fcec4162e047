"""A world: one moment of everything, as a small tuple of numbers; and what an action makes of it.

The numbers stand for local states (`machines`, `disks`, users) that are kept once, so a world costs a few hundred bytes, is copied
by changing a number and is compared by comparing numbers. `agenda` is the scheduler's memory: the sources that are ready, in the
order in which they became so. `promised` is what earlier lives of the broker showed as committed.

A connection is two queues of items, one to the broker and one to the client, each first in, first out. Items are whole messages.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from streambus import client
from streambus.broker import Ready
from streambus.kernel import (
    Close,
    Closed,
    Connected,
    ConnectionId,
    Dial,
    Effect,
    Event,
    FileSlice,
    Halt,
    Pause,
    Received,
    Resume,
    Send,
    Started,
    Woken,
    Work,
    Write,
)
from streambus.sim.exhaust.actions import (
    BURST_END,
    DISK,
    DISK_SOURCE,
    TO_BROKER,
    TO_CLIENT,
    USER,
    WORK,
    WORK_SOURCE,
    Action,
    Advance,
    CutConnection,
    Kill,
    LateArrival,
    PassTime,
    PowerCut,
    Source,
)
from streambus.sim.exhaust.disks import Disks, Key, key_of
from streambus.sim.exhaust.judging import Promises, Sight, gone_back, lost_in_recovery, raised
from streambus.sim.exhaust.machines import BIRTH, DRAINED, Machines, Stepped
from streambus.sim.exhaust.users import Script, User

DIAL, CONNECTED, CLOSED = -1, -2, -3
"""Items that are not messages."""

CLIENT_OPEN, BROKER_OPEN, PAUSED, HELD_UP = 1, 2, 4, 8
WALL_ORIGIN = 1_767_225_600_000_000
"""What wall clocks show at every birth."""

WOKEN = Woken()

Connection = tuple[int, int, int, tuple[int, ...], tuple[int, ...], int]
"""Client, its number for it, the broker's number (0: not accepted), items to the broker, items to the client, flags."""


class World(NamedTuple):
    """One moment."""

    broker: int
    life: int
    accepted: int
    disk: int
    queue: tuple[int, ...]
    clients: tuple[int, ...]
    users: tuple[int, ...]
    connections: tuple[Connection, ...]
    agenda: tuple[Source, ...]
    budget: tuple[int, int, int]
    """Power cuts, kills and connection cuts that may still happen."""
    promised: Promises
    bursts: tuple[int, ...] = ()
    """Who is in the middle of a burst: clients' places, or -1 for the broker."""
    works: tuple[int, ...] = ()
    """The long work under way. What was asked for first is done first; all else may come before it or after it."""


class Rules:
    """What is the same at all moments: who takes part, and the tables of what was met.

    `kinds`: per client the place of the interchangeable one before it that has to begin first, or -1.
    """

    def __init__(
        self,
        machines: Machines,
        disks: Disks,
        broker_config: Any,
        scripts: Sequence[Script],
        before: Sequence[int],
        *,
        ordered: bool = True,
    ) -> None:
        self.machines = machines
        self.disks = disks
        self.broker_config = broker_config
        self.scripts = list(scripts)
        self.before = list(before)
        self.ordered = ordered
        """Whether the order of the agenda is part of a world. Without a bound on delays it means nothing."""
        self.items: list[bytes] = []
        self.item_numbers: dict[bytes, int] = {}
        self.effects: list[Effect] = []
        self.effect_numbers: dict[Key, int] = {}
        self.users: list[User] = []
        self.user_numbers: dict[User, int] = {}

    def item(self, data: bytes) -> int:
        """The number of a message."""
        number = self.item_numbers.get(data)
        if number is None:
            number = self.item_numbers[data] = len(self.items)
            self.items.append(data)
        return number

    def effect(self, effect: Effect) -> int:
        """The number of a disk effect."""
        key = key_of(effect)
        number = self.effect_numbers.get(key)
        if number is None:
            number = self.effect_numbers[key] = len(self.effects)
            self.effects.append(effect)
        return number

    def operations_of_work(self, disk: int, works: Sequence[int]) -> list[Effect]:
        """The file operations of what is done next of the long work under way, on this disk."""
        if not works:
            return []
        work = self.effects[works[0]]
        assert isinstance(work, Work)
        return self.disks.operations_of(disk, work)

    def user(self, user: User) -> int:
        """The number of a user's state."""
        number = self.user_numbers.get(user)
        if number is None:
            number = self.user_numbers[user] = len(self.users)
            self.users.append(user)
        return number

    def may_wish(self, users: Sequence[int], place: int) -> bool:
        """Whether a user has something to say, and those it is interchangeable with have begun before it."""
        earlier = self.before[place]
        if earlier >= 0 and not self.scripts[earlier].has_begun(self.users[users[earlier]]):
            return False
        return self.scripts[place].can_wish(self.users[users[place]])

    def is_at_rest(self, world: World) -> bool:
        """Whether nothing is ready and no user waits for anything."""
        if world.agenda:
            return False
        return all(script.is_done(self.users[user]) for script, user in zip(self.scripts, world.users, strict=True))

    def first_deadline(self, world: World) -> tuple[int, int] | None:
        """In how long somebody wants to be woken, and who: a client's place, or -1 for the broker."""
        found: tuple[int, int] | None = None
        for place, machine in enumerate((world.broker, *world.clients), start=-1):
            deadline = self.machines.deadlines[machine]
            if deadline is not None and (found is None or max(deadline, 0) < found[0]):
                found = (max(deadline, 0), place)
        return found

    def perform(self, world: World, action: Action) -> tuple[World, str | None]:
        """The world after `action`, and what went wrong in it, in a sentence."""
        moment = Moment(self, world)
        moment.perform(action)
        return moment.world(), moment.problem


def node_of(source: Source) -> int:
    """To whom something happens when `source` goes on: a client's place, or -1 for the broker."""
    return -1 if source[0] in (DISK, TO_BROKER, WORK) else source[1]


def first_half(effect: Effect) -> Write:
    """The half of a write that a killed process still made."""
    assert isinstance(effect, Write), effect
    data = b"".join(effect.parts)
    return Write(effect.file, effect.position, (data[: len(data) // 2],))


class Moment:
    """A world that is being changed."""

    __slots__ = (
        "accepted",
        "agenda",
        "broker",
        "budget",
        "bursts",
        "clients",
        "connections",
        "disk",
        "life",
        "observer",
        "problem",
        "promised",
        "queue",
        "rules",
        "users",
        "works",
    )

    def __init__(self, rules: Rules, world: World, observer: Callable[[int, Event, Stepped], None] | None = None) -> None:
        self.rules = rules
        self.observer = observer
        self.problem: str | None = None
        self.broker, self.life, self.accepted, self.disk = world.broker, world.life, world.accepted, world.disk
        self.queue = list(world.queue)
        self.clients = list(world.clients)
        self.users = list(world.users)
        self.connections: dict[tuple[int, int], Connection] = {(entry[0], entry[1]): entry for entry in world.connections}
        self.agenda = list(world.agenda)
        self.budget = world.budget
        self.promised = world.promised
        self.bursts = world.bursts
        self.works = world.works

    def world(self) -> World:
        """The moment, finished: what is not ready any more has left the agenda, what became ready stands at its end."""
        ready = self._ready()
        if self.rules.ordered:
            kept = [source for source in self.agenda if source in ready]
            agenda = (*kept, *[source for source in ready if source not in kept])
        else:
            agenda = tuple(sorted(ready))
        connections = self.connections
        return World(
            self.broker,
            self.life,
            self.accepted,
            self.disk,
            tuple(self.queue),
            tuple(self.clients),
            tuple(self.users),
            tuple([connections[key] for key in sorted(connections)]),
            agenda,
            self.budget,
            self.promised,
            self.bursts,
            self.works,
        )

    def _ready(self) -> list[Source]:
        ready: list[Source] = [DISK_SOURCE] if self.queue else []
        for (place, number), (_, _, _, to_broker, to_client, flags) in self.connections.items():
            if to_broker and not flags & HELD_UP and (not flags & PAUSED or to_broker[0] == CLOSED):
                ready.append((TO_BROKER, place, number))
            if to_client:
                ready.append((TO_CLIENT, place, number))
        may_wish, users = self.rules.may_wish, self.users
        ready.extend((USER, place, 0) for place in range(len(users)) if may_wish(users, place))
        ready.extend((BURST_END, place, 0) for place in self.bursts)
        if self.works:
            ready.append(WORK_SOURCE)
        return ready

    # Actions -----------------------------------------------------------------------------------------------------------

    def perform(self, action: Action) -> None:
        """Let it happen."""
        if isinstance(action, Advance):
            self._advance(action)
        elif isinstance(action, PassTime):
            self._pass_time()
        elif isinstance(action, CutConnection):
            power_cuts, kills, cuts = self.budget
            self.budget = (power_cuts, kills, cuts - 1)
            self._break(action.client, action.number, late=action.late)
        elif isinstance(action, LateArrival):
            place, number, accepted, to_broker, to_client, flags = self.connections[action.client, action.number]
            self._set(place, number, accepted, to_broker, to_client, flags & ~HELD_UP)
        else:
            self._crash(action)

    def _advance(self, action: Advance) -> None:
        source = action.source
        if self.rules.ordered:
            at = self.agenda.index(source)
            self.agenda = self.agenda[at + 1 :] + self.agenda[:at]
        kind, place, number = source
        if action.holds:
            self.bursts = tuple(sorted((*self.bursts, node_of(source))))
        if kind == BURST_END:
            self._end_burst(place)
        elif kind == DISK:
            self._complete_disk()
        elif kind == WORK:
            self._complete_work()
        elif kind == TO_BROKER:
            self._deliver_to_broker(place, number)
        elif kind == TO_CLIENT:
            self._deliver_to_client(place, number)
        else:
            user, event = self.rules.scripts[place].wish(self.rules.users[self.users[place]])
            self.users[place] = self.rules.user(self.rules.scripts[place].skip_settled(user))
            self.step_client(place, event)

    def _end_burst(self, place: int) -> None:
        if place < 0:
            self.step_broker(DRAINED)
        else:
            self.step_client(place, DRAINED)
        self.bursts = tuple(other for other in self.bursts if other != place)

    def _pass_time(self) -> None:
        world = self.world()
        first = self.rules.first_deadline(world)
        assert first is not None, "nobody waits for anything"
        lasts, place = first
        later = self.rules.machines.later
        self.broker = later(self.broker, lasts)
        self.clients = [later(machine, lasts) for machine in self.clients]
        if place < 0:
            self.step_broker(WOKEN)
        else:
            self.step_client(place, WOKEN)

    def _crash(self, action: PowerCut | Kill) -> None:
        power_cuts, kills, cuts = self.budget
        sight: Sight = self.rules.machines.seen[self.broker]
        self.promised = raised(self.promised, sight)
        disks = self.rules.disks
        for effect in self.queue[: action.done]:
            self.disk, _ = disks.perform(self.disk, self.rules.effects[effect])
        if action.worked:
            for operation in self.rules.operations_of_work(self.disk, self.works)[: action.worked]:
                self.disk, _ = disks.perform(self.disk, operation)
        if isinstance(action, PowerCut):
            self.budget = (power_cuts - 1, kills, cuts)
            self.disk = dict(disks.after_power_cut(self.disk))[action.survived]
        else:
            self.budget = (power_cuts, kills - 1, cuts)
            if action.half:
                self.disk, _ = disks.perform(self.disk, first_half(self.rules.effects[self.queue[action.done]]))
        self.bursts = tuple(place for place in self.bursts if place >= 0)
        for key, (place, number, accepted, _, _, flags) in list(self.connections.items()):
            if not accepted:
                continue
            if flags & CLIENT_OPEN:
                self.connections[key] = (place, number, 0, (), (CLOSED,), CLIENT_OPEN)
            else:
                del self.connections[key]
        self.queue = []
        self.works = ()
        self.bear()

    def bear(self) -> None:
        """Begin a life of the broker."""
        self.life += 1
        self.accepted = 0
        self.broker = self.rules.machines.born(self.rules.broker_config)
        self.step_broker(Started(WALL_ORIGIN - BIRTH, self.life))

    # Messages and disk -------------------------------------------------------------------------------------------------

    def _complete_disk(self) -> None:
        """Operations without a completion happen together with the next one that has one: nobody can tell the difference but a crash."""
        disks, effects = self.rules.disks, self.rules.effects
        completion: Event | None = None
        while self.queue and completion is None:
            self.disk, completion = disks.perform(self.disk, effects[self.queue.pop(0)])
        if completion is not None:
            self.step_broker(completion)

    def _complete_work(self) -> None:
        work, *rest = self.works
        self.works = tuple(rest)
        self.disk, completion = self.rules.disks.perform(self.disk, self.rules.effects[work])
        assert completion is not None
        self.step_broker(completion)

    def _deliver_to_broker(self, place: int, number: int) -> None:
        _, _, accepted, to_broker, to_client, flags = self.connections[place, number]
        item, rest = to_broker[0], to_broker[1:]
        event: Event
        if item == DIAL:
            self.accepted += 1
            accepted = self.accepted
            flags |= BROKER_OPEN
            if flags & CLIENT_OPEN and CLOSED not in to_client:
                to_client = (*to_client, CONNECTED)
            event = Connected(ConnectionId(accepted), "client", self.rules.broker_config.listeners[0].name)
        elif item == CLOSED:
            flags &= ~BROKER_OPEN
            rest = ()
            event = Closed(ConnectionId(accepted), "the connection is gone")
        else:
            event = Received(ConnectionId(accepted), self.rules.items[item])
        self._set(place, number, accepted, rest, to_client, flags)
        self.step_broker(event)

    def _deliver_to_client(self, place: int, number: int) -> None:
        _, _, accepted, to_broker, to_client, flags = self.connections[place, number]
        item, rest = to_client[0], to_client[1:]
        connection = ConnectionId(number)
        event: Event
        if item == CONNECTED:
            event = Connected(connection, "broker")
        elif item == CLOSED:
            flags &= ~CLIENT_OPEN
            rest = ()
            event = Closed(connection, "the connection is gone")
        else:
            event = Received(connection, self.rules.items[item])
        self._set(place, number, accepted, to_broker, rest, flags)
        self.step_client(place, event)

    def _set(self, place: int, number: int, accepted: int, to_broker: tuple[int, ...], to_client: tuple[int, ...], flags: int) -> None:
        if flags & (CLIENT_OPEN | BROKER_OPEN) or to_broker:
            self.connections[place, number] = (place, number, accepted, to_broker, to_client, flags)
        else:
            self.connections.pop((place, number), None)

    def _break(self, place: int, number: int, *, late: bool) -> None:
        _, _, accepted, under_way, _, flags = self.connections[place, number]
        to_broker: tuple[int, ...] = (CLOSED,) if flags & BROKER_OPEN else ()
        if late:
            to_broker, flags = (*under_way, CLOSED), flags | HELD_UP
        to_client = (CLOSED,) if flags & CLIENT_OPEN else ()
        self._set(place, number, accepted, to_broker, to_client, flags)

    # Steps -------------------------------------------------------------------------------------------------------------

    def step_broker(self, event: Event) -> None:
        """Something happens to the broker."""
        machines = self.rules.machines
        before = self.broker
        stepped = machines.step(before, event, holds=-1 in self.bursts)
        if self.observer is not None:
            self.observer(-1, event, stepped)
        self.broker = stepped.machine
        if stepped.problem is not None:
            self._fail(f"the broker {stepped.problem}")
            return
        sight: Sight = machines.seen[stepped.machine]
        if type(event) is not Started:
            self._fail(gone_back(machines.seen[before], sight))
        self._fail(sight.problem)
        for effect in stepped.effects:
            kind = type(effect)
            if kind is Send:
                self._broker_sends(effect)  # type: ignore[arg-type]
            elif kind is Close or kind is Pause or kind is Resume:
                self._broker_treats(effect)
            elif kind is Ready:
                self._fail(lost_in_recovery(self.promised, self._learnt(), sight))
            elif kind is Halt:
                self._fail(f"the broker halted: {effect.error}")  # type: ignore[attr-defined]
            elif kind is Work:
                self.works = (*self.works, self.rules.effect(effect))
            else:
                self.queue.append(self.rules.effect(effect))

    def step_client(self, place: int, event: Event) -> None:
        """Something happens to a client."""
        before = self.clients[place]
        stepped = self.rules.machines.step(before, event, holds=place in self.bursts)
        if self.observer is not None:
            self.observer(place, event, stepped)
        self.clients[place] = stepped.machine
        if stepped.problem is not None:
            self._fail(f"{self.rules.scripts[place].name} {stepped.problem}")
        for effect in stepped.effects:
            kind = type(effect)
            if kind is Send:
                self._client_sends(place, effect)  # type: ignore[arg-type]
            elif kind is Dial:
                number: int = effect.connection  # type: ignore[attr-defined]
                self.connections[place, number] = (place, number, 0, (DIAL,), (), CLIENT_OPEN)
            elif kind is Close:
                self._client_closes(place, effect.connection)  # type: ignore[attr-defined]
            elif kind is client.Complete:
                user = self.rules.scripts[place].on_complete(self.rules.users[self.users[place]], effect)  # type: ignore[arg-type]
                self.users[place] = self.rules.user(user)
            else:
                assert kind is Halt, f"a client asks for {kind.__name__}"

    # Effects -----------------------------------------------------------------------------------------------------------

    def _broker_sends(self, effect: Send) -> None:
        found = self._accepted(effect.connection)
        if found is None or not found[5] & CLIENT_OPEN or CLOSED in found[4]:
            return
        place, number, accepted, to_broker, to_client, flags = found
        data = b"".join([self._slice(part) if type(part) is FileSlice else part for part in effect.parts])  # type: ignore[misc]
        self.connections[place, number] = (place, number, accepted, to_broker, (*to_client, self.rules.item(data)), flags)

    def _slice(self, part: FileSlice) -> bytes:
        """The bytes of `part` as if every queued operation had happened."""
        disks, disk = self.rules.disks, self.disk
        for effect in self.queue:
            disk, _ = disks.perform(disk, self.rules.effects[effect])
        return disks.read(disk, part)

    def _broker_treats(self, effect: Any) -> None:
        found = self._accepted(effect.connection)
        if found is None:
            return
        place, number, accepted, to_broker, to_client, flags = found
        if type(effect) is Pause:
            flags |= PAUSED
        elif type(effect) is Resume:
            flags &= ~PAUSED
        else:
            to_broker = (CLOSED,)
            if flags & CLIENT_OPEN and CLOSED not in to_client:
                to_client = (*to_client, CLOSED)
        self.connections[place, number] = (place, number, accepted, to_broker, to_client, flags)

    def _client_sends(self, place: int, effect: Send) -> None:
        found = self.connections.get((place, effect.connection))
        if found is None or not found[5] & BROKER_OPEN or CLOSED in found[3]:
            return
        _, number, accepted, to_broker, to_client, flags = found
        data = b"".join(effect.parts)  # type: ignore[arg-type]
        self.connections[place, number] = (place, number, accepted, (*to_broker, self.rules.item(data)), to_client, flags)

    def _client_closes(self, place: int, number: int) -> None:
        found = self.connections.get((place, number))
        if found is None or not found[5] & CLIENT_OPEN:
            return
        _, _, accepted, to_broker, _, flags = found
        if (flags & BROKER_OPEN or DIAL in to_broker) and CLOSED not in to_broker:
            to_broker = (*to_broker, CLOSED)
        self.connections[place, number] = (place, number, accepted, to_broker, (CLOSED,), flags)

    def _accepted(self, accepted: int) -> Connection | None:
        for found in self.connections.values():
            if found[2] == accepted and found[5] & BROKER_OPEN:
                return found
        return None

    def _learnt(self) -> Promises:
        """What users were told is written, and what they have read."""
        ends: dict[tuple[str, int], int] = {}
        for script, user in zip(self.rules.scripts, self.users, strict=True):
            for topic, partition, end in script.learnt(self.rules.users[user]):
                ends[topic, partition] = max(end, ends.get((topic, partition), 0))
        return tuple((topic, partition, end) for (topic, partition), end in sorted(ends.items()))

    def _fail(self, problem: str | None) -> None:
        if problem is not None and self.problem is None:
            self.problem = problem
