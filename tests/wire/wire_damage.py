"""Damage to bytes, as networks, disks and hostile peers do it, and what must hold of everything that reads them.

Every case comes from one `Random` alone, so a seed and a number find it again. A case is a whole frame for a connection, or bytes for one
of the decoders of what is kept. Most cases are real bytes with a few wounds; some are whole; some are no bytes of ours at all.
"""

from collections.abc import Callable
from random import Random
from typing import Any

import attrs
from wire_grammar import random_message

from streambus.wire import (
    GROUPS,
    SHARES,
    TRANSACTIONS,
    VERSIONS,
    ApiKey,
    ClientConnection,
    Connection,
    DecodeError,
    decode_data,
    decode_record,
    decode_remote_record,
    encode_data,
    encode_record,
    encode_remote_record,
    messages,
)
from streambus.wire.catalogue import DATA, RecordKey, RemoteRecordKey, pascal_case

SPOKEN = {key: (versions[0], versions[-1]) for key, versions in VERSIONS.items()}
API_KEYS = tuple(SPOKEN)
FAMILIES = (GROUPS, TRANSACTIONS, SHARES)

WOUNDS_MAX = 4
EXAMPLES_KEPT = 4
FRAME_BYTES_MAX = 1 << 20
LENGTHS = (
    b"\0",
    b"\1",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\x7f\xff",
    b"\xff\xff",
    b"\xff\xfe",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\xff",
    b"\x80\0\0\0",
    b"\0\0\xff\xff",
    b"\xff\xff\xff\xff\x0f",
    b"\xff\xff\xff\xff\x7f",
    b"\x80\x80\x80\x80\x80\x01",
    b"\x81\x80\0",
)
"""What a length, a count or a varint may be when it is wrong."""


@attrs.define
class Tally:
    """How many cases were understood and how many refused."""

    understood: int = 0
    refused: int = 0


@attrs.define
class Hunt:
    """Makes cases and judges them. Real bytes of every kind are kept for a while and renewed now and then."""

    random: Random
    tally: Tally = attrs.Factory(Tally)
    kept: dict[object, list[bytes]] = attrs.Factory(dict)

    def step(self) -> None:
        """One case."""
        choice = self.random.random()
        if choice < 0.5:
            self._request()
        elif choice < 0.75:
            self._response()
        elif choice < 0.85:
            self._coordinator_record()
        else:
            self._framed()

    # What arrives on connections ---------------------------------------------------------------------------------------

    def _request(self) -> None:
        key = self.random.choice(API_KEYS)
        version = self.random.choice(VERSIONS[key])
        name = pascal_case(key) + "Request"

        def fresh() -> bytes:
            body = random_message(self.random, name, version)
            _, parts = ClientConnection(self.random.choice((None, "", "client"))).send(body, version)
            return b"".join(parts)[4:]  # type: ignore[arg-type]

        content = self._bytes((name, version), fresh)
        if self.random.random() < 0.05 and len(content) >= 4:
            content = self.random.choice((self.random.randbytes(4), key.to_bytes(2, "big") + b"\0\x09")) + content[4:]
        stream = len(content).to_bytes(4, "big") + content
        connection = Connection(SPOKEN, frame_bytes_max=FRAME_BYTES_MAX)
        requests = connection.receive(stream)
        assert (connection.error is None) == (len(requests) == 1), "a frame is a request or an error"
        self._count(understood=connection.error is None)
        if self.random.random() < 0.1:
            self._arrives_in_pieces(stream, requests, connection.error)
        if requests and requests[0].body is not None:
            self._is_stable(type(requests[0].body), requests[0].body, requests[0].api_version)

    def _arrives_in_pieces(self, stream: bytes, expected: list[Any], error: str | None) -> None:
        pieces = Connection(SPOKEN, frame_bytes_max=FRAME_BYTES_MAX)
        place = self.random.randint(0, len(stream))
        received = [*pieces.receive(stream[:place]), *pieces.receive(stream[place:])]
        assert received == expected or are_same(received[0].body, expected[0].body), "pieces give the same requests"
        assert pieces.error == error

    def _response(self) -> None:
        key = self.random.choice(API_KEYS)
        version = self.random.choice(VERSIONS[key])
        name = pascal_case(key) + "Response"
        cls = getattr(messages, name)
        content = self._bytes((name, version), lambda: b"".join(random_message(self.random, name, version).encode(version)))
        if key == ApiKey.API_VERSIONS and content[:2] == b"\0\x23":
            version = 0
        expected = self._decoded(lambda: cls.decode(content, version))
        client = ClientConnection(None)
        client.unanswered[7] = (key, version)
        header = b"\0\0\0\7" + (b"\0" if version in cls.FLEXIBLE and key != ApiKey.API_VERSIONS else b"")
        responses = client.receive((len(header) + len(content)).to_bytes(4, "big") + header + content)
        assert (client.error is None) == bool(responses) == (expected is not None)
        assert expected is None or are_same(responses[0].body, expected)
        if expected is not None:
            self._is_stable(cls, expected, version)

    # What is kept ------------------------------------------------------------------------------------------------------

    def _coordinator_record(self) -> None:
        family = self.random.choice(FAMILIES)
        name = pascal_case(self.random.choice(list(family.types)))
        cls = getattr(messages, f"{name}Value")
        version = self.random.choice(cls.VERSIONS)
        key = self._bytes(f"{name}Key", lambda: family.encode_key(random_message(self.random, f"{name}Key", 0)))
        value = self._bytes((name, version), lambda: family.encode_value(random_message(self.random, f"{name}Value", version), version))
        found = self._decoded(lambda: family.decode(key, value))
        if found is not None:
            assert family.decode(family.encode_key(found[0]), family.encode_value(found[1], value[1])) == found

    def _framed(self) -> None:
        choice = self.random.randrange(3)
        if choice == 2:
            self._data()
            return
        keys, encode, decode = (
            (RecordKey, encode_record, decode_record) if choice else (RemoteRecordKey, encode_remote_record, decode_remote_record)
        )
        name = pascal_case(self.random.choice(list(keys))) + "Record"
        version = self.random.choice(getattr(messages, name).VERSIONS)
        data = self._bytes((name, version), lambda: encode(random_message(self.random, name, version), version))
        record = self._decoded(lambda: decode(data))
        if record is not None:
            assert are_same(encode_again(record, data[2], encode, decode), record)

    def _data(self) -> None:
        cls = getattr(messages, pascal_case(self.random.choice(DATA)))
        version = self.random.choice(cls.VERSIONS)

        def fresh() -> bytes:
            data = random_message(self.random, cls.__name__, version)
            if "version" in cls.__slots__:
                data.version = version
            return encode_data(data, version)

        content = self._bytes((cls.__name__, version), fresh)
        found = self._decoded(lambda: decode_data(cls, content))
        if found is not None:
            version = min(int.from_bytes(content[:2], "big"), cls.VERSIONS[-1])
            assert are_same(decode_data(cls, encode_data(found, version)), found)

    # Bytes and judgements ----------------------------------------------------------------------------------------------

    def _bytes(self, kind: object, fresh: Callable[[], bytes]) -> bytes:
        """Real bytes of one kind, most often with wounds."""
        examples = self.kept.setdefault(kind, [])
        if len(examples) < EXAMPLES_KEPT:
            examples.append(fresh())
            real = examples[-1]
        elif self.random.random() < 0.02:
            real = examples[self.random.randrange(EXAMPLES_KEPT)] = fresh()
        else:
            real = self.random.choice(examples)
        return real if self.random.random() < 0.1 else wounded(self.random, real)

    def _decoded(self, decode: Callable[[], Any]) -> Any:
        """What `decode` makes of bytes; None if it refuses them."""
        try:
            found = decode()
        except DecodeError:
            self._count(understood=False)
            return None
        self._count(understood=True)
        return found

    def _is_stable(self, cls: Any, message: Any, version: int) -> None:
        """What was understood can be written, and is then understood in the same way."""
        again = cls.decode(b"".join(message.encode(version)), version)
        assert are_same(again, message), "what is read, written and read again is the same"

    def _count(self, *, understood: bool) -> None:
        if understood:
            self.tally.understood += 1
        else:
            self.tally.refused += 1


