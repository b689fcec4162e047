"""Topic names: which are allowed, which collide, which belong to Kafka itself."""

import re

from streambus.wire import ErrorCode

NAME_LENGTH_MAX = 249
"""A partition's folder is `name-partition`, and most file systems stop at 255 bytes."""

CLUSTER_METADATA_TOPIC = "__cluster_metadata"
INTERNAL_TOPICS = ("__consumer_offsets", "__share_group_state", "__transaction_state")

_LEGAL = re.compile(r"[a-zA-Z0-9._-]+")


def name_complaint(name: str) -> str | None:
    """Why no topic may be called `name`, as a sentence, or None."""
    if not name:
        reason = "the empty string is not allowed"
    elif name in (".", ".."):
        reason = f"'{name}' is not allowed"
    elif len(name) > NAME_LENGTH_MAX:
        reason = f"the length of '{name}' is longer than the max allowed length {NAME_LENGTH_MAX}"
    elif not _LEGAL.fullmatch(name):
        reason = f"'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
    else:
        return None
    return f"Topic name is invalid: {reason}"


def why_unknown(name: str) -> ErrorCode:
    """The error for a topic that does not exist: it might, or no topic can be called that."""
    return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION if name_complaint(name) is None else ErrorCode.INVALID_TOPIC_EXCEPTION


def collision_key(name: str) -> str:
    """Names with equal keys must not exist together: metrics write both `.` and `_` as `_`."""
    return name.replace(".", "_")


def is_internal(name: str) -> bool:
    """True if the topic holds the state of a coordinator. Clients hide such topics and do not produce to them."""
    return name in INTERNAL_TOPICS
