"""Agreement with an independent writer and reader of batches, byte for byte."""

import datetime
from io import BytesIO
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from kio.records import readers, schema, writers

from streambus.records import Record, decode_records, encode_batch, parse_header

contents = st.none() | st.binary(max_size=200)
seconds = st.integers(0, 4_000_000_000)
"""The oracle keeps whole seconds."""
records_and_seconds = st.lists(
    st.tuples(contents, contents, st.lists(st.tuples(st.text(st.characters(codec="utf-8"), max_size=5), contents), max_size=2), seconds),
    min_size=1,
    max_size=5,
)


def theirs(record: Record) -> Any:
    """`record` as the oracle has it."""
    return schema.Record(
        attributes=0,
        timestamp=datetime.datetime.fromtimestamp(record.timestamp // 1000, datetime.UTC),
        offset=record.offset,
        key=record.key,
        value=record.value,
        headers=tuple(schema.RecordHeader(key=name.encode(), value=value) for name, value in record.headers),
    )


@settings(deadline=None)
@given(
    drawn=records_and_seconds,
    base_offset=st.integers(0, 2**40),
    producer_id=st.integers(-1, 2**62),
    producer_epoch=st.integers(-1, 2**15 - 1),
    base_sequence=st.integers(-1, 2**31 - 1),
    leader_epoch=st.integers(-1, 2**31 - 1),
)
def test_both_write_the_same_batches_and_read_each_others(drawn: list[Any], base_offset: int, **fields: int) -> None:
    records = [
        Record(key, value, tuple(headers), 1000 * second, base_offset + index) for index, (key, value, headers, second) in enumerate(drawn)
    ]
    batch = encode_batch(records, base_offset=base_offset, **fields)  # type: ignore[arg-type]
    written = BytesIO()
    writers.write_batch(
        written,
        schema.NewRecordBatch(
            producer_id=fields["producer_id"],
            producer_epoch=fields["producer_epoch"],
            partition_leader_epoch=fields["leader_epoch"],
            base_sequence=fields["base_sequence"],
            records=tuple(theirs(record) for record in records),
            attributes=0,
        ),
    )
    assert written.getvalue() == batch
    assert decode_records(written.getvalue()) == records
    read, size = readers.read_batch(batch, 0)
    assert size == len(batch)
    assert read.records == tuple(theirs(record) for record in records)
    header = parse_header(batch)
    assert (read.base_offset, read.last_offset_delta, read.crc) == (header.base_offset, header.last_offset_delta, header.crc)
    assert (read.base_timestamp, read.max_timestamp) == (header.base_timestamp, header.max_timestamp)
