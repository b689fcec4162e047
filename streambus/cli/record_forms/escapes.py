"""Characters that are hard to type: `\\n`, `\\r`, `\\t`, `\\0`, `\\\\` and `\\xNN`."""

import re

ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|(.)|$)", re.DOTALL)
CHARACTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\"}


def unescaped(text: str) -> bytes:
    """The bytes that `text` stands for. `ValueError` for an escape that is none."""

    def replaced(match: re.Match[bytes]) -> bytes:
        hexadecimal, octal, character = match.groups()
        if hexadecimal is not None:
            return bytes([int(hexadecimal, 16)])
        if octal is not None and int(octal, 8) < 256:
            return bytes([int(octal, 8)])
        if character not in CHARACTERS:
            raise ValueError(f"{match.group().decode(errors='replace')} in {text!r} is no escape: there are \\n \\r \\t \\0 \\\\ and \\xNN")
        return CHARACTERS[character]

    return ESCAPE.sub(replaced, text.encode("utf-8", "surrogateescape"))
