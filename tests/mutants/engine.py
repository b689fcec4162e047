"""Bugs in the tree of the storage engine: tables, manifest, layers, long work. One store shows them."""

from typing import Any

from streambus.kernel import Delete, Sync, Turn
from streambus.sim.mutation import Patch, mutant
from streambus.storage import checkpoint, reading, recovery, shelf, store
from streambus.storage.block_cache import BlockCache
from streambus.storage.block_list import BlockList
from streambus.storage.checkpoint import LOGS, NUMBER, encode_log
from streambus.storage.housekeeping import Housekeeping
from streambus.storage.jobs import SealJob
from streambus.storage.keyspaces import Keyspaces
from streambus.storage.layers import Layers
from streambus.storage.log import Log
from streambus.storage.manifest import Manifest, ManifestSynced
from streambus.storage.memtable import Memtable
from streambus.storage.producers import Producers
from streambus.storage.reading import Reading
from streambus.storage.recovery import Recovery, Replayer
from streambus.storage.sealed import blocks, merge_entries, merge_logs
from streambus.storage.sealed.bloom import Bloom
from streambus.storage.sealed.merge_entries import MergeEntries
from streambus.storage.sealed.work import TableFile
from streambus.storage.shelf import Shelf
from streambus.storage.store import Store
from streambus.storage.view import ReadView
from streambus.storage.wal_scan import WalScan
from streambus.storage.wal_writer import Wal

STORE = "store"


# Durable, and in what order ----------------------------------------------------------------------------------------------


@mutant("E01", breaks="the manifest names only what is durable", needs="a power cut behind a merge", world=STORE)
def records_tables_that_are_not_synced(patch: Patch) -> None:
    """A task does not sync the table that it wrote."""
    patch.rewrite(TableFile, "finish", "self.files.sync(self.file)", "pass")


@mutant("D01c", breaks="a failed sync is never tried again", needs="an error on the sync of a table, then a power cut", world=STORE)
def tries_the_failed_sync_of_a_table_again(patch: Patch) -> None:
    """A task whose sync failed syncs once more, which succeeds without having synced anything."""
    again = "try:\n        self.files.sync(self.file)\n    except OSError:\n        self.files.sync(self.file)"
    patch.rewrite(TableFile, "finish", "self.files.sync(self.file)", again)


@mutant(
    "E02",
    breaks="a file goes when nothing can want it back",
    needs="a lost last edit of the manifest",
    world=STORE,
    excuse="a matter of seeds: a deletion has to survive a power cut, the write before it not, and the last edit has to be damaged",
)
def deletes_before_the_edit_is_confirmed(patch: Patch) -> None:
    """What a job replaced is deleted as soon as the edit is written, proven or not."""
    patch.rewrite(Housekeeping, "_maybe_delete", "edit <= self.manifest.confirmed_edit and", "")


@mutant("D09b", breaks="failed work has no effect", needs="a crash or a full disk in the middle of a merge", world=STORE)
def deletes_inputs_before_there_are_outputs(patch: Patch) -> None:
    """The tables that a merge replaces are deleted when it begins."""

    def record(original: Any, desk: Housekeeping, turn: Turn) -> None:
        for table in desk.job.replaced if desk.job is not None else ():
            turn.do(Delete(desk.shelf.directories[table].info.file))
        original(desk, turn)

    patch.wrap(Housekeeping, "_maybe_record", record)


@mutant("D09c", breaks="failed work leaves nothing behind", needs="an error in a task", world=STORE)
def leaves_half_written_tables(patch: Patch) -> None:
    """What a task that failed had written stays where it is."""
    patch.rewrite(Housekeeping, "on_failed", "self._delete_outputs(turn)", "pass")


@mutant("E03", breaks="an edit relies on nothing that is not durable", needs="a trim, a dropped table, a power cut", world=STORE)
def records_without_waiting_for_the_log(patch: Patch) -> None:
    """The manifest forgets tables because of a trim that is not durable yet."""
    patch.rewrite(Housekeeping, "_maybe_record", "self.wal.durable < self.planned_at", "False")


