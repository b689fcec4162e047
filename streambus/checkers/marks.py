"""Marks: values in so few bytes that a checker can keep one for each."""

from hashlib import blake2b

MARK_BYTES_MAX = 64
"""A value up to this length is its own mark. A longer one is represented by its beginning, its length and a digest."""

TEXT_LENGTH_MAX = 48
"""Longer values are shortened in explanations; the operations have them whole."""

_BEGINNING, _LENGTH, _DIGEST = 48, 8, 16
_ABRIDGED = _BEGINNING + _LENGTH + _DIGEST


def mark(value: bytes) -> bytes:
    """What stands for `value`: equal for equal values, different for different ones (short ones for certain, long ones but for 2^-64)."""
    if len(value) <= MARK_BYTES_MAX:
        return value
    return value[:_BEGINNING] + len(value).to_bytes(_LENGTH, "big") + blake2b(value, digest_size=_DIGEST).digest()


def shown(value: bytes) -> str:
    """A value, or its mark, for a sentence: quoted text when it is text, else hex; shortened."""
    length = len(value)
    if length == _ABRIDGED:
        length = int.from_bytes(value[_BEGINNING : _BEGINNING + _LENGTH], "big")
    value = value[:_BEGINNING] if length > TEXT_LENGTH_MAX else value
    cut = f"… ({length} bytes)" if length > TEXT_LENGTH_MAX else ""
    if value.isascii() and (text := value.decode("ascii")).isprintable():
        return f"“{text}{'…' if cut else ''}”{cut[1:]}"
    if len(value) * 2 > TEXT_LENGTH_MAX:
        return f"0x{value[: TEXT_LENGTH_MAX // 2].hex()}… ({length} bytes)"
    return f"0x{value.hex()}"
