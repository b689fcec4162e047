"""Who a broker says that it is: producer ids that nobody had, versions that never change, features that are in the log."""

from types import SimpleNamespace
from typing import Any

import pytest

from streambus.sim.oracles import identity_law
from streambus.sim.oracles.broker_model import BrokerModel
from streambus.sim.oracles.door import Asked
from streambus.wire import ErrorCode


def a_model(latest_versions: tuple[tuple[int, int], ...] = ()) -> BrokerModel:
    model = BrokerModel(pytest.fail)
    model.config = SimpleNamespace(latest_versions=latest_versions)
    model.step = 1
    model.cluster.next_producer_id = 1_000
    model.cluster.features.update({"metadata.version": 25, "gone": 0})
    return model


def given(model: BrokerModel, producer_id: int, *, error: ErrorCode = ErrorCode.NONE, epoch: int = 0, asked: Asked | None = None) -> str:
    asked = asked or an_id_is_asked_for(model)
    body = SimpleNamespace(error_code=int(error), producer_id=producer_id, producer_epoch=epoch)
    return identity_law.judge_producer_id(model, asked, body) or ""


def an_id_is_asked_for(model: BrokerModel, transactional_id: str | None = None) -> Asked:
    asked = Asked(22, 4, 1, SimpleNamespace(transactional_id=transactional_id, transaction_timeout_ms=100))
    identity_law.ask_producer_id(model, asked)
    return asked


# Producer ids ----------------------------------------------------------------------------------------------------------


def test_a_producer_id_is_given_once():
    model = a_model()
    assert given(model, 7) == ""
    assert given(model, 8) == ""
    assert "producer ids are given once: 7 was handed out before" in given(model, 7)


@pytest.mark.parametrize("number", [-1, 1_000])
def test_a_producer_id_is_of_a_block_that_is_durable(number: int):
    assert "is not of a block that is durable: those end at 1000" in given(a_model(), number)


def test_a_new_producer_begins_in_epoch_0():
    assert "producer_epoch is 1, expected 0" in given(a_model(), 7, epoch=1)


def test_an_id_is_refused_only_for_a_reason_that_is_true():
    model = a_model()
    assert "expected a producer id" in given(model, -1, error=ErrorCode.COORDINATOR_NOT_AVAILABLE)
    assert "expected a producer id" in given(model, -1, error=ErrorCode.UNKNOWN_SERVER_ERROR)
    crowded = an_id_is_asked_for(model)
    crowded.is_crowded = True
    assert [given(model, -1, error=code, asked=crowded) for code in identity_law.NOT_NOW] == [""] * len(identity_law.NOT_NOW)
    model.written.is_failed = True
    assert [given(model, -1, error=code) for code in identity_law.NOT_NOW] == [""] * len(identity_law.NOT_NOW)


def test_transactional_producers_are_not_judged():
    model = a_model()
    assert given(model, -1, asked=an_id_is_asked_for(model, "somebody")) == ""


# What is spoken --------------------------------------------------------------------------------------------------------


def said(
    model: BrokerModel, spoken: dict[int, tuple[int, int]], *, version: int = 3, error: int = 0, body: Any = True, **features: int
) -> str:
    asked = Asked(18, version, 1, body or None)
    keys = [SimpleNamespace(api_key=key, min_version=first, max_version=last) for key, (first, last) in spoken.items()]
    finalized = [SimpleNamespace(name=name.replace("_", "."), max_version_level=level) for name, level in features.items()]
    answer = SimpleNamespace(error_code=error, api_keys=keys, finalized_features=finalized)
    return identity_law.judge_api_versions(model, asked, answer) or ""


def test_what_is_spoken_never_changes():
    model = a_model()
    assert said(model, {0: (3, 9)}, metadata_version=25) == ""
    assert said(model, {0: (3, 9)}, metadata_version=25) == ""
    assert "what is spoken is" in said(model, {0: (3, 8)}, metadata_version=25)


def test_another_release_speaks_otherwise_and_not_beyond_its_own():
    model = a_model()
    assert said(model, {0: (3, 9)}, metadata_version=25) == ""
    model.config = SimpleNamespace(latest_versions=((0, 8),))
    assert "api key 0 is advertised in versions 3 to 9" in said(model, {0: (3, 9)}, metadata_version=25)
    assert said(model, {0: (3, 8)}, metadata_version=25) == ""


@pytest.mark.parametrize("spoken", [{9_999: (0, 1)}, {0: (-1, 3)}, {0: (5, 4)}, {0: (3, 999)}])
def test_what_is_spoken_is_defined(spoken: dict[int, tuple[int, int]]):
    assert "is advertised in versions" in said(a_model(), spoken, metadata_version=25)


def test_features_are_those_of_the_metadata_log():
    assert "the finalized features is" in said(a_model(), {0: (3, 9)}, metadata_version=24)
    assert said(a_model(), {0: (3, 9)}, version=2) == "", "older versions do not tell them"


def test_features_that_have_just_changed_may_be_told_or_not():
    model = a_model()
    model.cluster_moved_in = model.step
    assert said(model, {0: (3, 9)}, metadata_version=24) == ""


def test_who_asks_in_an_unknown_version_is_told_so():
    model = a_model()
    assert said(model, {}, body=None, error=ErrorCode.UNSUPPORTED_VERSION) == ""
    assert "error_code is 0" in said(model, {}, body=None)


def test_a_client_without_a_proper_name_may_be_refused():
    model = a_model()
    assert said(model, {}, error=ErrorCode.INVALID_REQUEST) == ""
    assert "it is answered with INVALID_REQUEST" in said(model, {}, version=2, error=ErrorCode.INVALID_REQUEST)
