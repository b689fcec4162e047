"""What StreamBus wants to reach. A goal is a ratio to a peer measured in the same run, or an absolute bound."""

from collections.abc import Mapping

import attrs

AT_LEAST, AT_MOST = "≥", "≤"


@attrs.frozen
class Goal:
    """StreamBus's figure divided by `peer`'s (or as it is, where there is no peer) is at least, or at most, `bound`."""

    peer: str | None
    relation: str
    bound: float

    def is_met(self, value: float) -> bool:
        """Whether a measured ratio, or figure, reaches it."""
        return value >= self.bound if self.relation == AT_LEAST else value <= self.bound


_KAFKA, _SYNCED_KAFKA = "kafka", "kafka-sync"

GOALS: Mapping[tuple[str, str], Goal] = {
    ("produce-1k", "MB/s"): Goal(_KAFKA, AT_LEAST, 1.5),
    ("produce-100", "MB/s"): Goal(_KAFKA, AT_LEAST, 1.2),
    ("produce-spread", "MB/s"): Goal(_SYNCED_KAFKA, AT_LEAST, 1.5),
    ("consume", "MB/s"): Goal(_KAFKA, AT_LEAST, 1.0),
    ("loop-1", "requests/s"): Goal(_SYNCED_KAFKA, AT_LEAST, 1.2),
    ("loop-16", "requests/s"): Goal(_SYNCED_KAFKA, AT_LEAST, 1.5),
    ("loop-64", "requests/s"): Goal(_SYNCED_KAFKA, AT_LEAST, 1.5),
    ("latency-5k", "p99"): Goal(_KAFKA, AT_MOST, 0.2),
    ("latency-50k", "p99"): Goal(_KAFKA, AT_MOST, 0.2),
    ("metadata-1000", "median"): Goal(None, AT_MOST, 30),
    ("metadata-100", "median"): Goal(None, AT_MOST, 30),
    ("create-topics", "one request"): Goal(None, AT_MOST, 2),
    ("create-topics", "a request each"): Goal(None, AT_MOST, 2),
    ("start", "first ack"): Goal(None, AT_MOST, 0.4),
    ("start", "idle"): Goal(None, AT_MOST, 60),
}
"""By work and metric."""
