"""Contracts: what a history is held to."""

from streambus.checkers.kinds import Kind, Severity
from streambus.kernel import message


@message
class Contract:
    """A promise by name, and the kinds of anomaly that do not break it. Those are still looked for and reported, as `ALLOWED`.

    `leader_acks_promise`: whether a send with acks=1 counts as acknowledged (it may not if leaders fail). One with acks=0 never does.
    `compacted`: of the records of one key (`Sent.key`) all but the newest may be gone. `retention`: records sent so long (µs) before the
    end of the history may be gone. `pause_max`: nobody may wait longer (µs) for any operation to end `OK` while no fault is at work.
    """

    name: str
    promise: str
    allowed: tuple[Kind, ...] = ()
    leader_acks_promise: bool = True
    compacted: bool = False
    retention: int | None = None
    pause_max: int | None = None

    def severity(self, kind: Kind) -> Severity:
        """How bad an anomaly of this kind is under this contract."""
        return Severity.ALLOWED if kind in self.allowed else kind.severity
