"""Coverage: what was judged, and what a history lacks for the rest."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from streambus.checkers.findings import Place
from streambus.checkers.kinds import Kind
from streambus.checkers.operations import Outcome
from streambus.checkers.verdict import Coverage

if TYPE_CHECKING:
    from streambus.checkers.checker import Checker

_TANGLES = (
    Kind.PL_1_CYCLE_EXISTS,
    Kind.STRONG_SESSION_PL_1_CYCLE_EXISTS,
    Kind.STRONG_PL_1_CYCLE_EXISTS,
    Kind.PL_2_CYCLE_EXISTS,
    Kind.STRONG_SESSION_PL_2_CYCLE_EXISTS,
    Kind.STRONG_PL_2_CYCLE_EXISTS,
)
"""Other names for circles, given only to those too large to show."""

_TRANSACTIONS = (Kind.PRECOMMITTED_READ, Kind.INTERMEDIATE_READ, Kind.LOST_UPDATE, Kind.G_SINGLE, Kind.G_NONADJACENT, Kind.G2)
_COMMITS = (Kind.GROUP_REWIND, Kind.GROUP_SKIP, Kind.TORN_TRANSACTION)
_WATERMARKS = (Kind.WATERMARK_REGRESSED, Kind.READ_BELOW_LOG_START)


def coverage(checker: "Checker", unseen: Mapping[Place, int]) -> Coverage:
    """What the verdict of `checker` rests on; `unseen` counts acknowledged records that nobody read."""
    outcomes = checker.outcomes
    lacking = tuple(_lacking(checker))
    missing = {kind for kind, _ in lacking}
    return Coverage(
        sum(outcomes.values()),
        outcomes[Outcome.OK],
        outcomes[Outcome.FAIL],
        outcomes[Outcome.INFO],
        len(checker.readers),
        tuple([kind for kind in Kind if kind not in missing and kind not in _TANGLES]),
        tuple([checker.ledgers[place].coverage(unseen.get(place, 0), checker.lags.get(place, 0)) for place in sorted(checker.ledgers)]),
        lacking,
        checker.transactions,
        checker.strange,
    )


def _lacking(checker: "Checker") -> list[tuple[Kind, str]]:
    """Every kind that this history could not have shown, and why."""
    lacking: list[tuple[Kind, str]] = []
    if not checker.transactions:
        lacking += [(kind, "the history has no transactions") for kind in _TRANSACTIONS]
    if not checker.has_wide_operations:
        reason = "no operation sent more than one record"
        lacking += [(kind, reason) for kind in (Kind.INTERNAL_NONMONOTONIC_SEND, Kind.INTERNAL_SEND_SKIP)]
    groups = checker.groups.values()
    if not any(group.registers for group in groups):
        reason = "no group committed offsets or resumed from them"
        lacking += [(kind, reason) for kind in (*_COMMITS, Kind.NONMONOTONIC_COMMIT)]
    if not any(group.proofs for group in groups):
        reason = "no member of a group told what it owned"
        lacking += [(kind, reason) for kind in (Kind.ZOMBIE_COMMIT, Kind.DOUBLE_OWNERSHIP)]
    observations = checker.observations.values()
    if not any(len(fact.values) for known in observations for fact in known.facts):
        lacking += [(kind, "nobody noted watermarks, listings or deletions") for kind in _WATERMARKS]
    if not any(known.epochs for known in observations):
        lacking.append((Kind.INCONSISTENT_EPOCHS, "nobody noted leader epochs with records"))
    if not any(known.listings for known in observations):
        lacking.append((Kind.WRONG_LISTING, "nobody looked up offsets by time"))
    if checker.contract.pause_max is None:
        lacking.append((Kind.UNAVAILABLE, "the contract bounds no pause"))
    return lacking
