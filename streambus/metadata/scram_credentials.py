"""SCRAM credentials: what a broker keeps of a password (RFC 5802, KIP-554). Who has it can check a proof, but cannot give one."""

from __future__ import annotations

import hashlib
import hmac
from enum import IntEnum

from attrs import frozen

from streambus.wire import messages

ITERATIONS_MAX = 16_384


class ScramMechanism(IntEnum):
    """Kafka's numbers of the mechanisms."""

    SHA_256 = 1
    SHA_512 = 2

    @property
    def hash_name(self) -> str:
        """The hash function, as the standard library calls it."""
        return "sha256" if self is ScramMechanism.SHA_256 else "sha512"


ITERATIONS_MIN = {ScramMechanism.SHA_256: 4_096, ScramMechanism.SHA_512: 4_096}


@frozen
class ScramCredential:
    """One user's credential for one mechanism."""

    salt: bytes
    stored_key: bytes
    server_key: bytes
    iterations: int

    @classmethod
    def derived(cls, mechanism: ScramMechanism, salt: bytes, salted_password: bytes, iterations: int) -> ScramCredential:
        """What is kept of a salted password."""
        hash_name = mechanism.hash_name
        client_key = hmac.digest(salted_password, b"Client Key", hash_name)
        stored_key = hashlib.new(hash_name, client_key).digest()
        return cls(salt, stored_key, hmac.digest(salted_password, b"Server Key", hash_name), iterations)

    @classmethod
    def from_record(cls, record: messages.UserScramCredentialRecord) -> ScramCredential:
        """The credential that `record` sets."""
        return cls(bytes(record.salt), bytes(record.stored_key), bytes(record.server_key), record.iterations)

    def to_record(self, user: str, mechanism: int) -> messages.UserScramCredentialRecord:
        """The record that sets this credential."""
        return messages.UserScramCredentialRecord(
            name=user,
            mechanism=mechanism,
            salt=self.salt,
            stored_key=self.stored_key,
            server_key=self.server_key,
            iterations=self.iterations,
        )