@mutant("D05c", breaks="every record is applied once", needs="an append between the end of a segment and its sealing", world=STORE)
def takes_the_checkpoint_too_late(patch: Patch) -> None:
    """A checkpoint says how the logs are when it is written, not how they were at the end of the segment."""

    def tasks(original: Any, job: SealJob, desk: Housekeeping, numbers: range) -> Any:
        for number, _ in job.logs:
            found = desk.keyspaces.logs_by_number.get(number)
            if found is not None:
                job.memtable.put(NUMBER.pack(LOGS) + NUMBER.pack(number), encode_log(found))
        return original(job, desk, numbers)

    patch.wrap(SealJob, "tasks", tasks)


@mutant("D05d", breaks="every record is applied once", needs="a crash behind a sealed segment", world=STORE)
def replays_from_the_segment_before(patch: Patch) -> None:
    """The manifest goes on to name a segment as live that was sealed."""
    patch.rewrite(SealJob, "wal_edit", "self.segment + 1, self.end", "self.segment, self.start")


@mutant("E04", breaks="segments have the ends that they had", needs="a crash with a full segment that is not sealed", world=STORE)
def seals_one_byte_less_after_a_recovery(patch: Patch) -> None:
    """A segment that recovery found full ends one byte early."""
    patch.rewrite(Replayer, "begin_segment", "self.start, start)", "self.start, start - 1)")


@mutant("D07b", breaks="one write at a time", needs="a burst while a sync is under way", world=STORE)
def writes_while_a_sync_is_under_way(patch: Patch) -> None:
    """A second group goes to the disk before the first one is durable."""
    patch.rewrite(Wal, "flush", "self.syncing > self.durable", "False")


@mutant("E05", breaks="several changes are there together or not at all", needs="a power cut", world=STORE)
def tears_writes_apart(patch: Patch) -> None:
    """Changes that belong together go to as many records as it happens."""
    patch.replace(Wal, "reserve", lambda _wal, _size, _entries: None)


@mutant(
    "E06",
    breaks="a name is durable before it counts",
    needs="a power cut behind a new snapshot",
    world=STORE,
    excuse="a matter of seeds: a deletion has to survive a power cut that a rename before it does not, with no directory synced in between",
)
def renames_the_manifest_without_syncing_the_directory(patch: Patch) -> None:
    """The manifest takes its new name for durable when only its contents are."""

    def rename(original: Any, manifest: Manifest, turn: Turn) -> None:
        original(manifest, turn)
        turn.effects[-1] = Sync(turn.effects[-2].target, ManifestSynced(manifest.syncing))  # type: ignore[union-attr]

    patch.wrap(Manifest, "_rename", rename)


@mutant("E07", breaks="a snapshot is durable before it has its name", needs="a power cut behind a new snapshot", world=STORE)
def renames_the_manifest_before_it_is_synced(patch: Patch) -> None:
    """A new snapshot takes the place of the old file at once."""
    patch.rewrite(Manifest, "_replace", "turn.do(Sync(NEW, ManifestSynced(self.syncing)))", "turn.tell(ManifestSynced(self.syncing))")


@mutant("E08", breaks="what is told durable is", needs="a truncation while a sync is under way", world=STORE)
def calls_what_was_cut_off_durable(patch: Patch) -> None:
    """The sync of batches that were cut off meanwhile makes those durable that have their offsets now."""
    patch.rewrite(Store, "truncate", "min(offset, limit) if key == number else offset", "offset")


# Checkpoints and replay ------------------------------------------------------------------------------------------------


@mutant("P05c", breaks="producers are remembered as long as they are not silent", needs="a trim", world=STORE)
def forgets_producers_with_the_head_of_the_log(patch: Patch) -> None:
    """A producer whose batches are all trimmed away is forgotten."""

    def trim(original: Any, trimmed: Log, start_offset: int, **named: Any) -> int:
        garbage: int = original(trimmed, start_offset, **named)
        for number, producer in list(trimmed.producers.by_id.items()):
            if producer.batches and producer.batches[-1].last_offset < start_offset:
                del trimmed.producers.by_id[number]
        return garbage

    patch.wrap(Log, "trim", trim)


