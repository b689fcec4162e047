"""What record the broker's durable log has at an offset, for those who compare what clients were told with it."""

from streambus.records import Record, decode_records
from streambus.sim.oracles.broker_model import BrokerModel
from streambus.sim.oracles.log_model import Batch, LogModel


class RecordLookup:
    """Looks records up in the model of a broker; the last batch of each log stays decoded, since questions come in order."""

    def __init__(self, model: BrokerModel) -> None:
        self.model = model
        self.decoded: dict[str, tuple[Batch, list[Record]]] = {}

    def log_of(self, topic: str, index: int) -> LogModel | None:
        """The log of a partition whose topic has been one and the same since the beginning; None if nobody can say which was meant."""
        facts = self.model.cluster.topics.get(topic)
        if facts is None or self.model.cluster.made[topic] != 1 or index not in facts.partitions:
            return None
        return self.model.written.logs.get(facts.partitions[index].log_id)

    def record(self, log: LogModel, offset: int) -> Record | None:
        """The record at `offset`, or None if there is none."""
        if not log.batches:
            return None
        batch = log.batches[log.row_of(offset)]
        known = self.decoded.get(log.log_id)
        if known is None or known[0] is not batch:
            known = self.decoded[log.log_id] = (batch, decode_records(batch.data))
        place = offset - batch.base_offset
        records = known[1]
        return records[place] if 0 <= place < len(records) and records[place].offset == offset else None
