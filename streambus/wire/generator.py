"""Turns a definition into Python: slotted classes now, a decoder and an encoder per layout when one is first needed."""

from struct import Struct as Layout
from struct import pack, unpack_from
from typing import Any

from streambus.wire import primitives
from streambus.wire.decoding import DecoderSource, class_name, default_source
from streambus.wire.definition import Message, Struct
from streambus.wire.encoding import EncoderSource

_RUNTIME: dict[str, Any] = {
    "Layout": Layout,
    "pack": pack,
    "unpack_from": unpack_from,
    "NULL_SHORT": b"\xff\xff",
    "NULL_INT": b"\xff\xff\xff\xff",
    "UNSET": object(),
    "ZERO_UUID": primitives.ZERO_UUID,
    "bad_length": primitives.bad_length,
    "bad_tag": primitives.bad_tag,
    "long_varint": primitives.long_varint,
    "null_given": primitives.null_given,
    "null_refused": primitives.null_refused,
    "read_varint": primitives.read_varint,
    "skip_tags": primitives.skip_tags,
    "to_uuid": primitives.to_uuid,
    "trailing": primitives.trailing,
    "unrepresentable": primitives.unrepresentable,
    "varint": primitives.varint,
}
"""The names that generated code uses."""


def build(message: Message, module: str) -> type[primitives.Message]:
    """The class of `message`, its structs among its attributes, as if it were written in `module`."""
    namespace: dict[str, Any] = dict(_RUNTIME)
    body = message.body
    exec(compile(_constructors(message), f"<{message.name}>", "exec"), namespace)
    for struct in (*message.structs.values(), body):
        slots = tuple(field.name for field in struct.fields)
        is_body = struct is body
        attributes: dict[str, Any] = {
            "__slots__": slots,
            "__match_args__": slots,
            "__module__": module,
            "__qualname__": struct.name if is_body else f"{message.name}.{struct.name}",
            "__doc__": message.about if is_body else f"A part of {message.name}.",
            "__init__": namespace.pop(f"init_{struct.name}"),
        }
        base: type = primitives.Struct
        if is_body:
            base = primitives.Message
            attributes |= {name: namespace[class_name(message, inner)] for name, inner in message.structs.items()}
            attributes |= {
                "VERSIONS": _to_range(message.versions.first, message.versions.last),
                "FLEXIBLE": _to_range(message.flexible.first, message.flexible.last),
                "API_KEY": message.key,
                "HAS_RECORDS": any(field.type == "records" for inner in (*message.structs.values(), body) for field in inner.fields),
                "_decoders": _Compiled(message, namespace, "decode"),
                "_encoders": _Compiled(message, namespace, "encode"),
            }
        namespace[class_name(message, struct)] = type(struct.name, (base,), attributes)
    built: type[primitives.Message] = namespace[message.name]
    return built


class _Compiled(dict[int, Any]):
    """The functions of one direction by version, compiled when one is asked for. Versions of one layout share theirs."""

    def __init__(self, message: Message, namespace: dict[str, Any], direction: str) -> None:
        super().__init__()
        self.message = message
        self.namespace = namespace
        self.direction = direction

    def __missing__(self, version: int) -> Any:
        layout = next((layout for layout in self.message.layouts() if version in layout), None)
        if layout is None:
            raise KeyError(version)
        source = source_of(self.message, self.direction, layout.first)
        namespace = dict(self.namespace)
        exec(compile(source, f"<{self.message.name} {self.direction} {layout.first}-{layout.last}>", "exec"), namespace)
        for member in range(layout.first, layout.last + 1):
            self[member] = namespace[self.direction]
        return self[version]


def source_of(message: Message, direction: str, version: int) -> str:
    """The Python source that decodes or encodes `message` in `version`."""
    return (DecoderSource if direction == "decode" else EncoderSource)(message, version).source()


def _to_range(first: int, last: int) -> range:
    return range(first, last + 1)


def _constructors(message: Message) -> str:
    """All at once, because calling the compiler costs more than what it has to compile."""
    return "\n".join(_constructor(message, struct) for struct in (*message.structs.values(), message.body))


def _constructor(message: Message, struct: Struct) -> str:
    arguments, lines = [], []
    for field in struct.fields:
        default = default_source(message, field)
        if default == "[]" or default.endswith("()"):
            arguments.append(f"{field.name}=UNSET")
            lines.append(f"    self.{field.name} = {default} if {field.name} is UNSET else {field.name}")
        else:
            arguments.append(f"{field.name}={default}")
            lines.append(f"    self.{field.name} = {field.name}")
    return "\n".join([f"def init_{struct.name}({', '.join(['self', *arguments])}):", *(lines or ["    pass"])])
