"""Chaos: kill the broker again and again, at moments that nobody knows beforehand."""

import random
import threading

from streambus.chaos.broker_process import BrokerProcess
from streambus.chaos.history_clock import now
from streambus.checkers import Fault, History

PAUSE_SECONDS = (0.6, 2.0)
"""How long a life lasts at least and at most."""


class Chaos(threading.Thread):
    """Kills and restarts `broker` until told to stop; the broker is up when it has ended."""

    def __init__(self, broker: BrokerProcess, history: History, seed: int) -> None:
        super().__init__(name="chaos", daemon=True)
        self.broker = broker
        self.history = history
        self.dice = random.Random(seed)
        self.kills = 0
        self.failure: Exception | None = None
        self._enough = threading.Event()

    def run(self) -> None:
        """The thread."""
        try:
            while not self._enough.wait(self.dice.uniform(*PAUSE_SECONDS)):
                began = now()
                self.broker.kill()
                self.broker.start()
                self.kills += 1
                self.history.add_fault(Fault("SIGKILL", "broker", began, now(), f"life {self.kills} ended"))
        except Exception as error:
            self.failure = error

    def stop(self) -> None:
        """Let the last restart finish, then no more."""
        self._enough.set()
        self.join()
        if self.failure is not None:
            raise self.failure
