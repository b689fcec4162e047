"""Bad weather between two hosts: slow, lossy, narrow links, and bits that flip. Order within a connection holds in all of it."""

import pytest
from puppets import STEADY, Stage

from streambus.kernel import MILLISECOND, SECOND, Closed, Congested, Connected, ConnectionId, Dial, Prng, Received, Relieved
from streambus.records import BadBatch, Record, check_batch, encode_batch, parse_header
from streambus.sim.bit_rot import flipped_in_batch, flipped_outside, protected_parts
from streambus.sim.faults import Clog, FlippedBit, Isolation, LatencySpike, NarrowLink, PacketLoss, WildBit
from streambus.sim.faults.deed import Deed
from streambus.sim.network import LinkSpeed

EXACT = LinkSpeed(latency_min=100, latency_max=100, tail=1)


def begin(stage: Stage, deed: Deed, luck: int = 1) -> Deed:
    assert deed.begin(stage.simulation, Prng(luck))
    return deed


class DatedStage(Stage):
    """Knows when bytes reached the left puppet."""

    def __init__(self, seed: int = 1, speed: LinkSpeed = EXACT) -> None:
        super().__init__(seed, speed)
        self.dates: list[int] = []
        self.simulation.observers.append(self)
        self.connect()

    def on_birth(self, life):
        pass

    def on_step(self, life, now, event, effects):
        if life.name == "left" and isinstance(event, Received):
            self.dates.append(life.agenda.now)

    def time_to_arrive(self, length: int = 1) -> int:
        self.dates.clear()
        began_at = self.simulation.agenda.now
        self.say_right(bytes(length))
        self.run(60 * SECOND)
        return self.dates[-1] - began_at


def batch() -> bytes:
    return encode_batch([Record(key=b"key", value=b"a value that is long enough")])


def test_a_latency_spike_makes_everything_slower_in_one_direction_until_it_ends():
    stage = DatedStage()
    usual = stage.time_to_arrive()
    spike = begin(stage, LatencySpike("right", "left", factor=50, lasts=SECOND))
    assert stage.time_to_arrive() >= 50 * 100
    assert usual < 200
    spike.end(stage.simulation)
    assert stage.time_to_arrive() < 200
    assert stage.simulation.network.link("right", "left").weather is None