def encode_again(record: Any, version: int, encode: Any, decode: Any) -> Any:
    """`record`, written and read in `version`, which is a byte of its frame; itself if that byte was part of a longer varint."""
    return decode(encode(record, version)) if version in record.VERSIONS else record


def are_same(one: Any, other: Any) -> bool:
    """Whether two messages are equal, where a number that is no number is equal to itself."""
    return one == other or ("nan" in repr(one) and repr(one) == repr(other))


def wounded(random: Random, real: bytes) -> bytes:
    """`real` with one to `WOUNDS_MAX` wounds."""
    data = bytearray(real)
    for _ in range(random.randint(1, WOUNDS_MAX)):
        _WOUNDS[random.randrange(len(_WOUNDS))](random, data)
    return bytes(data)


def _flip(random: Random, data: bytearray) -> None:
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _overwrite(random: Random, data: bytearray) -> None:
    if data:
        data[random.randrange(len(data))] = random.randrange(256)


def _put_a_length(random: Random, data: bytearray) -> None:
    at, length = random.randint(0, len(data)), random.choice(LENGTHS)
    data[at : at + len(length)] = length


def _insert(random: Random, data: bytearray) -> None:
    at = random.randint(0, len(data))
    data[at:at] = random.choice((random.choice(LENGTHS), random.randbytes(random.randint(1, 8))))


def _remove(random: Random, data: bytearray) -> None:
    at = random.randint(0, len(data))
    del data[at : at + random.randint(1, 8)]


def _cut(random: Random, data: bytearray) -> None:
    del data[random.randint(0, len(data)) :]


def _repeat(random: Random, data: bytearray) -> None:
    start = random.randint(0, len(data))
    end = min(len(data), start + random.randint(1, 40))
    data[end:end] = data[start:end]


_WOUNDS = (_flip, _overwrite, _put_a_length, _put_a_length, _insert, _remove, _cut, _repeat)
