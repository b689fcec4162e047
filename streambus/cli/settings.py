"""Settings of `streambus serve`: one typed table for the configuration file and the flags.

`docs/configuration.md` documents every key. A key or a value that is not in the table is refused, with the nearest one that is.
"""

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import attrs

from streambus.cli.misuse import Misuse
from streambus.cli.store_settings import read_store
from streambus.metadata import BROKER_CONFIGS, InvalidConfig
from streambus.storage import StoreConfig

WILDCARDS = ("", "0.0.0.0", "::")
"""Hosts that stand for every address of this machine."""

OWN_WORDS = {
    "advertised.listeners": "advertise",
    "broker.id": "node_id",
    "listeners": "listen",
    "log.dirs": "data",
    "node.id": "node_id",
}
"""Kafka settings that have a key of their own at the top of the file."""


@attrs.frozen
class Address:
    """A host and a port. Port 0 stands for any free one."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        """`host:port`, `:port` (every address of this machine) or `[v6]:port`. Raises `Misuse`."""
        host, colon, port = text.rpartition(":")
        bracketed = host.startswith("[") and host.endswith("]")
        if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535 or (":" in host and not bracketed) or " " in text:
            raise Misuse(f"{text!r} is not an address: expected HOST:PORT, for example 127.0.0.1:9092")
        return cls(host.strip("[]"), int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@attrs.define
class Settings:
    """What a broker is told: the defaults, then the file, then the flags."""

    listen: Address = Address("127.0.0.1", 9092)
    advertise: Address | None = None
    data: Path = Path("streambus-data")
    node_id: int = 1
    log_format: str = "text"
    log_level: str = "info"
    broker: tuple[tuple[str, str], ...] = ()
    store: StoreConfig = attrs.field(factory=StoreConfig)


def read_settings(path: Path) -> dict[str, Any]:
    """The keys and checked values of the file. Raises `Misuse`."""
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except OSError as error:
        raise Misuse(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misuse(f"{path} is not TOML: {error}") from error
    settings: dict[str, Any] = {}
    for key, value in content.items():
        if key not in _READERS:
            raise Misuse(f"{path}: unknown key {key!r}{_nearest(key, _READERS)}")
        try:
            settings[key] = _READERS[key](key, value)
        except Misuse as misuse:
            raise Misuse(f"{path}: {misuse}") from None
    return settings


def _address(key: str, value: Any) -> Address:
    return Address.parse(_text(key, value))


def _path(key: str, value: Any) -> Path:
    return Path(_text(key, value)).expanduser()


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise Misuse(f"{key} must be text, not {_kind(value)}")
    return value


def _node_id(key: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Misuse(f"{key} must be a whole number, not {_kind(value)}")
    if not 0 <= value < 2**31:
        raise Misuse(f"{key} must be between 0 and {2**31 - 1}, not {value}")
    return value


def _one_of(*choices: str) -> Any:
    def read(key: str, value: Any) -> str:
        if _text(key, value) not in choices:
            raise Misuse(f"{key} must be one of {', '.join(choices)}, not {value!r}")
        return str(value)

    return read


def _broker(key: str, value: Any) -> tuple[tuple[str, str], ...]:
    """Kafka's broker settings. `num.partitions = 3` is a nested table to TOML, and a name to us."""
    if not isinstance(value, dict):
        raise Misuse(f"{key} must be a table of Kafka's broker settings, not {_kind(value)}")
    return tuple((name, _broker_setting(name, setting)) for name, setting in _flat(value, ""))


def _broker_setting(name: str, value: Any) -> str:
    if name in OWN_WORDS:
        raise Misuse(f"{name} is called {OWN_WORDS[name]!r} here, at the top of the file")
    if name not in BROKER_CONFIGS or name == "process.roles":
        raise Misuse(f"unknown broker setting {name!r}{_nearest(name, BROKER_CONFIGS)}")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if not isinstance(value, bool | int | float | str):
        raise Misuse(f"{name} must be text, a number or true or false, not {_kind(value)}")
    try:
        BROKER_CONFIGS[name].parse(text)
    except InvalidConfig as error:
        raise Misuse(str(error)) from error
    return text


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _nearest(word: str, words: Mapping[str, Any]) -> str:
    found = get_close_matches(word, words, 1)
    return f" (did you mean {found[0]!r}?)" if found else f" (known: {', '.join(words)})" if len(words) < 20 else ""


def _kind(value: Any) -> str:
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a table"}
    return kinds.get(type(value), "a date or a time")


_READERS: dict[str, Any] = {
    "listen": _address,
    "advertise": _address,
    "data": _path,
    "node_id": _node_id,
    "log_format": _one_of("text", "json"),
    "log_level": _one_of("debug", "info", "warning", "error"),
    "broker": _broker,
    "store": read_store,
}
