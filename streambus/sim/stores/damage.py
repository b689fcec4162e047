"""Damage at rest, and reads that go wrong in passing."""

from streambus.kernel import FileName, FileSlice, Prng
from streambus.sim.disk import SimulatedDisk
from streambus.storage import Store
from streambus.storage.manifest_frames import read_frames
from streambus.storage.sealed import Directory, decode_index_block, encode_rows
from streambus.storage.shelf import BLOOM, ENTRIES, ROWS, place_of

MANIFEST = FileName("manifest/current")


class WrongReads:
    """A lens: of every file, one read in a life may come back with a bit turned over."""

    def __init__(self, dice: Prng) -> None:
        self.dice = dice
        self.seen: dict[FileName, None] = {}

    def distort(self, disk: SimulatedDisk, part: FileSlice, data: bytes) -> bytes:
        """What is returned instead of `data`."""
        if not data or part.file in self.seen or not self.dice.chance(1, 6):
            return data
        self.seen[part.file] = None
        place = self.dice.below(len(data))
        return data[:place] + bytes((data[place] ^ (1 << self.dice.below(8)),)) + data[place + 1 :]


def spoil_last_edit(disk: SimulatedDisk, dice: Prng) -> bool:
    """Damage the last thing that the manifest says, if it says more than one. Every store survives that."""
    data = disk.contents().get(MANIFEST, b"")
    reading = read_frames(data)
    if reading.damage is not None or len(reading.frames) < 2:
        return False
    frame = reading.frames[-1]
    write(disk, MANIFEST, frame.position + 8 + dice.below(38), b"\xff\xee\xdd")
    return True


def write(disk: SimulatedDisk, file: FileName, position: int, data: bytes) -> None:
    """Have these bytes be at rest there."""
    content = disk.files[disk.names[file]]
    for image in (content.cached, content.durable):
        if len(image) >= position + len(data):
            image[position : position + len(data)] = data
    disk.is_damaged = True


class Spoiled:
    """A block of a sealed table that is not what was written there."""

    def __init__(self, directory: Directory, kind: int, block: int) -> None:
        self.directory = directory
        self.kind = kind
        self.block = block
        self.file = directory.info.file

    @property
    def keyspace(self) -> int:
        """Whose block it is, if it is one of an index."""
        return self.directory.keyspaces[self.block] if self.kind == ROWS else -1


def spoil_block(disk: SimulatedDisk, store: Store, dice: Prng) -> Spoiled | None:
    """Flip a bit of a block; or put an older block there, or one that belongs elsewhere. None if there is none."""
    found: list[Spoiled] = []
    for directory in store.shelf.directories.values():
        found += [Spoiled(directory, ROWS, block) for block in range(len(directory))]
        found += [Spoiled(directory, ENTRIES, block) for block in range(len(directory.first_keys))]
        found += [Spoiled(directory, BLOOM, 0)] if directory.bloom_length else []
    if not found:
        return None
    chosen = found[dice.below(len(found))]
    position, length, _ = place_of(chosen.directory, (chosen.directory.info.number, chosen.kind, chosen.block))
    kind = dice.below(3)
    data = bytes(disk.contents_of(chosen.file)[position : position + length])
    if kind == 0:
        place = dice.below(length)
        data = data[:place] + bytes((data[place] ^ 1 << dice.below(8),)) + data[place + 1 :]
    elif kind == 1 and chosen.kind == ROWS:
        data = _older(data, chosen.directory, position)
    else:
        same = [one for one in found if one.kind == chosen.kind and one is not chosen]
        other = same[dice.below(len(same))] if same else chosen
        other_position, other_length, _ = place_of(other.directory, (other.directory.info.number, other.kind, other.block))
        moved = bytes(disk.contents_of(other.file)[other_position : other_position + other_length])
        if other is chosen or other_length != length:
            moved = bytes(length)
        data = moved
    write(disk, chosen.file, position, data)
    return chosen


def _older(data: bytes, directory: Directory, position: int) -> bytes:
    """A whole block for the same place, in which another batch is said to be everywhere: as if the file had had another life."""
    index = decode_index_block(data, directory.info.number, position)
    rows = index.rows
    for row in range(len(rows)):
        rows.positions[row] += 1
    return encode_rows(
        rows,
        0,
        len(rows),
        keyspace=index.keyspace,
        first_offset=index.first_offset,
        end_offset=index.end_offset,
        table=directory.info.number,
        position=position,
    )
