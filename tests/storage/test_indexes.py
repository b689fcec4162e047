"""The indexes of a log: epochs and times, against slow and obvious models."""

from hypothesis import given, settings
from hypothesis import strategies as st
from store_life import make_batch

from streambus.records import parse_header
from streambus.storage import LeaderEpochs
from streambus.storage.batch_index import BatchIndex
from streambus.storage.time_index import TimeIndex


def epochs_of(*pairs: tuple[int, int]) -> LeaderEpochs:
    epochs = LeaderEpochs()
    for leader_epoch, start_offset in pairs:
        epochs.assign(leader_epoch, start_offset)
    return epochs


def test_an_epoch_ends_where_the_next_known_one_begins():
    epochs = epochs_of((2, 0), (2, 5), (4, 10), (7, 20))
    ends = {leader_epoch: epochs.end_offset_for(leader_epoch, 30) for leader_epoch in (-1, 1, 2, 3, 4, 6, 7, 8)}
    assert ends == {-1: (-1, -1), 1: (1, 0), 2: (2, 10), 3: (2, 10), 4: (4, 20), 6: (4, 20), 7: (7, 30), 8: (-1, -1)}
    assert LeaderEpochs().end_offset_for(0, 0) == (-1, -1)


def test_every_offset_has_the_epoch_that_wrote_it():
    epochs = epochs_of((2, 3), (4, 10))
    assert [epochs.epoch_of(offset) for offset in (0, 3, 9, 10, 99)] == [-1, 2, 2, 4, 4]
    assert (epochs.latest, LeaderEpochs().latest) == (4, -1)


def test_an_epoch_of_which_nothing_is_left_makes_way():
    epochs = epochs_of((1, 0))
    epochs.cut_before(5)
    epochs.assign(2, 5)
    assert epochs.epoch_of(5) == 2
    assert epochs.end_offset_for(1, 9) == (1, 5)


def test_cutting_epochs_keeps_the_one_that_reaches_into_the_rest():
    epochs = epochs_of((0, 0), (1, 5), (2, 9))
    epochs.cut_before(7)
    assert epochs.end_offset_for(1, 20) == (1, 9)
    assert epochs.epoch_of(6) == -1
    epochs.cut_from(9)
    assert epochs.latest == 1
    epochs.cut_from(0)
    epochs.cut_before(3)
    assert epochs.latest == -1


@settings(deadline=None)
@given(
    st.lists(st.integers(-1, 6), max_size=20),
    st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=3),
)
def test_the_time_index_finds_what_a_walk_would_find(timestamps: list[int], cuts: list[tuple[bool, int]]):
    index, times = BatchIndex(), TimeIndex()
    model: dict[int, int] = {}
    for number, timestamp in enumerate(timestamps):
        index.append(parse_header(make_batch(records=2, timestamp=timestamp)), 2 * number, 500 * number, 100)
        times.append(timestamp, 2 * number)
        model[2 * number] = timestamp
    for from_front, row in cuts:
        row = min(row, len(index))
        kept = index.base_offsets[row:] if from_front else index.base_offsets[:row]
        model = {offset: model[offset] for offset in kept}
        if from_front:
            index.cut_before(row)
            times.cut_before(index)
        else:
            index.cut_from(row)
            times.cut_from(index.end_offset)
        for timestamp in range(8):
            assert times.first_reaching(timestamp) == next((offset for offset in model if model[offset] >= timestamp), None)
        latest = max(model.values(), default=-1)
        assert times.base_offset_of_max == (next(offset for offset in model if model[offset] == latest) if latest >= 0 else None)
