"""A family of stock clients: something that does to a broker what it is asked for, and says honestly what came of it."""

from base64 import b64decode, b64encode
from typing import Any, Protocol

from streambus.wire.errors import ErrorCode
from tests.stock.operations import OPERATIONS


class Family(Protocol):
    """One kind of stock client."""

    name: str

    def ask(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Do an operation of README.md. Raises `ClientRefused` if it ended with an error, `Unsupported` if the client cannot say it."""
        ...

    def said(self) -> str:
        """What the client has told people since it was last asked: its log."""
        ...

    def close(self) -> None:
        """End whatever runs."""
        ...


class ClientRefused(Exception):
    """An operation ended with an error: Kafka's code if the client tells it, its name, and the text a person would see."""

    def __init__(self, code: int | None, name: str | None = None, text: str | None = None) -> None:
        self.code = code
        self.name = name if code is None else name_of(code)
        self.text = text or ""
        super().__init__(f"{self.name} ({code}): {self.text}")


class Unsupported(Exception):
    """The client's public interface has no way to say this."""


class Hung(Exception):
    """A client did not answer in time."""


def name_of(code: int) -> str:
    """Kafka's name of an error code."""
    try:
        return ErrorCode(code).name
    except ValueError:
        return f"error {code}"


def to_text(content: bytes | None) -> str | None:
    """Bytes as README.md writes them."""
    return None if content is None else b64encode(content).decode()


def to_bytes(text: str | None) -> bytes | None:
    """Bytes from what README.md writes."""
    return None if text is None else b64decode(text)


class InProcess:
    """A family written in Python: `client` has a method for every operation that it knows, and `name` and `version` of the library."""

    def __init__(self, name: str, client: Any) -> None:
        self.name = name
        self.client = client

    def ask(self, operation: str, **arguments: Any) -> dict[str, Any]:
        if operation == "hello":
            operations = [known for known in OPERATIONS if known == "hello" or hasattr(self.client, known)]
            return {"client": self.client.name, "version": self.client.version, "operations": operations}
        if not hasattr(self.client, operation):
            raise Unsupported(f"{self.client.name} has no {operation}")
        result: dict[str, Any] | None = getattr(self.client, operation)(**arguments)
        return result or {}

    def said(self) -> str:
        return ""

    def close(self) -> None:
        pass
