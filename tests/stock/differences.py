"""Where a client does not do what the others do, whoever the broker is: what is different, and how a test fails because of it."""

import re

from attrs import frozen


@frozen
class Difference:
    """`note` is for people, in docs/clients.md; `failure` is found in what the test of the row fails with."""

    note: str
    failure: str

    def explains(self, failure: Exception) -> bool:
        """Whether this is the failure that was expected."""
        return re.search(self.failure, str(failure)) is not None


DIFFERENCES: dict[tuple[str, str], Difference] = {
    ("confluent-kafka", "OFFSET_OUT_OF_RANGE"): Difference(
        "its consumer says `_AUTO_OFFSET_RESET`, an error of its own", "_AUTO_OFFSET_RESET"
    ),
}
"""By family and row."""
