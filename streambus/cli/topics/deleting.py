"""`streambus topics delete`: delete topics, with all that is in them."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from streambus.cli.connected import Cluster, Refused, add_connection, converse
from streambus.cli.connected.cluster import is_pattern
from streambus.cli.connected.refusals import check
from streambus.cli.misuse import Misuse
from streambus.real.clients import LAST_DELETION_BY_NAME
from streambus.wire import messages

EPILOG = """\
On a terminal it asks before it deletes. Without one, and for patterns, it wants to be told --yes.

examples:
  streambus topics delete orders
  streambus topics delete 'test-*' --yes
"""


def register(commands: Any) -> None:
    """Add `delete`."""
    texts = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser(
        "delete", help="delete topics, with all that is in them", description=__doc__, epilog=EPILOG, formatter_class=texts
    )
    parser.add_argument("names", nargs="+", metavar="TOPIC", help="names, or patterns with * and ?")
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    add_connection(parser)
    parser.set_defaults(run=delete_command)


def delete_command(arguments: argparse.Namespace) -> int:
    """`streambus topics delete`."""
    if not arguments.yes:
        pattern = next((name for name in arguments.names if is_pattern(name)), None)
        if pattern is not None:
            raise Misuse(f"{pattern} stands for several topics: say --yes ('streambus topics describe {pattern!r}' shows them)")
        if not sys.stdin.isatty():
            raise Misuse("nobody is there to be asked: say --yes to delete")

    async def talk(cluster: Cluster) -> int:
        topics = await cluster.topics(await cluster.matching(arguments.names))
        names = [str(topic.name) for topic in topics]
        if not arguments.yes and not _is_confirmed(names):
            print("nothing was deleted")
            return 1
        request = messages.DeleteTopicsRequest(topic_names=names, timeout_ms=cluster.timeout_ms)
        body = await cluster.ask(request, version=LAST_DELETION_BY_NAME)
        status = 0
        for result in body.responses:
            try:
                check(str(result.name), result.error_code, result.error_message)
                print(f"{result.name} deleted")
            except Refused as refusal:
                status = cluster.tell(refusal)
        return status

    return converse(arguments, talk)


def _is_confirmed(names: Sequence[str]) -> bool:
    what = names[0] if len(names) == 1 else f"these {len(names)} topics ({', '.join(names)})"
    try:
        answer = input(f"Delete {what} with all records? [y/N] ")
    except EOFError:
        print()
        return False
    return answer.strip().lower() in ("y", "yes")
