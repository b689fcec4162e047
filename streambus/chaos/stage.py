"""The stage: a broker with its equipment and a proxy before it. What nemeses act on, and what is healed after them."""

import random
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import attrs

from streambus.chaos.broker_process import FAULTY, SERVE, BrokerFailed, BrokerProcess
from streambus.chaos.cable import Cable
from streambus.chaos.equipment import Equipment
from streambus.chaos.guardian import Guardian
from streambus.chaos.history_clock import now
from streambus.chaos.network import Proxy
from streambus.chaos.shifted_clock import ShiftedClock
from streambus.chaos.small_disk import SmallDisk
from streambus.checkers import Fault, History
from streambus.real.faulty_files import DiskFault, ask_for


@attrs.define(eq=False)
class Stage:
    """Everything around one broker. Faults go into `history`, sentences about what must not be into `violations`."""

    broker: BrokerProcess
    proxy: Proxy
    history: History
    dice: random.Random
    guardian: Guardian
    topics: Mapping[str, str]
    """The name of the topic for each promise."""
    small_disk: SmallDisk | None = None
    disk_control: Path | None = None
    clock: ShiftedClock | None = None
    cable: Cable | None = None
    violations: list[str] = attrs.field(factory=list)
    over: threading.Event = attrs.field(factory=threading.Event)
    _watched: int | None = None

    # For nemeses --------------------------------------------------------------------------------------------------------

    @contextmanager
    def fault(self, name: str, target: str) -> Iterator[list[str]]:
        """A fault from the beginning of the block to its end. What is put into the list are its details."""
        began, details = now(), list[str]()
        try:
            yield details
        finally:
            self.history.add_fault(Fault(name, target, began, now(), ", ".join(details)))

    def wait(self, least: float, most: float) -> None:
        """Let some seconds pass, fewer if the run is over."""
        self.over.wait(self.dice.uniform(least, most))

    def toss(self, percent: int) -> bool:
        """True in so many cases of a hundred."""
        return self.dice.randrange(100) < percent

    def ask_disk_for(self, *faults: DiskFault) -> None:
        """Have these faults below the broker from now on, and no others."""
        assert self.disk_control is not None, "there is no faulty disk on this stage"
        ask_for(self.disk_control, faults)

    # The broker's lives -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the broker. Raises `BrokerFailed`."""
        self.broker.start()
        assert self.broker.process is not None
        self._watched = self.broker.process.pid
        self.guardian.watch_process(self._watched)

    def kill(self) -> None:
        """End the broker's life with SIGKILL."""
        self.broker.kill()
        self._forget()

    def stop(self) -> None:
        """End it cleanly; that it does not end so is a violation."""
        try:
            status = self.broker.stop()
            if status != 0:
                self.violations.append(f"a clean stop ended with status {status}: {_last_lines(self.broker.said())}")
        except BrokerFailed as error:
            self.violations.append(str(error))
        self._forget()

    def _forget(self) -> None:
        if self._watched is not None:
            self.guardian.process_gone(self._watched)
            self._watched = None

    def revive(self) -> None:
        """A broker that ended because of its disk, or refuses records since, gets a new life."""
        if not self.broker.is_alive or self.broker.refuses_records:
            self.kill()
            self.start()

    # Around the nemeses -------------------------------------------------------------------------------------------------

    def expect_alive(self) -> None:
        """A broker that ended by itself, although nobody gave it a reason, is a violation; it is started again."""
        status = self.broker.exit_status
        if status is not None:
            self.violations.append(f"the broker ended by itself with status {status}: {_last_lines(self.broker.said())}")
            self.kill()
            self.start()

    def heal(self) -> None:
        """Undo everything that a nemesis can do, and see to it that the broker serves. Raises `BrokerFailed` if it does not."""
        self.broker.thaw()
        self.proxy.heal()
        if self.disk_control is not None:
            self.ask_disk_for()
        if self.small_disk is not None:
            self.small_disk.free()
        if self.clock is not None:
            self.clock.shift(0)
        if self.cable is not None:
            self.cable.plug()
            self.cable.disturb()
        self.revive()

    def look_for_tracebacks(self) -> None:
        """Whatever happens to it, a broker ends in a sentence and not in a traceback."""
        if self.broker.log.exists():
            said = self.broker.log.read_text(errors="replace")
            if "Traceback" in said:
                self.violations.append("the broker failed by a mistake of its own: " + _last_lines(said[said.index("Traceback") :][:4000]))


def _last_lines(text: str) -> str:
    return " | ".join(text.splitlines()[-3:]) or "without a word"


@contextmanager
def staged(
    folder: Path,
    equipment: Iterable[Equipment],
    topics: Mapping[str, str],
    *,
    seed: int,
    history: History,
    guardian: Guardian,
    small_disk_bytes: int,
) -> Iterator[Stage]:
    """A stage with `equipment`, its broker started. `folder` is an empty one of its own. Raises `NotAllowed` or `BrokerFailed`."""
    wanted = frozenset(equipment)
    with ExitStack() as stack:
        small_disk = stack.enter_context(SmallDisk(small_disk_bytes)) if Equipment.SMALL_DISK in wanted else None
        cable = stack.enter_context(Cable()) if wanted & {Equipment.CABLE, Equipment.NETEM} else None
        clock = ShiftedClock(folder / "clock") if Equipment.CLOCK in wanted else None
        control = folder / "disk-faults" if Equipment.FAULTY_DISK in wanted else None
        broker = BrokerProcess(
            (folder if small_disk is None else small_disk.folder) / "data",
            program=FAULTY if wanted & {Equipment.FAULTY_DISK, Equipment.CLOCK} else SERVE,
            arguments=[
                *(() if control is None else ("--disk-faults", str(control))),
                *(() if clock is None else ("--clock", str(folder / "clock"))),
            ],
            host="127.0.0.1" if cable is None else cable.host,
            before=() if cable is None else cable.before,
            log=folder / "broker.log",
        )
        host, _, port = broker.address.rpartition(":")
        proxy = stack.enter_context(Proxy(host, int(port), seed))
        broker.advertise(proxy.address)
        stage = Stage(broker, proxy, history, random.Random(seed), guardian, topics, small_disk, control, clock, cable)
        stack.callback(stage.kill)
        stage.start()
        yield stage
