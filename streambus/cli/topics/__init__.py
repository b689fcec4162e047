"""`streambus topics`: see, make, change and delete topics of any broker that speaks Kafka's protocol."""

import argparse
from typing import Any

from streambus.cli.connected.options import CONNECTION_HELP
from streambus.cli.topics import altering, creating, deleting, describing, listing

EPILOG = f"""\
examples:
  streambus topics list
  streambus topics create orders --partitions 6 --config retention.ms=86400000
  streambus topics describe orders
  streambus topics alter orders --partitions 12 --unset retention.ms
  streambus topics delete orders
  streambus topics list -b broker-1.example.org:9092,broker-2.example.org:9092 --json

{CONNECTION_HELP}
"""


def register(subparsers: Any) -> None:
    """Add `topics` with its commands to the parser of `streambus`."""
    texts = argparse.RawDescriptionHelpFormatter
    topics = subparsers.add_parser(
        "topics", help="see, make, change and delete topics", description=__doc__, epilog=EPILOG, formatter_class=texts
    )
    commands = topics.add_subparsers(dest="topics_command", required=True, metavar="COMMAND")
    for module in (listing, describing, creating, altering, deleting):
        module.register(commands)
