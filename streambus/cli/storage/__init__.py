"""`streambus storage`: look into data folders, check them, and put them in order."""

import argparse
from typing import Any

from streambus.cli.storage import compact, dump, stats, verify

EPILOG = """\
A data folder has a manifest, sealed tables and a live write-ahead log. verify, dump and stats only read: they lock nothing, change
nothing, and can be used while a broker runs on the folder. compact needs the folder for itself.

examples:
  streambus storage verify /var/lib/streambus              is every byte what was written?
  streambus storage stats /var/lib/streambus               how much is there of what
  streambus storage dump /var/lib/streambus log orders-0 --records --from 4711
  streambus storage compact /var/lib/streambus --full      every log in one piece, no garbage

docs/storage/tools.md says more.
"""


def register(subparsers: Any) -> None:
    """Add `storage` with its commands to the parser of `streambus`."""
    texts = argparse.RawDescriptionHelpFormatter
    storage = subparsers.add_parser(
        "storage",
        help="look into data folders, check them, and put them in order",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=texts,
    )
    commands = storage.add_subparsers(dest="storage_command", required=True, metavar="COMMAND")
    for module in (verify, dump, stats, compact):
        module.register(commands)
