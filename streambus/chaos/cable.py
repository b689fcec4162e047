"""A cable: a virtual network link to a broker in a network namespace of its own. It can be pulled out, and it can lose packets.

Unlike the proxy, which can only do to a connection what TCP lets it, this is below TCP: packets are lost, and the kernels at both ends send
them again until they give up.
"""

import os
from types import TracebackType
from typing import Self

from streambus.chaos.namespaces import Holder, NotAllowed, command

PREFIX = "sbus"
NETEM_MISSING = "the kernel has no netem (module sch_netem)"


class Cable:
    """A pair of virtual interfaces: one here, one in a namespace of its own where a broker runs. A context manager.

    `host` is the broker's address, `before` is what to put in front of a command to run it there. Raises `NotAllowed`.
    """

    def __init__(self) -> None:
        self._holder = Holder(["--net"], "ip link set lo up")
        number = os.getpid() % 16_384
        self._near, self._far = f"{PREFIX}{number}a", f"{PREFIX}{number}b"
        network = f"10.{213 + number // 8192}.{number // 32 % 256}.{number % 32 * 8}"
        stem, last = network.rsplit(".", 1)
        self._near_address = f"{stem}.{int(last) + 1}"
        self.host = f"{stem}.{int(last) + 2}"

    def __enter__(self) -> Self:
        if os.geteuid() != 0:
            raise NotAllowed("only root can plug in virtual network interfaces")
        self._holder.__enter__()
        try:
            self._plug_in()
        except BaseException as error:
            self._holder.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        try:
            command("ip", "link", "delete", self._near)
        finally:
            self._holder.__exit__(kind, error, traceback)

    @property
    def before(self) -> tuple[str, ...]:
        """Put in front of a command, this runs it at the far end."""
        return ("nsenter", f"--net=/proc/{self._holder.pid}/ns/net", "--")

    def pull(self) -> None:
        """No packet passes from now on, and nobody is told."""
        self._there("ip", "link", "set", self._far, "down")

    def plug(self) -> None:
        """Packets pass again."""
        self._there("ip", "link", "set", self._far, "up")

    def disturb(self, *netem: str) -> None:
        """Treat packets in both directions as `netem` says: `loss 5% reorder 10% delay 10ms`. Nothing: treat them well."""
        for run, interface in ((command, self._near), (self._there, self._far)):
            if netem:
                run("tc", "qdisc", "replace", "dev", interface, "root", "netem", *netem)
            elif "netem" in run("tc", "qdisc", "show", "dev", interface):
                run("tc", "qdisc", "delete", "dev", interface, "root")

    def _plug_in(self) -> None:
        command("ip", "link", "add", self._near, "type", "veth", "peer", "name", self._far, "netns", str(self._holder.pid))
        command("ip", "address", "add", f"{self._near_address}/29", "dev", self._near)
        command("ip", "link", "set", self._near, "up")
        self._there("ip", "address", "add", f"{self.host}/29", "dev", self._far)
        self._there("ip", "link", "set", self._far, "up")

    def _there(self, *words: str) -> str:
        return command(*self.before, *words)


def probe() -> str | None:
    """Why there can be no cable on this machine; None if there can."""
    try:
        with Cable():
            return None
    except NotAllowed as reason:
        return f"cannot lay a virtual network cable: {reason}"


def probe_netem() -> str | None:
    """Why no packets can be lost on this machine; None if they can."""
    try:
        with Cable() as cable:
            cable.disturb("loss", "1%")
            return None
    except NotAllowed as reason:
        return NETEM_MISSING if "qdisc kind is unknown" in str(reason) else f"cannot disturb packets: {reason}"