def test_a_lost_segment_is_sent_again_after_200_ms_then_400_and_so_on():
    waits = set()
    for seed in range(30):
        stage = DatedStage(seed)
        begin(stage, PacketLoss("right", "left", per_mille=500, losses_max=100, lasts=SECOND))
        waits.add(stage.time_to_arrive() // (100 * MILLISECOND))
    assert {0, 2, 6} <= waits
    assert waits <= {0, 2, 6, 14, 30, 62, 126, 254, 510}


def test_what_is_behind_a_lost_segment_waits_for_it():
    for seed in range(20):
        stage = DatedStage(seed)
        begin(stage, PacketLoss("right", "left", per_mille=400, losses_max=100, lasts=SECOND))
        for number in range(50):
            stage.say_right(b"%d," % number)
        stage.run(600 * SECOND)
        assert stage.left.data(1) == b"".join(b"%d," % number for number in range(50))


def test_a_segment_that_is_lost_too_often_resets_its_connection():
    stage = DatedStage()
    begin(stage, PacketLoss("right", "left", per_mille=999, losses_max=3, lasts=SECOND))
    stage.say_right(b"in vain")
    stage.run(10 * SECOND)
    for puppet in (stage.left, stage.right):
        assert len(puppet.heard(Closed)) == 1
    assert b"in vain".startswith(stage.left.data(1))


def test_a_lost_dial_costs_a_second():
    stage = Stage(speed=EXACT)
    begin(stage, PacketLoss("right", "left", per_mille=999, losses_max=2, lasts=SECOND))
    stage.pull_right(Dial(ConnectionId(-1), "left", 1))
    stage.run(900 * MILLISECOND)
    assert stage.right.heard(Connected) == []
    stage.run(200 * MILLISECOND)
    assert len(stage.right.heard(Connected)) == 1


def test_a_narrow_link_passes_so_many_bytes_per_millisecond_and_congests_whoever_sends_more():
    stage = DatedStage(speed=LinkSpeed(latency_min=100, latency_max=100, tail=1, queue_bytes_max=1_000))
    narrow = begin(stage, NarrowLink("right", "left", bytes_per_millisecond=10, lasts=SECOND))
    for _ in range(20):
        stage.say_right(bytes(100))
    stage.run(100 * MILLISECOND)
    assert 800 <= len(stage.left.data(1)) <= 1_000
    assert len(stage.right.heard(Congested)) == 1
    assert stage.right.heard(Relieved) == []
    stage.run(SECOND)
    assert len(stage.left.data(1)) == 2_000
    assert len(stage.right.heard(Relieved)) == 1
    narrow.end(stage.simulation)
    assert stage.time_to_arrive(1_000) < MILLISECOND


@pytest.mark.parametrize(
    "kind",
    [
        lambda: LatencySpike("right", "left", 2, SECOND),
        lambda: PacketLoss("right", "left", 10, 2, SECOND),
        lambda: NarrowLink("right", "left", 10, SECOND),
        lambda: FlippedBit("right", "left", SECOND),
    ],
)
def test_weather_of_one_kind_does_not_add_up_and_different_kinds_do(kind):
    stage = Stage()
    first = begin(stage, kind())
    assert not kind().begin(stage.simulation, Prng(2))
    other = begin(stage, LatencySpike("left", "right", 3, SECOND))
    first.end(stage.simulation)
    assert stage.simulation.network.link("right", "left").weather is None
    assert stage.simulation.network.link("left", "right").weather is not None
    other.end(stage.simulation)


def test_a_clog_holds_bytes_and_dials_and_lets_them_go_in_one_burst():
    stage = Stage(speed=STEADY)
    stage.connect()
    clog = begin(stage, Clog("right", "left", SECOND))
    stage.say_right(b"held")
    stage.pull_right(Dial(ConnectionId(-2), "left", 1))
    stage.run(5 * SECOND)
    assert stage.left.data(1) == b""
    assert stage.right.heard(Closed) == []
    clog.end(stage.simulation)
    stage.run()
    assert stage.left.data(1) == b"held"
    assert len(stage.right.heard(Connected)) == 2


@pytest.mark.parametrize(("inward", "outward"), [(True, False), (False, True), (True, True)])
def test_an_isolated_broker_hears_nobody_or_is_heard_by_nobody(inward: bool, outward: bool):
    stage = Stage()
    stage.connect()
    isolation = begin(stage, Isolation("left", inward=inward, outward=outward, lasts=SECOND))
    stage.say_right(b"to the broker")
    stage.say_left(b"from the broker")
    stage.run()
    assert (stage.left.data(1) == b"") == inward
    assert (stage.right.data(-1) == b"") == outward
    isolation.end(stage.simulation)
    stage.run()
    assert (stage.left.data(1), stage.right.data(-1)) == (b"to the broker", b"from the broker")


def test_a_batch_is_found_among_other_bytes_by_what_it_is():
    found = batch()
    data = b"\x02" * 40 + found + b"between" + found
    first, second = protected_parts(data)
    assert first == (40 + 21, 40 + len(found))
    assert second == (40 + len(found) + 7 + 21, len(data))
    assert list(protected_parts(found[:-1])) == []


def test_a_flipped_bit_in_a_batch_is_one_that_its_checksum_finds():
    data = b"head" + batch() + b"tail"
    for seed in range(50):
        spoiled = flipped_in_batch(data, Prng(seed))
        assert spoiled is not None
        assert sum((a ^ b).bit_count() for a, b in zip(data, spoiled, strict=True)) == 1
        assert (spoiled[:4], spoiled[-4:]) == (b"head", b"tail")
        header = parse_header(spoiled[4:-4])
        with pytest.raises(BadBatch):
            check_batch(spoiled[4:-4], header)


def test_a_wild_bit_never_hits_what_a_checksum_covers():
    data = b"head" + batch() + b"tail"
    ((start, end),) = protected_parts(data)
    for seed in range(200):
        spoiled = flipped_outside(data, Prng(seed))
        assert spoiled is not None
        assert spoiled[start:end] == data[start:end]
        assert sum((a ^ b).bit_count() for a, b in zip(data, spoiled, strict=True)) == 1
    assert flipped_outside(b"", Prng(1)) is None


def test_one_bit_flips_on_the_wire_and_no_second_one():
    stage = Stage()
    stage.connect()
    rot = begin(stage, FlippedBit("right", "left", SECOND))
    stage.say_right(b"no batch here")
    for _ in range(3):
        stage.say_right(batch())
    stage.run()
    sent, seen = b"no batch here" + batch() * 3, stage.left.data(1)
    assert sum((a ^ b).bit_count() for a, b in zip(sent, seen, strict=True)) == 1
    assert rot.end(stage.simulation) == "peer left, 1 bits flipped"


def test_a_wild_bit_flips_in_the_next_thing_that_is_sent():
    stage = Stage()
    stage.connect()
    rot = begin(stage, WildBit("right", "left", SECOND))
    stage.say_right(b"anything")
    stage.run()
    assert sum((a ^ b).bit_count() for a, b in zip(b"anything", stage.left.data(1), strict=True)) == 1
    rot.end(stage.simulation)
