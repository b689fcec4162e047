"""Dumps of files: the manifest, the live write-ahead log, one sealed table."""

import argparse
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from streambus.cli.misuse import Misuse
from streambus.cli.storage.labels import METADATA_LOG, Labels
from streambus.cli.storage.lines import Line, batch_line, line, record_lines
from streambus.kernel import FileAccess
from streambus.real.reading import FilesToRead
from streambus.records import BadBatch, parse_header
from streambus.storage.checkpoint import ABORTED, FIRST_USER_KEYSPACE, LOGS, NUMBER, NUMBER_AND_ID, PRODUCERS, is_log, name_of, offsets_of
from streambus.storage.inspect import Gap, ManifestFile, RecordFound, SegmentBegun, read_manifest, walk_wal
from streambus.storage.keyspaces import LENGTH, LENGTHS, OFFSET
from streambus.storage.manifest_edits import UNCHANGED, decode_contents, decode_edit
from streambus.storage.manifest_frames import Frame, FrameKind
from streambus.storage.sealed import Damaged, Directory, IndexBlock, decode_entries, decode_index_block, read_table
from streambus.storage.table_info import TableInfo
from streambus.storage.wal_records import DELETED, RECORD_HEADER_BYTES, Entry, EntryKind


def manifest_of(folder: Path, files: FileAccess) -> ManifestFile:
    """The manifest of the folder."""
    try:
        return read_manifest(files)
    except OSError as error:
        raise Misuse(f"{folder}/manifest/current: {(error.strerror or str(error)).lower()}; see streambus storage verify") from error


def labels_of(files: FileAccess, manifest: ManifestFile) -> Labels:
    """Names of what is in tables."""
    labels = Labels()
    directories = []
    for info in manifest.contents.tables.values():
        try:
            directories.append(read_table(files, info))
        except (Damaged, OSError):
            continue
    labels.names.take_tables(files, directories)
    return labels


# Manifest --------------------------------------------------------------------------------------------------------------


def manifest_lines(folder: Path, _arguments: argparse.Namespace) -> Iterator[Line]:
    """Every frame, and what it says."""
    manifest = manifest_of(folder, FilesToRead(folder))
    for frame in manifest.frames:
        yield from _frame_lines(frame)
    if manifest.damage is not None:
        yield line("damage", position=manifest.damage_position, reason=manifest.damage)
    elif manifest.torn_bytes:
        yield line("torn-tail", position=manifest.end, bytes=manifest.torn_bytes)


def _frame_lines(frame: Frame) -> Iterator[Line]:
    place = {"position": frame.position, "generation": frame.generation, "edit": frame.sequence}
    if frame.kind == FrameKind.SNAPSHOT:
        contents = decode_contents(frame.payload)
        wal = {"wal_segment": contents.wal_segment, "wal_start": contents.wal_start, "next_table": contents.next_table}
        yield line("snapshot", **place, **wal)
        yield from [_info_line("table", info) for info in contents.tables.values()]
        yield from [_info_line("condemned", info) for info in contents.condemned.values()]
    elif frame.kind == FrameKind.EDIT:
        edit = decode_edit(frame.payload)
        said = {"wal_segment": edit.wal_segment, "wal_start": edit.wal_start, "next_table": edit.next_table}
        yield line("edit", **place, **{name: value for name, value in said.items() if value != UNCHANGED})
        yield from [_info_line("added", info) for info in edit.added]
        yield from [line("removed", 1, table=number) for number in edit.removed]
        yield from [line("deleted", 1, table=number) for number in edit.deleted]
    else:
        yield line("confirmation", **place)


def _info_line(kind: str, info: TableInfo) -> Line:
    return line(kind, 1, table=info.number, level=info.level, file=info.file, bytes=info.file_bytes, end_position=info.end_position)


# Write-ahead log -------------------------------------------------------------------------------------------------------


def wal_lines(folder: Path, arguments: argparse.Namespace) -> Iterator[Line]:
    """Every record of the live segments, and everything in it."""
    files = FilesToRead(folder)
    manifest = manifest_of(folder, files)
    labels = labels_of(files, manifest)
    for step in walk_wal(files, manifest.contents.wal_segment, manifest.contents.wal_start):
        if isinstance(step, SegmentBegun):
            yield line("segment", number=step.number, position=step.start)
        elif isinstance(step, Gap):
            yield line("gap", 1, position=step.position, file=step.file, file_position=step.place, bytes=step.length, reason=step.reason)
        else:
            lines = _record_lines(step, labels, has_records=arguments.records)
            is_shown = step.record.header.position + step.record.header.size > arguments.start
            yield from lines if is_shown else ()
            if not is_shown:
                _learn(step, labels)


