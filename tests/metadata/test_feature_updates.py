"""UpdateFeatures: levels raised and lowered, all or none."""

import pytest
from metadata_cluster import Cluster

from streambus.metadata import METADATA_VERSION_LEVEL
from streambus.metadata.feature_updates import update_features
from streambus.wire import ErrorCode, messages

Request = messages.UpdateFeaturesRequest
UPGRADE, SAFE, UNSAFE = 1, 2, 3
SUPPORTED = {"metadata.version": (7, 30), "group.version": (0, 1), "share.version": (0, 2)}
FAILED = "The update failed for all features since the following feature had an error: "


def update(feature: str, level: int, upgrade_type: int = UPGRADE, *, allow_downgrade: bool = False) -> Request.FeatureUpdateKey:
    return Request.FeatureUpdateKey(feature=feature, max_version_level=level, upgrade_type=upgrade_type, allow_downgrade=allow_downgrade)


def answer(
    cluster: Cluster, *updates: Request.FeatureUpdateKey, version: int = 2, validate_only: bool = False
) -> messages.UpdateFeaturesResponse:
    request = Request(feature_updates=list(updates), validate_only=validate_only)
    return cluster.carry_out(update_features(cluster.image, request, version, SUPPORTED, 1))


def complaint(cluster: Cluster, *updates: Request.FeatureUpdateKey, version: int = 2) -> str:
    before = dict(cluster.image.features)
    response = answer(cluster, *updates, version=version)
    assert (response.error_code, response.results) == (ErrorCode.INVALID_UPDATE_VERSION, [])
    assert response.error_message is not None
    assert response.error_message.startswith(FAILED)
    assert dict(cluster.image.features) == before
    return response.error_message.removeprefix(FAILED)


def test_levels_go_up_and_down_and_to_nothing():
    cluster = Cluster()
    assert answer(cluster, update("group.version", 1), update("share.version", 2)).error_code == ErrorCode.NONE
    assert cluster.image.features == {"group.version": 1, "metadata.version": 30, "share.version": 2}
    answer(cluster, update("group.version", 0, SAFE), update("share.version", 1, UNSAFE))
    assert cluster.image.features == {"metadata.version": 30, "share.version": 1}
    assert cluster.replayed() == cluster.image


def test_what_is_so_already_is_not_written_again_and_validating_writes_nothing():
    cluster = Cluster()
    before = len(cluster.log)
    assert answer(cluster).error_code == ErrorCode.NONE
    assert answer(cluster, update("metadata.version", 30), update("group.version", 0, SAFE)).error_code == ErrorCode.NONE
    assert answer(cluster, update("group.version", 1), validate_only=True).error_code == ErrorCode.NONE
    assert len(cluster.log) == before


def test_older_versions_have_a_result_per_feature():
    cluster = Cluster()
    results = answer(cluster, update("group.version", 1), update("metadata.version", 30), version=1).results
    assert [(result.feature, result.error_code, result.error_message) for result in results] == [
        ("group.version", ErrorCode.NONE, "NONE"),
        ("metadata.version", ErrorCode.NONE, "NONE"),
    ]
    assert answer(cluster, update("group.version", 0, allow_downgrade=True), version=0).error_code == ErrorCode.NONE
    assert "group.version" not in cluster.image.features


def test_of_two_updates_of_a_feature_the_last_counts():
    cluster = Cluster()
    answer(cluster, update("share.version", 9), update("share.version", 2))
    assert cluster.image.features["share.version"] == 2


def test_one_error_refuses_all():
    cluster = Cluster()
    text = "Invalid update version 1 for feature foo. Local controller 1 does not support this feature."
    assert complaint(cluster, update("group.version", 1), update("foo", 1)) == text


LOWER = "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade."


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (update("foo", 0), "Feature foo not found."),
        (update("share.version", 1, 0), "The controller does not support the given upgrade type."),
        (update("share.version", 1, 4), "The controller does not support the given upgrade type."),
        (update("share.version", -1), "A feature version cannot be less than 0."),
        (update("share.version", 3), "Local controller 1 only supports versions 0-2"),
        (update("metadata.version", 6, SAFE), "Local controller 1 only supports versions 7-30"),
        (update("share.version", 1, UPGRADE), LOWER),
        (update("group.version", 1, SAFE), "Can't downgrade to a newer version."),
        (update("group.version", 1, UNSAFE), "Can't downgrade to a newer version."),
    ],
)
def test_what_cannot_be_is_refused(change: Request.FeatureUpdateKey, reason: str):
    cluster = Cluster()
    answer(cluster, update("share.version", 2))
    assert complaint(cluster, change) == f"Invalid update version {change.max_version_level} for feature {change.feature}. {reason}"


def test_metadata_is_not_written_in_an_older_form():
    start = "Unsupported metadata.version downgrade from 30 to 29. "
    safe, unsafe = update("metadata.version", 29, SAFE), update("metadata.version", 29, UNSAFE)
    lossy = "Refusing to perform the requested downgrade because it might delete metadata information."
    assert complaint(Cluster(), safe) == start + lossy
    assert complaint(Cluster(), unsafe) == start + "Unsafe metadata downgrade is not supported in this version."


def test_this_broker_supports_one_level_of_metadata():
    cluster = Cluster()
    request = Request(feature_updates=[update("metadata.version", METADATA_VERSION_LEVEL + 1)])
    response = cluster.carry_out(cluster.controller.update_features(request, 2))
    assert response.error_message is not None
    assert response.error_message.endswith(f"Local controller 1 only supports versions {METADATA_VERSION_LEVEL}")
