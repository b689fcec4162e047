"""Config definitions: what a config is called, which values it takes, and the words for a value it does not take.

Values stay texts, as the log and the protocol carry them; they are parsed where they are used. The sentences are Kafka's, because tools
show them to people.
"""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from enum import IntEnum

from attrs import frozen

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

    def complaint(self, value: int | Decimal) -> str | None:
        """What is wrong with `value`, or None."""
        return f"Value must be at least {self.lowest}" if value < self.lowest else None


@frozen
class Between:
    """Numbers from `lowest` to `highest`, both included, and `also` that one."""

    lowest: int
    highest: int
    also: int | None = None

    def complaint(self, value: int | Decimal) -> str | None:
        """What is wrong with `value`, or None."""
        if value == self.also or self.lowest <= value <= self.highest:
            return None
        if self.also is not None:
            return f"Value must be between {self.lowest} and {self.highest} or equal to {self.also}"
        if value < self.lowest:
            return f"Value must be at least {self.lowest}"
        return f"Value must be no more than {self.highest}"


@frozen
class OneOf:
    """One of some words."""

    words: tuple[str, ...]

    def complaint(self, value: str) -> str | None:
        """What is wrong with `value`, or None."""
        return None if value in self.words else f"String must be one of: {', '.join(self.words)}"


@frozen
class SomeOf:
    """Any of some words, each at most once."""

    words: tuple[str, ...]

    def complaint(self, value: tuple[str, ...]) -> str | None:
        """What is wrong with `value`, or None."""
        if any(word not in self.words for word in value):
            return f"String must be one of: {', '.join(self.words)}"
        return "values must not be duplicated" if len(set(value)) < len(value) else None


@frozen
class ReplicaList:
    """`*`, or `partition:broker` pairs: which replicas a throttle holds for."""

    def complaint(self, value: tuple[str, ...]) -> str | None:
        """What is wrong with `value`, or None."""
        if value in ((), ("*",)) or all(_is_pair(item) for item in value):
            return None
        return (
            "Must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],..."
        )


def _is_pair(text: str) -> bool:
    partition, colon, broker = text.partition(":")
    return bool(colon) and _is_digits(partition) and _is_digits(broker)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


Value = bool | str | int | Decimal | tuple[str, ...] | None
Valid = AtLeast | Between | OneOf | SomeOf | ReplicaList | None


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
        """True if nobody may be shown the value."""
        return self.type is ConfigType.PASSWORD

    def parse(self, text: str) -> Value:
        """The value that `text` says; `InvalidConfig` if it is not one."""
        try:
            value = _PARSERS[self.type](text.strip())
        except ValueError as error:
            raise InvalidConfig(f"Invalid value {text} for configuration {self.name}: {error}") from None
        complaint = self.valid.complaint(value) if self.valid is not None else None  # type: ignore[arg-type]
        if complaint is not None:
            raise InvalidConfig(f"Invalid value {text} for configuration {self.name}: {complaint}")
        return value


def _parse_boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("Expected value to be either true or false")
    return text.lower() == "true"


def _parse_integer(kind: str, largest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        digits = text[1:] if text[:1] in ("-", "+") else text
        # The length is asked first: a text may be long, and turning digits into a number is quadratic.
        if len(digits) > 19 or not _is_digits(digits) or not -largest - 1 <= int(text) <= largest:
            raise ValueError(f"Not a number of type {kind}")
        return int(text)

    return parse


def _parse_double(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError("Not a number of type DOUBLE") from None
    if not value.is_finite():
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
