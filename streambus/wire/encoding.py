"""Writes the source of an encoder: one straight-line function for one message in one layout.

It appends pieces to a list. Neighbouring fields of fixed size become one `struct` call, together with the one-byte length that
usually follows them; the empty tag sections of flexible versions are pad bytes of such a call. `records` go in as they are.
"""

from streambus.wire.decoding import FORMATS, class_name
from streambus.wire.definition import Field, Message, Struct
from streambus.wire.primitives import varint


class EncoderSource:
    """The source of `encode(m, pieces)` for `message` in the layout of `version`."""

    def __init__(self, message: Message, version: int) -> None:
        self.message = message
        self.version = version
        self.flexible = version in message.flexible
        self.lines: list[str] = []
        self.formats: dict[str, None] = {}
        self.depth = 1
        self.run: list[tuple[str, str]] = []
        self.names = 0
        self.sink = "add"

    def source(self) -> str:
        """The function, preceded by the `struct` calls it needs."""
        self._struct(self.message.body, "m")
        self._flush()
        packers = [f"{_packer(layout)} = Layout('>{layout}').pack" for layout in self.formats]
        return "\n".join([*packers, "def encode(m, pieces):", "    add = pieces.append", *self.lines])

    # Lines and runs --------------------------------------------------------------------------------------------------

    def _line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def _name(self, stem: str) -> str:
        self.names += 1
        return f"{stem}_{self.names}"

    def _fixed(self, layout: str, value: str) -> None:
        self.run.append((layout, value))

    def _packed(self, run: list[tuple[str, str]]) -> str:
        layout = "".join(layout for layout, _ in run)
        if not layout.strip("x"):
            return repr(bytes(len(layout)))
        self.formats[layout] = None
        return f"{_packer(layout)}({', '.join(value for layout, value in run if layout != 'x')})"

    def _flush(self) -> None:
        run, self.run = self.run, []
        if run:
            self._line(f"{self.sink}({self._packed(run)})")

    def _varint(self, value: str) -> None:
        """End the run with the varint `value`, a name; nearly always it is one byte and joins the run."""
        run, self.run = self.run, []
        if not run:
            self._line(f"{self.sink}(varint({value}))")
            return
        self._line(f"{self.sink}({self._packed([*run, ('B', value)])} if {value} < 128 else {self._packed(run)} + varint({value}))")

    # Structs and fields ----------------------------------------------------------------------------------------------

    def _struct(self, struct: Struct, source: str) -> None:
        """Write `struct`, which the name `source` holds. The run is left open for what follows."""
        tagged: list[Field] = []
        for field in struct.fields:
            value = f"{source}.{field.name}"
            if self.version not in field.versions:
                if not field.ignorable:
                    self._line(f"if {self._differs(field, value)}:")
                    self._line(f"    unrepresentable('{field.name}', {value})")
            elif field.tag is not None:
                tagged.append(field)
            else:
                self._field(field, value)
        if self.flexible:
            self._tags(sorted(tagged, key=lambda field: field.tag or 0), source)

    def _tags(self, tagged: list[Field], source: str) -> None:
        """Write the tagged fields that differ from their defaults: others are as good as absent, and some clients stumble over them."""
        if not tagged:
            self._fixed("x", "")
            return
        self._flush()
        count, outer = self._name("tags"), self.sink
        fields, add = self._name("fields"), self._name("add")
        self._line(f"if {' or '.join(self._differs(field, f'{source}.{field.name}') for field in tagged)}:")
        self.depth += 1
        self._line(f"{count} = 0")
        self._line(f"{fields} = []")
        for field in tagged:
            value = f"{source}.{field.name}"
            self._line(f"if {self._differs(field, value)}:")
            self.depth += 1
            self._line(f"{count} += 1")
            body, self.sink = self._name("body"), add
            self._line(f"{body} = []")
            self._line(f"{add} = {body}.append")
            self._field(field, value)
            self._flush()
            self._line(f"{body} = b''.join({body})")
            self._line(f"{fields} += ({varint(field.tag or 0)!r}, varint(len({body})), {body})")
            self.depth -= 1
        self.sink = outer
        self._line(f"{outer}(varint({count}))")
        self._line(f"{outer}(b''.join({fields}))")
        self.depth -= 1
        self._line("else:")
        self._line(f"    {outer}(b'\\0')")

    def _field(self, field: Field, value: str) -> None:
        nullable = self.version in field.nullable
        if field.is_array:
            self._array(field, value, nullable=nullable)
        elif field.type == "uuid":
            self._fixed("16s", f"{value}.bytes")
        elif field.type in FORMATS:
            self._fixed(FORMATS[field.type], value)
        elif field.type == "records":
            self._records(field, value, nullable=nullable)
        elif field.type in ("string", "bytes"):
            self._blob(field, value, nullable=nullable)
        elif nullable:
            self._nullable_struct(field, value)
        else:
            self._named_struct(field, value)

    def _named_struct(self, field: Field, value: str) -> None:
        name = self._name(field.name)
        self._line(f"{name} = {value}")
        self._struct(self.message.structs[field.type], name)

    def _nullable_struct(self, field: Field, value: str) -> None:
        self._flush()
        self._line(f"if {value} is None:")
        null = r"b'\xff'" if field.tag is None else r"b'\0'"
        self._line(f"    {self.sink}({null})")
        self._line("else:")
        self.depth += 1
        self._fixed("B", "1")
        self._named_struct(field, value)
        self._flush()
        self.depth -= 1

    def _length(self, layout: str, length: str) -> None:
        """Write a length; `length` is a name that holds it, and one more in flexible versions."""
        if self.flexible:
            self._varint(length)
        else:
            self._fixed(layout, length)
            self._flush()

    def _null(self, field: Field, layout: str, value: str, *, nullable: bool) -> None:
        """The branch for a null; leaves the depth and the `else` to the caller."""
        self._line(f"if {value} is None:")
        if not nullable:
            self._line(f"    null_given('{field.name}')")
        elif self.flexible:
            self._line(f"    {self.sink}(b'\\0')")
        else:
            self._line(f"    {self.sink}({'NULL_SHORT' if layout == 'h' else 'NULL_INT'})")

    def _blob(self, field: Field, value: str, *, nullable: bool) -> None:
        name, length = self._name(field.name), self._name("length")
        layout = "h" if field.type == "string" else "i"
        is_text = field.type == "string"
        one_more = " + 1" if self.flexible else ""
        if nullable:
            self._flush()
            self._line(f"{name} = {value}")
            self._null(field, layout, name, nullable=True)
            self._line("else:")
            self.depth += 1
            value = name
        self._line(f"{name} = {value}.encode()" if is_text else f"{name} = {value}")
        self._line(f"{length} = len({name}){one_more}")
        self._length(layout, length)
        self._line(f"{self.sink}({name})")
        if nullable:
            self.depth -= 1

    def _records(self, field: Field, value: str, *, nullable: bool) -> None:
        name, length = self._name(field.name), self._name("length")
        one_more = " + 1" if self.flexible else ""
        self._flush()
        self._line(f"{name} = {value}")
        self._null(field, "i", name, nullable=nullable)
        self._line(f"elif type({name}) is tuple:")
        self.depth += 1
        self._line(f"{length} = sum(map(len, {name})){one_more}")
        self._length("i", length)
        self._line(f"for part in {name}:")
        self._line(f"    {self.sink}(part)")
        self.depth -= 1
        self._line("else:")
        self.depth += 1
        self._line(f"{length} = len({name}){one_more}")
        self._length("i", length)
        self._line(f"{self.sink}({name})")
        self.depth -= 1

    def _array(self, field: Field, value: str, *, nullable: bool) -> None:
        name, length = self._name(field.name), self._name("length")
        one_more = " + 1" if self.flexible else ""
        self._line(f"{name} = {value}")
        if nullable:
            self._flush()
            self._null(field, "i", name, nullable=True)
            self._line("else:")
            self.depth += 1
        self._line(f"{length} = len({name}){one_more}")
        self._length("i", length)
        self._elements(field, name)
        if nullable:
            self.depth -= 1

    def _elements(self, field: Field, name: str) -> None:
        if field.type in FORMATS and field.type != "uuid":
            self._line(f"if {name}:")
            self._line(f"    {self.sink}(pack(f'>{{len({name})}}{FORMATS[field.type]}', *{name}))")
            return
        item = self._name("item")
        self._line(f"for {item} in {name}:")
        self.depth += 1
        if field.type == "uuid":
            self._line(f"{self.sink}({item}.bytes)")
        elif field.type in ("string", "bytes"):
            self._blob(field, item, nullable=False)
        else:
            self._struct(self.message.structs[field.type], item)
            self._flush()
        self.depth -= 1

    # Defaults --------------------------------------------------------------------------------------------------------

    def _differs(self, field: Field, value: str) -> str:
        """The condition under which `value` is not `field`'s default."""
        if field.null_by_default:
            return f"{value} is not None"
        if field.is_array or field.type == "bytes":
            return f"{value} is None or len({value})" if field.nullable.last >= 0 else f"len({value})"
        if field.type == "uuid":
            return f"{value}.int"
        if field.type in self.message.structs:
            return self._struct_differs(field, value)
        if field.default is None:
            return f"{value} != {'0' if field.type in FORMATS else repr('')}"
        return f"{value} != {field.default!r}"

    def _struct_differs(self, field: Field, value: str) -> str:
        struct = self.message.structs[field.type]
        inner = " or ".join(self._differs(inner, f"{value}.{inner.name}") for inner in struct.fields)
        if field.nullable.last >= 0:
            return f"{value} is None or {inner}"
        return inner or f"{value} != {class_name(self.message, struct)}()"


def _packer(layout: str) -> str:
    return f"pack_{layout.replace('?', 'o')}"
