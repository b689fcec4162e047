"""Values: what clients write. Each is unique, says who wrote it, and is padded with bytes that only it can have.

In a history a value stands by its name (`writer 3:17`) if its bytes are what they were, and with all its bytes if they are not.
"""

from hashlib import shake_128

PADDING_BYTES = (4, 40, 300, 1_100, 9_000)
"""In turn: records that are little more than their names, small ones that share a batch, and some that fill one."""

END_OF_NAME = b"\n"


def value_of(writer: str, number: int) -> tuple[bytes, bytes]:
    """The name and the bytes of a writer's record of this number."""
    name = f"{writer}:{number}".encode()
    return name, name + END_OF_NAME + _padding(name, number)


def name_of(value: bytes) -> bytes:
    """The name of what was read, or everything if it is not what such a name stands for."""
    name = value.partition(END_OF_NAME)[0]
    number = name.rpartition(b":")[2]
    if number.isdigit() and value == name + END_OF_NAME + _padding(name, int(number)):
        return name
    return value


def _padding(name: bytes, number: int) -> bytes:
    # Nine of ten are small: it is the number of records that finds faults.
    length = PADDING_BYTES[number % 3] if number % 10 else PADDING_BYTES[number // 10 % len(PADDING_BYTES)]
    return shake_128(name).digest(length)
