"""One replica of one partition, as its leader sees it."""

from uuid import UUID

from streambus.kernel import Buffer, Turn
from streambus.records import BatchHeader
from streambus.storage import Log, Store


class Partition:
    """A partition that this broker leads.

    Promises: `log_start_offset <= high_watermark <= durable end of every in-sync replica <= log_end_offset`, and the high watermark is
    monotone while the leader epoch is.
    """

    def __init__(self, topic: str, topic_id: UUID, index: int, log: Log) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.index = index
        self.log = log
        self.node_id = -1
        self.leader_epoch = -1
        self.isr: tuple[int, ...] = ()
        self.durable_ends: dict[int, int] = {}
        self.high_watermark = 0

    def become_leader(self, node_id: int, leader_epoch: int, isr: tuple[int, ...]) -> None:
        """Lead under `leader_epoch`. What is durable here is committed if the ISR is only us."""
        assert leader_epoch >= self.leader_epoch, (leader_epoch, self.leader_epoch)
        assert node_id in isr, (node_id, isr)
        self.node_id = node_id
        self.leader_epoch = leader_epoch
        self.isr = isr
        self.durable_ends = {replica: self.durable_ends.get(replica, 0) for replica in isr}
        self.advance(self.log.recovery_point)

    def append(self, turn: Turn, store: Store, header: BatchHeader, batch: Buffer) -> int:
        """Append one checked batch; return its base offset. It is neither durable nor visible yet."""
        return store.append(turn, self.log, header, batch, self.leader_epoch)

    def advance(self, durable_end: int) -> bool:
        """Our own log is durable up to `durable_end`. True if the high watermark moved."""
        self.durable_ends[self.node_id] = durable_end
        committed = min(self.durable_ends[replica] for replica in self.isr)
        if committed <= self.high_watermark:
            return False
        self.high_watermark = committed
        return True

    @property
    def last_stable_offset(self) -> int:
        """End of what read_committed consumers may see (KIP-98). Without open transactions, the high watermark."""
        return self.high_watermark

    def check(self) -> None:
        """The invariants of this partition."""
        log = self.log
        assert log.log_start_offset <= self.high_watermark, (log.log_start_offset, self.high_watermark)
        assert self.high_watermark <= log.recovery_point <= log.log_end_offset, (
            self.high_watermark,
            log.recovery_point,
            log.log_end_offset,
        )
        assert self.node_id in self.isr, (self.node_id, self.isr)
