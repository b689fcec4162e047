"""AlterUserScramCredentials: credentials set and removed, one per user and request (KIP-554)."""

from __future__ import annotations

from streambus.metadata.decision import Decision
from streambus.metadata.image import Image
from streambus.metadata.scram_credentials import ITERATIONS_MAX, ITERATIONS_MIN, ScramCredential, ScramMechanism
from streambus.wire import ErrorCode, Message, messages

Refusal = tuple[ErrorCode, str]

_TWICE = (ErrorCode.DUPLICATE_RESOURCE, "A user credential cannot be altered twice in the same request")


def alter_scram_credentials(
    image: Image, request: messages.AlterUserScramCredentialsRequest
) -> Decision[messages.AlterUserScramCredentialsResponse]:
    """Remove and set what can be. Results: first those who got what they wanted, then the others; deletions before upsertions.

    A user whose first wish is refused is told so; one with two possible wishes gets neither.
    """
    deletions: dict[str, Message] = {}
    upsertions: dict[str, Message] = {}
    refused: dict[str, Refusal] = {}
    for deletion in request.deletions:
        _take(deletion.name, _refused_deletion(image, deletion), (deletions,), refused)
        if deletion.name not in refused:
            deletions[deletion.name] = messages.RemoveUserScramCredentialRecord(name=deletion.name, mechanism=deletion.mechanism)
    for upsertion in request.upsertions:
        _take(upsertion.name, _refused_upsertion(upsertion), (deletions, upsertions), refused)
        if upsertion.name not in refused:
            upsertions[upsertion.name] = _record(upsertion)
    results = [_result(user, (ErrorCode.NONE, None)) for user in (*deletions, *upsertions)]
    results += [_result(user, refusal) for user, refusal in refused.items()]
    records = (*deletions.values(), *upsertions.values())
    return Decision(records, messages.AlterUserScramCredentialsResponse(results=results))


def _take(user: str, refusal: Refusal | None, taken: tuple[dict[str, Message], ...], refused: dict[str, Refusal]) -> None:
    """Note why `user` gets nothing, if there is a reason; the first one stands."""
    if user in refused:
        return
    if any(wishes.pop(user, None) is not None for wishes in taken):
        refused[user] = _TWICE
    elif refusal is not None:
        refused[user] = refusal


def _refused_deletion(image: Image, deletion: messages.AlterUserScramCredentialsRequest.ScramCredentialDeletion) -> Refusal | None:
    refusal = _refused(deletion.name, deletion.mechanism)
    if refusal is None and (deletion.name, deletion.mechanism) not in image.scram_credentials:
        return ErrorCode.RESOURCE_NOT_FOUND, "Attempt to delete a user credential that does not exist"
    return refusal


def _refused_upsertion(upsertion: messages.AlterUserScramCredentialsRequest.ScramCredentialUpsertion) -> Refusal | None:
    refusal = _refused(upsertion.name, upsertion.mechanism)
    if refusal is not None:
        return refusal
    if upsertion.iterations < ITERATIONS_MIN[ScramMechanism(upsertion.mechanism)]:
        return ErrorCode.UNACCEPTABLE_CREDENTIAL, "Too few iterations"
    if upsertion.iterations > ITERATIONS_MAX:
        return ErrorCode.UNACCEPTABLE_CREDENTIAL, "Too many iterations"
    if not upsertion.salted_password:
        # Kafka fails in the middle of this, and with it the whole request.
        return ErrorCode.UNACCEPTABLE_CREDENTIAL, "Salted password must not be empty"
    return None


def _refused(user: str, mechanism: int) -> Refusal | None:
    if not user:
        return ErrorCode.UNACCEPTABLE_CREDENTIAL, "Username must not be empty"
    if mechanism not in list(ScramMechanism):
        return ErrorCode.UNSUPPORTED_SASL_MECHANISM, "Unknown SCRAM mechanism"
    return None


def _record(upsertion: messages.AlterUserScramCredentialsRequest.ScramCredentialUpsertion) -> messages.UserScramCredentialRecord:
    mechanism = ScramMechanism(upsertion.mechanism)
    credential = ScramCredential.derived(mechanism, bytes(upsertion.salt), bytes(upsertion.salted_password), upsertion.iterations)
    return credential.to_record(upsertion.name, mechanism)


def _result(user: str, outcome: tuple[ErrorCode, str | None]) -> messages.AlterUserScramCredentialsResponse.AlterUserScramCredentialsResult:
    error_code, text = outcome
    return messages.AlterUserScramCredentialsResponse.AlterUserScramCredentialsResult(user=user, error_code=error_code, error_message=text)
