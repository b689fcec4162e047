"""The story of a planted bug names the decisive fact, is short, and is the same every time."""

import pytest
from planted_runs import CATALOGUE, CLEAN, cut, drawn_with, failing, lossy_cut, moments, with_faults

from streambus.broker import Broker, BrokerConfig
from streambus.kernel import MILLISECOND, Turn
from streambus.sim import cluster, play
from streambus.sim.explain import Explanation, Kind, NothingToExplain, explain, record
from streambus.sim.mutation import read_catalogue
from streambus.sim.registry import FACTORIES
from streambus.storage import StoreRecovered

DECISIVE = {
    "acknowledges_before_sync": ("although the sync that will make it durable is still under way", "due"),
    "forgets_producers_at_restart": ("is killed", "forgotten 1 producer that wrote to it"),
    "recovery_keeps_a_torn_tail": ("loses its power", "torn, only some of it is on the disk", "starts again"),
    "does_not_sync_the_directory": ("loses its power", "a file is lost with its name"),
    "takes_a_failed_sync_for_a_good_one": ("disk error of broker-1", "although the sync that was to make it durable has failed: EIO"),
}


@pytest.fixture(scope="module")
def explained() -> dict[str, Explanation]:
    found = {}
    for name in DECISIVE:
        with failing(name) as tape:
            found[name] = explain(tape, title=name)
    return found


@pytest.mark.parametrize(("name", "words"), DECISIVE.items())
def test_a_story_names_the_decisive_fact(explained: dict[str, Explanation], name: str, words: tuple[str, ...]):
    told = "\n".join(sentence.text for sentence in explained[name].sentences)
    for word in words:
        assert word in told


@pytest.mark.parametrize("name", DECISIVE)
def test_a_story_is_short_in_order_and_ends_with_what_must_not_be(explained: dict[str, Explanation], name: str):
    explanation = explained[name]
    sentences = explanation.sentences
    assert 3 <= len(sentences) <= 25
    assert [sentence.number for sentence in sentences] == list(range(1, len(sentences) + 1))
    assert [sentence.at for sentence in sentences] == sorted(sentence.at for sentence in sentences)
    assert sentences[-1].text.startswith("Therefore: ")
    assert explanation.violations[0][:40] in sentences[-1].text
    assert all(len(sentence.text) < 1_500 for sentence in sentences)


@pytest.mark.parametrize("name", DECISIVE)
def test_every_sentence_is_about_events_in_the_causal_cone(explained: dict[str, Explanation], name: str):
    explanation = explained[name]
    assert {number for sentence in explanation.sentences for number in sentence.happenings} <= set(explanation.cone)
    assert len(explanation.cone) < len(explanation.events)


def test_the_same_run_is_told_with_the_same_words():
    with failing("forgets_producers_at_restart") as tape:
        assert explain(tape).to_json() == explain(tape).to_json()


def test_causes_lie_before_what_they_cause(explained: dict[str, Explanation]):
    for explanation in explained.values():
        happenings = explanation.recording.happenings
        for one in happenings:
            assert all(happenings[cause].at <= one.at for cause in one.causes), one


def test_a_nearest_neighbour_that_passes_is_named(explained: dict[str, Explanation]):
    neighbour = explained["forgets_producers_at_restart"].neighbour
    assert neighbour is not None
    assert neighbour.change == "without fault 1 (process kill of broker-1)"
    assert neighbour.passing[-1] == "nothing is wrong"
    assert "is forgotten" in neighbour.failing[-1]
    assert "the first difference is at" in neighbour.first_difference


def test_what_passes_nowhere_near_says_so(explained: dict[str, Explanation]):
    explanation = explained["acknowledges_before_sync"]
    assert explanation.neighbour is None
    assert explanation.tried
    assert not any(tried.passes for tried in explanation.tried)
    assert f"None of {len(explanation.tried)} runs" in explanation.lines()[-1]


def test_the_nearest_neighbour_shares_most_steps(explained: dict[str, Explanation]):
    neighbour = explained["recovery_keeps_a_torn_tail"].neighbour
    assert neighbour is not None
    assert neighbour.common_steps == max(tried.common_steps for tried in neighbour.tried if tried.passes)


