"""Writes `messages.pyi`: the types of everything that `messages` builds when it is asked."""

from streambus.wire.catalogue import MESSAGES, definition
from streambus.wire.definition import Field, Message, Struct

_TYPES = {"bool": "bool", "float64": "float", "string": "str", "bytes": "Buffer", "records": "Records", "uuid": "UUID"}

_HEAD = '''"""The types of all messages. Written by `python -m streambus.wire`; change the definitions, not this."""

from uuid import UUID

from streambus.kernel import Buffer, Part
from streambus.wire.primitives import Message, Struct

Records = Buffer | tuple[Part, ...]

MESSAGES: tuple[str, ...]
'''


def stub_source() -> str:
    """What `messages.pyi` has to say."""
    return "\n".join([_HEAD, *(_message(definition(name)) for name in MESSAGES)])


def _message(message: Message) -> str:
    lines = [f"class {message.name}(Message):"]
    for struct in message.structs.values():
        lines += [f"    class {struct.name}(Struct):", *("        " + line for line in _members(message, struct)), ""]
    lines += ["    " + line for line in _members(message, message.body)]
    return "\n".join(lines) + "\n"


def _members(message: Message, struct: Struct) -> list[str]:
    types = {field.name: _type(message, field) for field in struct.fields}
    lines = []
    for field in struct.fields:
        lines.append(f"{field.name}: {types[field.name]}")
        if field.about:
            lines.append(f'"""{field.about}"""')
    arguments = ", ".join(["self", *(f"{name}: {type_} = ..." for name, type_ in types.items())])
    return [*lines, f"def __init__({arguments}) -> None: ..."]


def _type(message: Message, field: Field) -> str:
    name = _TYPES.get(field.type) or (f"{message.name}.{field.type}" if field.type in message.structs else "int")
    if field.is_array:
        name = f"list[{name}]"
    return f"{name} | None" if field.nullable.last >= 0 else name
