"""Bugs in what is durable when."""

from typing import Any

from streambus.broker import Broker
from streambus.kernel import DiskFailed, Drained, Sync, SyncDirectory, Truncate, Turn, Write
from streambus.sim.mutation import Patch, mutant
from streambus.storage import LogDurable, StoreRecovered, WalSynced, wal_records
from streambus.storage.store import Store
from streambus.storage.wal_scan import ScanStage, WalScan
from streambus.storage.wal_writer import Wal


def without(kind: type, effects: list[Any], start: int) -> None:
    """Take the effects of one kind out of those that were asked for from `start` on."""
    effects[start:] = [effect for effect in effects[start:] if type(effect) is not kind]


@mutant("R25", breaks="acknowledged is durable", needs="a power cut between answer and sync")
def acknowledges_before_sync(patch: Patch) -> None:
    """What is only asked to be written is called durable."""

    def on_drained(original: Any, broker: Broker, turn: Turn, event: Drained) -> None:
        original(broker, turn, event)
        if broker.is_serving:
            for log in broker.store.logs.values():
                if log.recovery_point < log.log_end_offset:
                    log.recovery_point = log.log_end_offset
                    turn.tell(LogDurable(log.log_id, log.log_end_offset))

    patch.wrap(Broker, "on_drained", on_drained)


@mutant("D01", breaks="a failed sync is fatal", needs="an error on sync, then a power cut")
def tries_a_failed_sync_again(patch: Patch) -> None:
    """After a failed sync another one is asked for, which succeeds without having synced anything."""

    def on_disk_failed(original: Any, broken: Store, turn: Turn, event: DiskFailed) -> None:
        if event.operation == "sync" and isinstance(event.then, WalSynced):
            turn.do(Sync(event.file, event.then))
        else:
            original(broken, turn, event)

    patch.wrap(Store, "on_disk_failed", on_disk_failed)


@mutant("D01b", breaks="a failed sync is fatal", needs="an error on sync, then a power cut")
def takes_a_failed_sync_for_a_good_one(patch: Patch) -> None:
    """The completion of a sync is taken in whether it failed or not."""

    def on_disk_failed(original: Any, broken: Store, turn: Turn, event: DiskFailed) -> None:
        if event.operation == "sync" and isinstance(event.then, WalSynced):
            turn.tell(event.then)
        else:
            original(broken, turn, event)

    patch.wrap(Store, "on_disk_failed", on_disk_failed)


@mutant("D09", breaks="a failed write has no effect", needs="an error on write")
def does_not_look_at_failed_writes(patch: Patch) -> None:
    """A write that failed, on a full disk for example, is believed to have happened."""

    def on_disk_failed(original: Any, broken: Store, turn: Turn, event: DiskFailed) -> None:
        if event.operation != "write" or event.then is not None:
            original(broken, turn, event)

    patch.wrap(Store, "on_disk_failed", on_disk_failed)


@mutant("I15", breaks="a file that is used has a durable name", needs="a power cut soon after a segment was begun")
def does_not_sync_the_directory(patch: Patch) -> None:
    """New segments are created without making their names durable."""

    def flush(original: Any, wal: Wal, turn: Turn) -> None:
        start = len(turn.effects)
        original(wal, turn)
        without(SyncDirectory, turn.effects, start)

    patch.wrap(Wal, "flush", flush)


@mutant("D11", breaks="acknowledged is durable", needs="a power cut")
def syncs_before_it_writes(patch: Patch) -> None:
    """The sync of a group is asked for before its write."""

    def flush(original: Any, wal: Wal, turn: Turn) -> None:
        start = len(turn.effects)
        original(wal, turn)
        turn.effects[start:] = sorted(turn.effects[start:], key=lambda effect: type(effect) is Write)

    patch.wrap(Wal, "flush", flush)


@mutant(
    "D12",
    breaks="what is read is what was written",
    needs="a power cut that tears a write",
    excuse="a matter of seeds: the power has to fail in a write of several sectors so that the first survives and a later one is lost",
)
def recovery_keeps_a_torn_tail(patch: Patch) -> None:
    """Recovery believes the batches of a record of which only header and directory are whole."""
    patch.rewrite(wal_records, "_read_entries", "damaged.append(len(entries))", "pass")


@mutant("D13", breaks="synced data survives", needs="a power cut that tears a write")
def recovery_cuts_one_frame_too_many(patch: Patch) -> None:
    """When there is a torn tail, the end of the last good record before it goes with it."""

    def settle(original: Any, scan: WalScan, turn: Turn) -> None:
        start = len(turn.effects)
        original(scan, turn)
        for place, effect in enumerate(turn.effects[start:], start):
            if type(effect) is Truncate and effect.length:
                turn.effects[place] = Truncate(effect.file, effect.length - 1)

    patch.wrap(WalScan, "_settle", settle)


