"""Drafting: what record a piece of input stands for."""

import argparse
from collections.abc import Callable

from streambus.cli.misuse import Misuse
from streambus.cli.record_forms.as_json import Draft, from_json
from streambus.cli.record_forms.escapes import unescaped
from streambus.records import Header

Drafter = Callable[[bytes], Draft]


def drafting(arguments: argparse.Namespace) -> Drafter:
    """The function that reads a piece as the options say. Raises `Misuse` for a header without a value."""
    headers = tuple(_header(word) for word in arguments.header)
    if arguments.json:
        return _from_json(headers)
    key = None if arguments.key is None else arguments.key.encode("utf-8", "surrogateescape")
    if arguments.key_delimiter is None:
        return _from_value(key, headers, null=arguments.null)
    delimiter = unescaped(arguments.key_delimiter)
    if not delimiter:
        raise Misuse("--key-delimiter must not be empty")
    return _from_key_and_value(delimiter, headers, null=arguments.null)


def _from_value(key: bytes | None, headers: tuple[Header, ...], *, null: bool) -> Drafter:
    return lambda piece: Draft(key, None if null and not piece else piece, headers)


def _from_key_and_value(delimiter: bytes, headers: tuple[Header, ...], *, null: bool) -> Drafter:
    """A piece without the delimiter has no key."""

    def draft(piece: bytes) -> Draft:
        key, found, value = piece.partition(delimiter)
        if not found:
            return Draft(None, None if null and not piece else piece, headers)
        return Draft(None if null and not key else key, None if null and not value else value, headers)

    return draft


def _from_json(headers: tuple[Header, ...]) -> Drafter:
    def draft(piece: bytes) -> Draft:
        told = from_json(piece)
        return Draft(told.key, told.value, (*told.headers, *headers), told.partition, told.timestamp_ms)

    return draft if headers else from_json


def _header(word: str) -> Header:
    name, equals, value = word.partition("=")
    if not name or not equals:
        raise Misuse(f"--header {word!r}: expected NAME=VALUE, for example source=till")
    return name, value.encode("utf-8", "surrogateescape")
