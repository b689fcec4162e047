"""Files in memory, as a task sees them: what is needed to run one without a disk."""

from collections.abc import Sequence

from streambus.kernel import Buffer, FileName


class MemoryFiles:
    """A `FileAccess` on byte arrays that counts what is asked of it.

    `dirty`: the files that were written since they were synced; `has_dirty_names`: whether a file was made since the directory was synced.
    `errs_in_passing`: so many reads from now give wrong bytes, the next ones right ones.
    """

    def __init__(self, content: dict[FileName, bytes] | None = None) -> None:
        self.content = {file: bytearray(data) for file, data in (content or {}).items()}
        self.dirty: dict[FileName, None] = {}
        self.has_dirty_names = False
        self.reads = 0
        self.largest_read = 0
        self.read_bytes = 0
        self.writes = 0
        self.largest_write = 0
        self.syncs = 0
        self.errs_in_passing = 0

    def read(self, file: FileName, position: int, length: int) -> bytes:
        if file not in self.content:
            raise FileNotFoundError(file)
        data = bytes(memoryview(self.content[file])[position : position + length])
        self.reads += 1
        self.largest_read = max(self.largest_read, length)
        self.read_bytes += len(data)
        if self.errs_in_passing:
            self.errs_in_passing -= 1
            return bytes([data[0] ^ 0xFF]) + data[1:]
        return data

    def create(self, file: FileName) -> None:
        if file in self.content:
            raise FileExistsError(file)
        self.content[file] = bytearray()
        self.has_dirty_names = True

    def write(self, file: FileName, position: int, parts: Sequence[Buffer]) -> None:
        data = b"".join(parts)
        content = self.content[file]
        content.extend(bytes(max(position - len(content), 0)))
        content[position : position + len(data)] = data
        self.dirty[file] = None
        self.writes += 1
        self.largest_write = max(self.largest_write, len(data))

    def copy(self, source: FileName, position: int, length: int, target: FileName, target_position: int) -> None:
        self.write(target, target_position, [self.read(source, position, length)])

    def sync(self, file: FileName) -> None:
        self.dirty.pop(file, None)
        self.syncs += 1

    def sync_directory(self) -> None:
        self.has_dirty_names = False

    def flip(self, file: FileName, position: int, mask: int = 0x01) -> None:
        """Damage one byte."""
        self.content[file][position] ^= mask