@mutant("P07b", breaks="sequences wrap", needs="a truncation behind the last number", world=STORE)
def sequences_do_not_wrap_after_a_truncation(patch: Patch) -> None:
    """Of a batch that is remembered again, the last sequence is larger than any can be."""
    patch.rewrite(Producers, "_remembered", ") % SEQUENCE_MODULUS", ")")


@mutant("P09b", breaks="an offset is given once", needs="a truncation, then a restart", world=STORE)
def forgets_what_a_truncation_knew(patch: Patch) -> None:
    """A truncation goes to the disk without what it leaves known of producers."""
    patch.rewrite(Store, "truncate", "encode_truncation(end_offset, producers)", "encode_truncation(end_offset, {})")


@mutant("E10", breaks="a checkpoint has everything", needs="two producers in one segment, then a restart", world=STORE)
def checkpoints_miss_a_producer(patch: Patch) -> None:
    """The first producer that changed is left out of a checkpoint."""
    patch.rewrite(checkpoint, "log_entries", "log.producers.take_changed()", "log.producers.take_changed()[1:]")


@mutant("E11", breaks="a checkpoint has everything", needs="two leader epochs, then a restart", world=STORE)
def checkpoints_miss_the_last_epoch(patch: Patch) -> None:
    """The newest leader epoch is not found in a checkpoint."""

    def restore(original: Any, restored: Log, value: bytes) -> None:
        original(restored, value)
        if len(restored.epochs.epochs) > 1:
            restored.epochs.epochs.pop()
            restored.epochs.start_offsets.pop()

    patch.wrap(recovery, "restore_log", restore)


@mutant("E12", breaks="a checkpoint has everything", needs="a cleaned log, then a restart", world=STORE)
def checkpoints_miss_how_far_a_log_is_clean(patch: Patch) -> None:
    """A checkpoint does not say where the last cleaning ended."""
    patch.rewrite(checkpoint, "encode_log", "log.cleaned_end", "0")


@mutant("E13", breaks="numbers are never given again", needs="a dropped log, a restart, a new log", world=STORE)
def checkpoints_miss_the_last_number(patch: Patch) -> None:
    """A checkpoint has the number of the newest log that is there, not the last number that was given."""
    patch.rewrite(
        Keyspaces,
        "take_checkpoint",
        "NUMBER.pack(self.last_number)",
        "NUMBER.pack(max([15, *self.logs_by_number, *self.tables_by_number]))",
    )


@mutant("E14", breaks="a checkpoint has everything", needs="an aborted transaction, then a restart", world=STORE)
def checkpoints_miss_aborted_transactions(patch: Patch) -> None:
    """Aborted transactions are not in a checkpoint."""
    patch.rewrite(checkpoint, "log_entries", "log.transactions.aborted_from(log.checkpoint_offset)", "()")


@mutant("E15", breaks="newer data is right", needs="a truncation, blocks of the same offsets, a restart", world=STORE)
def believes_the_oldest_block(patch: Patch) -> None:
    """Where two tables speak of the same offsets, recovery believes the older one."""
    patch.rewrite(Recovery, "_attach", "for ref in refs:", "for ref in reversed(refs):")


@mutant("E16", breaks="a newer layer is asked first", needs="two tables of entries, then a restart", world=STORE)
def recovers_the_layers_upside_down(patch: Patch) -> None:
    """Recovery puts the oldest table of entries first."""

    def open_layers(original: Any, recovering: Recovery) -> None:
        original(recovering)
        recovering.keyspaces.layers.tables.reverse()

    patch.wrap(Recovery, "_open_layers", open_layers)


@mutant("E17", breaks="what is damaged is said", needs="a damaged batch in the live WAL", world=STORE)
def skips_damaged_batches_silently(patch: Patch) -> None:
    """A batch that recovery found damaged is fenced off, and nobody is told."""

    def quarantine(original: Any, replayer: Replayer, *arguments: Any) -> None:
        original(replayer, *arguments)
        replayer.found.clear()

    patch.wrap(Replayer, "quarantine", quarantine)


