"""`streambus configs`: see and change what topics, brokers and groups are told, on any broker that speaks Kafka's protocol."""

import argparse
from typing import Any

from streambus.cli.configs import changing, describing, listing
from streambus.cli.connected.options import CONNECTION_HELP
from streambus.cli.connected.resources import KINDS_HELP

EPILOG = f"""\
what has configs:
{KINDS_HELP}

examples:
  streambus configs describe topic orders                what was set
  streambus configs describe topic orders --all          with defaults
  streambus configs set topic orders retention.ms=3600000
  streambus configs unset topic orders retention.ms
  streambus configs set brokers log.retention.hours=24   all brokers at once
  streambus configs list

{CONNECTION_HELP}
"""


def register(subparsers: Any) -> None:
    """Add `configs` with its commands to the parser of `streambus`."""
    texts = argparse.RawDescriptionHelpFormatter
    configs = subparsers.add_parser(
        "configs", help="see and change what topics, brokers and groups are told", description=__doc__, epilog=EPILOG, formatter_class=texts
    )
    commands = configs.add_subparsers(dest="configs_command", required=True, metavar="COMMAND")
    for module in (listing, describing, changing):
        module.register(commands)
