"""Labels: topic-partition for logs that the store knows by the id of their topic."""

from streambus.records import BadBatch, check_batch, decode_records, parse_header
from streambus.storage.inspect import Names, Rehearsal
from streambus.wire import decode_record, messages
from streambus.wire.primitives import DecodeError

METADATA_LOG = "__cluster_metadata-0"
"""Where it is said which topic has which id."""


class Labels:
    """What people call logs. It learns from batches of the metadata log, wherever they are come upon."""

    def __init__(self) -> None:
        self.topics: dict[str, str] = {}
        self.names = Names(METADATA_LOG, self.take)

    @classmethod
    def of_rehearsal(cls, rehearsal: Rehearsal) -> "Labels":
        """The labels of the logs of a store."""
        labels = cls()
        for log in rehearsal.store.logs.values():
            if log.log_id == METADATA_LOG:
                for batch in rehearsal.batches(log, log.log_start_offset):
                    if isinstance(batch, bytes):
                        labels.take(batch)
        return labels

    def take(self, batch: bytes) -> None:
        """Learn from a batch of the metadata log; nothing, if it is damaged or says what we do not know."""
        try:
            header = parse_header(batch)
            check_batch(batch, header)
            records = decode_records(batch)
        except BadBatch:
            return
        for record in records:
            try:
                change = decode_record(record.value or b"")
            except DecodeError:
                continue
            if isinstance(change, messages.TopicRecord):
                self.topics[str(change.topic_id)] = change.name

    def label(self, name: str) -> str:
        """What people call the log that the store calls `name`."""
        topic_id, _, partition = name.rpartition("-")
        topic = self.topics.get(topic_id)
        return f"{topic}-{partition}" if topic is not None else name

    def of(self, keyspace: int) -> str:
        """What people call the keyspace with this number."""
        name = self.names.name_of(keyspace)
        return self.label(name) if name is not None else f"keyspace {keyspace}"