@mutant("E18", breaks="what was removed is deleted", needs="a crash between an edit and a deletion", world=STORE)
def forgets_what_the_life_before_left(patch: Patch) -> None:
    """Files that an earlier life did not come to delete stay for ever."""
    patch.rewrite(Housekeeping, "resume", "self.condemned.extend(", "list(")


# Logs and their blocks ---------------------------------------------------------------------------------------------------


@mutant("E20", breaks="blocks tile", needs="a truncation while a segment is sealed", world=STORE)
def seals_what_was_cut_off(patch: Patch) -> None:
    """A sealed segment brings batches back that were cut off meanwhile."""
    patch.rewrite(Log, "seal_rows", "min(ref.end_offset, end_offset)", "ref.end_offset")


@mutant("E21", breaks="blocks tile", needs="a truncation or a trim while tables are merged", world=STORE)
def merges_what_was_cut_off(patch: Patch) -> None:
    """A merge brings batches back that were cut off or trimmed meanwhile."""
    clipped = "[_clipped(ref, old.first_offset, old.end_offset) for ref in refs]"
    patch.rewrite(BlockList, "swap", clipped, "refs")


@mutant("E22", breaks="space comes back", needs="a trim over sealed tables", world=STORE)
def trims_without_letting_go(patch: Patch) -> None:
    """A trim does not say that it needs its blocks no more."""
    patch.rewrite(Log, "trim", "self.shelf.release(ref.table, ref.block, is_unwanted=is_unwanted)", "pass")


@mutant("E23", breaks="a truncation ends where it was told to", needs="a truncation in the middle of a block", world=STORE)
def cuts_blocks_one_offset_too_late(patch: Patch) -> None:
    """An index block that is cut off keeps an offset too many."""
    patch.rewrite(BlockList, "cut_from", "min(self.end_offsets[row], end_offset)", "min(self.end_offsets[row], end_offset + 1)")


@mutant("E24", breaks="what was cut off is not read", needs="a truncation in the middle of a block", world=STORE)
def reads_blocks_beyond_their_cut(patch: Patch) -> None:
    """A reader takes all of an index block, also what was cut off."""
    patch.rewrite(Reading, "read_blocks", "min(self.end_offset, ref.end_offset)", "self.end_offset")


@mutant("E25", breaks="a slice has nothing but batches of its log", needs="neighbours that do not lie side by side", world=STORE)
def takes_all_neighbours_for_a_run(patch: Patch) -> None:
    """Batches are sent as one slice, whatever lies between them."""
    patch.replace(reading, "_is_run", lambda _rows, _low, _high: True)


@mutant("E26", breaks="a reader goes forward", needs="a cleaned log, and a reader in a gap", world=STORE)
def leads_readers_back_over_a_gap(patch: Patch) -> None:
    """Who reads from a gap that cleaning has left gets the batch in front of it."""
    patch.rewrite(Reading, "_read_block", "row < len(rows) and rows.end_of(row) <= self.next_offset", "False")


@mutant("E27", breaks="what is lost is not served", needs="a damaged batch in the live WAL", world=STORE)
def serves_holes(patch: Patch) -> None:
    """A batch that is known to be lost is passed over in silence."""
    patch.rewrite(Reading, "_has_room", "not size or", "")


@mutant("E28", breaks="offsets by time", needs="a look-up of a timestamp that a sealed block ends with", world=STORE)
def passes_over_a_sealed_block_with_the_very_time(patch: Patch) -> None:
    """A block whose largest timestamp is exactly the one that is asked for is passed over."""
    patch.rewrite(Log, "batch_at_time", "self._max_timestamp(number) >= timestamp", "self._max_timestamp(number) > timestamp")


@mutant("E29", breaks="what is read is what was written", needs="a truncation of recent batches", world=STORE)
def keeps_recent_batches_that_were_cut_off(patch: Patch) -> None:
    """Copies of recent batches outlive a truncation."""
    patch.rewrite(Log, "truncate", "while self.recent and", "while False and")


