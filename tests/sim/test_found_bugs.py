"""Bugs that the simulator has found, each as the smallest story that shows it, so that they stay found."""

from streambus.kernel import MILLISECOND, SECOND
from streambus.sim import FaultMix, LinkSpeed, Load, Planned, Scenario, run
from streambus.sim.faults import RollingUpgrade

STORM = Scenario(
    "power cuts, kills and resets, many a second",
    duration=2 * SECOND,
    load=Load(linger=0, batch_bytes=2_048, record_bytes=1_500, pause=20 * MILLISECOND, request_timeout=500 * MILLISECOND),
    faults=FaultMix(
        process_kill_every=600 * MILLISECOND,
        power_cut_every=400 * MILLISECOND,
        link_reset_every=200 * MILLISECOND,
        down_max=100 * MILLISECOND,
    ),
)


def test_a_queued_batch_does_not_overtake_those_that_come_back_from_a_lost_connection():
    """Five requests were in flight when the power failed; the sixth batch was sent on the new connection before the others were
    queued again.

    The broker, which had lost every trace of the producer, took it for the first one, and called the older ones duplicates: they
    were acknowledged and gone.
    """
    assert run(STORM, 16).violations == ()


def test_a_batch_that_waits_for_its_next_attempt_behind_another_is_not_forgotten():
    """The timer for further attempts was set for the first batch of each queue; when that was gone, nobody woke up for the next one."""
    scenario = Scenario(
        "small batches, many in flight",
        duration=3 * SECOND,
        load=Load(writers=4, partitions=2, linger=0, batch_bytes=1_024, burst_records=4, pause=25 * MILLISECOND, request_timeout=SECOND),
        faults=FaultMix(
            process_kill_every=800 * MILLISECOND,
            power_cut_every=2 * SECOND,
            link_reset_every=300 * MILLISECOND,
            down_max=300 * MILLISECOND,
        ),
    )
    assert run(scenario, 4).violations == ()


def test_a_consumer_that_asks_for_offsets_under_an_old_leader_epoch_learns_the_new_one():
    """A restarted broker leads under a new epoch; the search was refused as fenced, again and again, and nobody asked for metadata."""
    scenario = Scenario(
        "restarts while readers look for their places",
        duration=SECOND,
        load=Load(writers=1, readers=3, partitions=6, seek_every=5 * MILLISECOND, poll_records=5),
        link=LinkSpeed(latency_max=10 * MILLISECOND),
        faults=FaultMix(process_kill_every=80 * MILLISECOND, down_max=3 * MILLISECOND),
    )
    assert run(scenario, 6).violations == ()


def test_a_wall_clock_that_leaps_by_more_than_a_day_makes_no_broker_forget_its_producers():
    """Producers expire after a silence of a day; measured by the wall clock, one leap expired them all, and retries were appended twice."""
    scenario = Scenario(
        "wild clocks",
        duration=2 * SECOND,
        load=Load(writers=3, linger=0, request_timeout=300 * MILLISECOND),
        faults=FaultMix(clock_step_every=30 * MILLISECOND, clock_step_max=30 * 3_600 * SECOND, link_reset_every=60 * MILLISECOND),
    )
    assert run(scenario, 13).violations == ()


def test_a_client_that_asks_for_offsets_in_a_version_without_leader_epochs_is_answered():
    """The answer had the epoch in it nevertheless, for which those versions have no place, and the broker raised."""
    upgrade = RollingUpgrade("broker-1", versions_less=20, segment_bytes=65_536, grace=MILLISECOND, lasts=300 * MILLISECOND)
    scenario = Scenario(
        "an older release",
        duration=SECOND // 2,
        load=Load(writers=1, readers=2, seek_every=20 * MILLISECOND, request_timeout=300 * MILLISECOND),
        plan=(Planned(100 * MILLISECOND, upgrade, luck=2),),
    )
    assert run(scenario, 1).violations == ()
