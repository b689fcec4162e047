"""Bootstrap: the first records of a fresh metadata log."""

from streambus.metadata.decision import Decision
from streambus.metadata.features import SUPPORTED_FEATURES
from streambus.metadata.image import Image
from streambus.wire import messages


def bootstrap(image: Image) -> Decision[None]:
    """Finalize every feature at its highest level; nothing to do in a log that has been begun.

    Features come before anything else, since they say in which versions the rest is written.
    """
    if image.features:
        return Decision((), None)
    records = [messages.FeatureLevelRecord(name=name, feature_level=highest) for name, (_, highest) in SUPPORTED_FEATURES.items()]
    return Decision(tuple(records), None)
