"""UpdateFeatures: the levels that the cluster has agreed to use, raised and lowered (KIP-584, KIP-778)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from streambus.metadata.decision import Decision
from streambus.metadata.features import METADATA_VERSION
from streambus.metadata.image import Image
from streambus.wire import ErrorCode, Message, messages

Update = messages.UpdateFeaturesRequest.FeatureUpdateKey
Response = messages.UpdateFeaturesResponse


class UpgradeType(IntEnum):
    """Which way a level may go."""

    UPGRADE = 1
    SAFE_DOWNGRADE = 2
    UNSAFE_DOWNGRADE = 3


def update_features(
    image: Image, request: messages.UpdateFeaturesRequest, api_version: int, supported: Mapping[str, tuple[int, int]], node_id: int
) -> Decision[Response]:
    """Finalize the levels of `request`, all or none. Of several updates of one feature the last counts.

    `supported` is what `node_id` can do. With `validate_only` nothing is written.
    """
    records: list[Message] = []
    for update in {update.feature: update for update in request.feature_updates}.values():
        complaint = _complaint(image, update, _upgrade_type(update, api_version), supported.get(update.feature), node_id)
        if complaint is not None:
            text = f"The update failed for all features since the following feature had an error: {complaint}"
            return Decision((), Response(error_code=ErrorCode.INVALID_UPDATE_VERSION, error_message=text, results=[]))
        if update.max_version_level != image.features.get(update.feature, 0):
            records.append(messages.FeatureLevelRecord(name=update.feature, feature_level=update.max_version_level))
    response = Response(error_code=ErrorCode.NONE, error_message=None, results=_results(request, api_version))
    return Decision(() if request.validate_only else tuple(records), response)


def _results(request: messages.UpdateFeaturesRequest, api_version: int) -> list[Response.UpdatableFeatureResult]:
    """Each update by itself, as older versions tell it: with a text although there is nothing to say."""
    if api_version >= 2:
        return []
    return [
        Response.UpdatableFeatureResult(feature=update.feature, error_code=ErrorCode.NONE, error_message="NONE")
        for update in request.feature_updates
    ]


def _upgrade_type(update: Update, api_version: int) -> int:
    if api_version == 0:
        return UpgradeType.SAFE_DOWNGRADE if update.allow_downgrade else UpgradeType.UPGRADE
    return update.upgrade_type


def _complaint(image: Image, update: Update, upgrade_type: int, supported: tuple[int, int] | None, node_id: int) -> str | None:
    """Why this update cannot be, as a sentence, or None."""
    feature, level = update.feature, update.max_version_level
    current = image.features.get(feature, 0)
    if upgrade_type not in list(UpgradeType):
        reason: str | None = "The controller does not support the given upgrade type."
    elif level < 0:
        reason = "A feature version cannot be less than 0."
    else:
        reason = _unsupported(feature, level, supported, node_id)
    if reason is None and level < current and upgrade_type == UpgradeType.UPGRADE:
        reason = "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade."
    if reason is None and level > current and upgrade_type != UpgradeType.UPGRADE:
        reason = "Can't downgrade to a newer version."
    if reason is not None:
        return f"Invalid update version {level} for feature {feature}. {reason}"
    if feature == METADATA_VERSION and level < current:
        return _refused_metadata_downgrade(current, level, upgrade_type)
    return None


def _unsupported(feature: str, level: int, supported: tuple[int, int] | None, node_id: int) -> str | None:
    if supported is None:
        return f"Local controller {node_id} does not support this feature." if level else f"Feature {feature} not found."
    lowest, highest = supported
    if lowest <= level <= highest:
        return None
    return f"Local controller {node_id} only supports versions {lowest if lowest == highest else f'{lowest}-{highest}'}"


def _refused_metadata_downgrade(current: int, level: int, upgrade_type: int) -> str:
    """Metadata is not rewritten in an older form: whatever the older form has no place for would be lost."""
    why = (
        "Refusing to perform the requested downgrade because it might delete metadata information."
        if upgrade_type == UpgradeType.SAFE_DOWNGRADE
        else "Unsafe metadata downgrade is not supported in this version."
    )
    return f"Unsupported metadata.version downgrade from {current} to {level}. {why}"
