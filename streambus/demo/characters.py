"""The data set: every character of Unicode that has a name of its own."""

import json
import sys
import unicodedata
from collections.abc import Iterator

NUMBERED = ("CJK ", "HANGUL SYLLABLE", "TANGUT", "NUSHU", "KHITAN", "EGYPTIAN HIEROGLYPH-", "CUNEIFORM", "BAMUM", "ANATOLIAN", "LINEAR ")
"""Scripts whose characters are numbered rather than named, or so many that nobody would read them."""


def characters() -> Iterator[tuple[bytes, bytes]]:
    """`(key, value)` of one record per character: its code point, and what there is to know of it as JSON."""
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        name = unicodedata.name(character, "")
        if name and not name.startswith(NUMBERED):
            about = {"character": character, "name": name, "category": unicodedata.category(character)}
            yield f"U+{code:04X}".encode(), json.dumps(about, ensure_ascii=False).encode()
