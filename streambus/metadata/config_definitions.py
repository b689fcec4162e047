"""Config definitions: what a config is called, which values it takes, and the words for a value it does not take.

Values stay texts, as the log and the protocol carry them; they are parsed where they are used. The sentences are Kafka's, because tools
show them to people.
"""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from math import inf

from attrs import frozen

DIGITS_MAX = 400
"""The longest text that is looked at as a number. Zeros in front may make one longer than its value needs."""

INT_MAX = 2**31 - 1
LONG_MAX = 2**63 - 1


class InvalidConfig(ValueError):
    """A config that does not exist, or a value that it cannot have. The text is for the person who set it."""


class ConfigType(IntEnum):
    """Kafka's numbers for the types of configs (KIP-569)."""

    UNKNOWN = 0
    BOOLEAN = 1
    STRING = 2
    INT = 3
    SHORT = 4
    LONG = 5
    DOUBLE = 6
    LIST = 7
    CLASS = 8
    PASSWORD = 9


@frozen
class AtLeast:
    """Numbers from `lowest` up."""

    lowest: int

    def complaint(self, name: str, value: int | Decimal) -> str | None:
        """What is wrong with `value`, or None."""
        return invalid(name, value, f"Value must be at least {self.lowest}") if value < self.lowest else None


@frozen
class Between:
    """Numbers from `lowest` to `highest`, both included, and `also` that one."""

    lowest: int
    highest: int
    also: int | None = None

    def complaint(self, name: str, value: int | Decimal) -> str | None:
        """What is wrong with `value`, or None."""
        if value == self.also or self.lowest <= value <= self.highest:
            return None
        if self.also is not None:
            return invalid(name, value, f"Value must be between {self.lowest} and {self.highest} or equal to {self.also}")
        if value < self.lowest:
            return invalid(name, value, f"Value must be at least {self.lowest}")
        return invalid(name, value, f"Value must be no more than {self.highest}")


@frozen
class OneOf:
    """One of some words."""

    words: tuple[str, ...]

    def complaint(self, name: str, value: str) -> str | None:
        """What is wrong with `value`, or None."""
        return None if value in self.words else invalid(name, value, f"String must be one of: {', '.join(self.words)}")


@frozen
class SomeOf:
    """Any of some words; any words at all if there are none to choose from, but never an empty one."""

    words: tuple[str, ...] = ()

    def complaint(self, name: str, value: tuple[str, ...]) -> str | None:
        """What is wrong with `value`, or None."""
        if "" in value:
            return f"Configuration '{name}' values must not be empty."
        strange = [word for word in value if self.words and word not in self.words]
        return invalid(name, strange[0], f"String must be one of: {', '.join(self.words)}") if strange else None


@frozen
class ReplicaList:
    """`*`, or `partition:broker` pairs: which replicas a throttle holds for."""

    def complaint(self, name: str, value: tuple[str, ...]) -> str | None:
        """What is wrong with `value`, or None."""
        if value == ("*",) or not any(value) or _REPLICAS.fullmatch(",".join(value)):
            return None
        pairs = "[partitionId]:[brokerId],[partitionId]:[brokerId],..."
        why = f"{name} must be the literal '*' or a list of replicas in the following format: {pairs}"
        return invalid(name, f"[{', '.join(value)}]", why)


_REPLICAS = re.compile(r"([0-9]+:[0-9]+)?(,[0-9]+:[0-9]+)*")


@frozen
class OffsetReset:
    """`earliest`, `latest`, or `by_duration:` and an ISO 8601 duration: where a share group begins to read."""

    def complaint(self, name: str, value: str) -> str | None:
        """What is wrong with `value`, or None."""
        if value in ("earliest", "latest") or _BY_DURATION.fullmatch(value):
            return None
        allowed = "The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'."
        return invalid(name, value, f"Invalid value `{value}` for configuration {name}. {allowed}")


_BY_DURATION = re.compile(r"by_duration:P(?=[0-9T])([0-9]+D)?(T(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+([.][0-9]{0,9})?S)?)?", re.IGNORECASE)


