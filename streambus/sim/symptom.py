"""Symptoms: what makes two violations the same one, whatever offsets, times and names they are about."""

import re

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}(-[0-9]+)?"
NAMES = re.compile(
    rf"“[^”]*”|0x[0-9a-f…]+|{UUID}|\b(topic|writer|reader|inquirer|administrator|vandal|side|final-reader|broker)(-[a-z0-9]+)*"
)
NUMBERS = re.compile(r"[0-9][0-9_,.]*")
LENGTH_MAX = 90


def symptom(violation: str) -> str:
    """The violation without names and numbers, as far as it says what is wrong."""
    first_line = violation.split("\n", 1)[0]
    return NUMBERS.sub("#", NAMES.sub("@", first_line))[:LENGTH_MAX]