@mutant("E30", breaks="what was cut off never was", needs="a truncation into a transaction", world=STORE)
def keeps_transactions_that_were_cut_off(patch: Patch) -> None:
    """Transactions outlive a truncation."""
    patch.rewrite(Log, "truncate", "self.transactions.cut_from(end_offset)", "pass")


# Blocks --------------------------------------------------------------------------------------------------------------


@mutant("E31", breaks="a cached block is that of its table", needs="two tables", world=STORE)
def mixes_up_cached_blocks(patch: Patch) -> None:
    """Cached blocks are known by their positions alone."""
    patch.wrap(BlockCache, "get", lambda original, cache, _table, position: original(cache, 0, position))
    patch.wrap(BlockCache, "put", lambda original, cache, _table, *rest: original(cache, 0, *rest))


@mutant("D03", breaks="a block is believed if it says that it is the right one", needs="a misdirected or an older block", world=STORE)
def believes_any_whole_block(patch: Patch) -> None:
    """A block is believed if its checksum is right, wherever it came from."""
    both = "if found_table != table or found_position != position:"
    patch.rewrite(blocks, "decode_block", both, "checksum = None\n    if False:")


@mutant("E32", breaks="an older block is not believed", needs="a stale block", world=STORE)
def does_not_compare_with_the_directory(patch: Patch) -> None:
    """What the directory knows of a block's checksum is not compared."""
    patch.rewrite(shelf, "_decoded", "decode_rows(data, table, position, checksum)", "decode_rows(data, table, position)")


@mutant("E33", breaks="damage is noticed", needs="a flipped bit, or a wrong read", world=STORE)
def does_not_check_blocks(patch: Patch) -> None:
    """Nobody computes the checksum of a block."""
    patch.rewrite(blocks, "decode_block", "crc32c(view[_SUMMED_FROM:]) != found", "checksum is False")


@mutant("E34", breaks="a wrong read is not damage", needs="a read that goes wrong once", world=STORE)
def believes_damage_at_first_sight(patch: Patch) -> None:
    """A block that looks damaged is given up without a second look."""
    patch.rewrite(Shelf, "on_block_read", "if not event.is_second:", "if False:")


@mutant("E35", breaks="a wrong read is not damage", needs="a read of the WAL that goes wrong once", world=STORE)
def cuts_the_log_at_first_sight(patch: Patch) -> None:
    """Recovery takes what it cannot read for a torn tail without a second look."""
    patch.rewrite(WalScan, "_doubt", "if self.doubted != self.end:", "if False:")


@mutant("E36", breaks="a wrong read is not damage", needs="a read of a directory that goes wrong once", world=STORE)
def refuses_a_directory_at_first_sight(patch: Patch) -> None:
    """Recovery refuses to start over a directory that it read once."""
    patch.rewrite(Recovery, "on_directory_read", "if event.is_second:", "if True:")


@mutant("E37", breaks="nothing is copied that is damaged", needs="a read that goes wrong in a merge", world=STORE)
def merges_without_looking(patch: Patch) -> None:
    """A merge copies batches without a look at their checksums."""
    patch.replace(merge_logs, "check_batches", lambda data, **_rows: memoryview(data))


@mutant("E38", breaks="a filter never denies a key that is there", needs="a look-up", world=STORE)
def probes_the_wrong_bits(patch: Patch) -> None:
    """The filter is asked for other bits than were set."""
    patch.rewrite(Bloom, "may_contain", "place += step", "place -= step")


# Entries -------------------------------------------------------------------------------------------------------------


@mutant("E40", breaks="what was deleted stays deleted", needs="a range that is deleted, older tables below", world=STORE)
def drops_range_tombstones_too_early(patch: Patch) -> None:
    """A merge drops range tombstones though older tables have what they delete."""
    patch.rewrite(MergeEntries, "_merge", "() if self.is_bottom else deleted", "()")


