"""How large things may grow in a store."""

from streambus.kernel import message

KIB = 1024
MIB = 1024 * KIB


@message
class StoreConfig:
    """The limits of one store. All of them may be changed between two lives of the same folder."""

    segment_bytes: int = 128 * MIB
    """A WAL segment is closed before it would grow beyond this. Larger ones are fewer files; smaller ones are reclaimed sooner."""

    recovery_chunk_bytes: int = 4 * MIB
    """How much recovery reads at once: what one step of it costs."""

    recovery_report_bytes: int = 64 * MIB
    """How much recovery reads between two reports of its progress."""

    recent_bytes: int = 16 * MIB
    """Memory for copies of recent small batches, all logs together: what tailing consumers are served from."""

    recent_batch_bytes: int = 8 * KIB
    """A batch larger than this is not copied: sending it from its file costs less than keeping it."""

    producer_expiration_ms: int = 86_400_000
    """Kafka's `producer.id.expiration.ms`: a producer silent for this long is forgotten."""
