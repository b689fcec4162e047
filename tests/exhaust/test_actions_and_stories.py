"""Actions are written down and read again; stories tell them; a replay that is not possible says where."""

import attrs
import pytest
import small_worlds

from streambus.sim import FACTORIES
from streambus.sim.exhaust import (
    Action,
    Advance,
    Astray,
    CutConnection,
    Kill,
    LateArrival,
    NoBeginning,
    PassTime,
    PowerCut,
    ReadUntil,
    Send,
    Spec,
    UnreadableAction,
    consumer,
    explore,
    from_plain,
    producer,
    replay,
    to_plain,
)
from streambus.sim.exhaust.actions import BURST_END, DISK_SOURCE, TO_BROKER, USER
from streambus.sim.exhaust.beginning import begin, interchangeable

SPEAK = Advance((USER, 0, 0))


@pytest.mark.parametrize(
    "action",
    [
        Advance(DISK_SOURCE),
        Advance((TO_BROKER, 1, -2), 3, holds=True),
        PassTime(1),
        PowerCut(2, "nothing"),
        Kill(1, half=True),
        Kill(1, worked=2),
        PowerCut(0, "everything", 3),
        CutConnection(0, -1, late=True),
        LateArrival(0, -1),
    ],
    ids=lambda action: type(action).__name__,
)
def test_an_action_comes_back_as_it_was_written(action: Action):
    assert from_plain(to_plain(action)) == action


def test_what_is_no_action_is_refused():
    for plain in ([], ["Dance"], ["Advance", "x"], ["Kill", 1, 2, 3, 4], None):
        with pytest.raises(UnreadableAction):
            from_plain(plain)


def test_a_story_tells_deviations_and_faults():
    spec = attrs.evolve(small_worlds.READER, bursts=True, early_timers=True)
    actions = [Advance((USER, 0, 0), holds=True), Advance((USER, 1, 0), 1), PassTime(1), Kill(0), PowerCut(0, "everything")]
    told = "\n".join(replay(spec, actions, FACTORIES).story)
    assert "  1. the user of writer-1 speaks   [and its burst goes on]" in told
    assert "  2. the user of writer-2 speaks   [delayed: " in told
    assert "wakes   [although something else could happen]" in told
    assert "  4. THE BROKER IS KILLED after 0 of 0 queued disk operations, and starts again" in told
    assert "  5. POWER CUT after 0 of 1 queued disk operations; of what was not synced this survives: everything" in told
    assert "the broker: a new life begins" in told


def test_a_burst_that_is_held_open_ends_in_its_turn():
    spec = attrs.evolve(small_worlds.NEW_WRITER, bursts=True)
    rules, world = begin(spec, FACTORIES)
    world, problem = rules.perform(world, Advance((USER, 0, 0), holds=True))
    assert problem is None
    assert world.bursts == (0,)
    assert (BURST_END, 0, 0) in world.agenda
    world, _ = rules.perform(world, Advance((BURST_END, 0, 0)))
    assert world.bursts == ()


def test_longer_bursts_are_more_to_see_and_clean():
    plain, longer = (explore(attrs.evolve(small_worlds.TWO_WRITERS, bursts=bursts), FACTORIES, delays=1) for bursts in (False, True))
    assert longer.states > plain.states
    assert plain.is_clean
    assert longer.is_clean


def test_a_step_that_is_not_possible_is_named_or_left_out():
    actions = [SPEAK, Advance((TO_BROKER, 5, -9))]
    with pytest.raises(Astray, match="step 2 is not possible any more"):
        replay(small_worlds.ONE_WRITER, actions, FACTORIES)
    replayed = replay(small_worlds.ONE_WRITER, actions, FACTORIES, strict=False)
    assert replayed.violation is None
    assert replayed.world.agenda == ()


def test_a_world_that_does_not_come_to_rest_is_a_violation():
    found = explore(Spec("nothing to read", (consumer("reader", ReadUntil(1)),), steps_max=60), FACTORIES, delays=0)
    assert found.violation == "not at rest after 60 steps: reader still waits"
    assert len(found.actions) == 60


def test_a_beginning_that_never_ends_is_misuse():
    with pytest.raises(NoBeginning, match="the wishes from before are not fulfilled"):
        explore(attrs.evolve(small_worlds.POWER, steps_max=3), FACTORIES)


def test_clients_of_one_kind_with_equal_wishes_are_interchangeable():
    one = (Send(),)
    clients = (
        producer("a", *one),
        producer("b", Send(value=b"x")),
        producer("c", Send(), Send()),
        producer("d", *one, kind=""),
        producer("e", *one, linger=7),
        producer("f", *one),
    )
    assert interchangeable(clients) == [-1, 0, -1, -1, -1, 1]


def test_interchangeable_clients_begin_in_their_order():
    def states(kind: str) -> int:
        clients = tuple(producer(name, Send(), kind=kind) for name in ("a", "b", "c"))
        return explore(Spec("three", clients), FACTORIES, delays=2).states

    assert states("writer") < states("")


def test_what_a_broken_connection_holds_up_arrives_whenever_it_likes():
    speak, arrives = Advance((USER, 0, 0)), LateArrival(0, -2)
    rules, world = begin(small_worlds.CUT, FACTORIES)
    for action in (speak, CutConnection(0, -2, late=True)):
        world, problem = rules.perform(world, action)
        assert problem is None
    assert (TO_BROKER, 0, -2) not in world.agenda
    world, _ = rules.perform(world, arrives)
    assert (TO_BROKER, 0, -2) in world.agenda
    told = "\n".join(replay(small_worlds.CUT, [speak, CutConnection(0, -2, late=True), arrives], FACTORIES, strict=False).story)
    assert "THE CONNECTION of writer breaks (2); what it had sent is held up" in told
    assert "what was held up from writer is on its way again (2)" in told
