"""Bugs in who is read from, who is woken, and who comes to an end."""

from streambus.broker import Broker, decisions
from streambus.broker.fetch_sessions import FetchSessions
from streambus.sim.mutation import Patch, mutant


@mutant("X50", breaks="a pause ends with its last reason", needs="two reasons at once, or one after the other")
def forgets_to_take_reasons_back(patch: Patch) -> None:
    """A reason to read no more from a connection stays after it was taken back, so that the next one pauses nobody."""
    patch.rewrite(Broker, "_resume", "connection.pauses &= ~reason", "pass")


@mutant("X51", breaks="a pause ends with its last reason", needs="two reasons at once")
def reads_again_while_another_reason_lasts(patch: Patch) -> None:
    """The end of one reason is taken for the end of all."""
    patch.rewrite(Broker, "_resume", "if connection.pauses == reason and", "if connection.pauses & reason and")


@mutant("X52", breaks="limits", needs="a connection with many requests under way")
def reads_on_with_a_full_pipeline(patch: Patch) -> None:
    """A connection with too many unanswered requests is read from all the same."""
    patch.rewrite(Broker, "_look_after", "self._pause(turn, connection, PAUSED_PIPELINE)", "pass")


@mutant("X53", breaks="a pause ends with its last reason", needs="a connection with many requests under way")
def waits_for_less_than_nothing(patch: Patch) -> None:
    """A connection with a full pipeline is read again below half of the limit, which may be none."""
    limit = "self.config.limits.pipelined_requests_max // 2"
    patch.rewrite(Broker, "on_answers_ready", f"len(connection.slots) <= {limit}", f"len(connection.slots) < {limit}")


@mutant("X54", breaks="limits", needs="a slow disk")
def reads_on_while_the_disk_is_behind(patch: Patch) -> None:
    """Nobody is slowed down when more is pending than may be."""
    patch.rewrite(Broker, "on_received", "self._pause(turn, connection, PAUSED_PENDING)", "pass")


@mutant("X55", breaks="a pause ends with its last reason", needs="two connections that were slowed down")
def reads_again_from_the_first_only(patch: Patch) -> None:
    """Of those who were slowed down by the disk only one is read again."""
    resume = "self._resume(turn, self.connections[connection], PAUSED_PENDING)"
    patch.rewrite(Broker, "_resume_slowed", resume, resume + "\n            break")


@mutant("X56", breaks="who cannot be served is not read from", needs="a client that dials during recovery")
def reads_before_it_serves(patch: Patch) -> None:
    """Connections that are made during recovery are read from at once."""
    patch.rewrite(Broker, "on_connected", "self._pause(turn, connection, PAUSED_STARTING)", "pass")


@mutant("X57", breaks="a clean stop leaves nothing behind", needs="a clean restart under load")
def stops_without_its_last_sync(patch: Patch) -> None:
    """A broker that is asked to stop ends at once, whatever is on its way to the disk."""
    patch.rewrite(Broker, "on_stop_ready", "if self.store.pending_bytes and self.store.failed is None:", "if False:")


@mutant("X58", breaks="a clean stop comes to its end", needs="a clean restart under load")
def never_notices_that_it_may_stop(patch: Patch) -> None:
    """A broker that waits for its last sync before it stops is not told of it."""
    patch.rewrite(Broker, "on_wal_durable", "turn.tell(StopReady())", "pass")


@mutant("X59", breaks="what is decided is answered when it is durable", needs="nothing")
def answers_decisions_when_their_time_is_up(patch: Patch) -> None:
    """Whoever waits for the metadata log is not woken when it is durable."""
    patch.rewrite(Broker, "_apply_committed", "self.complete(turn, self.METADATA_LOG)", "pass")


@mutant("X60", breaks="what is decided is answered when it is durable or never will be", needs="an error on write or sync")
def leaves_decisions_waiting_for_a_failed_disk(patch: Patch) -> None:
    """When the disk fails, whoever waits for the metadata log is not told."""
    patch.rewrite(Broker, "on_store_failed", "self.complete(turn, self.METADATA_LOG)", "pass")


@mutant("X61", breaks="a request is not forgotten", needs="more requests that wait than may")
def forgets_those_who_cannot_wait(patch: Patch) -> None:
    """When purgatory is full, a request is neither kept nor answered."""
    patch.rewrite(Broker, "delay", "outcome = delayed.expire(self)", "return")


@mutant("X62", breaks="the time that a request may wait", needs="a slow disk")
def takes_milliseconds_for_microseconds(patch: Patch) -> None:
    """A creation or deletion waits a thousandth of the time that it may."""
    patch.rewrite(decisions, "asked_timeout", "max(timeout_ms, 0) * MILLISECOND", "max(timeout_ms, 0)")


@mutant("X63", breaks="a session in use makes no room", needs="more sessions than there is room for")
def throws_out_sessions_in_use(patch: Patch) -> None:
    """The oldest session makes room for another, however lately it was used."""
    patch.rewrite(FetchSessions, "_evict", "if now - self.sessions[oldest].last_used < self.eviction_age:", "if False:")
