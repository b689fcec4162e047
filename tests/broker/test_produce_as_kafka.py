"""Produced batches are taken, refused, stored and answered as a stock Kafka does, but where we differ on purpose."""

import pytest
from bench import WALL_MS, Bench
from produce_cases import ANSWERS, CASES, answers_of

CASES_BY_NAME = {case.name: case for case in CASES}

BROKEN_INSIDE = "INVALID_RECORD -1 0 "
"""Kafka has no words for it, we say which record is broken and how."""

UNREADABLE = "clients cannot read it, or each reads something else: taken, it would stop every consumer of the partition"
NOT_A_BROKERS_FAULT = "Kafka calls it an unknown error of the server's; it is the batch that is wrong, and sending it again is of no use"

REFUSED_BY_US: dict[str, tuple[str, str]] = {
    "transactional without a producer": ("INVALID_PRODUCER_ID_MAPPING -1 -1 -", "nobody could ever end that transaction"),
    "producer without epoch": (BROKEN_INSIDE, "a producer that numbers its batches has an epoch"),
    "epoch -5": (BROKEN_INSIDE, "it is not that it is too old, there is no such epoch"),
    "codec 5": (BROKEN_INSIDE, NOT_A_BROKERS_FAULT),
    "codec 7": (BROKEN_INSIDE, NOT_A_BROKERS_FAULT),
    "offsets not in order": (BROKEN_INSIDE, UNREADABLE),
    "offsets all 0": (BROKEN_INSIDE, UNREADABLE),
    "offset of one record negative": (BROKEN_INSIDE, UNREADABLE),
    "offsets not in order, compressed": (BROKEN_INSIDE, NOT_A_BROKERS_FAULT),
    "a key of length -2": (BROKEN_INSIDE, UNREADABLE),
    "a value of length -2": (BROKEN_INSIDE, UNREADABLE),
    "a header of a negative value": (BROKEN_INSIDE, UNREADABLE),
    "bytes behind gzip": (BROKEN_INSIDE, UNREADABLE),
    **{
        f"a record {how}, compressed": (BROKEN_INSIDE, UNREADABLE)
        for how in ("too long by one", "too short by one", "of a negative length", "of a huge length")
    },
    **{f"not {codec}": (BROKEN_INSIDE, NOT_A_BROKERS_FAULT) for codec in ("gzip", "snappy", "lz4", "zstd")},
    **{f"{codec} that breaks off": (BROKEN_INSIDE, NOT_A_BROKERS_FAULT) for codec in ("gzip", "snappy", "lz4", "zstd")},
    **{f"bytes behind {codec}": (BROKEN_INSIDE, NOT_A_BROKERS_FAULT) for codec in ("snappy", "zstd")},
    **{f"no bytes as {codec}": (BROKEN_INSIDE, NOT_A_BROKERS_FAULT) for codec in ("gzip", "snappy", "lz4")},
}
"""What we refuse otherwise than Kafka, or alone: the answer, and why. Nothing of these cases is in the log."""

CHANGED_BY_US: dict[str, tuple[str, str, str]] = {
    "sequence again, six back": (
        "OUT_OF_ORDER_SEQUENCE_NUMBER",
        "DUPLICATE_SEQUENCE_NUMBER",
        "told of a gap, a producer begins anew and writes the records twice; told the truth, it goes on",
    ),
    "converted with a base timestamp that is not the first": (
        "times now+5 now+9",
        "times now+0 now+9",
        "records keep their bytes, and so their distance from the base timestamp; what consumers see is the same",
    ),
}
"""What Kafka says, what we say in its place, and why."""


def _answers() -> dict[str, list[str]]:
    answers: dict[str, list[str]] = {}
    for line in ANSWERS.read_text().splitlines():
        if line.startswith("# "):
            lines = answers[line[2:]] = []
        lines.append(line)
    return answers


KAFKA = _answers()


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


def answered(bench: Bench, name: str) -> list[str]:
    return answers_of(CASES_BY_NAME[name], bench.connect().ask, WALL_MS)


@pytest.mark.parametrize("name", [name for name in CASES_BY_NAME if name not in REFUSED_BY_US and name not in CHANGED_BY_US])
def test_a_batch_is_answered_and_stored_as_kafka_does(bench: Bench, name: str) -> None:
    ours, kafka = answered(bench, name), KAFKA[name]
    if kafka[1:] == [BROKEN_INSIDE + "-"]:
        assert len(ours) == 2
        assert ours[1].startswith(BROKEN_INSIDE)
    else:
        assert ours == kafka


@pytest.mark.parametrize("name", REFUSED_BY_US)
def test_a_batch_that_would_do_harm_is_refused(bench: Bench, name: str) -> None:
    expected, reason = REFUSED_BY_US[name]
    (_, answer) = answered(bench, name)
    assert answer.startswith(expected), reason
    assert not KAFKA[name][1].startswith(expected), "there is no difference any more"


@pytest.mark.parametrize("name", CHANGED_BY_US)
def test_a_batch_is_answered_better_than_kafka_does(bench: Bench, name: str) -> None:
    theirs, ours, reason = CHANGED_BY_US[name]
    assert theirs in "\n".join(KAFKA[name])
    assert answered(bench, name) == [line.replace(theirs, ours) for line in KAFKA[name]], reason


def test_every_answer_belongs_to_a_case() -> None:
    assert list(KAFKA) == list(CASES_BY_NAME)
