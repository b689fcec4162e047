"""Which partition a record goes to, exactly as Kafka's Java client decides, so that a key is at home in one place whoever writes it."""

from streambus.kernel import Prng

SEED = 0x9747B28C
M = 0x5BD1E995
R = 24
MASK = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """Austin Appleby's MurmurHash2 with Kafka's seed, as an unsigned 32-bit integer."""
    length = len(data)
    h = SEED ^ length
    whole = length & ~3
    for position in range(0, whole, 4):
        k = int.from_bytes(data[position : position + 4], "little") * M & MASK
        k = (k ^ (k >> R)) * M & MASK
        h = (h * M & MASK) ^ k
    if whole != length:
        h = (h ^ int.from_bytes(data[whole:], "little")) * M & MASK
    h = (h ^ (h >> 13)) * M & MASK
    return h ^ (h >> 15)


def partition_of_key(key: bytes, partitions: int) -> int:
    """The partition of `key` among `partitions`."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


class StickyPartition:
    """Where the keyless records of one topic go: one partition until it had a batch's worth of bytes, then another (KIP-794)."""

    __slots__ = ("bytes_sent", "partition")

    def __init__(self) -> None:
        self.partition = -1
        self.bytes_sent = 0

    def stay(self, size: int, batch_bytes_max: int) -> bool:
        """Whether a record of `size` bytes goes where the last one went; if so, it counts."""
        if self.partition < 0 or self.bytes_sent >= batch_bytes_max:
            return False
        self.bytes_sent += size
        return True

    def move(self, size: int, partitions: tuple[int, ...], dice: Prng) -> None:
        """Go on with another one of the non-empty `partitions`, if there is another one, beginning with a record of `size` bytes."""
        others = tuple(partition for partition in partitions if partition != self.partition) or partitions
        self.partition = others[dice.below(len(others))]
        self.bytes_sent = size
