"""What happens to connections and to those who dial, fault by fault."""

import pytest
from puppets import Stage

from streambus.kernel import MILLISECOND, SECOND, Close, Closed, Congested, Connected, ConnectionId, Dial, Prng, Received, Relieved
from streambus.sim.faults import Detour, DialFailure, GhostConnection, HalfOpen, LateBytes, SlowReader
from streambus.sim.faults.deed import Deed
from streambus.sim.network import Door, LinkSpeed


def begin(stage: Stage, deed: Deed, luck: int = 1) -> Deed:
    assert deed.begin(stage.simulation, Prng(luck))
    return deed


def reasons(puppet) -> list[str]:
    return [event.reason for event in puppet.heard(Closed)]


def dial_again(stage: Stage) -> None:
    stage.pull_right(Dial(ConnectionId(-2), "left", 1))
    stage.run()


def test_a_detour_lets_a_later_connection_overtake_an_older_one():
    stage = Stage()
    stage.connect()
    luck = next(luck for luck in range(10) if Prng(luck).chance(1, 2))
    detour = begin(stage, Detour("right", "left", SECOND), luck)
    stage.say_right(b"first")
    dial_again(stage)
    stage.pull_right_on(-2, b"second")
    stage.run()
    assert (stage.left.data(1), stage.left.data(2)) == (b"", b"second")
    assert detour.end(stage.simulation) == "peer left, 1 connections held up"
    stage.run()
    assert stage.left.data(1) == b"first"


def test_a_close_can_be_overtaken_too():
    stage = Stage()
    stage.connect()
    luck = next(luck for luck in range(10) if Prng(luck).chance(1, 2))
    detour = begin(stage, Detour("right", "left", SECOND), luck)
    stage.hang_up()
    dial_again(stage)
    assert [type(event) for event in stage.left.events[1:]] == [Connected, Connected]
    detour.end(stage.simulation)
    stage.run()
    assert reasons(stage.left) == ["closed by the peer"]


def test_late_bytes_arrive_after_the_client_has_dialled_anew_and_sent_again():
    stage = Stage()
    stage.connect()
    stage.say_right(b"old bytes")
    stage.run(10)
    late = begin(stage, LateBytes("left", "right", SECOND))
    stage.run()
    assert reasons(stage.right) == ["connection timed out"]
    dial_again(stage)
    stage.pull_right_on(-2, b"new bytes")
    stage.run()
    assert (stage.left.data(1), stage.left.data(2)) == (b"", b"new bytes")
    assert reasons(stage.left) == []
    late.end(stage.simulation)
    stage.run()
    assert stage.left.data(1) == b"old bytes"
    assert reasons(stage.left) == ["closed by the peer"]


@pytest.mark.parametrize("is_target_gone", [True, False])
def test_the_survivor_of_a_half_open_connection_sends_into_the_void_and_is_reset_once_that_is_over(is_target_gone: bool):
    stage = Stage()
    stage.connect()
    half_open = begin(stage, HalfOpen("left", "right", is_target_gone, SECOND))
    gone, survivor, say = (stage.left, stage.right, stage.say_right) if is_target_gone else (stage.right, stage.left, stage.say_left)
    say(b"anyone?")
    stage.run(60 * SECOND)
    assert reasons(gone) == ["connection timed out"]
    assert reasons(survivor) == []
    assert gone.heard(Received) == []
    half_open.end(stage.simulation)
    stage.run()
    assert reasons(survivor) == []
    say(b"anyone now?")
    stage.run()
    assert len(reasons(survivor)) == 1
    assert reasons(survivor)[0].endswith("which knows nothing of this connection")


def test_a_survivor_that_sends_much_is_congested():
    stage = Stage(speed=LinkSpeed(tail=1, queue_bytes_max=100))
    stage.connect()
    begin(stage, HalfOpen("left", "right", is_target_gone=True, lasts=SECOND))
    stage.say_right(bytes(200))
    stage.run()
    assert len(stage.right.heard(Congested)) == 1


