"""Tapes: a run is a function of its tape."""

import attrs

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import Branch, FaultMix, LinkReset, Load, Planned, Scenario, Schedule, Send, drawn_tape, play, run
from streambus.sim.faults import ClientCrash
from streambus.sim.streams import Streams
from streambus.sim.tape import fitting

SCENARIO = Scenario(
    "a little of everything",
    duration=SECOND,
    load=Load(inquirers=1, side_one_in=8),
    faults=FaultMix(process_kill_every=400 * MILLISECOND, link_reset_every=100 * MILLISECOND, down_max=100 * MILLISECOND),
)
TAPE = drawn_tape(SCENARIO, 5)


def test_to_run_is_to_draw_a_tape_and_to_play_it():
    assert play(TAPE).trace_hash == run(SCENARIO, 5).trace_hash


def test_a_tape_without_chores_and_faults_is_a_quiet_run():
    outcome = play(attrs.evolve(TAPE, faults=(), chores=()))
    assert outcome.is_clean
    assert len(outcome.history.faults) == 0


def test_a_chore_left_out_leaves_all_others_as_they_were():
    sends = [chore for chore in TAPE.chores if isinstance(chore, Send)]
    fewer = attrs.evolve(TAPE, chores=tuple(chore for chore in TAPE.chores if chore is not sends[7]))
    assert len(fewer.chores) == len(TAPE.chores) - 1
    assert play(fewer).is_clean


def test_a_client_without_chores_is_not_there_and_nothing_befalls_it():
    crash = Planned(SECOND // 2, ClientCrash("writer-0", SECOND // 10))
    reset = Planned(SECOND // 2, LinkReset("broker-1", "writer-0"))
    tape = attrs.evolve(TAPE, faults=(*TAPE.faults, crash, reset), chores=tuple(chore for chore in TAPE.chores if chore.user != "writer-0"))
    assert crash not in fitting(tape).faults
    assert reset not in fitting(tape).faults
    assert play(fitting(tape)).is_clean
    assert fitting(TAPE) is TAPE


def test_a_branch_has_the_same_past_and_another_future():
    branched = attrs.evolve(TAPE, schedule=Schedule(5, branches=(Branch(SECOND // 2, 1),)))
    one, other = play(TAPE), play(branched)
    assert one.trace_hash != other.trace_hash

    def early(outcome):
        return [operation for operation in outcome.history.operations if (operation.completed_at or SECOND) < SECOND // 2]

    assert early(one) == early(other) != []


def test_a_calm_stream_does_nothing_rare():
    calm = Streams(3, calm=("latency",)).stream("a>b", "latency")
    assert [calm.below(10), calm.between(2, 5), calm.chance(1, 2), calm.chance(2, 2)] == [9, 5, False, True]
    assert calm.bits64() == calm.bits64()


def test_a_run_with_calm_streams_is_clean_too():
    purposes = ("latency", "disk latency", "bursts", "crashes", "births")
    assert play(attrs.evolve(TAPE, schedule=Schedule(5, calm=purposes))).is_clean


def test_streams_that_branch_are_decided_by_the_new_seed_alone():
    one, other = Streams(1), Streams(2)
    for streams in (one, other):
        streams.stream("a", "x").bits64()
        streams.branch(9)
    assert one.live["a/x"].state == other.live["a/x"].state
    assert one.stream("b", "y").bits64() == other.stream("b", "y").bits64()
