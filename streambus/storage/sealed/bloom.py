"""Bloom filters: which keys are surely not in a table, at some ten bits a key."""

from array import array
from hashlib import blake2b
from struct import Struct

from streambus.kernel import Buffer
from streambus.storage.sealed.blocks import Damaged, Kind, decode_block, encode_block

HASH_BYTES = 8
PROBES_MAX = 30

_HASH_BLAKE2B = 1
_HEADER = Struct(">BBHI")
_BITS_MAX = 0xFFFF_FFF8
_LOW = 0xFFFF_FFFF


class Bloom:
    """A filter of keys: `may_contain` never denies a key that was put in, and seldom grants another one."""

    __slots__ = ("bits", "filter", "probes")

    def __init__(self, bits: int, probes: int, filled: bytes) -> None:
        self.bits = bits
        self.probes = probes
        self.filter = filled

    def may_contain(self, key: bytes) -> bool:
        """False if the table has no such key; True if it must be looked for."""
        number = int.from_bytes(blake2b(key, digest_size=HASH_BYTES).digest(), "big")
        place, step = number >> 32, number & _LOW
        bits, filled = self.bits, self.filter
        for _ in range(self.probes):
            bit = (place & _LOW) * bits >> 32
            if not filled[bit >> 3] >> (bit & 7) & 1:
                return False
            place += step
        return True


class BloomBuilder:
    """Gathers keys, 8 bytes each, until it is known how many there are."""

    __slots__ = ("bits_per_key", "hashes")

    def __init__(self, bits_per_key: int) -> None:
        self.bits_per_key = bits_per_key
        self.hashes: array[int] = array("Q")

    def add(self, keys: list[bytes]) -> None:
        """Put keys in."""
        if self.bits_per_key:
            self.hashes.extend([int.from_bytes(blake2b(key, digest_size=HASH_BYTES).digest(), "big") for key in keys])

    def build(self) -> Bloom | None:
        """The filter; None if there shall be none, or there are no keys."""
        if not self.hashes:
            return None
        bits = min((len(self.hashes) * self.bits_per_key + 7) // 8 * 8, _BITS_MAX)
        probes = min(max(round_probes(self.bits_per_key), 1), PROBES_MAX)
        filled = bytearray(bits >> 3)
        turns = range(probes)
        for number in self.hashes:
            place, step = number >> 32, number & _LOW
            for _ in turns:
                bit = (place & _LOW) * bits >> 32
                filled[bit >> 3] |= 1 << (bit & 7)
                place += step
        return Bloom(bits, probes, bytes(filled))


def round_probes(bits_per_key: int) -> int:
    """How many bits of a key are best: ln 2 times the bits there are for it."""
    return (bits_per_key * 69 + 50) // 100


def encode_bloom(bloom: Bloom, table: int, position: int) -> bytes:
    """The filter as a block at `position` of the file of `table`."""
    header = _HEADER.pack(_HASH_BLAKE2B, bloom.probes, 0, bloom.bits)
    return encode_block(Kind.BLOOM, table, position, header + bloom.filter)


def decode_bloom(data: Buffer, table: int, position: int, checksum: int | None = None) -> Bloom:
    """The filter that lies at `position` of the file of `table`. Raises `Damaged`."""
    payload = decode_block(data, Kind.BLOOM, table, position, checksum)
    if len(payload) < _HEADER.size:
        raise Damaged("the bloom filter ends within its header")
    hashed, probes, reserved, bits = _HEADER.unpack_from(payload)
    if hashed != _HASH_BLAKE2B or reserved:
        raise Damaged(f"the bloom filter is of a kind that this version does not know ({hashed}, {reserved})")
    if not 0 < probes <= PROBES_MAX or not bits or (bits + 7) // 8 != len(payload) - _HEADER.size:
        raise Damaged(f"{len(payload)} bytes are not a bloom filter of {bits} bits with {probes} probes")
    return Bloom(bits, probes, bytes(payload[_HEADER.size :]))