def test_a_ghost_says_nothing_and_is_gone_in_the_end():
    stage = Stage()
    stage.run()
    ghost = begin(stage, GhostConnection("left", "right", SECOND))
    stage.run()
    assert stage.left.heard(Connected) == [Connected(ConnectionId(1), "right#0", "door")]
    assert stage.right.heard(Connected) == []
    stage.say_left(b"hello?")
    stage.run()
    ghost.end(stage.simulation)
    stage.run()
    assert reasons(stage.left) == ["closed by the peer"]


def test_a_ghost_may_be_shown_the_door_or_survive_its_host():
    for shut in (lambda stage: stage.pull_left(Close(ConnectionId(1), "say something")), lambda stage: stage.left_host.kill()):
        stage = Stage()
        stage.run()
        ghost = begin(stage, GhostConnection("left", "right", SECOND))
        stage.run()
        shut(stage)
        stage.run()
        ghost.end(stage.simulation)
        stage.run()


def test_nobody_knocks_where_nobody_listens():
    stage = Stage()
    stage.run()
    assert not GhostConnection("right", "left", SECOND).begin(stage.simulation, Prng(1))


@pytest.mark.parametrize(
    ("door", "right_hears", "left_hears"),
    [
        (Door.REFUSES, ["left:1 refused the connection"], []),
        (Door.IS_SILENT, ["left:1 did not answer the dial in time"], []),
        (Door.SLAMS, ["closed by the peer"], ["whoever stands before this listener closed the connection"]),
    ],
)
def test_nobody_gets_in_at_a_shut_door_until_it_opens(door: Door, right_hears: list[str], left_hears: list[str]):
    stage = Stage()
    shut = begin(stage, DialFailure("left", door, SECOND))
    stage.connect()
    assert reasons(stage.right) == right_hears
    assert reasons(stage.left) == left_hears
    assert not DialFailure("left", Door.REFUSES, SECOND).begin(stage.simulation, Prng(1))
    shut.end(stage.simulation)
    dial_again(stage)
    assert stage.right.events[-1] == Connected(ConnectionId(-2), "left:1", "")


def test_a_slow_reader_gets_so_many_bytes_per_millisecond_and_its_peer_is_congested():
    stage = Stage(speed=LinkSpeed(latency_min=10, latency_max=10, tail=1, queue_bytes_max=1_000))
    stage.connect()
    slow = begin(stage, SlowReader("left", bytes_per_millisecond=10, lasts=SECOND))
    pieces = [b"%03d" % number * 20 for number in range(40)]
    for piece in pieces:
        stage.say_right(piece)
    stage.run(100 * MILLISECOND)
    assert 900 <= len(stage.left.data(1)) <= 1_000
    assert len(stage.right.heard(Congested)) == 1
    assert max(len(event.data) for event in stage.left.heard(Received)) <= 10
    slow.end(stage.simulation)
    stage.run()
    assert stage.left.data(1) == b"".join(pieces)
    assert len(stage.right.heard(Relieved)) == 1


def test_a_slow_reader_hears_of_a_close_in_its_turn():
    stage = Stage()
    stage.connect()
    begin(stage, SlowReader("left", bytes_per_millisecond=2, lasts=SECOND))
    stage.say_right(b"0123456789")
    stage.hang_up()
    stage.run(20 * MILLISECOND)
    assert stage.left.data(1) == b"0123456789"
    assert reasons(stage.left) == ["closed by the peer"]


def test_connections_that_are_made_meanwhile_are_read_slowly_too():
    stage = Stage()
    slow = begin(stage, SlowReader("left", bytes_per_millisecond=1, lasts=SECOND))
    stage.connect()
    stage.say_right(bytes(10_000))
    stage.run(50 * MILLISECOND)
    assert 0 < len(stage.left.data(1)) <= 51
    slow.end(stage.simulation)
    stage.run()
    assert len(stage.left.data(1)) == 10_000
