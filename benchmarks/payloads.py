"""The bytes that are sent: text as services log it, the same for every subject and every run."""

import random

import attrs

SEED = 20_250_707
POOL_BYTES = 1 << 20
"""Records are cut from a pool of this size: larger than any processor's first caches, quick to make."""

_SERVICES = ("checkout", "inventory", "payments", "search", "shipping", "identity")
_VERBS = ("accepted", "reserved", "charged", "indexed", "dispatched", "refreshed", "declined")


@attrs.frozen
class Payloads:
    """A pool of text, cut into records of `record_bytes` one behind the other; behind the last comes the first again."""

    pool: bytes
    record_bytes: int

    @property
    def count(self) -> int:
        """How many different records the pool gives."""
        return len(self.pool) // self.record_bytes

    def record(self, number: int) -> bytes:
        """The value of the `number`-th record ever sent."""
        position = number % self.count * self.record_bytes
        return self.pool[position : position + self.record_bytes]


def payloads(record_bytes: int) -> Payloads:
    """Records of `record_bytes` bytes, as compressible as real events are (about 3:1), equal in every run."""
    dice = random.Random(SEED)
    lines: list[str] = []
    size = 0
    while size < POOL_BYTES:
        line = (
            f'{{"at":{1_760_000_000_000 + dice.randrange(10**9)},"service":"{dice.choice(_SERVICES)}","id":"{dice.getrandbits(48):012x}",'
            f'"event":"{dice.choice(_VERBS)}","cents":{dice.randrange(100, 99_999)},"user":{dice.randrange(10**6)}}}\n'
        )
        lines.append(line)
        size += len(line)
    return Payloads("".join(lines).encode()[:POOL_BYTES], record_bytes)
