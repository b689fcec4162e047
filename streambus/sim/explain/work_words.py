"""Disk operations in words."""

from typing import Any

from streambus.kernel import Create, Delete, Read, Rename, Sync, SyncDirectory, Truncate, Work, Write
from streambus.sim.explain.disks import Piece
from streambus.sim.explain.events import file_words


def piece_words(piece: Piece) -> str:
    """So many bytes of a file."""
    file, position, length = piece
    return f"{length:,} bytes at {position:,} of {file_words(file)}"


def work_title(effect: Any) -> str:
    """What is asked of a disk."""
    kind = type(effect)
    if kind is Write:
        return f"write {piece_words((effect.file, effect.position, sum(map(len, effect.parts))))}"
    if kind is Sync:
        return f"sync {file_words(effect.file)}"
    if kind is SyncDirectory:
        return "sync the directory"
    if kind is Read:
        return f"read {piece_words((effect.file, effect.position, effect.length))}"
    if kind is Work:
        return f"do long work ({type(effect.task).__name__})"
    if kind is Truncate:
        return f"truncate {file_words(effect.file)} to {effect.length:,} bytes"
    if kind is Rename:
        return f"rename {file_words(effect.source)} to {file_words(effect.target)}"
    assert kind in (Create, Delete)
    return f"{kind.__name__.lower()} {file_words(effect.file)}"