def _learn(found: RecordFound, labels: Labels) -> None:
    at = 0
    for entry in found.record.entries:
        labels.names.take_entry(entry, found.bodies[at : at + entry.length])
        at += entry.length


def _record_lines(found: RecordFound, labels: Labels, *, has_records: bool) -> Iterator[Line]:
    header = found.record.header
    if found.record.is_end:
        yield line("end", 1, position=header.position, write_start=header.write_start)
        return
    yield line("wal-record", 1, position=header.position, bytes=header.size, entries=header.entry_count, write_start=header.write_start)
    at = 0
    for place, entry in enumerate(found.record.entries):
        body = found.bodies[at : at + entry.length]
        labels.names.take_entry(entry, body)
        position = header.position + RECORD_HEADER_BYTES + at
        if place in found.record.damaged:
            yield line("damaged", 2, position=position, log=labels.of(entry.keyspace), offset_count=entry.offsets, bytes=entry.length)
        elif entry.kind is EntryKind.BATCH:
            yield batch_line(parse_header(body), 2, position=position, log=labels.of(entry.keyspace))
            if has_records:
                yield from record_lines(body, 3, is_metadata=labels.names.name_of(entry.keyspace) == METADATA_LOG)
        else:
            yield from _entry_lines(entry, bytes(body), position, labels.of(entry.keyspace))
        at += entry.length


def _entry_lines(entry: Entry, body: bytes, position: int, name: str) -> Iterator[Line]:
    kind = entry.kind.name.lower().replace("_", "-")
    if entry.kind is EntryKind.PUTS:
        yield line(kind, 2, position=position, table=name, bytes=entry.length)
        at = 0
        while at < len(body):
            key_length, value_length = LENGTHS.unpack_from(body, at)
            key_end = at + LENGTHS.size + key_length
            at = key_end if value_length == DELETED else key_end + value_length
            yield key_line(body[key_end - key_length : key_end], None if value_length == DELETED else body[key_end:at], 3)
    elif entry.kind is EntryKind.DELETE_RANGE:
        (length,) = LENGTH.unpack_from(body)
        first, last = body[LENGTH.size : LENGTH.size + length], body[LENGTH.size + length :]
        yield line(kind, 2, position=position, table=name, first=first, last=last or None)
    elif entry.kind in (EntryKind.TRUNCATE, EntryKind.TRIM):
        (offset,) = OFFSET.unpack_from(body)
        yield line(kind, 2, position=position, log=name, **{"to_offset" if entry.kind is EntryKind.TRUNCATE else "from_offset": offset})
    else:
        yield line(kind, 2, position=position, keyspace=entry.keyspace, name=name)


def key_line(key: bytes, value: bytes | None, depth: int, **fields: object) -> Line:
    """A key and its value."""
    if value is None:
        return line("entry", depth, **fields, key=key, deleted=True)
    return line("entry", depth, **fields, key=key, value=value)


# Sealed table ----------------------------------------------------------------------------------------------------------


def table_lines(folder: Path, arguments: argparse.Namespace, number: str) -> Iterator[Line]:
    """The blocks of one table, and what they lead to."""
    files = FilesToRead(folder)
    manifest = manifest_of(folder, files)
    known = manifest.contents.tables | manifest.contents.condemned
    info = known.get(int(number)) if number.isdecimal() else None
    if info is None:
        raise Misuse(f"there is no table {number}; streambus storage dump {folder} manifest says which there are")
    yield _info_line("table", info)
    try:
        directory = read_table(files, info)
    except (Damaged, OSError) as fault:
        yield line("damage", 1, reason=str(fault))
        return
    labels = labels_of(files, manifest)
    if directory.bloom_length:
        yield line("filter", 1, position=directory.bloom_position, bytes=directory.bloom_length)
    for first, last in directory.ranges:
        yield line("range", 1, deleted=True, first=_key_text(first, labels), last=_key_text(last, labels))
    for block in range(len(directory)):
        yield from _index_block_lines(files, directory, block, labels, has_records=arguments.records)
    for block in range(len(directory.first_keys)):
        yield from _entry_block_lines(files, directory, block, labels)


