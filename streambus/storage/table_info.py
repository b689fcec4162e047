"""What the manifest knows of a sealed table: enough to find it, read its directory and place it among the others."""

from streambus.kernel import FileName, message


@message
class TableInfo:
    """One sealed table. `segment` is the number of the WAL segment whose file it is in, or -1 if it has a file of its own.

    `end_position` is the newest WAL position that its data came from: the order of age among tables.
    """

    number: int
    level: int
    segment: int
    file_bytes: int
    end_position: int

    @property
    def file(self) -> FileName:
        """The file that the table is in."""
        return FileName(f"wal/{self.segment:020}.wal" if self.segment >= 0 else f"tables/{self.number:020}.table")
