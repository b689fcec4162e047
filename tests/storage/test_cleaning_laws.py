"""What cleaning promises, for logs of all kinds: against a list of everything that was ever written."""

from cleaned_logs import ABORT, COMMIT, RETENTION_MS, LogMaker, records_of
from hypothesis import given, settings
from hypothesis import strategies as st

from streambus.records import Codec, Record, control_type, parse_header
from streambus.storage.cleaning.key_map import BYTES_PER_KEY

TRANSACTIONAL, IDEMPOTENT, NOBODY = (1, 2), 3, -1

keys = st.sampled_from([b"a", b"b", b"c", b"a" * 20, b"\0\0\0\0", b"\0\0\0\1", b"", None])
values = st.sampled_from([b"1", b"2" * 30, b"", None, None])
pairs = st.lists(st.tuples(keys, values), min_size=1, max_size=4)
producers = st.sampled_from([*TRANSACTIONAL, *TRANSACTIONAL, IDEMPOTENT, NOBODY])
codecs = st.sampled_from([Codec.NONE, Codec.NONE, Codec.LZ4, Codec.GZIP])
data = st.tuples(producers, pairs, codecs)
ends = st.tuples(st.sampled_from(TRANSACTIONAL), st.sampled_from([ABORT, COMMIT]))
rounds = st.lists(
    st.tuples(st.lists(st.one_of(data, data, ends), max_size=8), st.sampled_from([0, 3, 10, 25]), st.integers(1, 5), st.integers(1, 6)),
    min_size=1,
    max_size=4,
)


def write(log: LogMaker, steps: list[tuple]) -> None:
    for step in steps:
        if len(step) == 3:
            producer_id, drawn, codec = step
            log.data(*drawn, producer_id=producer_id, transactional=producer_id in TRANSACTIONAL, codec=codec)
        else:
            producer_id, control = step
            log.marker(control, producer_id)


class Model:
    """Everything that was written, looked at record by record."""

    def __init__(self, log: LogMaker) -> None:
        self.log = log
        self.covered_at: dict[int, int] = {}
        """When the batch that begins at an offset was cleaned as a whole for the first time."""

    def cleaned(self, now_ms: int) -> None:
        for batch in self.log.written:
            header = parse_header(batch)
            if header.next_offset <= self.log.cleaned_end:
                self.covered_at.setdefault(header.base_offset, now_ms)

    def is_aborted(self, producer_id: int, offset: int) -> bool:
        return any(entry.producer_id == producer_id and entry.first_offset <= offset <= entry.last_offset for entry in self.log.aborted())

    def expected(self, now_ms: int) -> dict[int, Record]:
        """What has to be left, exactly."""
        end = self.log.cleaned_end
        left: dict[int, Record] = {}
        newest: dict[bytes, int] = {}
        for batch in self.log.written:
            header = parse_header(batch)
            is_over = self.covered_at.get(header.base_offset, now_ms) + RETENTION_MS <= now_ms
            for offset, record in records_of([batch]).items():
                if self.is_aborted(header.producer_id, header.base_offset):
                    if header.base_offset >= end:
                        left[offset] = record
                elif offset >= end:
                    left[offset] = record
                elif record.key is not None:
                    left.pop(newest.get(record.key, -1), None)
                    newest[record.key] = offset
                    if record.value is not None or not is_over:
                        left[offset] = record
        return left

    def state(self, records: dict[int, Record], batches: list[bytes]) -> dict[bytes | None, bytes | None]:
        """What a consumer believes in the end that reads what is committed, from the beginning on."""
        producers = {record: header for batch in batches for header in [parse_header(batch)] for record in records_of([batch])}
        state: dict[bytes | None, bytes | None] = {}
        for offset, record in records.items():
            if self.is_aborted(producers[offset].producer_id, offset):
                continue
            state.pop(record.key, None)
            if record.key is not None and record.value is not None:
                state[record.key] = record.value
        return state

    def check(self, now_ms: int) -> None:
        log, batches = self.log, self.log.batches()
        records = records_of(batches)
        assert records == self.expected(now_ms)
        before = {parse_header(batch).base_offset: parse_header(batch) for batch in log.written}
        assert self.state(records, batches) == self.state(records_of(log.written), log.written)
        left = {header.base_offset: header for header in map(parse_header, batches)}
        for base_offset, header in left.items():
            written = before[base_offset]
            for name in ("last_offset", "leader_epoch", "producer_id", "producer_epoch", "base_sequence", "is_transactional", "is_control"):
                assert getattr(header, name) == getattr(written, name)
        assert max(left, default=-1) == max(before, default=-1), "the last batch stays"
        last_offsets = {(header.producer_id, header.last_offset) for header in left.values() if header.producer_id >= 0}
        assert set(log.last_batches.items()) <= last_offsets
        self.check_markers(batches)

    def check_markers(self, batches: list[bytes]) -> None:
        """Where there is data of a transaction that ended, there is its end."""
        ends = {
            (parse_header(batch).producer_id, parse_header(batch).base_offset): control_type(parse_header(batch), batch)
            for batch in batches
        }
        written = [(parse_header(batch), control_type(parse_header(batch), batch)) for batch in self.log.written]
        for batch in batches:
            header = parse_header(batch)
            if header.is_transactional and not header.is_control:
                later = [
                    (marker.base_offset, control)
                    for marker, control in written
                    if control is not None and marker.producer_id == header.producer_id and marker.base_offset > header.base_offset
                ]
                if later:
                    offset, control = min(later)
                    assert ends.get((header.producer_id, offset)) is control