def _index_block_lines(files: FileAccess, directory: Directory, block: int, labels: Labels, *, has_records: bool) -> Iterator[Line]:
    position, length = directory.positions[block], directory.lengths[block]
    yield line(
        "index-block",
        1,
        block=block,
        position=position,
        log=labels.of(directory.keyspaces[block]),
        first_offset=directory.first_offsets[block],
        end_offset=directory.end_offsets[block],
        batches=directory.row_counts[block],
        bytes=directory.data_bytes[block],
        max_timestamp=directory.max_timestamps[block],
    )
    try:
        data = files.read(directory.info.file, position, length)
        found = decode_index_block(data, directory.info.number, position, directory.checksums[block])
    except (Damaged, OSError) as fault:
        yield line("damage", 2, position=position, reason=str(fault))
        return
    is_metadata = labels.names.name_of(found.keyspace) == METADATA_LOG
    for row in range(len(found.rows)):
        yield from _row_lines(files, directory, found, row, is_metadata=is_metadata, has_records=has_records)


def _row_lines(
    files: FileAccess, directory: Directory, block: IndexBlock, row: int, *, is_metadata: bool, has_records: bool
) -> Iterator[Line]:
    rows = block.rows
    offsets = {"first_offset": rows.base_offsets[row], "end_offset": rows.next_offset(row)}
    if not rows.sizes[row]:
        yield line("lost", 2, position=rows.positions[row], **offsets)
        return
    try:
        data = files.read(directory.info.file, rows.positions[row], rows.sizes[row])
        yield batch_line(parse_header(data), 2, data, position=rows.positions[row])
    except (BadBatch, OSError) as fault:
        yield line("damage", 2, position=rows.positions[row], **offsets, reason=str(fault))
        return
    if has_records:
        yield from record_lines(data, 3, is_metadata=is_metadata)


def _entry_block_lines(files: FileAccess, directory: Directory, block: int, labels: Labels) -> Iterator[Line]:
    position, length = directory.entry_positions[block], directory.entry_lengths[block]
    yield line("entry-block", 1, block=block, position=position, bytes=length)
    try:
        data = files.read(directory.info.file, position, length)
        entries = decode_entries(data, directory.info.number, position, directory.entry_checksums[block])
    except (Damaged, OSError) as fault:
        yield line("damage", 2, position=position, reason=str(fault))
        return
    for key, value in zip(entries.keys, entries.values, strict=True):
        yield _full_key_line(key, value, labels)


def _full_key_line(key: bytes, value: bytes | None, labels: Labels) -> Line:
    (keyspace,) = NUMBER.unpack_from(key)
    if keyspace >= FIRST_USER_KEYSPACE:
        return key_line(key[NUMBER.size :], value, 2, table=labels.of(keyspace))
    (about,) = NUMBER.unpack_from(key, NUMBER.size)
    gone = True if value is None else None
    if keyspace == LOGS and not about:
        return line("state", 2, says="the last number given", keyspace=None if value is None else NUMBER.unpack(value)[0])
    if keyspace == LOGS and value is not None:
        offsets = dict(zip(("start_offset", "log_end_offset"), offsets_of(value), strict=True)) if is_log(value) else {}
        return line("state", 2, says="a log" if is_log(value) else "a table", keyspace=about, name=labels.label(name_of(value)), **offsets)
    if keyspace in (PRODUCERS, ABORTED):
        _, number = NUMBER_AND_ID.unpack_from(key, NUMBER.size)
        what = {"producer_id": number} if keyspace == PRODUCERS else {"last_offset": number}
        says = "a producer" if keyspace == PRODUCERS else "an aborted transaction"
        return line("state", 2, says=says, log=labels.of(about), **what, deleted=gone)
    return line("state", 2, says="a log or a table", keyspace=about, deleted=gone)


def _key_text(key: bytes, labels: Labels) -> str:
    (keyspace,) = NUMBER.unpack(key[: NUMBER.size].ljust(NUMBER.size, b"\0"))
    book = {LOGS: "logs", PRODUCERS: "producers", ABORTED: "aborted"}.get(keyspace)
    rest = key[NUMBER.size :]
    return "/".join(chain([book or labels.of(keyspace)], [rest.hex() if book else repr(rest)[2:-1]] if rest else []))
