"""Placement: every partition's replicas are distinct brokers, and the load is even."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streambus.kernel import Prng
from streambus.metadata import CannotPlace, place

counts = st.integers(min_value=1, max_value=9)


@given(partitions=st.integers(min_value=1, max_value=60), active=counts, fenced=st.integers(min_value=0, max_value=4), seed=counts)
def test_replicas_are_distinct_registered_and_led_by_one_that_serves(partitions: int, active: int, fenced: int, seed: int):
    serving, resting = list(range(active)), list(range(active, active + fenced))
    for factor in range(1, active + fenced + 1):
        placed = place(partitions, factor, serving, resting, Prng(seed))
        assert len(placed) == partitions
        for replicas in placed:
            assert len(set(replicas)) == len(replicas) == factor
            assert set(replicas) <= set(serving + resting)
            assert replicas[0] in serving
            assert len(set(replicas) & set(serving)) == min(factor, active)


@given(rounds=counts, active=counts, seed=counts, data=st.data())
def test_every_broker_leads_and_follows_as_much_as_every_other(rounds: int, active: int, seed: int, data: st.DataObject):
    factor = data.draw(st.integers(min_value=1, max_value=active))
    placed = place(rounds * active, factor, range(active), (), Prng(seed))
    assert set(Counter(replicas[0] for replicas in placed).values()) == {rounds}
    assert set(Counter(broker for replicas in placed for broker in replicas).values()) == {rounds * factor}


def test_the_followers_of_a_leader_are_not_always_the_same():
    placed = place(20, 2, range(5), (), Prng(1))
    assert len({replicas for replicas in placed if replicas[0] == 0}) == 4


def test_equal_dice_place_alike_and_others_do_not():
    assert place(10, 3, range(5), (), Prng(1)) == place(10, 3, range(5), (), Prng(1))
    assert place(10, 3, range(5), (), Prng(1)) != place(10, 3, range(5), (), Prng(2))


REGISTERED = "broker(s) are registered or some brokers have all their log directories cordoned."


@pytest.mark.parametrize(
    ("factor", "active", "fenced", "reason"),
    [
        (1, 0, 0, f"The target replication factor of 1 cannot be reached because only 0 {REGISTERED}"),
        (4, 2, 1, f"The target replication factor of 4 cannot be reached because only 3 {REGISTERED}"),
        (1, 0, 2, "All brokers are currently fenced."),
    ],
)
def test_too_few_brokers_are_said_to_be_too_few(factor: int, active: int, fenced: int, reason: str):
    with pytest.raises(CannotPlace) as caught:
        place(1, factor, range(active), range(active, active + fenced), Prng(1))
    assert str(caught.value) == f"Unable to replicate the partition {factor} time(s): {reason}"
