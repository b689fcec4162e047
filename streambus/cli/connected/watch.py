"""A watch on connections: the clients try again patiently, whoever sits at the keyboard wants to know why nothing happens."""

import sys
from collections.abc import Callable

from streambus.kernel import Severity, Trace

FOREIGN = "it answers, but not as a Kafka listener without TLS does"
"""What answers with other bytes seems to have frames of gigabytes."""


class Watch:
    """Hears what the clients note. `address` texts are `host:port`, as the clients write them.

    Until `is_met`, the loss of every bootstrap address is the end: `on_hopeless` is called. After that, every address that cannot be
    reached is told once on stderr, and the clients go on.
    """

    def __init__(self, bootstrap: tuple[str, ...], prefix: str) -> None:
        self.bootstrap = bootstrap
        self.prefix = prefix
        self.reasons: dict[str, str] = {}
        self.is_met = False
        self.on_hopeless: Callable[[], None] | None = None

    def note(self, trace: Trace) -> None:
        """A client notes something."""
        fields = dict(trace.fields)
        if trace.text != "connection lost":
            if self.is_met and trace.severity is Severity.ERROR:
                self._say(f"{trace.text}: {' '.join(str(value) for value in fields.values())}")
            return
        address, reason = str(fields["address"]), str(fields["reason"])
        reason = FOREIGN if reason.startswith("a frame of") else reason.removeprefix(f"{address}: ")
        is_news = self.reasons.get(address) != reason
        self.reasons[address] = reason
        if not self.is_met:
            if all(server in self.reasons for server in self.bootstrap) and self.on_hopeless is not None:
                self.on_hopeless()
        elif is_news:
            where = "" if address in self.bootstrap else ", which is where the cluster says that a broker is"
            self._say(f"no connection to {address}{where}: {reason}; trying again")

    def unreachable(self) -> str:
        """Why there is no broker, and what to do."""
        failures = " and ".join(f"{address} ({self.reasons.get(address, 'no answer in time')})" for address in self.bootstrap)
        return f"cannot reach {failures}; 'streambus serve' starts a broker, --bootstrap HOST:PORT says where one is"

    def _say(self, text: str) -> None:
        print(f"{self.prefix}: {text}", file=sys.stderr)
