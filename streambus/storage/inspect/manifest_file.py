"""The manifest as it is in its file: every frame, and what they say together."""

from streambus.kernel import FileAccess, message
from streambus.storage.manifest import CURRENT, READ_BYTES, READINGS_MAX
from streambus.storage.manifest_edits import Contents, Inconsistent, decode_contents, decode_edit
from streambus.storage.manifest_frames import Frame, FrameKind, Reading, read_frames


@message
class ManifestFile:
    """`frames` up to byte `end` of `file_bytes`, and the `contents` they lead to. `damage`: why the file cannot be believed, and where."""

    frames: tuple[Frame, ...]
    contents: Contents
    end: int
    file_bytes: int
    damage: str | None = None
    damage_position: int = 0

    @property
    def torn_bytes(self) -> int:
        """What is behind the frames and was promised to nobody."""
        return 0 if self.damage is not None else max(self.file_bytes - self.end, 0)

    @property
    def tables(self) -> int:
        """How many tables there are."""
        return len(self.contents.tables)


def read_manifest(files: FileAccess) -> ManifestFile:
    """Read the manifest; what is not whole is read again until two readings are equal. Raises `FileNotFoundError`."""
    before: bytes | None = None
    for _ in range(READINGS_MAX):
        data = _read_all(files)
        reading = read_frames(data)
        if reading.is_clean or data == before:
            return _understood(data, reading)
        before = data
    return ManifestFile(reading.frames, Contents(), reading.end, len(data), f"{READINGS_MAX} readings differ from each other", reading.end)


def _read_all(files: FileAccess) -> bytes:
    data = bytearray()
    while True:
        piece = files.read(CURRENT, len(data), READ_BYTES)
        data += piece
        if len(piece) < READ_BYTES:
            return bytes(data)


def _understood(data: bytes, reading: Reading) -> ManifestFile:
    contents = Contents()
    for frame in reading.frames:
        try:
            if frame.kind == FrameKind.SNAPSHOT:
                contents = decode_contents(frame.payload)
            elif frame.kind == FrameKind.EDIT:
                contents.apply(decode_edit(frame.payload))
        except Inconsistent as inconsistent:
            return ManifestFile(reading.frames, contents, reading.end, len(data), str(inconsistent), frame.position)
    return ManifestFile(reading.frames, contents, reading.end, len(data), reading.damage, reading.end)
