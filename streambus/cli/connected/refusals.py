"""What a cluster refused, told to people: Kafka's name for it, the broker's own words, and what may help."""

from collections.abc import Iterable
from difflib import get_close_matches

from streambus.wire import ErrorCode

ADVICE = {
    ErrorCode.TOPIC_ALREADY_EXISTS: "--if-not-exists is content with that",
    ErrorCode.INVALID_REPLICATION_FACTOR: "no more replicas than brokers; without --replication the broker chooses",
    ErrorCode.TOPIC_DELETION_DISABLED: "the broker's delete.topic.enable is false",
    ErrorCode.MESSAGE_TOO_LARGE: "the topic's max.message.bytes is the limit for a batch",
    ErrorCode.CLUSTER_AUTHORIZATION_FAILED: "the broker's ACLs do not let you",
    ErrorCode.TOPIC_AUTHORIZATION_FAILED: "the broker's ACLs do not let you",
    ErrorCode.UNSUPPORTED_VERSION: "the broker is too old for this, or too new",
    ErrorCode.NOT_ENOUGH_REPLICAS: "fewer replicas are in sync than the topic's min.insync.replicas demands",
    ErrorCode.REASSIGNMENT_IN_PROGRESS: "try again when it is over",
}
"""What may help, where there is something."""


class Refused(Exception):
    """What was asked for did not happen. `main` is not needed for it: `converse` prints the text and exits with 1."""

    def __init__(self, subject: str, error: ErrorCode | None, text: str | None = None, advice: str | None = None) -> None:
        said = text or ("" if error is None else error.message)
        advice = advice or (ADVICE.get(error) if error is not None else None)
        parts = [subject, *([error.name] if error is not None else []), *([said.rstrip(".").replace("\n", " ")] if said else [])]
        super().__init__(": ".join(part for part in parts if part) + (f"; {advice}" if advice else ""))
        self.subject = subject
        self.error = error


def error_of(code: int) -> ErrorCode | None:
    """The error that a response's code stands for; None if all is well."""
    return ErrorCode(code) if code else None  # type: ignore[call-arg]


def check(subject: str, code: int, text: str | None = None, advice: str | None = None) -> None:
    """Raise `Refused` unless `code` says that all is well."""
    error = error_of(code)
    if error is not None:
        raise Refused(subject, error, text, advice)


def unknown_topic(name: str, known: Iterable[str], creating: bool = True) -> Refused:
    """There is no such topic. Names that are nearly the same are told."""
    near = get_close_matches(name, list(known), 3, 0.6)
    if near:
        advice = f"did you mean {' or '.join(near)}?"
    else:
        advice = f"'streambus topics create {name}' makes it" if creating else "'streambus topics list' tells which there are"
    return Refused(name, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "there is no such topic", advice)
