"""`streambus consume`: read records from topics of any broker that speaks Kafka's protocol, without being in a group.

1. `places.py`: what `--from` and `--until` say, as offsets for every partition.
2. `reading.py`: poll, write, and know when it is over.

By default it reads everything there is when it starts, and ends there; `--follow` goes on.
"""

import argparse
import sys
from typing import Any

from streambus.cli.connected import Cluster, add_connection, converse
from streambus.cli.connected.options import CONNECTION_HELP
from streambus.cli.consume.places import find_spans, parse_place
from streambus.cli.consume.reading import read
from streambus.cli.misuse import Misuse
from streambus.cli.record_forms.as_format import Form, formatted
from streambus.cli.record_forms.as_json import to_json
from streambus.records import Record

EPILOG = f"""\
It reads what is there when it starts, from the beginning, and ends. --follow goes on until Ctrl-C. Order holds within a partition.

--from and --until take
  beginning, end          --until end is where the partition ends at the start; it is the default without --follow
  4711, @4711             an offset; a time in milliseconds since 1970
  -10                     (--from) the last ten offsets of each partition; (--until) ten before the end
  2026-11-23T17:00        a time, yours or with a zone (Z, +01:00): the first record that is not older

--format has the tokens of kcat: %s value, %k key, %h headers, %t topic, %p partition, %o offset, %T timestamp in ms, %I timestamp as text,
%S and %K sizes (-1 for null), %R the value's size in four bytes, %%, \\n \\t \\r \\0 \\xNN. Values are written as they are; to a terminal,
what could harm it is written as an escape. --json writes what produce --json reads.

examples:
  streambus consume orders
  streambus consume orders --follow --from end
  streambus consume orders --from -10 --format '%p:%o %k=%s\\n'
  streambus consume orders --from 2026-11-23T17:00 --until 2026-11-23T18:00 --json
  streambus consume orders --json | streambus produce copy --json
  streambus consume orders --partition 0 --from 4711 --count 1

{CONNECTION_HELP}
"""


def register(subparsers: Any) -> None:
    """Add `consume` to the command line."""
    texts = argparse.RawDescriptionHelpFormatter
    summary = "Read records from topics of any broker that speaks Kafka's protocol, without being in a group."
    parser = subparsers.add_parser("consume", help="read records", description=summary, epilog=EPILOG, formatter_class=texts)
    parser.add_argument("topics", nargs="+", metavar="TOPIC")
    parser.add_argument("--from", dest="begin", default="beginning", metavar="PLACE", help="where to begin (default: beginning)")
    parser.add_argument("--until", metavar="PLACE", help="where to end, exclusive (default: the end, unless --follow)")
    parser.add_argument("-n", "--count", type=int, metavar="N", help="end after so many records")
    parser.add_argument("-p", "--partition", type=int, action="append", metavar="N", help="only this partition; may be repeated")
    parser.add_argument("-F", "--follow", action="store_true", help="wait for new records")
    parser.add_argument("-f", "--format", metavar="TEXT", help="how a record is written (default: %%s\\n)")
    parser.add_argument("-J", "--json", action="store_true", help="one JSON object for each record")
    parser.add_argument("--committed", action="store_true", help="nothing of transactions that are open or were aborted")
    add_connection(parser)
    parser.set_defaults(run=consume_command)


def consume_command(arguments: argparse.Namespace) -> int:
    """`streambus consume`."""
    begin = parse_place(arguments.begin, "--from")
    until = None if arguments.until is None else parse_place(arguments.until, "--until")
    if arguments.count is not None and arguments.count < 1:
        raise Misuse("--count must be at least 1")
    form = _form(arguments)

    async def talk(cluster: Cluster) -> int:
        spans = await find_spans(cluster, arguments, begin, until)
        await read(cluster, spans, form, count=arguments.count, committed=arguments.committed, follow=arguments.follow)
        return 0

    return converse(arguments, talk)


def _form(arguments: argparse.Namespace) -> Form:
    if not arguments.json:
        try:
            return formatted(r"%s\n" if arguments.format is None else arguments.format, is_shown=sys.stdout.isatty())
        except ValueError as error:
            raise Misuse(f"--format: {error}") from error
    if arguments.format is not None:
        raise Misuse("--json and --format are two ways to write a record: say one")

    def line(topic: str, partition: int, record: Record) -> bytes:
        return to_json(topic, partition, record) + b"\n"

    return line