@mutant("D14", breaks="recovered is durable", needs="a killed process, then a power cut")
def takes_the_page_cache_for_the_disk(patch: Patch) -> None:
    """Recovery believes that what it reads is durable, and does not sync it."""

    def settle_from(original: Any, scan: WalScan, turn: Turn, _position: int, needed: int = 0) -> None:
        start = len(turn.effects)
        original(scan, turn, scan.end, needed)
        for effect in [effect for effect in turn.effects[start:] if type(effect) is Sync]:
            turn.tell(effect.then)
        without(Sync, turn.effects, start)
        without(SyncDirectory, turn.effects, start)

    patch.wrap(WalScan, "_settle_from", settle_from)


@mutant("D15", breaks="recovered is durable", needs="an error on sync, a restart, then a power cut")
def recovery_syncs_without_writing_again(patch: Patch) -> None:
    """Recovery syncs what it found, although a failed sync may have marked it clean: it would have to be written again."""

    def write_again(original: Any, scan: WalScan, turn: Turn, event: Any) -> None:
        start = len(turn.effects)
        original(scan, turn, event)
        without(Write, turn.effects, start)

    patch.wrap(WalScan, "_write_again", write_again)


@mutant("D16", breaks="recovery leaves a clean end", needs="a torn tail, and records behind it")
def recovery_leaves_the_torn_tail_in_the_file(patch: Patch) -> None:
    """The torn tail is not cut off, only written over."""

    def settle(original: Any, scan: WalScan, turn: Turn) -> None:
        start = len(turn.effects)
        original(scan, turn)
        without(Truncate, turn.effects, start)

    patch.wrap(WalScan, "_settle", settle)


@mutant("D05", breaks="everything before the recovered end is there", needs="a restart")
def recovery_forgets_the_last_segment(patch: Patch) -> None:
    """A segment behind a large one is not looked for."""

    def enter_segment(original: Any, scan: WalScan, turn: Turn, number: int, start: int) -> None:
        if scan.segments and start - scan.segment_start > 8_000:
            scan._settle(turn)
        else:
            original(scan, turn, number, start)

    patch.wrap(WalScan, "_enter_segment", enter_segment)


@mutant("D17", breaks="what is not durable is not shown", needs="a restart")
def recovery_ends_before_it_is_durable(patch: Patch) -> None:
    """The store says that it has recovered as soon as it has read everything, before its last sync is done."""

    def maybe_become_ready(original: Any, recovering: Store, turn: Turn) -> None:
        found = recovering.recovery
        if found is not None and found.scan.stage is ScanStage.SETTLE and any(type(effect) is Sync for effect in turn.effects):
            turn.effects[:] = [effect for effect in turn.effects if type(effect) is not Sync]
            found.on_settled(turn, None)
        original(recovering, turn)

    patch.wrap(Store, "_maybe_become_ready", maybe_become_ready)


@mutant("D07", breaks="durable is a prefix of what was asked for", needs="several groups on their way")
def calls_the_next_group_durable_too(patch: Patch) -> None:
    """When a group is synced, what gathered meanwhile is called durable as well."""

    def on_wal_synced(original: Any, syncing: Store, turn: Turn, event: Any) -> None:
        original(syncing, turn, event)
        for log in syncing.logs.values():
            if log.recovery_point < log.log_end_offset:
                log.recovery_point = log.log_end_offset
                turn.tell(LogDurable(log.log_id, log.log_end_offset))

    patch.wrap(Store, "on_wal_synced", on_wal_synced)


@mutant("X01", breaks="recovered is committed", needs="a restart")
def forgets_how_far_it_was_durable(patch: Patch) -> None:
    """After recovery nothing counts as durable until the next write."""

    def maybe_become_ready(original: Any, recovering: Store, turn: Turn) -> None:
        original(recovering, turn)
        if any(type(fact) is StoreRecovered for fact in turn.facts):
            for log in recovering.logs.values():
                if not log.log_id.startswith("__"):
                    log.recovery_point = 0

    patch.wrap(Store, "_maybe_become_ready", maybe_become_ready)


@mutant("D18", breaks="a failed store refuses", needs="an error on write or sync")
def goes_on_after_a_failure(patch: Patch) -> None:
    """A store whose disk has failed takes batches as if nothing had happened, and never says that they cannot become durable."""

    def on_disk_failed(original: Any, broken: Store, turn: Turn, event: DiskFailed) -> None:
        original(broken, turn, event)
        broken.failed = None

    patch.wrap(Store, "on_disk_failed", on_disk_failed)