def test_a_clean_run_is_only_explained_if_asked():
    with pytest.raises(NothingToExplain):
        explain(CLEAN)
    explanation = explain(CLEAN, anyway=True)
    assert explanation.violations == ()
    assert explanation.neighbour is None
    assert not any(sentence.text.startswith("Therefore") for sentence in explanation.sentences)
    told = "\n".join(explanation.lines())
    assert "writer-0 is asked to send “writer-0#1” to topic-0-0" in told
    assert "takes record “writer-0#1” as acknowledged, at offset 0 of topic-0-0" in told
    assert "although" not in told, "nothing is called durable too early"


class ForgetsProducers(Broker):
    """Does not know after a restart which batches it has appended before."""

    def on_store_recovered(self, turn: Turn, event: StoreRecovered) -> None:
        for log in self.store.logs.values():
            log.producers.by_id.clear()
        super().on_store_recovered(turn, event)


def test_machines_may_be_changed_by_factories():
    explanation = explain(with_faults(cut(58 * MILLISECOND)), {**FACTORIES, BrokerConfig: ForgetsProducers}, neighbours=False)
    assert "has forgotten 1 producer that wrote to it" in "".join(map(str, explanation.sentences))
    assert explanation.tried == ()


def test_recording_changes_nothing():
    tape = with_faults(cut(46 * MILLISECOND))
    assert record(tape, FACTORIES).outcome.trace_hash == play(tape).trace_hash


def test_every_message_but_those_cut_off_arrives_in_a_step_that_it_causes():
    recording = record(CLEAN, FACTORIES)
    arrived = [message for message in recording.messages if message.arrived]
    assert len(arrived) > 0.9 * len(recording.messages)
    for message in arrived:
        for number, at in message.arrived:
            assert message.source in recording.happenings[number].causes
            assert at >= message.sent_at


def test_a_crash_ends_what_the_disk_had_still_to_do():
    recordings = [record(drawn_with(with_faults(cut(48 * MILLISECOND)), seed), FACTORIES) for seed in range(1, 5)]
    ended = 0
    for recording in recordings:
        crash = next(one for one in recording.happenings if one.kind is Kind.CRASH)
        fault = next(one for one in recording.happenings if one.kind is Kind.FAULT)
        birth = next(one for one in recording.happenings if one.kind is Kind.BIRTH and one.life == 2)
        undone = [one.number for one in recording.happenings if one.kind is Kind.DISK and one.state.startswith("never done")]
        assert fault.number in crash.causes
        assert crash.number in birth.causes
        assert set(undone) <= set(crash.causes)
        ended += len(undone)
    assert ended


def test_a_lost_record_is_followed_from_its_writer_to_the_power_cut(monkeypatch: pytest.MonkeyPatch):
    """Without anybody who looks inside, only the history gives it away."""
    monkeypatch.setattr(cluster, "oracles", lambda *_arguments, **_settings: ())
    with read_catalogue(CATALOGUE)["acknowledges_before_sync"].planted():
        tapes = [drawn_with(with_faults(lossy_cut(at)), seed) for seed in range(1, 6) for at in moments(46, 58, 2)]
        lost = next(tape for tape in tapes if not play(tape).is_clean)
        explanation = explain(lost)
    told = "\n".join(sentence.text for sentence in explanation.sentences)
    for words in (
        "writer-0 is asked to send “writer-0#1” to topic-0-0",
        "appends record “writer-0#1” to topic-0-0 at offset 0",
        "calls topic-0-0 durable up to 1, although the sync that will make it durable is still under way",
        "answers Produce #2 of writer-0 (offset 0 in topic-0-0) likewise",
        "writer-0 takes record “writer-0#1” as acknowledged",
        "broker-1 loses its power",
        "Therefore: lost-write in topic-0-0: “writer-0#1",
    ):
        assert words in told, told
    assert "the metadata log" not in told, "that was called durable too early as well, but is another story"
    assert explanation.neighbour is not None
    assert explanation.neighbour.passing[-1] == "nothing is wrong"


def test_a_batch_that_is_sent_again_rests_on_the_lost_connection():
    recording = record(with_faults(cut(46 * MILLISECOND)), FACTORIES)
    again = next(one for one in recording.happenings if any(clause.text.endswith(", again") for clause in one.clauses))
    reasons = set(again.causes.values())
    assert {"it sent the same before", "it had lost a connection", "its user asked for it"} <= reasons
