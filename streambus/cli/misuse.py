"""Misuse: what was asked for cannot be done, and the person who asked can change that."""


class Misuse(Exception):
    """The text is one clear line for the person at the keyboard. `main` prints it and exits with 2."""
