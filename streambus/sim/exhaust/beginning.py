"""The first world of a spec: topics are there, clients are born, and their wishes from before are fulfilled; nothing has gone wrong yet.

All this happens in the default order and is explored by nobody.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from streambus.broker import BrokerConfig, Listener
from streambus.kernel import Node, Started, StopRequested
from streambus.sim.exhaust.actions import Action, Advance, PassTime
from streambus.sim.exhaust.disks import Disks
from streambus.sim.exhaust.judging import look
from streambus.sim.exhaust.machines import BIRTH, Machines
from streambus.sim.exhaust.spec import BROKER, PORT, Client, CreateTopic, Spec, admin
from streambus.sim.exhaust.users import Script, User
from streambus.sim.exhaust.world import WALL_ORIGIN, Moment, Rules, World

CLIENT_SEED = 7
"""Of all clients' dice: those of one kind shall differ in nothing but their names."""


class NoBeginning(ValueError):
    """The wishes from before were not fulfilled: the spec is wrong, or the machines are broken without any fault."""


def begin(spec: Spec, factories: Mapping[type, Callable[[Any], Node]], *, ordered: bool = True) -> tuple[Rules, World]:
    """The rules of `spec` and its first world."""
    machines, disks = Machines(factories, look), Disks()
    config = BrokerConfig(node_id=1, listeners=(Listener("PLAINTEXT", BROKER, PORT),), store=spec.store)
    maker = admin("topic maker", *[CreateTopic(topic, partitions) for topic, partitions in spec.topics])
    rules = Rules(machines, disks, config, [Script(maker.name, maker.script)], [-1])
    world = _settled(rules, _born(rules, World(0, 0, 0, disks.empty(), (), (), (), (), (), (0, 0, 0), ()), (maker,)), spec)
    moment = Moment(rules, world)
    moment.step_client(0, StopRequested())
    world = _settled(rules, moment.world(), spec)
    rules = Rules(machines, disks, config, [_script(client, end=len(client.before)) for client in spec.clients], [-1] * len(spec.clients))
    world = _settled(rules, _born(rules, world._replace(clients=(), users=()), spec.clients), spec)
    scripts = [_script(client, begin=len(client.before)) for client in spec.clients]
    users = [script.skip_settled(rules.users[user]) for script, user in zip(scripts, world.users, strict=True)]
    rules = Rules(machines, disks, config, scripts, interchangeable(spec.clients), ordered=ordered)
    world = world._replace(users=tuple([rules.user(user) for user in users]), budget=(spec.power_cuts, spec.kills, spec.connection_cuts))
    return rules, Moment(rules, world).world()


def _script(client: Client, *, begin: int = 0, end: int | None = None) -> Script:
    return Script(client.name, (*client.before, *client.script), begin=begin, end=end)


def interchangeable(clients: Sequence[Client]) -> list[int]:
    """Per client the place of the last one before it that it is interchangeable with, or -1."""
    last: dict[Any, int] = {}
    before: list[int] = []
    for place, client in enumerate(clients):
        if not client.kind:
            before.append(-1)
            continue
        wishes = tuple(_likeness(wish) for wish in (*client.before, None, *client.script))
        likeness = (client.kind, attrs.evolve(client.config, client_id=""), wishes)
        before.append(last.get(likeness, -1))
        last[likeness] = place
    return before


def default_action(rules: Rules, world: World) -> Action | None:
    """What happens next if nobody interferes; None if the world is at rest or nobody waits for anything."""
    if world.agenda:
        return Advance(world.agenda[0])
    if rules.is_at_rest(world) or rules.first_deadline(world) is None:
        return None
    return PassTime()


def _likeness(wish: Any) -> Any:
    """What has to be equal of wishes of interchangeable clients: everything but the value that is sent."""
    return wish if not hasattr(wish, "value") else (wish.topic, wish.partition)


def _born(rules: Rules, world: World, clients: Sequence[Client]) -> World:
    moment = Moment(rules, world)
    if not world.life:
        moment.bear()
    moment.clients = [rules.machines.born(client.config) for client in clients]
    moment.users = [rules.user(rules.scripts[place].skip_settled(User())) for place in range(len(clients))]
    for place in range(len(clients)):
        moment.step_client(place, Started(WALL_ORIGIN - BIRTH, CLIENT_SEED))
    return moment.world()


def _settled(rules: Rules, world: World, spec: Spec) -> World:
    for _ in range(spec.steps_max):
        action = default_action(rules, world)
        if action is None:
            break
        world, problem = rules.perform(world, action)
        if problem is not None:
            raise NoBeginning(f"before anything was explored: {problem}")
    if not rules.is_at_rest(world):
        raise NoBeginning(f"after {spec.steps_max} steps without any fault the wishes from before are not fulfilled")
    return world
