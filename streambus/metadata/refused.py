"""A refusal: why a part of a request cannot be, for whoever puts the answer together."""

from streambus.wire import ErrorCode


class Refused(Exception):
    """What was asked for cannot be. Without a text the error code says it all."""

    def __init__(self, error_code: ErrorCode, text: str | None) -> None:
        super().__init__(text)
        self.error_code = error_code
        self.text = text
