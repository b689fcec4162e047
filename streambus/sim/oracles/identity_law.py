"""Who somebody is and what is spoken: InitProducerId gives every number once, over all lives; ApiVersions says the same every time."""

from typing import Any

from streambus.sim.oracles.broker_model import BrokerModel
from streambus.sim.oracles.door import Asked, error_name
from streambus.sim.oracles.law import Law, differs, due_at_once, due_when_decided, is_too_late, take_note_of_nothing, wait_at_most
from streambus.wire import VERSIONS, ErrorCode

REQUEST_TIMEOUT_MS = 30_000
NOT_NOW = (ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, ErrorCode.COORDINATOR_NOT_AVAILABLE, ErrorCode.NOT_COORDINATOR)


def ask_producer_id(_model: BrokerModel, asked: Asked) -> None:
    """A block of numbers may have to be fetched first."""
    wait_at_most(asked, REQUEST_TIMEOUT_MS)


def judge_producer_id(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """A number that nobody had before, of a block that is durably ours."""
    if asked.body.transactional_id is not None:
        return None
    if body.error_code:
        if body.error_code in NOT_NOW and (model.written.is_failed or is_too_late(model, asked)):
            return None
        return f"it is answered with {error_name(body.error_code)}, expected a producer id"
    if body.producer_id in model.producer_ids:
        return f"producer ids are given once: {body.producer_id} was handed out before"
    if not 0 <= body.producer_id < model.cluster.next_producer_id:
        return f"producer id {body.producer_id} is not of a block that is durable: those end at {model.cluster.next_producer_id}"
    model.producer_ids.add(body.producer_id)
    return differs("producer_epoch", 0, body.producer_epoch)


def judge_api_versions(model: BrokerModel, asked: Asked, body: Any) -> str | None:
    """What is spoken is defined, and is the same for everyone and in every life of one release; features are those of the metadata log."""
    if asked.body is None:
        return differs("error_code", ErrorCode.UNSUPPORTED_VERSION, body.error_code)
    if body.error_code == ErrorCode.INVALID_REQUEST and asked.version >= 3:
        return None
    if body.error_code:
        return f"it is answered with {error_name(body.error_code)}"
    spoken = {entry.api_key: (entry.min_version, entry.max_version) for entry in body.api_keys}
    known = model.spoken.get(model.config.latest_versions)
    complaint = differs("what is spoken", known, spoken) if known is not None else _first_words(model, spoken)
    if complaint is None and asked.version >= 3 and model.is_settled and not asked.is_old:
        levels = {feature.name: feature.max_version_level for feature in body.finalized_features}
        expected = {name: level for name, level in model.cluster.features.items() if level > 0}
        complaint = differs("the finalized features", expected, levels)
    return complaint


def _first_words(model: BrokerModel, spoken: dict[Any, tuple[int, int]]) -> str | None:
    """What a release speaks is looked at when it is said for the first time; later on it is that again."""
    limits = dict(model.config.latest_versions)
    for key, (first, last) in spoken.items():
        if key not in VERSIONS or not 0 <= first <= last <= min(VERSIONS[key][-1], limits.get(key, VERSIONS[key][-1])):
            return f"api key {key} is advertised in versions {first} to {last}"
    model.spoken[model.config.latest_versions] = spoken
    return None


INIT_PRODUCER_ID = Law(ask_producer_id, judge_producer_id, due_when_decided)
API_VERSIONS = Law(take_note_of_nothing, judge_api_versions, due_at_once)
