"""The transactions of a log: the last stable offset, the index of the aborted, and what cuts and checkpoints leave of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streambus.records import BatchHeader, ControlType
from streambus.storage.transactions import AbortedTransaction, Transactions, decode_aborted, encode_aborted

ABORT, COMMIT = ControlType.ABORT, ControlType.COMMIT
TRANSACTIONAL, CONTROL = 0x10, 0x20

Step = tuple[int, ControlType | None, int, bool]
"""Producer, marker or data, how many offsets, whether transactional."""


def header_of(producer_id: int, base_offset: int, offsets: int, attributes: int) -> BatchHeader:
    return BatchHeader(base_offset, 100, 0, 2, 0, attributes, offsets - 1, 0, 0, producer_id, 0, 0, offsets)


class History:
    """Transactions, and every batch they were told of: the model looks at all of it each time."""

    def __init__(self) -> None:
        self.transactions = Transactions()
        self.batches: list[tuple[int, int, int, ControlType | None, bool]] = []
        self.end_offset = 0

    def data(self, producer_id: int, offsets: int = 1, *, transactional: bool = True) -> int:
        return self._append(producer_id, offsets, TRANSACTIONAL if transactional else 0, None)

    def marker(self, producer_id: int, control: ControlType | None) -> int:
        return self._append(producer_id, 1, TRANSACTIONAL | CONTROL, control)

    def _append(self, producer_id: int, offsets: int, attributes: int, control: ControlType | None) -> int:
        base_offset = self.end_offset
        self.transactions.append(header_of(producer_id, base_offset, offsets, attributes), base_offset, control)
        self.batches.append((producer_id, base_offset, base_offset + offsets - 1, control, bool(attributes & CONTROL)))
        if not attributes & TRANSACTIONAL:
            self.batches.pop()
        self.end_offset += offsets
        return base_offset

    def cut_from(self, end_offset: int) -> bool:
        self.batches = [batch for batch in self.batches if batch[1] < end_offset]
        self.end_offset = end_offset
        return self.transactions.cut_from(end_offset)

    def told(self) -> tuple[dict[int, int], list[tuple[int, int, int, bool]]]:
        """The open transactions, and all that ended: producer, first and last offset, whether aborted."""
        opened: dict[int, int] = {}
        ended: list[tuple[int, int, int, bool]] = []
        for producer_id, base_offset, last_offset, control, is_control in self.batches:
            if not is_control:
                opened.setdefault(producer_id, base_offset)
            elif control in (ABORT, COMMIT) and producer_id in opened:
                ended.append((producer_id, opened.pop(producer_id), last_offset, control is ABORT))
        return opened, ended


def compare(history: History, high_watermark: int) -> None:
    transactions = history.transactions
    transactions.check()
    opened, ended = history.told()
    assert sorted(transactions.open.items()) == sorted(opened.items())
    unstable = [*opened.values(), *(first for _, first, last, _ in ended if last >= high_watermark)]
    assert transactions.first_unstable_offset(high_watermark) == min(unstable, default=None)
    assert transactions.last_stable_offset(high_watermark) == min([*unstable, high_watermark])
    aborted = [(producer_id, first, last) for producer_id, first, last, was_aborted in ended if was_aborted]
    assert len(transactions) == len(aborted)
    for offset in range(history.end_offset + 1):
        for end_offset in range(offset, history.end_offset + 2):
            found = [
                (entry.producer_id, entry.first_offset, entry.last_offset) for entry in transactions.aborted_between(offset, end_offset)
            ]
            assert found == [entry for entry in aborted if entry[2] >= offset and entry[1] < end_offset]


steps = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from([None, None, ABORT, COMMIT]), st.integers(1, 3), st.sampled_from([True, True, False])),
    max_size=14,
)


def play(history: History, drawn: list[Step]) -> None:
    for producer_id, control, offsets, transactional in drawn:
        if control is not None:
            history.marker(producer_id, control)
        else:
            history.data(producer_id, offsets, transactional=transactional)


@settings(deadline=None)
@given(steps, steps, st.integers(0, 40), st.integers(0, 40))
def test_all_is_known_as_long_as_the_log_is_cut_no_further_than_replicated(
    first: list[Step], second: list[Step], high_watermark: int, cut: int
) -> None:
    history = History()
    play(history, first)
    high_watermark = min(high_watermark, history.end_offset)
    history.transactions.forget_replicated(high_watermark)
    compare(history, high_watermark)
    cut = min(max(cut, high_watermark), history.end_offset)
    if cut < history.end_offset and any(base < cut <= last for _, base, last, _, _ in history.batches):
        cut = history.end_offset
    assert history.cut_from(cut)
    compare(history, high_watermark)
    play(history, second)
    compare(history, high_watermark)


@settings(deadline=None)
@given(steps, steps, st.integers(0, 20))
def test_a_checkpoint_is_as_good_as_what_was_written_down(first: list[Step], second: list[Step], high_watermark: int) -> None:
    history = History()
    play(history, first)
    history.transactions.forget_replicated(min(high_watermark, history.end_offset))
    remembered = Transactions.decode(history.transactions.encode())
    for entry in history.transactions.aborted_from(0):
        remembered.append_aborted(decode_aborted(encode_aborted(entry)))
    assert remembered.encode() == history.transactions.encode()
    history.transactions = remembered
    play(history, second)
    compare(history, min(high_watermark, history.end_offset))


def test_an_aborted_transaction_says_up_to_where_no_other_was_open() -> None:
    history = History()
    history.data(1)
    history.data(2)
    history.marker(2, ABORT)
    history.marker(1, ABORT)
    assert history.transactions.aborted_from(0) == [AbortedTransaction(2, 1, 2, 0), AbortedTransaction(1, 0, 3, 4)]
    assert history.transactions.aborted_from(3) == [AbortedTransaction(1, 0, 3, 4)]


def test_a_truncation_opens_what_a_lost_marker_had_ended() -> None:
    history = History()
    history.data(1)
    history.data(2)
    history.marker(1, COMMIT)
    history.marker(2, ABORT)
    assert history.cut_from(2)
    assert history.transactions.open == {1: 0, 2: 1}
    assert len(history.transactions) == 0


def test_below_the_high_watermark_only_aborted_transactions_open_again() -> None:
    history = History()
    history.data(1)
    history.data(2)
    history.marker(1, COMMIT)
    history.marker(2, ABORT)
    history.transactions.forget_replicated(4)
    assert not history.cut_from(2)
    assert history.transactions.open == {2: 1}
    assert history.cut_from(2), "what is known now is known"


def test_the_high_watermark_is_not_believed_to_go_back() -> None:
    transactions = Transactions()
    transactions.forget_replicated(5)
    transactions.forget_replicated(3)
    assert transactions.replicated_offset == 5


def test_what_is_left_of_a_transaction_begins_where_the_log_begins() -> None:
    history = History()
    history.data(1, 10)
    history.data(2, 10)
    history.data(3, 10)
    history.marker(2, ABORT)
    history.marker(3, COMMIT)
    history.transactions.cut_before(15)
    assert history.transactions.open == {1: 15}
    assert history.transactions.last_stable_offset(30) == 15
    assert history.transactions.aborted_between(15, 16) == [AbortedTransaction(2, 10, 30, 0)]
    assert history.transactions.cut_from(30)
    assert history.transactions.open == {1: 15, 2: 15, 3: 20}
    history.transactions.cut_before(15)
    assert history.transactions.open == {1: 15, 2: 15, 3: 20}


def test_aborted_transactions_below_the_start_of_the_log_are_forgotten() -> None:
    history = History()
    for _ in range(3):
        history.data(1)
        history.marker(1, ABORT)
    history.transactions.cut_before(2)
    assert [entry.last_offset for entry in history.transactions.aborted_from(0)] == [3, 5]
    assert history.transactions.encode() == Transactions.decode(history.transactions.encode()).encode()


def test_aborted_transactions_of_which_nothing_is_left_are_forgotten() -> None:
    history = History()
    for _ in range(3):
        history.data(1)
        history.marker(1, ABORT)
    history.transactions.forget_aborted([3, 4, 99])
    assert [entry.last_offset for entry in history.transactions.aborted_from(0)] == [1, 5]


def test_other_control_batches_end_nothing() -> None:
    history = History()
    history.data(1)
    history.marker(1, ControlType.LEADER_CHANGE)
    history.marker(1, None)
    assert history.transactions.first_open_offset == 0


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data + b"\0" * 24, lambda data: data[:0], lambda data: data[:24]])
def test_what_describes_no_transactions_is_refused(damage) -> None:
    history = History()
    history.data(1)
    history.marker(1, ABORT)
    history.data(2)
    with pytest.raises(ValueError):
        Transactions.decode(damage(history.transactions.encode()))


def test_what_describes_no_aborted_transaction_is_refused() -> None:
    with pytest.raises(ValueError):
        decode_aborted(b"\0" * 31)