@settings(deadline=None, max_examples=150)
@given(rounds)
def test_the_newest_record_of_each_key_stays_and_nothing_else(drawn: list[tuple]) -> None:
    log, now_ms = LogMaker(), 1_000
    model = Model(log)
    for steps, pause_ms, batches_per_segment, tables in drawn:
        write(log, steps)
        log.seal(batches_per_segment)
        if not log.extents:
            continue
        now_ms += pause_ms
        log.clean(now_ms, table_bytes=200 * tables)
        assert log.cleaned_end == log.transactions.last_stable_offset(log.end_offset)
        model.cleaned(now_ms)
        model.check(now_ms)


@settings(deadline=None, max_examples=100)
@given(rounds, st.integers(1, 3))
def test_a_map_that_is_full_cleans_a_part_and_goes_on_from_there(drawn: list[tuple], capacity: int) -> None:
    log, now_ms = LogMaker(), 1_000
    model = Model(log)
    for steps, pause_ms, batches_per_segment, _ in drawn:
        write(log, steps)
        log.seal(batches_per_segment)
        if not log.extents:
            continue
        end_offset = log.transactions.last_stable_offset(log.end_offset)
        while log.cleaned_end < end_offset:
            now_ms += pause_ms
            before = log.cleaned_end
            log.clean(now_ms, key_map_bytes=capacity * BYTES_PER_KEY)
            assert before < log.cleaned_end <= end_offset
            model.cleaned(now_ms)
            model.check(now_ms)


@settings(deadline=None, max_examples=80)
@given(rounds, st.integers(1, 9), st.integers(1, 9))
def test_where_segments_end_makes_no_difference(drawn: list[tuple], one: int, other: int) -> None:
    results = []
    for batches_per_segment in (one, other):
        log = LogMaker()
        for steps, _, _, _ in drawn:
            write(log, steps)
        log.seal(batches_per_segment)
        if log.extents:
            cleaned = log.clean(1_000, table_bytes=300 * batches_per_segment)
            results.append((log.batches(), cleaned.cleaned_end, cleaned.vanished, cleaned.bytes_before, cleaned.bytes_after))
    assert results[:1] == results[1:]


@settings(deadline=None, max_examples=80)
@given(rounds)
def test_cleaning_again_changes_nothing_once_markers_know_that_they_may_go(drawn: list[tuple]) -> None:
    log = LogMaker()
    for steps, _, batches_per_segment, _ in drawn:
        write(log, steps)
        log.seal(batches_per_segment)
    if not log.extents:
        return
    log.clean(1_000)
    first = records_of(log.batches())
    log.clean(1_000)
    second = log.batches()
    assert records_of(second) == first
    cleaned = log.clean(1_000)
    assert log.batches() == second
    assert cleaned.bytes_before == cleaned.bytes_after == sum(map(len, second))
    assert cleaned.records_before == cleaned.records_after
