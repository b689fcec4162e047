"""Bugs in what cleaning leaves of a log. One store shows them."""

from streambus.sim.mutation import Patch, mutant
from streambus.storage.cleaning import batches
from streambus.storage.cleaning.key_map import KeyMap
from streambus.storage.cleaning.outcomes import Outcomes
from streambus.storage.cleaning.task import CleanLog
from streambus.storage.jobs import CleanJob
from streambus.storage.log import Log
from streambus.storage.sealed.log_writer import LogWriter

STORE = "store"


@mutant("C01", breaks="keys of markers are not keys", needs="a record with the key of a marker", world=STORE)
def takes_markers_for_records(patch: Patch) -> None:
    """A marker outdates a record that has the same key by chance."""
    patch.rewrite(batches, "note_keys", "header.is_control or ", "")


@mutant("C03", breaks="a marker stays as long as its data", needs="a transaction in two tables", world=STORE)
def forgets_transactions_at_table_borders(patch: Patch) -> None:
    """What is known of transactions begins anew with every piece of a log."""
    begin = "writer.begin(extent.keyspace, extent.first_offset)"
    patch.rewrite(CleanLog, "_rewrite", begin, f"cleaning.outcomes = Outcomes(self.aborted)\n        {begin}")


@mutant("C05", breaks="a tombstone stays for delete.retention.ms", needs="a log that is cleaned twice", world=STORE)
def removes_tombstones_too_early(patch: Patch) -> None:
    """A tombstone goes with the second cleaning, however soon that is."""
    patch.rewrite(batches, "_rows_that_stay", "horizon_ms <= cleaning.now_ms", "horizon_ms >= 0")


@mutant("C05b", breaks="a marker stays for delete.retention.ms", needs="a log that is cleaned twice", world=STORE)
def removes_markers_too_early(patch: Patch) -> None:
    """A marker goes with the second cleaning, however soon that is."""
    patch.rewrite(batches, "_clean_control", "horizon_ms <= cleaning.now_ms", "horizon_ms >= 0")


@mutant("C07", breaks="what is called clean was looked at", needs="a truncation of a cleaned log", world=STORE)
def stays_clean_after_a_truncation(patch: Patch) -> None:
    """What comes in the place of cleaned records counts as clean."""
    patch.rewrite(Log, "truncate", "self.cleaned_end = min(self.cleaned_end, end_offset)", "pass")


@mutant("C07b", breaks="blocks tile", needs="a piece of a log whose end is cleaned away", world=STORE)
def leaves_the_end_of_a_piece_out(patch: Patch) -> None:
    """A cleaned piece of a log ends with the last batch that is left of it."""
    patch.rewrite(LogWriter, "end", "self._open_block().end_offset = end_offset", "self._open_block()")


@mutant("C11", breaks="nothing is cleaned that may change", needs="a log that is cleaned in part", world=STORE)
def cleans_more_than_it_may(patch: Patch) -> None:
    """All that is sealed is cleaned, wherever the last stable offset is."""
    patch.rewrite(CleanJob, "tasks", "min(self.end_offset, end_offset)", "end_offset")


@mutant("C12", breaks="the map knows every key below its end", needs="a log that is cleaned in part", world=STORE)
def the_map_ends_one_offset_too_late(patch: Patch) -> None:
    """The map of keys claims to know the offset behind the last one that was added."""
    patch.rewrite(KeyMap, "cover", "self.end_offset = end_offset", "self.end_offset = end_offset + 1")


@mutant("C13", breaks="the newest record of a key stays", needs="a key that is written again", world=STORE)
def keeps_the_oldest_record(patch: Patch) -> None:
    """The map of keys keeps the first offset of a key, and everything older than that goes."""
    patch.rewrite(
        KeyMap,
        "add",
        "self.offsets.update(zip(names, offsets, strict=True))",
        "[self.offsets.setdefault(name, offset) for name, offset in zip(names, offsets, strict=True)]",
    )


@mutant("C14", breaks="nothing of an aborted transaction outdates anything", needs="an aborted record of a key", world=STORE)
def aborted_records_outdate_others(patch: Patch) -> None:
    """Records of aborted transactions make older ones of their keys go."""
    patch.rewrite(batches, "note_keys", " or outcomes.meet_data(header)", "")


@mutant("C15", breaks="a producer's last batch stays", needs="a producer whose last batch is outdated", world=STORE)
def forgets_the_last_batches_of_producers(patch: Patch) -> None:
    """The last batch of a producer goes when nothing is left in it, as does the last batch of all."""
    patch.rewrite(batches, "_without_records", "(header.producer_id, header.last_offset) not in cleaning.last_batches", "True")


@mutant(
    "C16",
    breaks="a batch that a trim cut in two belongs to its transaction",
    needs="a trim into an aborted transaction",
    world=STORE,
    excuse="a matter of seeds: the trim has to end within the first batch of an aborted transaction, and the log has to be cleaned then",
)
def takes_a_cut_batch_for_committed(patch: Patch) -> None:
    """The first batch of an aborted transaction is taken for committed if a trim has cut it in two."""
    patch.rewrite(Outcomes, "_aborted_at", "first_offset <= header.last_offset", "first_offset <= header.base_offset")
