"""Show what is in a data folder, one line for each thing. It changes nothing, and locks nothing."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from streambus.cli.misuse import Misuse
from streambus.cli.storage.dump_files import manifest_lines, table_lines, wal_lines
from streambus.cli.storage.dump_store import entry_lines, keyspace_lines, log_lines
from streambus.cli.storage.folders import add_arguments, existing_folder
from streambus.cli.storage.lines import Line

EPILOG = """\
what can be shown:
  keyspaces     every log and table: its number, its name, where it begins and ends (this is what you get if you say nothing)
  manifest      every frame: the snapshot, edits, confirmations
  wal           every record of the live write-ahead log, and what is in it; --from takes a WAL position
  table N       the blocks of sealed table N, and the batches and entries they lead to
  log NAME      the batches of one log, by its topic-partition or by its name in the store; --from takes an offset
  entries [T]   keys and values of all tables, or of table T, as they are now

Positions are bytes: in the file for manifest and tables, in the whole log for the write-ahead log. Offsets a..b include both.
manifest, wal and table read one file after the other and go on behind damage. keyspaces, log and entries first find out what a broker
would have in memory, so they need a folder on which a broker would start.

examples:
  streambus storage dump /var/lib/streambus
  streambus storage dump /var/lib/streambus wal | tail
  streambus storage dump /var/lib/streambus log orders-0 --records --from 4711 | head
  streambus storage dump /var/lib/streambus table 12 --json | jq 'select(.kind == "index-block")'

exit status: 0 done, 2 misuse or a folder that no broker would start on
"""


def register(commands: Any) -> None:
    """Add `dump`."""
    texts = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser("dump", help="what is in the files?", description=__doc__, epilog=EPILOG, formatter_class=texts)
    add_arguments(parser)
    parser.add_argument("what", nargs="*", help="what to show, see below (default: keyspaces)", metavar="WHAT")
    parser.add_argument("--records", action="store_true", help="also show the records in batches")
    parser.add_argument("--from", type=int, default=0, dest="start", help="begin at this offset or WAL position", metavar="OFFSET")
    parser.set_defaults(run=dump_command)


def dump_command(arguments: argparse.Namespace) -> int:
    """`streambus storage dump`."""
    lines = _lines(arguments)
    try:
        for line in lines:
            print(json.dumps(line.to_json()) if arguments.json else line.to_text())
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _lines(arguments: argparse.Namespace) -> Iterator[Line]:
    what, *names = arguments.what or ["keyspaces"]
    shown: dict[str, tuple[tuple[int, ...], Callable[..., Iterator[Line]]]] = {
        "keyspaces": ((0,), keyspace_lines),
        "manifest": ((0,), manifest_lines),
        "wal": ((0,), wal_lines),
        "table": ((1,), table_lines),
        "log": ((1,), log_lines),
        "entries": ((0, 1), entry_lines),
    }
    if what not in shown:
        raise Misuse(f"cannot show {what!r}; there are: {', '.join(shown)}")
    counts, lines = shown[what]
    if len(names) not in counts:
        raise Misuse(
            f"{what} takes {'the number of a table' if what == 'table' else 'the name of a log' if what == 'log' else 'nothing more'}"
        )
    return lines(existing_folder(arguments), arguments, *names)
