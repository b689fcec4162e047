"""How large things may grow in a store."""

from streambus.kernel import SECOND, message
from streambus.storage.pickers import PickerOptions
from streambus.storage.sealed import EntryOptions

KIB = 1024
MIB = 1024 * KIB


@message
class StoreConfig:
    """The limits of one store. All of them may be changed between two lives of the same folder."""

    segment_bytes: int = 128 * MIB
    """A WAL segment is closed before it would grow beyond this. Larger ones are fewer files; smaller ones are reclaimed sooner."""

    record_bytes_max: int = MIB
    """A WAL record is closed when it is larger than this: what survives together, or not at all, if nobody asks for more."""

    recovery_chunk_bytes: int = 4 * MIB
    """How much recovery reads at once: what one step of it costs."""

    recovery_report_bytes: int = 64 * MIB
    """How much recovery reads between two reports of its progress."""

    recent_bytes: int = 16 * MIB
    """Memory for copies of recent small batches, all logs together: what tailing consumers are served from."""

    recent_batch_bytes: int = 8 * KIB
    """A batch larger than this is not copied: sending it from its file costs less than keeping it."""

    cache_bytes: int = 64 * MIB
    """Memory for blocks of sealed tables: indexes, entries, filters. Directories come on top: about 56 bytes for each index block."""

    producer_expiration_ms: int = 86_400_000
    """Kafka's `producer.id.expiration.ms`: a producer silent for this long is forgotten."""

    manifest_bytes: int = 1 * MIB
    """How long the manifest's edits may grow before they are folded into a snapshot."""

    entry_block_bytes: int = 4 * KIB
    """How large a block of entries becomes. A look-up decodes one."""

    bits_per_key: int = 10
    """Of bloom filters; 0 for none."""

    picker: PickerOptions = PickerOptions()
    """When tables are merged, and how large they become."""

    garbage_bytes_min: int = 4 * MIB
    """A live segment is sealed early if it has more than this that nobody needs, and that is more than half of it."""

    delete_delay: int = 10 * SECOND
    """How long the file of a table that is not needed stays: slices of it may be on their way to somebody."""

    key_map_bytes: int = 128 * MIB
    """Memory for the keys of a log while it is cleaned. A log with more keys is cleaned in several goes."""

    retry_delay: int = 10 * SECOND
    """How long to wait before long work that failed is tried again."""

    may_rewrite: bool = True
    """Whether tables are merged and cleaned. Not on a full disk: what that writes before old files can go would take the last room."""

    def entry_options(self) -> EntryOptions:
        """How tables of entries are written."""
        return EntryOptions(self.entry_block_bytes, self.bits_per_key)
