"""Both families of stock producers, through the same few methods."""

import pytest

from streambus.chaos.producers import CannotSend, KafkaPython, Librdkafka, has_kafka_python

FAMILIES = [
    pytest.param(Librdkafka, {"enable.idempotence": True}, id="librdkafka"),
    pytest.param(
        KafkaPython,
        {"enable_idempotence": True, "acks": "all"},
        id="kafka-python",
        marks=pytest.mark.skipif(not has_kafka_python(), reason="kafka-python is not installed (pip install 'streambus[chaos]')"),
    ),
]


@pytest.mark.parametrize(("family", "settings"), FAMILIES)
def test_records_are_answered_with_their_offsets(stage, family, settings) -> None:
    producer = family(stage().proxy.address, settings, 30)
    answers: list[tuple[int | None, str]] = []
    for number in range(3):
        producer.produce("t", 0, b"%d" % number, lambda offset, error: answers.append((offset, error)))
    for _ in range(200):
        producer.poll(0.05)
        if len(answers) == 3:
            break
    producer.close()
    assert answers == [(0, ""), (1, ""), (2, "")]


@pytest.mark.parametrize(("family", "settings"), FAMILIES)
def test_a_record_that_is_too_large_is_refused_or_answered_with_an_error(stage, family, settings) -> None:
    producer = family(stage().proxy.address, settings, 30)
    answers: list[tuple[int | None, str]] = []
    try:
        producer.produce("t", 0, bytes(2 * 1024 * 1024), lambda offset, error: answers.append((offset, error)))
        for _ in range(200):
            producer.poll(0.05)
            if answers:
                break
    except CannotSend:
        answers.append((None, "refused"))
    producer.close()
    assert len(answers) == 1
    assert answers[0][0] is None
    assert answers[0][1]
