"""What checksums cover, and so what somebody will notice: a fault that nobody can notice proves nothing.

Of what is read for the node itself, checksums cover every byte. Of what goes to a consumer only the batch's own CRC is left. It does not
cover its base offset and leader epoch, which the broker writes, and it does not say where the batch belongs. Kafka's protocol has this
gap; a broker that checks what it sends would close it on its side.
"""

from streambus.kernel import Buffer
from streambus.records import BadBatch, check_batch, parse_header
from streambus.storage.wal_records import BATCH_PREFIX_BYTES


def is_covered(content: Buffer, position: int) -> bool:
    """Whether everybody who reads the byte at `position` of a file can notice that it is wrong: the broker did not stamp it on a batch."""
    view = memoryview(content)
    return not any(passes_for_a_batch(view[start:]) for start in range(max(position - BATCH_PREFIX_BYTES + 1, 0), position + 1))


def passes_for_a_batch(data: Buffer) -> bool:
    """Whether a consumer would take `data` for a record batch."""
    try:
        header = parse_header(memoryview(data))
        check_batch(memoryview(data)[: header.size], header, compacted=True)
    except BadBatch:
        return False
    return True
