"""Equipment: what a nemesis may need around a broker, and whether this machine has it."""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum

from streambus.chaos import cable, small_disk


class Equipment(Enum):
    """Something that is put around a broker before it is started. The value says what it needs of the machine."""

    SMALL_DISK = "a tmpfs of its own: root, or user namespaces that may mount"
    FAULTY_DISK = "nothing: it is a layer below a broker that was started for it"
    CLOCK = "nothing: a broker that was started for it asks another clock"
    CABLE = "root, ip and nsenter (Debian: iproute2, util-linux)"
    NETEM = "root, ip, tc and nsenter (Debian: iproute2, util-linux), and a kernel with netem"


_PROBES: Mapping[Equipment, Callable[[], str | None]] = {
    Equipment.SMALL_DISK: small_disk.probe,
    Equipment.CABLE: cable.probe,
    Equipment.NETEM: cable.probe_netem,
}


def missing(equipment: Iterable[Equipment]) -> str | None:
    """Why this machine cannot have `equipment`, by trying; None if it can."""
    for each in equipment:
        why = _PROBES[each]() if each in _PROBES else None
        if why is not None:
            return why
    return None