def invalid(name: str, value: object, why: str) -> str:
    """The sentence for a value that a config cannot have."""
    return f"Invalid value {_number_text(value) if isinstance(value, Decimal) else value} for configuration {name}: {why}"


Value = bool | str | int | Decimal | tuple[str, ...] | None
Valid = AtLeast | Between | OneOf | SomeOf | ReplicaList | OffsetReset | None


@frozen
class Synonym:
    """A broker config that speaks for a topic config; its value times `factor` is the topic config's."""

    name: str
    factor: int = 1


@frozen
class ConfigDefinition:
    """One config. `default` None means that it has none. `synonyms` are asked in order; `is_dynamic`: may change without a restart."""

    name: str
    type: ConfigType
    default: str | None
    valid: Valid
    documentation: str
    synonyms: tuple[Synonym, ...] = ()
    is_dynamic: bool = True

    @property
    def is_sensitive(self) -> bool:
        """True if nobody may be shown the value. What is unknown may be a secret."""
        return self.type in (ConfigType.PASSWORD, ConfigType.UNKNOWN)

    def parse(self, text: str) -> Value:
        """The value that `text` says; `InvalidConfig` if it is not one."""
        try:
            value = _PARSERS[self.type](text.strip())
        except ValueError as error:
            raise InvalidConfig(invalid(self.name, text, str(error))) from None
        if isinstance(self.valid, SomeOf) and isinstance(value, tuple):
            value = tuple(dict.fromkeys(value))  # Whoever says a word twice means it once.
        complaint = self.valid.complaint(self.name, value) if self.valid is not None else None  # type: ignore[arg-type]
        if complaint is not None:
            raise InvalidConfig(complaint)
        return value

    def canonical(self, text: str) -> str:
        """`text` as it is shown: what was set, without the ways in which it could be spelled otherwise."""
        value = self.parse(text)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, tuple):
            return ",".join(value)
        return _number_text(value) if isinstance(value, Decimal) else str(value)


def _number_text(value: Decimal) -> str:
    """A DOUBLE as Java writes it: `0.5`, `-3.0`, `1.0E-4`."""
    number = float(value)
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        return repr(number)
    if number in (inf, -inf):
        return "Infinity" if number > 0 else "-Infinity"
    mantissa, _, exponent = f"{Decimal(repr(number)).normalize():e}".partition("e")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"


def _parse_boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("Expected value to be either true or false")
    return text.lower() == "true"


def _parse_integer(kind: str, largest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        digits = text[1:] if text[:1] in ("-", "+") else text
        # The length is asked first: a text may be long, and turning digits into a number is quadratic.
        if len(digits) > DIGITS_MAX or not digits.isdecimal() or not -largest - 1 <= int(text) <= largest:
            raise ValueError(f"Not a number of type {kind}")
        return int(text)

    return parse


def _parse_double(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError("Not a number of type DOUBLE") from None
    if value.is_nan() or len(text) > DIGITS_MAX:
        raise ValueError("Not a number of type DOUBLE")
    return value


def _parse_list(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",")) if text else ()


_PARSERS: dict[ConfigType, Callable[[str], Value]] = {
    ConfigType.BOOLEAN: _parse_boolean,
    ConfigType.STRING: str,
    ConfigType.INT: _parse_integer("INT", INT_MAX),
    ConfigType.SHORT: _parse_integer("SHORT", 2**15 - 1),
    ConfigType.LONG: _parse_integer("LONG", LONG_MAX),
    ConfigType.DOUBLE: _parse_double,
    ConfigType.LIST: _parse_list,
    ConfigType.CLASS: str,
    ConfigType.PASSWORD: str,
}


def table(*definitions: ConfigDefinition) -> dict[str, ConfigDefinition]:
    """Definitions by name, in the order of names."""
    return {definition.name: definition for definition in sorted(definitions, key=lambda definition: definition.name)}
