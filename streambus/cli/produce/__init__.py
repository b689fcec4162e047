"""`streambus produce`: write records from stdin or files to a topic of any broker that speaks Kafka's protocol.

1. `input.py`: pieces of input, one for each record.
2. `drafting.py`: what record a piece stands for.
3. `sending.py`: no more is read than can be sent, and every record is accounted for.
"""

import argparse
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from streambus.cli.connected import Cluster, Refused, add_connection, converse
from streambus.cli.connected.options import CONNECTION_HELP
from streambus.cli.connected.resources import TOPIC
from streambus.cli.misuse import Misuse
from streambus.cli.produce.drafting import drafting
from streambus.cli.produce.input import inputs_of
from streambus.cli.produce.sending import Target, produce
from streambus.cli.record_forms.escapes import unescaped
from streambus.client import Acks
from streambus.records import Codec
from streambus.wire import ErrorCode

ACKS = {"0": Acks.NONE, "1": Acks.LEADER, "all": Acks.ALL, "-1": Acks.ALL}
CODECS = {codec.name.lower(): codec for codec in Codec}

EPILOG = f"""\
Every line is a record. Records with the same key go to the same partition, as with every Kafka client; those without go where it suits.
On a topic that is not there yet it depends on the broker whether it makes one (auto.create.topics.enable).
At the end it says on stderr what was acknowledged; with --acks all (the default) a record that is sent twice is written once.
It stops at the first record that is refused. Ctrl-C sends what was read, and ends; a second one ends at once.

--json reads what consume --json writes, one object on each line, all fields optional:
  {{"key": "ada", "value": "42", "headers": [{{"name": "trace", "value": "a1"}}], "timestamp": 1700000000000, "partition": 0}}
  key_base64 and value_base64 are for bytes that are no text. topic and offset are passed over.

examples:
  echo hello | streambus produce greetings
  streambus produce orders orders.txt                            a file, a record for each line
  printf 'ada:1\\nbob:2\\n' | streambus produce orders -k :          keys before the colon
  streambus produce orders -H source=till -H shop=7 < orders.txt
  streambus produce blobs --whole picture.png                    a file is one record
  tail -F app.log | streambus produce logs --compression zstd --acks 1
  streambus consume orders --json | streambus produce copy --json

{CONNECTION_HELP}
"""


def register(subparsers: Any) -> None:
    """Add `produce` to the command line."""
    texts = argparse.RawDescriptionHelpFormatter
    summary = "Write records from stdin or files to a topic of any broker that speaks Kafka's protocol."
    parser = subparsers.add_parser(
        "produce", help="write records from stdin or files", description=summary, epilog=EPILOG, formatter_class=texts
    )
    parser.add_argument("topic", metavar="TOPIC")
    parser.add_argument("files", nargs="*", metavar="FILE", help="what to read (default: stdin, which is also -)")
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("-J", "--json", action="store_true", help="every line is a JSON object")
    forms.add_argument("-w", "--whole", action="store_true", help="every file is one record")
    forms.add_argument("-D", "--delimiter", metavar="TEXT", default=r"\n", help="what ends a record (default: \\n)")
    parser.add_argument("-k", "--key-delimiter", metavar="TEXT", help="what stands between key and value")
    parser.add_argument("--key", metavar="KEY", help="the key of all records")
    parser.add_argument(
        "-H", "--header", action="append", default=[], metavar="NAME=VALUE", help="a header of all records; may be repeated"
    )
    parser.add_argument("-p", "--partition", type=int, metavar="N", help="where to write")
    parser.add_argument("--null", action="store_true", help="empty values (and keys) are null, which deletes a key of a compacted topic")
    parser.add_argument("-z", "--compression", choices=CODECS, default="none", help="how batches are compressed (default: none)")
    parser.add_argument("-a", "--acks", choices=ACKS, default="all", help="who must have a record (default: all in-sync replicas)")
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing when all went well")
    add_connection(parser)
    parser.set_defaults(run=produce_command)


def produce_command(arguments: argparse.Namespace) -> int:
    """`streambus produce`."""
    if arguments.json and (arguments.key is not None or arguments.key_delimiter is not None):
        raise Misuse("with --json the key stands in the JSON")
    if arguments.key is not None and arguments.key_delimiter is not None:
        raise Misuse("--key and --key-delimiter are two ways to say the key: say one")
    draft = _reading_option("--key-delimiter", lambda: drafting(arguments))
    delimiter = b"\n" if arguments.json else _reading_option("--delimiter", lambda: unescaped(arguments.delimiter))
    if not delimiter:
        raise Misuse("--delimiter must not be empty (--whole makes a record of a whole file)")
    inputs = inputs_of(arguments.files or ["-"], None if arguments.whole else delimiter)

    async def talk(cluster: Cluster) -> int:
        target = await _find_target(cluster, arguments)
        settings: dict[str, Any] = {"codec": CODECS[arguments.compression], "acks": ACKS[arguments.acks]}
        report = await produce(cluster, target, inputs, draft, **settings)
        if report.problem is not None or not arguments.quiet:
            print(f"{cluster.watch.prefix}: {report.summary(arguments.topic)}", file=sys.stderr)
        if report.problem is not None:
            return cluster.tell(report.problem)
        return 130 if report.is_interrupted else 0

    return converse(arguments, talk)


def _reading_option(option: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except ValueError as error:
        raise Misuse(f"{option}: {error}") from error


async def _find_target(cluster: Cluster, arguments: argparse.Namespace) -> Target:
    """See to it that there is a topic, or that there is none to be had, before anything is read."""
    topic = (await cluster.topics([arguments.topic], may_create=True))[0]
    known = len(topic.partitions)
    if arguments.partition is not None and not 0 <= arguments.partition < known:
        text = f"there is no partition {arguments.partition}"
        raise Refused(arguments.topic, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, text, f"it has 0 to {known - 1}")
    return Target(arguments.topic, arguments.partition, known, await _batch_bytes_max(cluster, arguments.topic))


async def _batch_bytes_max(cluster: Cluster, topic: str) -> int | None:
    """What the topic takes in one batch; None if we may not know."""
    with suppress(Refused):
        for result in await cluster.configs([(TOPIC.number, topic)]):
            for config in result.configs:
                if config.name == "max.message.bytes" and config.value is not None:
                    return int(config.value)
    return None
