"""Ask one family of stock clients for one thing: `python -m tests.stock.ask HOST:PORT FAMILY OPERATION [name=value …]`.

Values are JSON, or texts.
"""

import json
import sys
from typing import Any

from tests.stock.families import FAMILIES, Missing
from tests.stock.family import ClientRefused, Hung, Unsupported
from tests.stock.operations import OPERATIONS


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def main(bootstrap: str, name: str, operation: str, *arguments: str) -> int:
    """Ask, print the answer, and say with the exit status whether it was a result."""
    given = {key: _value(text) for key, _, text in (argument.partition("=") for argument in arguments)}
    if operation != "hello":
        given = {"bootstrap": bootstrap, **OPERATIONS[operation], **given}
    try:
        family = FAMILIES[name]()
    except Missing as missing:
        sys.exit(str(missing))
    try:
        print(json.dumps(family.ask(operation, **given), indent=2))
    except (ClientRefused, Unsupported, Hung) as refused:
        print(f"{type(refused).__name__}: {refused}", family.said(), sep="\n", file=sys.stderr)
        return 1
    finally:
        family.close()
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
