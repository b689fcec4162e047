"""Every nemesis strikes once, notes what it did, and leaves a broker that serves."""

import pytest
from confluent_kafka import Producer

from streambus.chaos.equipment import Equipment
from streambus.chaos.nemeses import NAMES, NEMESES, Mix, survey
from streambus.chaos.nemeses.failing_disk import FAULTS, FailingDisk
from streambus.chaos.nemesis import Nemesis, summary
from streambus.chaos.network import FAIR
from streambus.chaos.stage import Stage
from streambus.real.faulty_files import DiskFault

EVERY = [
    pytest.param(nemesis, id=nemesis.name, marks=pytest.mark.equipment(*nemesis.equipment) if nemesis.equipment else ())
    for nemesis in NEMESES
]


def produces(stage: Stage, text: bytes = b"hello") -> bool:
    """Whether a stock client gets a record acknowledged."""
    answers: list[object] = []
    producer = Producer(
        {"bootstrap.servers": stage.proxy.address, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 50, "log_level": 0}
    )
    producer.produce("t", text, on_delivery=lambda error, _: answers.append(error))
    producer.flush(10)
    return answers == [None]


@pytest.mark.parametrize("nemesis", EVERY)
def test_a_strike_is_noted_and_undone(nemesis: Nemesis, stage) -> None:
    set_stage = stage(*nemesis.equipment)
    nemesis.strike(set_stage)
    assert len(set_stage.history.faults) == 1
    fault = set_stage.history.faults[0]
    assert fault.ended_at is not None
    assert fault.began_at <= fault.ended_at
    assert set_stage.proxy.conditions == FAIR
    set_stage.expect_alive()
    assert produces(set_stage)
    set_stage.look_for_tracebacks()
    assert set_stage.violations == []


def test_a_mix_is_made_of_the_others(stage) -> None:
    some = [nemesis for nemesis in NEMESES if nemesis.name in ("sigkill", "sigstop", "cuts", "black-hole")]
    set_stage = stage()
    mix = Mix(some)
    assert mix.equipment == ()
    for _ in range(3):
        mix.strike(set_stage)
    assert 1 <= len(set_stage.history.faults) <= 6
    assert produces(set_stage)


def test_a_mix_passes_on_what_went_wrong(stage) -> None:
    class Broken:
        name, target, equipment = "broken", "network", (Equipment.CABLE,)

        def strike(self, stage: Stage) -> None:
            raise ValueError("broken")

    mix, set_stage = Mix([Broken()]), stage(seed=2)
    assert mix.equipment == (Equipment.CABLE,)
    set_stage.dice.randrange = lambda _: 0
    with pytest.raises(ValueError, match="broken"):
        mix.strike(set_stage)


@pytest.mark.parametrize("name", ["write is torn", "sync fails and loses pages"])
def test_a_broker_whose_disk_failed_refuses_records_until_it_is_revived(stage, name: str) -> None:
    set_stage = stage(Equipment.FAULTY_DISK)
    assert produces(set_stage, b"before")
    set_stage.ask_disk_for(FAULTS[name])
    answers: list[object] = []
    producer = Producer({"bootstrap.servers": set_stage.proxy.address, "message.send.max.retries": 0, "log_level": 0})
    producer.produce("t", b"refused", on_delivery=lambda error, _: answers.append(error.name()))
    producer.flush(10)
    assert answers == ["KAFKA_STORAGE_ERROR"]
    assert set_stage.broker.refuses_records
    set_stage.ask_disk_for()
    set_stage.revive()
    assert produces(set_stage, b"after")
    assert set_stage.broker.lives == 2


def test_a_slow_disk_is_no_failed_one(stage) -> None:
    set_stage = stage(Equipment.FAULTY_DISK)
    set_stage.ask_disk_for(DiskFault(("sync",), delay_ms=20))
    assert produces(set_stage)
    assert not set_stage.broker.refuses_records


def test_the_docstring_of_a_nemesis_says_what_it_does_and_what_it_may_break() -> None:
    for nemesis in [*NEMESES, Mix(NEMESES)]:
        assert summary(nemesis).endswith(".")
        assert "May break:" in (type(nemesis).__doc__ or "")
    assert len(set(NAMES)) == len(NEMESES) + 1
    assert type(FailingDisk()).__doc__


def test_a_survey_says_of_everything_whether_it_can_be_done() -> None:
    can, cannot = survey()
    assert sorted([nemesis.name for nemesis in can] + list(cannot)) == sorted(NAMES)
    assert can[-1].name == "mix"
    assert all(cannot.values())


# The stage itself ---------------------------------------------------------------------------------------------------------


def test_a_broker_that_ends_by_itself_is_a_violation_and_gets_a_new_life(stage) -> None:
    set_stage = stage()
    set_stage.broker.process.kill()
    set_stage.broker.process.wait()
    set_stage.expect_alive()
    assert set_stage.violations == ["the broker ended by itself with status -9: without a word"]
    assert produces(set_stage)


def test_a_traceback_is_a_violation(stage) -> None:
    set_stage = stage()
    with set_stage.broker.log.open("a") as log:
        log.write("some line\nTraceback (most recent call last):\n  File somewhere\nAssertionError\n")
    set_stage.look_for_tracebacks()
    (violation,) = set_stage.violations
    assert violation.startswith("the broker failed by a mistake of its own: Traceback")


def test_a_stop_that_is_not_clean_is_a_violation(stage, monkeypatch: pytest.MonkeyPatch) -> None:
    set_stage = stage()
    set_stage.broker.process.kill()
    set_stage.stop()
    assert set_stage.violations == ["a clean stop ended with status -9: without a word"]
    set_stage.start()
    monkeypatch.setattr("streambus.chaos.broker_process.STOP_SECONDS_MAX", 0.2)
    set_stage.broker.freeze()
    set_stage.stop()
    assert "did not stop within 0.2 s" in set_stage.violations[1]
    set_stage.start()
