"""Config changes: what becomes of a resource's settings when operations are carried out on them (KIP-339)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from streambus.metadata.config_definitions import ConfigDefinition, ConfigType, InvalidConfig

Settings = Mapping[str, str]
"""What is set on a resource, by name."""


class Operation(IntEnum):
    """What an incremental change does to one config."""

    SET = 0
    DELETE = 1
    APPEND = 2
    SUBTRACT = 3


def list_changed(definition: ConfigDefinition | None, name: str, settings: Settings, change: Operation, text: str) -> str:
    """The value of a list after APPEND or SUBTRACT; `InvalidConfig` if it is no list.

    A topic that does not have the list begins with the default, whatever its broker says.
    """
    if definition is None or definition.type is not ConfigType.LIST:
        raise InvalidConfig(f"Can't {change.name} to key {name} because its type is not LIST.")
    items = [item for item in settings.get(name, definition.default or "").split(",") if item]
    for item in text.split(","):
        if change is Operation.APPEND and item not in items:
            items.append(item)
        elif change is Operation.SUBTRACT and item in items:
            items.remove(item)
    return ",".join(items)
