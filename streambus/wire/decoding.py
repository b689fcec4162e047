"""Writes the source of a decoder: one straight-line function for one message in one layout.

Neighbouring fields of fixed size become one `struct` call, which also fetches the first byte of the length that ends the run. Structs are
written out in place, arrays are loops. Every count is compared with the bytes that are left before anything is built from it.
"""

from streambus.wire.definition import Field, Message, Struct

FORMATS = {
    "bool": "?",
    "int8": "b",
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "float64": "d",
    "uuid": "16s",
}
SIZES = {"bool": 1, "int8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "int64": 8, "float64": 8, "uuid": 16}


class DecoderSource:
    """The source of `decode(data, at)` for `message` in the layout of `version`."""

    def __init__(self, message: Message, version: int) -> None:
        self.message = message
        self.version = version
        self.flexible = version in message.flexible
        self.lines: list[str] = []
        self.formats: dict[str, None] = {}
        self.defaults: dict[str, str] = {}
        self.depth = 1
        self.run: list[tuple[str, str]] = []
        self.names = 0

    def source(self) -> str:
        """The function, preceded by the `struct` calls it needs."""
        target = self._struct(self.message.body)
        self._flush()
        if not self.message.is_open:
            self._line("if at != size:")
            self._line("    trailing(data, at)")
        # Bytes behind a request are passed over: librdkafka leaves three behind a Metadata request for all topics.
        self._line(f"return {target}")
        unpackers = [f"{_unpacker(layout)} = Layout('>{layout}').unpack_from" for layout in self.formats]
        defaults = [f"{name} = {value}" for name, value in self.defaults.items()]
        return "\n".join([*unpackers, *defaults, "def decode(data, at):", "    size = len(data)", *self.lines])

    # Lines and runs --------------------------------------------------------------------------------------------------

    def _line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def _name(self, stem: str) -> str:
        self.names += 1
        return f"{stem}_{self.names}"

    def _fixed(self, layout: str, target: str) -> None:
        self.run.append((layout, target))

    def _flush(self) -> None:
        """Write out the run of fixed-size fields that has gathered."""
        run, self.run = self.run, []
        if not run:
            return
        layout = "".join(layout for layout, _ in run)
        if layout == "B":
            self._line(f"{run[0][1]} = data[at]")
            self._line("at += 1")
            return
        self.formats[layout] = None
        targets = ", ".join(target for _, target in run)
        self._line(f"{targets}{',' if len(run) == 1 else ''} = {_unpacker(layout)}(data, at)")
        self._line(f"at += {_size(layout)}")
        for part, target in run:
            if part == "16s":
                self._line(f"{target} = to_uuid({target})")

    # Structs and fields ----------------------------------------------------------------------------------------------

    def _struct(self, struct: Struct) -> str:
        """Read `struct`; the expression that builds it. The run is left open for what follows."""
        values: dict[str, str] = {}
        tagged: list[Field] = []
        for field in struct.fields:
            if self.version not in field.versions:
                values[field.name] = self._default(field)
            elif field.tag is not None:
                values[field.name] = self._name(field.name)
                tagged.append(field)
            else:
                values[field.name] = self._field(field)
        if self.flexible:
            self._tags(tagged, values)
        return f"{class_name(self.message, struct)}({', '.join(values.values())})"

    def _default(self, field: Field) -> str:
        """The expression for what an absent field is. What was received is never changed, so all may share one default struct."""
        source = default_source(self.message, field)
        if not source.endswith("()"):
            return source
        name = f"default_{source[:-2]}"
        self.defaults[name] = source
        return name

    def _tags(self, tagged: list[Field], values: dict[str, str]) -> None:
        count = self._name("tags")
        self._fixed("B", count)
        self._flush()
        if not tagged:
            self._line(f"if {count}:")
            self._line(f"    at = skip_tags(data, {count}, at)")
            return
        for field in tagged:
            self._line(f"{values[field.name]} = {self._default(field)}")
        self._line(f"if {count}:")
        self.depth += 1
        self._line(f"if {count} > 127:")
        self._line(f"    {count}, at = long_varint(data, {count}, at)")
        self._line(f"for _ in range({count}):")
        self.depth += 1
        tag, length, end = self._name("tag"), self._name("length"), self._name("end")
        self._line(f"{tag}, at = read_varint(data, at)")
        self._line(f"{length}, at = read_varint(data, at)")
        self._line(f"{end} = at + {length}")
        self._line(f"if {end} > size:")
        self._line(f"    bad_length('a tagged field', {length})")
        for field in sorted(tagged, key=lambda field: field.tag or 0):
            self._line(f"if {tag} == {field.tag}:")
            self.depth += 1
            value = self._field(field)
            self._flush()
            self._line(f"{values[field.name]} = {value}")
            self._line(f"if at != {end}:")
            self._line(f"    bad_tag('{field.name}')")
            self.depth -= 1
        self._line(f"at = {end}")
        self.depth -= 2

    def _field(self, field: Field) -> str:
        """Read `field`; the expression for its value."""
        nullable = self.version in field.nullable
        if field.is_array:
            return self._array(field, nullable=nullable)
        if field.type in FORMATS:
            target = self._name(field.name)
            self._fixed(FORMATS[field.type], target)
            return target
        if field.type in ("string", "bytes", "records"):
            return self._blob(field.name, field.type, nullable=nullable)
        struct = self.message.structs[field.type]
        return self._nullable_struct(field, struct) if nullable else self._struct(struct)

    def _nullable_struct(self, field: Field, struct: Struct) -> str:
        """A byte tells whether there is one: -1 for null. Among tagged fields it is a varint, and null is 0."""
        present, target = self._name("present"), self._name(field.name)
        self._fixed("b" if field.tag is None else "B", present)
        self._flush()
        self._line(f"{target} = None")
        if field.tag is not None:
            self._line(f"if {present} > 127:")
            self._line(f"    {present}, at = long_varint(data, {present}, at)")
        self._line(f"if {present} >= 0:" if field.tag is None else f"if {present}:")
        self.depth += 1
        value = self._struct(struct)
        self._flush()
        self._line(f"{target} = {value}")
        self.depth -= 1
        return target

    def _length(self, layout: str) -> str:
        """Read a length: the number itself in older versions, one more than it in flexible ones (so that null is 0, not -1)."""
        length = self._name("length")
        self._fixed("B" if self.flexible else layout, length)
        self._flush()
        if self.flexible:
            self._line(f"if {length} > 127:")
            self._line(f"    {length}, at = long_varint(data, {length}, at)")
            self._line(f"{length} -= 1")
        return length

    def _blob(self, name: str, kind: str, *, nullable: bool) -> str:
        target = self._name(name)
        length = self._length("h" if kind == "string" else "i")
        self._line(f"end = at + {length}")
        self._line(f"if {length} >= 0 and end <= size:")
        self._line(f"    {target} = str(data[at:end], 'utf-8')" if kind == "string" else f"    {target} = data[at:end]")
        self._line("    at = end")
        self._null_or_bad(target, length, name, nullable=nullable)
        return target

    def _null_or_bad(self, target: str, length: str, name: str, *, nullable: bool) -> None:
        self._line(f"elif {length} == -1:")
        self._line(f"    {target} = None" if nullable else f"    null_refused('{name}')")
        self._line("else:")
        self._line(f"    bad_length('{name}', {length})")

    def _array(self, field: Field, *, nullable: bool) -> str:
        target = self._name(field.name)
        length = self._length("i")
        smallest = self._smallest(field)
        self._line(f"if 0 <= {length} <= (size - at){f' // {smallest}' if smallest > 1 else ''}:")
        self.depth += 1
        if field.type in FORMATS and field.type != "uuid":
            self._line(f"{target} = list(unpack_from(f'>{{{length}}}{FORMATS[field.type]}', data, at))")
            self._line(f"at += {SIZES[field.type]} * {length}" if SIZES[field.type] > 1 else f"at += {length}")
        else:
            self._line(f"{target} = []")
            self._line(f"for _ in range({length}):")
            self.depth += 1
            value = self._element(field)
            self._flush()
            self._line(f"{target}.append({value})")
            self.depth -= 1
        self.depth -= 1
        self._null_or_bad(target, length, field.name, nullable=nullable)
        return target

    def _element(self, field: Field) -> str:
        if field.type == "uuid":
            target = self._name(field.name)
            self._fixed("16s", target)
            return target
        if field.type in ("string", "bytes"):
            return self._blob(field.name, field.type, nullable=False)
        return self._struct(self.message.structs[field.type])

    # Sizes -----------------------------------------------------------------------------------------------------------

    def _smallest(self, field: Field) -> int:
        """The fewest bytes that one element of an array takes."""
        if field.type in SIZES:
            return SIZES[field.type]
        if field.type in ("string", "bytes", "records"):
            return 1 if self.flexible else 2 if field.type == "string" else 4
        return max(1, self._smallest_struct(self.message.structs[field.type]))

    def _smallest_struct(self, struct: Struct) -> int:
        size = 1 if self.flexible else 0
        for field in struct.fields:
            if self.version not in field.versions or field.tag is not None:
                continue
            if field.is_array:
                size += 1 if self.flexible else 4
            elif self.version in field.nullable and field.type in self.message.structs:
                size += 1
            else:
                size += self._smallest(field)
        return size


def class_name(message: Message, struct: Struct) -> str:
    """The Python name of `struct`'s class inside generated code."""
    return message.name if struct is message.body else f"{message.name}__{struct.name}"


def default_source(message: Message, field: Field) -> str:
    """The expression for `field`'s default."""
    if field.null_by_default:
        return "None"
    if field.is_array:
        return "[]"
    if field.default is not None:
        return repr(field.default)
    empty = {"bool": "False", "string": "''", "bytes": "b''", "uuid": "ZERO_UUID", "float64": "0.0"}
    if field.type in empty:
        return empty[field.type]
    return "0" if field.type in FORMATS else f"{class_name(message, message.structs[field.type])}()"


def _unpacker(layout: str) -> str:
    return f"unpack_{layout.replace('?', 'o')}"


def _size(layout: str) -> int:
    size = digits = 0
    for letter in layout:
        if letter.isdigit():
            digits = 10 * digits + int(letter)
        elif letter == "s":
            size, digits = size + digits, 0
        else:
            size += {"?": 1, "b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "q": 8, "d": 8}[letter]
    return size
