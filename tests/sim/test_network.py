"""What the simulated network promises, and what its faults do."""

from puppets import Puppet, Stage

from streambus.kernel import Close, Closed, Congested, Connected, ConnectionId, Dial, Pause, Prng, Received, Relieved, Resume
from streambus.sim.network import LinkSpeed


def reasons(puppet: Puppet) -> list[str]:
    return [event.reason for event in puppet.events if isinstance(event, Closed)]


def test_both_ends_hear_of_a_connection_under_their_own_numbers():
    stage = Stage()
    stage.connect()
    assert stage.left.heard(Connected) == [Connected(ConnectionId(1), "right#1", "door")]
    assert stage.right.heard(Connected) == [Connected(ConnectionId(-1), "left:1", "")]


def test_bytes_keep_their_order_however_they_are_cut_and_glued():
    for seed in range(20):
        stage = Stage(seed)
        stage.connect()
        pieces = [b"%d," % number for number in range(200)]
        for piece in pieces:
            stage.say_right(piece)
            stage.say_left(piece)
        stage.run()
        assert stage.left.data(1) == b"".join(pieces)
        assert stage.right.data(-1) == b"".join(pieces)


def test_pieces_are_sometimes_cut_and_sometimes_glued():
    stage = Stage(3)
    stage.connect()
    for _ in range(200):
        stage.say_right(b"abcdefgh")
    stage.run()
    lengths = {len(event.data) for event in stage.left.events if isinstance(event, Received)}
    assert any(length < 8 for length in lengths)
    assert any(length > 8 for length in lengths)


def test_nobody_listens_so_the_dial_is_refused():
    stage = Stage()
    stage.pull_right(Dial(ConnectionId(-1), "nowhere", 9))
    stage.run()
    assert reasons(stage.right) == ["nowhere:9 refused the connection"]


def test_a_machine_without_power_does_not_answer_a_dial():
    stage = Stage()
    stage.run()
    stage.left_host.cut_power()
    stage.pull_right(Dial(ConnectionId(-1), "left", 1))
    stage.run(500_000)
    assert reasons(stage.right) == []
    stage.run()
    assert reasons(stage.right) == ["left:1 did not answer the dial in time"]


def test_a_dial_that_was_given_up_never_connects():
    stage = Stage()
    stage.pull_right(Dial(ConnectionId(-1), "left", 1))
    stage.pull_right(Close(ConnectionId(-1), "changed my mind"))
    stage.run()
    assert reasons(stage.right) == ["changed my mind"]
    assert stage.right.heard(Connected) == []


def test_what_was_sent_before_a_close_arrives_before_it():
    stage = Stage()
    stage.connect()
    stage.say_right(b"last words")
    stage.hang_up()
    stage.run()
    assert stage.left.data(1) == b"last words"
    assert type(stage.left.events[-1]) is Closed
    assert reasons(stage.right) == ["enough"]


def test_effects_on_a_closed_connection_are_ignored():
    stage = Stage()
    stage.connect()
    stage.hang_up()
    stage.run()
    stage.say_right(b"anyone?")
    stage.say_left(b"anyone?")
    for effect in (Pause(ConnectionId(-1)), Resume(ConnectionId(-1)), Close(ConnectionId(-1), "again")):
        stage.pull_right(effect)
    stage.run()
    assert len(reasons(stage.right)) == len(reasons(stage.left)) == 1
    assert stage.left.data(1) == stage.right.data(-1) == b""


def test_a_paused_connection_delivers_nothing_until_it_is_resumed():
    stage = Stage()
    stage.connect()
    stage.pull_left(Pause(ConnectionId(1)))
    stage.run()
    stage.say_right(b"wait for me")
    stage.run()
    assert stage.left.data(1) == b""
    stage.pull_left(Resume(ConnectionId(1)))
    stage.run()
    assert stage.left.data(1) == b"wait for me"


def test_a_sender_is_told_when_its_peer_reads_too_slowly_and_when_it_has_caught_up():
    stage = Stage(speed=LinkSpeed(queue_bytes_max=1_000))
    stage.connect()
    stage.pull_left(Pause(ConnectionId(1)))
    stage.run()
    for _ in range(30):
        stage.say_right(bytes(100))
    stage.run()
    assert len(stage.right.heard(Congested)) == 1
    assert stage.right.heard(Relieved) == []
    stage.pull_left(Resume(ConnectionId(1)))
    stage.run()
    assert len(stage.right.heard(Relieved)) == 1


def test_a_reset_delivers_a_prefix_of_what_is_under_way_then_closes_both_ends():
    lengths = set()
    for seed in range(40):
        stage = Stage(seed)
        stage.connect()
        stage.say_right(b"0123456789")
        stage.run(30)
        (endpoint,) = stage.left_host.life.endpoints.values()  # type: ignore[union-attr]
        stage.simulation.network.reset(endpoint, "reset", Prng(seed))
        stage.run()
        assert b"0123456789".startswith(stage.left.data(1))
        assert len(reasons(stage.left)) == len(reasons(stage.right)) == 1
        lengths.add(len(stage.left.data(1)))
    assert len(lengths) > 5


def test_a_blocked_link_holds_one_direction_only():
    stage = Stage()
    stage.connect()
    stage.simulation.network.block("right", "left")
    stage.say_right(b"to the left")
    stage.say_left(b"to the right")
    stage.run()
    assert stage.left.data(1) == b""
    assert stage.right.data(-1) == b"to the right"
    stage.simulation.network.unblock("right", "left")
    stage.run()
    assert stage.left.data(1) == b"to the left"


def test_blocks_add_up():
    stage = Stage()
    stage.connect()
    for _ in range(2):
        stage.simulation.network.block("right", "left")
    stage.say_right(b"x")
    stage.simulation.network.unblock("right", "left")
    stage.run()
    assert stage.left.data(1) == b""


def test_a_killed_process_resets_its_connections():
    stage = Stage()
    stage.connect()
    stage.left_host.kill()
    stage.run()
    assert reasons(stage.right) == ["reset by left"]


def test_a_machine_without_power_is_silent_and_resets_who_still_sends_once_it_is_back():
    stage = Stage()
    stage.connect()
    stage.left_host.cut_power()
    stage.say_right(b"hello?")
    stage.run()
    assert reasons(stage.right) == []
    stage.left_host.start()
    stage.run()
    assert reasons(stage.right) == []
    stage.say_right(b"hello again?")
    stage.run()
    assert reasons(stage.right) == ["reset by left, which was born again"]
    assert stage.left.data(1) == b""
