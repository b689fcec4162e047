"""Whoever waits can say what for, whatever is going on: users are asked every few milliseconds while faults happen to everybody."""

import pytest

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import FACTORIES, DiskSpeed, FaultMix, Load, Partition, Planned, PowerCut, ProcessKill, Scenario, drawn_tape
from streambus.sim.agenda import Occurrence
from streambus.sim.cluster import Cluster
from streambus.sim.faults import ProcessPause
from streambus.sim.oracles import explain_waits

ASKED_EVERY = 6 * MILLISECOND
OFTEN = 300 * MILLISECOND

TROUBLED = Scenario(
    "a cluster that everything happens to",
    duration=SECOND,
    load=Load(
        writers=2,
        readers=2,
        pause=20 * MILLISECOND,
        linger=20 * MILLISECOND,
        inquirers=1,
        inquire_every=30 * MILLISECOND,
        seek_every=60 * MILLISECOND,
        request_timeout=400 * MILLISECOND,
    ),
    disk=DiskSpeed(sync_min=2 * MILLISECOND, sync_max=20 * MILLISECOND),
    faults=FaultMix(
        process_kill_every=OFTEN,
        power_cut_every=OFTEN,
        process_pause_every=OFTEN,
        client_crash_every=OFTEN,
        link_reset_every=OFTEN,
        partition_every=OFTEN,
        dial_failure_every=OFTEN,
        half_open_every=OFTEN,
        slow_reader_every=OFTEN,
        slow_disk_every=OFTEN,
        disk_stall_every=OFTEN,
        down_max=60 * MILLISECOND,
    ),
)

STOPPED = Scenario(
    "processes that are stopped in the middle of things",
    duration=SECOND,
    load=Load(writers=1, readers=1, partitions=1, pause=20 * MILLISECOND, linger=30 * MILLISECOND, request_timeout=300 * MILLISECOND),
    disk=DiskSpeed(sync_min=40 * MILLISECOND, sync_max=60 * MILLISECOND),
    plan=(
        Planned(200 * MILLISECOND, ProcessPause("broker-1", 100 * MILLISECOND)),
        Planned(400 * MILLISECOND, ProcessPause("writer-0", 100 * MILLISECOND)),
        Planned(600 * MILLISECOND, ProcessPause("broker-1", 500 * MILLISECOND)),
    ),
)

SLOW = Scenario(
    "a disk on which everything takes long, and a link that opens late",
    duration=SECOND,
    load=Load(writers=2, readers=1, partitions=1, pause=20 * MILLISECOND, request_timeout=300 * MILLISECOND),
    disk=DiskSpeed(sync_min=20 * MILLISECOND, sync_max=30 * MILLISECOND, other_min=10 * MILLISECOND, other_max=20 * MILLISECOND),
    segment_bytes=4096,
    plan=(
        Planned(300 * MILLISECOND, ProcessKill("broker-1", 10 * MILLISECOND)),
        Planned(305 * MILLISECOND, Partition("broker-1", "writer-0", True, 200 * MILLISECOND)),
        Planned(700 * MILLISECOND, PowerCut("broker-1", 100 * MILLISECOND)),
    ),
)


def what_is_said(scenario: Scenario, seed: int) -> list[str]:
    """All sentences of one run, in order."""
    cluster, said = Cluster(drawn_tape(scenario, seed), FACTORIES), []
    agenda = cluster.simulation.agenda

    def ask(_occurrence: Occurrence) -> None:
        said.extend(explain_waits(cluster.simulation, cluster.users.values()))
        agenda.after(ASKED_EVERY, ask)

    agenda.after(ASKED_EVERY, ask)
    assert cluster.play() == (), "asking changes nothing"
    return said


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    runs = (*((TROUBLED, seed) for seed in (*range(1, 10), 31)), (STOPPED, 1), (SLOW, 1))
    return [sentence for scenario, seed in runs for sentence in what_is_said(scenario, seed)]


@pytest.mark.parametrize(
    "words",
    [
        # The client.
        "the open batch of topic-0-",
        "in flight to broker 1 in attempt 1",
        "before it, in flight to broker 1",
        "its back-off to end in",
        "a producer id",
        "a place in topic topic-0",
        "a leader of topic-0-",
        "the offsets that it lists",
        "the positions of topic-0-",
        "records of 3 partitions, which waits for a fetch from broker 1",
        "the back-off after 1 failures",
        "the back-off of fetch session",
        "metadata, which waits for METADATA #",
        "its client to look at it",
        "a process that is stopped to go on",
        "the process of writer-0, which is stopped, to go on",
        # The network.
        "which is dialled again in",
        "that is being dialled, until in",
        "which is being negotiated",
        "given up in",
        "somebody to listen at broker-1:9092",
        "the network between writer-0 and broker-1",
        "its request: ",
        "its answer: ",
        "which lets nothing through, to be unblocked",
        "to read from connection",
        "broker-1 is down, or was born again since",
        "its node to hear that the connection is gone",
        # The broker.
        "the process of broker-1, which is stopped, to go on",
        "a DelayedProduce in purgatory whose time is up in",
        "a DelayedFetch in purgatory whose time is up in",
        "the answers before it on connection",
        "all of which is durable",
        # The disk.
        "the sync of the log up to byte",
        "the disk of broker-1: Sync of wal/",
        "the disk of broker-1: SyncDirectory of the directory",
        "times slower than usual",
    ],
)
def test_a_chain_of_waits_names(words: str, sentences: list[str]):
    assert any(words in sentence for sentence in sentences)


def test_every_sentence_names_somebody_and_a_wish(sentences: list[str]):
    names = ("admin", "writer-", "reader-", "inquirer-", "final-reader")
    assert all(sentence.startswith(names) for sentence in sentences)


def test_nobody_is_said_to_be_able_and_not_to_do_it(sentences: list[str]):
    assert not [sentence for sentence in sentences if sentence.endswith("and does not")]
