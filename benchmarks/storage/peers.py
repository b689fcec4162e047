"""RocksDB through `rocksdict`, which takes part if it is installed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from .work import Absent

CACHE_BYTES = 256 << 20
"""RocksDB's block cache, and ours where it matters: room for everything that is read."""


def versions() -> Mapping[str, str]:
    """Who takes part, in which version."""
    try:
        return {"RocksDB": f"rocksdict {metadata.version('rocksdict')}"}
    except metadata.PackageNotFoundError:
        return {"RocksDB": "absent (rocksdict is not installed)"}


def rocksdict() -> Any:
    """The module; `Absent` without it."""
    try:
        return import_module("rocksdict")
    except ImportError as missing:
        raise Absent("rocksdict is not installed: pip install -e '.[bench]'") from missing


@contextmanager
def rocks(folder: Path) -> Iterator[Any]:
    """A fresh database of bytes with RocksDB's defaults but for a block cache that holds everything."""
    module = rocksdict()
    options = module.Options(raw_mode=True)
    blocks = module.BlockBasedOptions()
    blocks.set_block_cache(module.Cache(CACHE_BYTES))
    options.set_block_based_table_factory(blocks)
    database = module.Rdict(str(folder), options=options)
    try:
        yield database
    finally:
        database.close()
        module.Rdict.destroy(str(folder))
