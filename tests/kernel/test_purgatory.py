"""Purgatory: requests wait for keys, are answered once, and never pile up."""

import pytest

from streambus.kernel import DelayExpired, Instant, Prng, Purgatory, PurgatoryFull, Timers, Turn, message


@message
class DelayedRead:
    """Waits until a shelf has enough."""

    name: str
    enough: int

    def try_complete(self, node: dict[str, int]) -> str | None:
        return f"{self.name}: {sum(node.values())}" if sum(node.values()) >= self.enough else None

    def expire(self, node: dict[str, int]) -> str:
        return f"{self.name}: only {sum(node.values())}"


class Bench:
    """A purgatory and a turn to use it in."""

    def __init__(self, capacity: int = 10) -> None:
        self.timers = Timers()
        self.turn = Turn(Instant(0), Prng(0), self.timers, 0)
        self.purgatory: Purgatory[dict[str, int], str] = Purgatory(capacity)

    def watch(self, name: str, enough: int, *keys: str, deadline: int | None = 100) -> int:
        return self.purgatory.watch(self.turn, DelayedRead(name, enough), keys, Instant(deadline) if deadline is not None else None)


def test_who_can_be_answered_is_answered_once_oldest_first() -> None:
    bench = Bench()
    bench.watch("late", 5, "shelf")
    bench.watch("first", 1, "shelf")
    bench.watch("second", 2, "shelf", "floor")
    assert bench.purgatory.complete(bench.turn, {"shelf": 2}, "shelf") == ["first: 2", "second: 2"]
    assert bench.purgatory.complete(bench.turn, {"shelf": 2}, "floor") == []
    assert bench.purgatory.statistics() == {"waiting": 1, "tickets": 3, "keys": 1}


def test_an_answered_request_has_no_timer_left() -> None:
    bench = Bench()
    ticket = bench.watch("one", 1, "shelf")
    bench.purgatory.complete(bench.turn, {"shelf": 1}, "shelf")
    assert len(bench.timers) == 0
    assert bench.purgatory.expire({"shelf": 1}, ticket) is None


def test_time_out_gives_the_late_answer() -> None:
    bench = Bench()
    ticket = bench.watch("one", 9, "shelf")
    assert bench.timers.due(Instant(100)) == [DelayExpired(ticket)]
    assert bench.purgatory.expire({"shelf": 3}, ticket) == "one: only 3"
    assert len(bench.purgatory) == 0


def test_without_a_deadline_there_is_no_timer() -> None:
    bench = Bench()
    bench.watch("one", 9, "shelf", deadline=None)
    assert bench.timers.next_deadline is None


def test_forgetting_is_silent_and_harmless_when_done_twice() -> None:
    bench = Bench()
    ticket = bench.watch("one", 1, "shelf", "client 7")
    bench.watch("two", 1, "shelf", "client 8")
    bench.purgatory.forget_watchers(bench.turn, "client 7")
    bench.purgatory.forget(bench.turn, ticket)
    bench.purgatory.forget_watchers(bench.turn, "client 9")
    assert bench.purgatory.complete(bench.turn, {"shelf": 1}, "shelf") == ["two: 1"]
    assert bench.purgatory.statistics()["keys"] == 0


def test_a_key_watched_twice_by_one_request_is_one_watch() -> None:
    bench = Bench()
    bench.watch("one", 1, "shelf", "shelf")
    assert bench.purgatory.complete(bench.turn, {"shelf": 1}, "shelf") == ["one: 1"]


def test_a_full_purgatory_refuses() -> None:
    bench = Bench(capacity=1)
    bench.watch("one", 1, "shelf")
    with pytest.raises(PurgatoryFull, match="1 requests are waiting"):
        bench.watch("two", 1, "shelf")


class Chain:
    """Answering the first lets the second go: it must not be asked again."""

    name = "chain"

    def __init__(self, bench: Bench, other: int) -> None:
        self.bench = bench
        self.other = other

    def try_complete(self, node: dict[str, int]) -> str | None:
        self.bench.purgatory.forget(self.bench.turn, self.other)
        return "chain"

    def expire(self, node: dict[str, int]) -> str:
        return "late"


def test_a_request_forgotten_while_others_are_answered_is_not_asked() -> None:
    bench = Bench()
    chain = Chain(bench, 2)
    bench.purgatory.watch(bench.turn, chain, ("shelf",), None)
    assert bench.watch("gone", 0, "shelf") == 2
    assert bench.purgatory.complete(bench.turn, {"shelf": 1}, "shelf") == ["chain"]
