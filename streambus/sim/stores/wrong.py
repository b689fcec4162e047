"""What a game is over with, if it is not over."""


class Wrong(Exception):
    """The store is not what it should be. The text says where."""