@mutant("E41", breaks="what was deleted stays deleted", needs="a deleted key, older tables below", world=STORE)
def drops_tombstones_too_early(patch: Patch) -> None:
    """A merge drops tombstones though older tables have what they delete."""
    patch.rewrite(merge_entries, "_next_entries", "if is_bottom:", "if True:")


@mutant("E42", breaks="a newer layer is asked first", needs="two tables of entries", world=STORE)
def puts_new_layers_last(patch: Patch) -> None:
    """A flushed table is asked after all older ones."""
    patch.rewrite(
        SealJob,
        "install",
        "layers.tables.insert(0, SealedLayer(entries, desk.shelf))",
        "layers.tables.append(SealedLayer(entries, desk.shelf))",
    )


@mutant("E43", breaks="a key is always somewhere", needs="a look-up while a segment is sealed", world=STORE)
def lets_the_memtable_go_too_early(patch: Patch) -> None:
    """The entries of a full segment leave the memory before their table is there."""
    empty: dict[int, Memtable] = {}

    def tasks(original: Any, job: SealJob, desk: Housekeeping, numbers: range) -> Any:
        memtables = desk.keyspaces.layers.memtables
        empty[job.segment] = memtables[memtables.index(job.memtable)] = Memtable()
        return original(job, desk, numbers)

    def install(original: Any, job: SealJob, desk: Housekeeping, directories: Any) -> bool:
        memtables = desk.keyspaces.layers.memtables
        if empty.get(job.segment) in memtables:
            memtables[memtables.index(empty.pop(job.segment))] = job.memtable
        done: bool = original(job, desk, directories)
        return done

    patch.wrap(SealJob, "tasks", tasks)
    patch.wrap(SealJob, "install", install)


@mutant("E44", breaks="the last put counts", needs="a view between two puts of a key", world=STORE)
def folds_memtables_upside_down(patch: Patch) -> None:
    """When several memtables become one, the older value of a key wins."""
    patch.rewrite(Layers, "fold_above", "folded(reversed(newer))", "folded(newer)")


@mutant("E45", breaks="a view sees what was when it was made", needs="a view, and a put before it", world=STORE)
def views_do_not_freeze(patch: Patch) -> None:
    """A view is made without what was written last."""
    patch.replace(Layers, "freeze", lambda _layers: None)


@mutant("E46", breaks="a view reads for as long as it is open", needs="a view that outlives a merge", world=STORE)
def views_pin_nothing(patch: Patch) -> None:
    """A view does not say which tables it reads from."""
    patch.replace(ReadView, "_tables", lambda _view: [])


@mutant("E47", breaks="a view reads for as long as it is open", needs="a view that outlives a merge", world=STORE)
def deletes_what_a_view_reads(patch: Patch) -> None:
    """The file of a table is deleted though a view reads from it."""
    patch.rewrite(Housekeeping, "_maybe_delete", " and info.number not in self.shelf.retired", "")


@mutant("E48", breaks="what was deleted stays deleted", needs="a range that is deleted with keys in the same memtable", world=STORE)
def range_deletes_spare_the_memtable(patch: Patch) -> None:
    """Deleting a range deletes from older layers only."""

    def delete_range(_original: Any, memtable: Memtable, first: bytes, last: bytes) -> None:
        memtable.ranges.add(first, last)

    patch.wrap(Memtable, "delete_range", delete_range)


@mutant("E49", breaks="an atomic write has all of its changes", needs="puts to two tables in one write", world=STORE)
def forgets_the_last_puts_of_a_write(patch: Patch) -> None:
    """Puts that come last in an atomic write reach the memory, but not the disk."""

    def put_all(original: Any, writing: Store, table_id: Any, puts: Any) -> None:
        if len(puts) > 1:
            number = writing.tables[table_id]
            original(writing, table_id, puts[:-1])
            writing.keyspaces.layers.active.put(store.NUMBER.pack(number) + puts[-1][0], puts[-1][1])
        else:
            original(writing, table_id, puts)

    patch.wrap(Store, "_put_all", put_all)
