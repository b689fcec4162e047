"""Scripts from seeds: requests over every API, mostly about something that exists, sometimes odd, sometimes wrong.

The `Model` is what a script should have brought about so far. It may be mistaken (a create that was refused is thought of as done): that
only makes a request a little odder than it was meant to be.
"""

from .requests import REQUESTS, script, spoken_by_both

__all__ = ["REQUESTS", "script", "spoken_by_both"]
