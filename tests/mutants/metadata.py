"""Bugs in what a broker knows of topics, brokers and itself."""

from importlib import import_module
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from streambus.broker import Broker, startup
from streambus.kernel import Turn
from streambus.sim.mutation import Patch, mutant


@mutant("R13", breaks="only what is committed is applied", needs="a power cut soon after a topic was made")
def applies_metadata_before_it_is_durable(patch: Patch) -> None:
    """Decisions are carried out and answered when they are appended."""

    def commit(original: Any, broker: Broker, turn: Turn, records: Any) -> int:
        end: int = original(broker, turn, records)
        if broker.is_serving and records:
            broker._apply_committed(turn, end)
        return end

    patch.wrap(Broker, "commit", commit)


@mutant("D05b", breaks="everything committed is applied after a restart", needs="a restart soon after a topic was made or deleted")
def skips_the_last_metadata_batch_at_restart(patch: Patch) -> None:
    """After a restart the last batch of the metadata log is not applied."""

    def read_metadata(original: Any, broker: Broker, turn: Turn, offset: int) -> None:
        log = broker.metadata_log
        if len(log.index) > 1 and log.index.base_offsets[-1] <= offset < log.log_end_offset:
            offset = log.log_end_offset
        original(broker, turn, offset)

    patch.wrap(startup, "_read_metadata", read_metadata)


@mutant("X20", breaks="a deleted topic is gone", needs="a topic that is deleted")
def serves_deleted_topics(patch: Patch) -> None:
    """The partitions of a deleted topic stay."""
    patch.replace(startup, "_drop_partition", lambda *_: None)


@mutant("X21", breaks="a topic id is given once", needs="a topic that is deleted and made again")
def gives_topic_ids_again(patch: Patch) -> None:
    """A topic that is made again has the id of the one before."""
    creating = import_module("streambus.metadata.create_topics")

    def create(original: Any, image: Any, topic: Any, dice: Any) -> Any:
        creating.random_id, before = lambda _dice: uuid5(NAMESPACE_DNS, topic.name), creating.random_id
        try:
            return original(image, topic, dice)
        finally:
            creating.random_id = before

    patch.wrap(creating, "_create_topic", create)


@mutant("R15", breaks="every life leads under a new leader epoch", needs="a restart")
def leads_under_the_old_epoch(patch: Patch) -> None:
    """A restarted broker leads its partitions under the leader epochs of its last life."""
    patch.replace(import_module("streambus.metadata.broker_registration"), "elect_after_restart", lambda _image, _broker_id: ())
