"""DescribeUserScramCredentials: who has a credential for which mechanism, and nothing that is secret."""

from __future__ import annotations

from collections import Counter

from streambus.metadata.image import Image
from streambus.wire import ErrorCode, messages

Result = messages.DescribeUserScramCredentialsResponse.DescribeUserScramCredentialsResult


def describe_scram_credentials(
    image: Image, request: messages.DescribeUserScramCredentialsRequest
) -> messages.DescribeUserScramCredentialsResponse:
    """One result per user of the request, or of everybody if it names nobody; in the order of names."""
    known = dict.fromkeys(user for user, _ in image.scram_credentials)
    times = Counter([user.name for user in request.users] if request.users else list(known))
    results = [_describe(image, user, is_twice=times[user] > 1, is_known=user in known) for user in sorted(times)]
    return messages.DescribeUserScramCredentialsResponse(error_code=ErrorCode.NONE, error_message="", results=results)


def _describe(image: Image, user: str, *, is_twice: bool, is_known: bool) -> Result:
    if is_twice:
        text = f"Cannot describe SCRAM credentials for the same user twice in a single request: {user}"
        return Result(user=user, error_code=ErrorCode.DUPLICATE_RESOURCE, error_message=text, credential_infos=[])
    if not is_known:
        text = f"Attempt to describe a user credential that does not exist: {user}"
        return Result(user=user, error_code=ErrorCode.RESOURCE_NOT_FOUND, error_message=text, credential_infos=[])
    infos = [
        messages.DescribeUserScramCredentialsResponse.CredentialInfo(mechanism=mechanism, iterations=credential.iterations)
        for (name, mechanism), credential in image.scram_credentials.items()
        if name == user
    ]
    return Result(user=user, error_code=ErrorCode.NONE, error_message="", credential_infos=infos)
