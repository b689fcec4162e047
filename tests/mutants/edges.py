"""Slips at the edges: off by one, the wrong one of two, one case too few."""

from typing import Any

from streambus.broker import fetch, offsets, produce, produce_checks
from streambus.metadata import controller
from streambus.sim.mutation import Patch, mutant
from streambus.storage.log import Reading
from streambus.storage.recent import RecentBatches


@mutant("X70", breaks="the end of the log is a place to read from", needs="a reader between what is durable and the end")
def refuses_readers_ahead_of_the_high_watermark(patch: Patch) -> None:
    """A reader whose offset is above the high watermark, though not above the end of the log, is out of range."""
    patch.rewrite(fetch, "refusal", "want.offset > log.log_end_offset", "want.offset > partition.high_watermark")


@mutant("X71", breaks="the right error", needs="a client that knows a later epoch")
def mixes_up_old_and_unknown_epochs(patch: Patch) -> None:
    """A leader epoch that is not known yet is called an old one."""
    patch.rewrite(fetch, "refusal", "return ErrorCode.UNKNOWN_LEADER_EPOCH", "return ErrorCode.FENCED_LEADER_EPOCH")


@mutant("X72", breaks="the limits of a fetch", needs="a fetch from several partitions with little room")
def forgets_what_was_read_before(patch: Patch) -> None:
    """Every partition of a fetch may fill all of the answer."""
    patch.rewrite(fetch, "read_all", "budget = max(budget - size, 0)", "pass")


@mutant("X73", breaks="the form of a version", needs="a client of an older release")
def tells_old_clients_what_only_new_ones_know(patch: Patch) -> None:
    """Special timestamps are understood in every version."""
    patch.rewrite(offsets, "_refusal", "version < FIRST_VERSION_OF.get(asked.timestamp, 0)", "version < 0")


@mutant("X74", breaks="one result for every partition", needs="several look-ups in one request, from the disk")
def leaves_every_second_look_up_out(patch: Patch) -> None:
    """After a batch was read from the disk, the look-up behind it is passed over."""

    def searched(original: Any, search: offsets.OffsetSearch, *arguments: Any) -> offsets.OffsetSearch:
        left: offsets.OffsetSearch = original(search, *arguments)
        return left.rest if len(left.lookups) < len(search.lookups) else left

    patch.wrap(offsets, "_searched", searched)


@mutant("X75", breaks="min.insync.replicas", needs="a topic that needs more replicas than there are")
def wants_more_replicas_than_there_are(patch: Patch) -> None:
    """Records that are to be on two replicas are not taken by a partition that only has one altogether."""
    patch.rewrite(produce, "_require_replicas", "min(config.min_insync_replicas, len(assigned))", "config.min_insync_replicas")


@mutant("X76", breaks="timestamps are within their limits", needs="a topic with limits")
def takes_records_from_long_ago(patch: Patch) -> None:
    """Records older than a topic allows are appended."""
    patch.rewrite(produce_checks, "_refuse_records", "if not least <= timestamp <= most", "if timestamp > most")


@mutant("X77", breaks="an acknowledgement waits for all of a request", needs="a request with several batches")
def waits_for_the_last_batch_only(patch: Patch) -> None:
    """A produce watches only the log of its last batch."""
    patch.rewrite(produce, "produce", "[batch.log_id for batch in awaited]", "[batch.log_id for batch in awaited[-1:]]")


@mutant("X78", breaks="one result for every batch", needs="a request with a batch that is refused")
def stops_at_the_first_refusal(patch: Patch) -> None:
    """Batches of a topic behind one that is refused are left out."""
    patch.rewrite(
        produce,
        "produce",
        "                refused = True\n",
        "                refused = True\n                responses.append(response)\n                break\n",
    )


@mutant("X79", breaks="validate_only changes nothing", needs="a creation that is only to be looked at")
def makes_what_was_only_to_be_looked_at(patch: Patch) -> None:
    """CreateTopics makes topics although it was only asked whether it could."""
    patch.rewrite(controller, "create_topics", "() if request.validate_only else tuple(records)", "tuple(records)")


@mutant("X80", breaks="what is read is what was written", needs="a read up to a batch that is not visible")
def reads_one_batch_too_far(patch: Patch) -> None:
    """A batch that begins exactly at the end of what may be read is read, too."""
    patch.rewrite(Reading, "read_rows", "base_offsets[row] < self.end_offset", "base_offsets[row] <= self.end_offset")


@mutant("X81", breaks="memory holds what is believed to be in it", needs="more bytes than are to be kept in memory")
def forgets_the_newest_batch_instead_of_the_oldest(patch: Patch) -> None:
    """When there is no room for another recent batch, the new one is thrown away, and the old one counts no more."""
    patch.rewrite(RecentBatches, "keep", "owner.recent.pop(oldest, None)", "owner.recent.pop(base_offset, None)")
