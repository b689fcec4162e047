"""Frames: what the manifest is made of, and how they are found again. The format is described in `docs/storage/manifest.md`."""

from enum import IntEnum
from struct import Struct

from streambus.kernel import message
from streambus.records import crc32c

MAGIC = b"SBM\x01"
FRAME_HEADER_BYTES = 48
PAGE_BYTES = 4 * 1024
"""What a frame begins at a multiple of: what a disk tears, loses or damages as one piece."""

_HEADER = Struct(">4sIIHHQQQQ")
_SUMMED = Struct(">IHHQQQQ")
_CHECKSUM = Struct(">4sI")
_SUMMED_START = 8


class FrameKind(IntEnum):
    """What a frame says."""

    SNAPSHOT = 1
    EDIT = 2
    CONFIRMATION = 3


@message
class Frame:
    """One frame as it was found. `end` is where the next one begins."""

    kind: int
    flags: int
    generation: int
    sequence: int
    position: int
    write_start: int
    payload: bytes

    @property
    def end(self) -> int:
        """Where the page begins that is behind this frame."""
        return page_end(self.position + FRAME_HEADER_BYTES + len(self.payload))


@message
class Reading:
    """What one reading of a manifest found: whole frames from the front, up to `end`, and what is behind them."""

    frames: tuple[Frame, ...]
    end: int
    is_clean: bool
    """Whether there is nothing behind the frames."""
    damage: str | None
    """Why `end` is not where a torn tail begins, if it is not."""


def encode_frame(kind: FrameKind, generation: int, sequence: int, position: int, write_start: int, payload: bytes) -> bytes:
    """A frame, filled up with zeros to the end of its last page."""
    body = _SUMMED.pack(len(payload), kind, 0, generation, sequence, position, write_start) + payload
    frame = _CHECKSUM.pack(MAGIC, crc32c(body)) + body
    return frame + bytes(page_end(len(frame)) - len(frame))


def parse_frame(data: bytes, position: int) -> Frame | None:
    """The frame at `position` of the file, or None if there is no whole one that belongs there."""
    if len(data) - position < FRAME_HEADER_BYTES:
        return None
    magic, checksum, length, kind, flags, generation, sequence, own_position, write_start = _HEADER.unpack_from(data, position)
    end = position + FRAME_HEADER_BYTES + length
    if magic != MAGIC or own_position != position or write_start > position or end > len(data):
        return None
    if crc32c(data[position + _SUMMED_START : end]) != checksum:
        return None
    return Frame(kind, flags, generation, sequence, position, write_start, data[position + FRAME_HEADER_BYTES : end])


def read_frames(data: bytes) -> Reading:
    """Find the whole frames of a manifest, and judge what follows them."""
    frames: list[Frame] = []
    position = 0
    while position < len(data):
        frame = parse_frame(data, position)
        if frame is None or (frames and frame.generation != frames[0].generation):
            damage = _foreign_version(data, position) or _proof_of_durability(data, position, frames)
            return Reading(tuple(frames), position, is_clean=False, damage=damage)
        damage = _misfit(frame, frames)
        if damage is not None:
            return Reading(tuple(frames), position, is_clean=False, damage=damage)
        frames.append(frame)
        position = frame.end
    return Reading(tuple(frames), position, is_clean=bool(frames), damage=None if frames else "there is no snapshot")


def page_end(length: int) -> int:
    """`length`, rounded up to whole pages."""
    return -(-length // PAGE_BYTES) * PAGE_BYTES


def _misfit(frame: Frame, before: list[Frame]) -> str | None:
    """Why a whole `frame` cannot follow those `before` it; None if it can."""
    if frame.flags:
        return f"frame flags {frame.flags} are not known here"
    if frame.kind not in (FrameKind.SNAPSHOT, FrameKind.EDIT, FrameKind.CONFIRMATION):
        return f"frame kind {frame.kind} is not known here"
    if (frame.kind == FrameKind.SNAPSHOT) == bool(before):
        return "a snapshot is not the first frame" if before else "the first frame is not a snapshot"
    if before and frame.sequence != before[-1].sequence + (frame.kind == FrameKind.EDIT):
        return f"edit {frame.sequence} follows edit {before[-1].sequence}"
    return None


def _foreign_version(data: bytes, position: int) -> str | None:
    magic = data[position : position + len(MAGIC)]
    if len(magic) == len(MAGIC) and magic[:-1] == MAGIC[:-1] and magic != MAGIC:
        return f"format version {magic[-1]} is not known here"
    return None


def _proof_of_durability(data: bytes, position: int, frames: list[Frame]) -> str | None:
    """Why what was at `position` was durable: the snapshot always was, anything else if a later write came behind it."""
    if not frames:
        return "there is no snapshot"
    for page in range(position + PAGE_BYTES, len(data), PAGE_BYTES):
        frame = parse_frame(data, page)
        if frame is not None and frame.generation == frames[0].generation and frame.write_start > position:
            return f"no frame here, but the one at {page} was written after this one was synced"
    return None
