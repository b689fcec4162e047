"""`streambus configs set` and `unset`: change some configs, leave the others."""

import argparse
import re
from collections.abc import Sequence
from typing import Any

from streambus.cli.connected import Cluster, add_connection, converse
from streambus.cli.connected.cluster import Change, Operation
from streambus.cli.connected.resources import KINDS, KINDS_HELP, TOPIC, ResourceKind, broker_of
from streambus.cli.misuse import Misuse

WORDS_HELP = f"""\
kinds:
{KINDS_HELP}
"""

SET_EPILOG = f"""\
Either all changes are made or none. += adds to a list, -= takes from it.

{WORDS_HELP}
examples:
  streambus configs set topic orders retention.ms=3600000 cleanup.policy=delete
  streambus configs set topic orders cleanup.policy+=compact
  streambus configs set broker 1 log.cleaner.threads=2
  streambus configs set brokers log.retention.hours=24
  streambus configs set group billing consumer.session.timeout.ms=60000
  streambus configs set topic orders retention.ms=x --dry-run      would it be refused?
"""

UNSET_EPILOG = f"""\
Each of them goes back to what holds elsewhere: for a topic that is what its broker says.

{WORDS_HELP}
examples:
  streambus configs unset topic orders retention.ms cleanup.policy
  streambus configs unset brokers log.retention.hours
"""

SETTING = re.compile(r"([A-Za-z0-9_.\-]*?[A-Za-z0-9_.])([+-]?)=(.*)", re.DOTALL)
OPERATIONS = {"": Operation.SET, "+": Operation.APPEND, "-": Operation.SUBTRACT}


def register(commands: Any) -> None:
    """Add `set` and `unset`."""
    texts = argparse.RawDescriptionHelpFormatter
    setting = commands.add_parser("set", help="give configs a value", description=__doc__, epilog=SET_EPILOG, formatter_class=texts)
    unsetting = commands.add_parser("unset", help="go back to the default", description=__doc__, epilog=UNSET_EPILOG, formatter_class=texts)
    for parser, words, run in ((setting, "NAME=VALUE", set_command), (unsetting, "CONFIG", unset_command)):
        parser.add_argument("kind", choices=list(KINDS), metavar="KIND", help=f"one of {', '.join(KINDS)}")
        parser.add_argument("words", nargs="+", metavar=f"[RESOURCE] {words} …", help="whose, and what (brokers have no name)")
        parser.add_argument("--dry-run", action="store_true", help="have the broker check it, change nothing")
        add_connection(parser)
        parser.set_defaults(run=run)


def set_command(arguments: argparse.Namespace) -> int:
    """`streambus configs set`."""
    kind, name, words = _resource_of(arguments)
    return _change(arguments, kind, name, [_setting(word) for word in words])


def unset_command(arguments: argparse.Namespace) -> int:
    """`streambus configs unset`."""
    kind, name, words = _resource_of(arguments)
    for word in words:
        if "=" in word:
            raise Misuse(f"{word!r}: unset takes only names, set takes NAME=VALUE")
    return _change(arguments, kind, name, [(word, Operation.UNSET, None) for word in words])


def _resource_of(arguments: argparse.Namespace) -> tuple[ResourceKind, str, list[str]]:
    """Whose configs are meant, and the words behind that."""
    kind = KINDS[arguments.kind]
    words = list(arguments.words)
    name = words.pop(0) if kind.is_named else ""
    if "=" in name:
        raise Misuse(f"which {kind.word}? expected its name before {name}")
    if not words:
        raise Misuse(f"nothing to change for {kind.word} {name}: say which configs")
    return kind, name, words


def _setting(word: str) -> Change:
    match = SETTING.fullmatch(word)
    if match is None:
        raise Misuse(f"{word!r}: expected NAME=VALUE, for example retention.ms=86400000")
    name, sign, value = match.groups()
    return name, OPERATIONS[sign], value


def _change(arguments: argparse.Namespace, kind: ResourceKind, name: str, changes: Sequence[Change]) -> int:
    broker = broker_of(kind, name)

    async def talk(cluster: Cluster) -> int:
        if kind is TOPIC:
            await cluster.topics([name])
        await cluster.alter_configs(kind.number, name, changes, dry_run=arguments.dry_run, broker=broker)
        print(f"{kind.word} {name}".rstrip() + (" would be changed" if arguments.dry_run else " changed"))
        return 0

    return converse(arguments, talk)
